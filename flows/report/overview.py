"""The first page: what is in the lake, what could not be used and why, what made it."""

from collections.abc import Collection, Mapping
from typing import Any

from flows.report import harp_pages, places, tables
from flows.report.lake_rows import LakeRows
from flows.report.rendering import render

_POSTERS = 6


def overview(rows: LakeRows, posters: Collection[str], around: Mapping[str, Any]) -> bytes:
    """Return the overview.

    Parameters
    ----------
    rows : LakeRows
    posters : collection of str
        Folders of the HARPs that have a picture.
    around : dict
        What every page is told.
    """
    harps = [{**harp, "folder": rows.folders[harp["run_id"]]} for harp in rows.harps]
    listed = [
        {**harp, "address": f"{harp['folder']}/{harp_pages.INDEX}", "censored": False} for harp in harps
    ]
    shown = sorted(harps, key=lambda harp: -harp["n_pore_tracks"])
    return render(
        "overview.html",
        places.OVERVIEW,
        harps=harps,
        totals=totals(harps),
        products=sorted({harp["product"] for harp in harps if harp["product"]}),
        spans=(min(harp["t_first"] for harp in harps), max(harp["t_last"] for harp in harps))
        if harps
        else None,
        pictured=[harp for harp in shown if harp["folder"] in posters][:_POSTERS],
        reasons=rows.reasons,
        regions_answer=rows.regions,
        table=tables.table(tables.REGIONS, listed),
        **around,
    )


def totals(harps: list[dict[str, Any]]) -> dict[str, int]:
    """Sums over the HARPs."""
    names = ("n_frames", "n_unusable", "n_features", "n_tracks", "n_pore_tracks")
    return {"n_harps": len(harps), **{name: sum(harp[name] for harp in harps) for name in names}}
