"""What is mailed to a colleague: a directory with the tables, masks and cut-outs of a selection."""

import json
import shutil
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from catalog.bundle_check import MANIFEST
from catalog.bundle_tables import Tables, write_tables
from catalog.bundle_text import README, readme, selection_in_words
from catalog.crate import METADATA, Told, crate
from catalog.data_package import digest
from catalog.selection import Selection, chosen
from flows.progress import progress_bars, track
from flows.scenes import HarpScenes
from pores.errors import InputError
from storage.cutouts import StoredCutout, write_cutouts
from storage.lake import Lake, left_over, partial_of
from storage.outputs import require_outside, require_parent, whole_path
from storage.runs import CurrentRun
from storage.tables import Columns, read_table

SELECTION = "selection.json"
_TOLD = (
    "harpnum",
    "track_id",
    "kind",
    "area_px",
    "area_mm2",
    "grid_scale",
    "x_px",
    "y_px",
    "lon",
    "lat",
    "mu",
)


def write_bundle(lake: Lake, selection: Selection, out: Path, forms: Sequence[str] = ()) -> list[str]:
    """Write a bundle whole or not at all; return the names of its files.

    Parameters
    ----------
    lake : Lake
    selection : Selection
        Frames and features.
    out : Path
        Directory that is not there yet, or is empty.
    forms : sequence of str
        Formats of tables beside Parquet.

    Raises
    ------
    InputError
        If nothing is in the selection, or there is something in the directory already.
    """
    place = _free(lake, out)
    for left in left_over(place):
        shutil.rmtree(left, ignore_errors=True)
    partial = partial_of(place)
    shutil.rmtree(partial, ignore_errors=True)  # in containers processes have the same number again and again
    partial.mkdir()
    try:
        with progress_bars():
            files = _write(lake, selection, partial, forms)
        if place.exists():
            place.rmdir()
        partial.replace(place)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return files


def _free(lake: Lake, out: Path) -> Path:
    said = f"--bundle {out}"
    place = whole_path(said, out)
    if place.exists() and (not place.is_dir() or any(place.iterdir())):
        raise InputError(f"{said}: something is there already; name a directory that is new or empty")
    require_outside(said, place, lake)
    require_parent(said, place)  # it is put there whole
    return place


def _write(lake: Lake, selection: Selection, root: Path, forms: Sequence[str]) -> list[str]:
    tables = write_tables(lake, selection, root, forms)
    files = tables.files | _images(lake, root, tables)
    told = selection.told()
    sql = {name: chosen(name, selection).question.sql for name in tables.rows}
    _json(root / SELECTION, {"selection": told, "harps": list(tables.harps), "sql": sql})
    (root / README).write_text(readme(told, tables.rows, tables.harps, tables.about), encoding="utf-8")
    files |= {
        SELECTION: "What was chosen, and the SQL that chose it",
        README: "What is here, how it is read and cited",
        MANIFEST: "SHA-256 of every file but this one",
    }
    series = tuple(sorted({run["series"] for run in tables.about["runs"]}))
    made = datetime.now(UTC).isoformat(timespec="seconds")
    said = Told("Solar pores from SDO/HMI", selection_in_words(told), tables.about["software"], series, made)
    _json(root / METADATA, crate(root, files, said, MANIFEST))
    digested = sorted({*files, METADATA} - {MANIFEST})
    lines = (f"{digest(root / name)}  {name}\n" for name in digested)
    (root / MANIFEST).write_text("".join(lines), encoding="utf-8")
    return [*digested, MANIFEST]


def _json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")


def _images(lake: Lake, root: Path, tables: Tables) -> dict[str, str]:
    """Write the cut-outs of each HARP; say what the files are."""
    pores = read_table(root / "tables" / "pores.parquet")
    runs = read_table(root / "tables" / "runs.parquet", ["run_id", "harpnum", "series"])
    (root / "images").mkdir()
    files = {}
    for run_id, harpnum, series in zip(*runs.values(), strict=True):
        here = pores["run_id"] == run_id
        if not here.any():
            continue
        rows = {name: values[here] for name, values in pores.items()}
        scenes = HarpScenes(lake, CurrentRun(series, int(harpnum), run_id))
        about = {"title": scenes.title, "harpnum": int(harpnum), "series": series, "run_id": run_id}
        cutouts = track(_cutouts(scenes, rows), f"HARP {harpnum}: cut-outs", int(here.sum()))
        path = root / "images" / f"harp_{harpnum}.h5"
        write_cutouts(path, about, cutouts)
        name = path.relative_to(root).as_posix()
        files[name] = f"Intensity, radial field and mask of every feature of HARP {harpnum}"
    return files


def _cutouts(scenes: HarpScenes, rows: Columns) -> Iterator[StoredCutout]:
    for index, pore_id in enumerate(rows["pore_id"]):
        cutout = scenes.cutout(pore_id)
        values = {name: rows[name][index] for name in _TOLD}
        told = {
            "t_rec": str(np.datetime_as_string(cutout.t_rec, unit="ms")),
            "time_scale": "TAI",
            **{name: value for name, value in values.items() if value is not None},
            "first_row_px": cutout.first[0],
            "first_column_px": cutout.first[1],
        }
        fine = cutout.grid.doubled() if values["grid_scale"] == 2 else cutout.grid
        images: dict[str, Any] = {
            "intensity": (cutout.intensity, cutout.grid.wcs_keywords()),
            "mask": (cutout.mask.astype(np.uint8), fine.wcs_keywords()),
        }
        if cutout.br is not None:
            images["br"] = cutout.br, cutout.grid.wcs_keywords()
        yield StoredCutout(str(pore_id), told, images)
