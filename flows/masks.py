"""The pixels of one feature, back from the label images of its run, as a FITS image with coordinates."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits

from pores.errors import InputError, PorelakeError
from pores.geometry import CeaGrid
from storage.labels import read_labels
from storage.lake import Lake, atomic
from storage.outputs import writable
from storage.remote_files import here
from storage.runs import CurrentRun, current_runs
from storage.tables import read_table

_PORE_ID = re.compile(r"(\d+)_\d{8}_\d{6}_\d+")
# What places and dates the image for sunpy, as the record's header has it.
_COPIED = (
    "TELESCOP",
    "INSTRUME",
    "WAVELNTH",
    "DATE-OBS",
    "T_OBS",
    "CRLN_OBS",
    "CRLT_OBS",
    "DSUN_OBS",
    "RSUN_OBS",
)
_COLUMNS = ["pore_id", "t_rec", "label", "area_px", "grid_scale"]


def write_mask(lake: Lake, pore_id: str, out: Path) -> int:
    """Write the mask of a feature of a current run as FITS: 1 in the feature, 0 elsewhere.

    The image is the whole patch on the working grid of the detection.

    Returns
    -------
    int
        Pixels in the mask.

    Raises
    ------
    InputError
        If no current run has that feature, or the file can't be written.
    PorelakeError
        If the label images do not have the pixels that the table tells.
    """
    place = writable(out, lake)
    run, pore = _find(lake, pore_id)
    rows = read_table(
        here(lake, lake.table("frames", run.harpnum, run.run_id)),
        ["t_rec", "labels_file", "keywords", "ny", "nx"],
    )
    frame = {name: values[rows["t_rec"] == pore["t_rec"]][0] for name, values in rows.items()}
    labels = read_labels(here(lake, lake.root / frame["labels_file"]), pore["t_rec"])
    mask = (labels == pore["label"]).astype(np.uint8)
    if mask.sum() != pore["area_px"]:
        raise PorelakeError(
            f"{frame['labels_file']}: not the labels of {pore_id}; `porelake verify` checks the lake"
        )
    header = _header(json.loads(frame["keywords"]), (int(frame["ny"]), int(frame["nx"])), pore)
    with atomic(place) as partial:
        fits.PrimaryHDU(mask, header).writeto(partial)
    return int(mask.sum())


def _find(lake: Lake, pore_id: str) -> tuple[CurrentRun, dict[str, Any]]:
    """The run that has a feature, and its row."""
    named = _PORE_ID.fullmatch(pore_id)
    if named is None:
        raise InputError(f"{pore_id}: no pore_id; one is <harpnum>_<YYYYMMDD>_<HHMMSS>_<label>")
    for run in current_runs(lake):
        if run.harpnum == int(named[1]):
            rows = read_table(here(lake, lake.table("pores", run.harpnum, run.run_id)), _COLUMNS)
            for index in np.flatnonzero(rows["pore_id"] == pore_id):
                return run, {name: values[index] for name, values in rows.items()}
    raise InputError(f"{pore_id}: the lake {lake.location} has no such feature in a current run")


def _header(keywords: dict[str, Any], shape: tuple[int, int], pore: dict[str, Any]) -> fits.Header:
    grid = CeaGrid.from_keywords(keywords, shape)
    on_grid = grid.doubled() if pore["grid_scale"] == 2 else grid
    header = fits.Header(on_grid.wcs_keywords())
    header.update({name: keywords[name] for name in _COPIED if keywords.get(name) is not None})
    header.update(
        {
            "HARPNUM": (int(pore["pore_id"].partition("_")[0]), "HARP number"),
            "T_REC": (keywords.get("T_REC", ""), "record time, TAI"),
            "PORE_ID": (pore["pore_id"], "feature of the catalogue of porelake"),
            "LABEL": (int(pore["label"]), "its value in the label image"),
        }
    )
    return header
