"""The page of a HARP: movie, lineage, what was there in time, its pores."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flows.report import places, tables
from flows.report.figures import time_series
from flows.report.lake_rows import HarpRows
from flows.report.rendering import render
from flows.report.sprites import chosen
from flows.report.wording import moment, number

Row = Mapping[str, Any]
_GALLERY = 36  # longest lives


@dataclass(frozen=True)
class Thumb:
    """A pore in the gallery: its cut-out where it was largest."""

    track: Row
    sprite: str
    place: float
    said: str


def harp_page(rows: HarpRows, files: frozenset[str], around: Mapping[str, Any]) -> bytes:
    """Return the page of a HARP."""
    frames = rows.frames.records()
    lives = [{**row, "address": places.card(row["track_id"])} for row in rows.lives]
    return render(
        "harp.html",
        f"{rows.folder}/index.html",
        harp=rows.harp,
        files=files,
        frames=frames,
        unusable=[row for row in frames if not row["usable"]],
        frames_answer=rows.frames,
        tracks_answer=rows.tracks,
        series=time_series(frames, rows.dark) if any(row["usable"] for row in frames) else None,
        gallery=_gallery(rows, files),
        table=tables.table(tables.HARP_TRACKS, lives),
        **around,
    )


def _gallery(rows: HarpRows, files: frozenset[str]) -> Sequence[Thumb]:
    pores = [row for row in rows.lives if row["kind"] == "pore" and not row["passing"]]
    longest = sorted(pores, key=lambda row: (-row["lifetime_h"], row["number"]))[:_GALLERY]
    return [_thumb(rows, row) for row in longest if places.sprite(row["track_id"]) in files]


def _thumb(rows: HarpRows, track: Row) -> Thumb:
    seen = rows.seen(track["track_id"])
    shown = chosen(seen)
    largest = max(range(len(shown)), key=lambda place: seen[shown[place]]["area_mm2"])
    said = (
        f"Track {track['number']} where it was largest, {moment(seen[shown[largest]]['t_rec'])} TAI:"
        f" {number(track['max_area_mm2'])} Mm²"
    )
    return Thumb(
        track, places.sprite(track["track_id"]), round(100 * largest / max(len(shown) - 1, 1), 3), said
    )
