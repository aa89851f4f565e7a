"""What tests of runs that fetch from the loopback JSOC share: the way to it, and what must hold of a lake."""

from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from flows import ingest
from flows.request import JSOC, Request
from storage import jsoc_client
from storage.cubes import Cube
from storage.fits_files import FileName
from storage.lake import PARTIAL, Lake
from tests.flows.runs import request
from tests.jsoc.handle import Jsoc

SERIES = "hmi.sharp_cea_720s"
NRT = "hmi.sharp_cea_720s_nrt"
EMAIL = "a@b.c"
QUICK = {"BACKOFF_S": 0.01, "POLL_S": 0.01, "TIMEOUT_S": 5, "LOST_LIMIT_S": 0.1}

SHORTEST_S = 0.2  # time limit of the most impatient test


def variables(server: Jsoc | None, **more: object) -> dict[str, str]:
    """The environment of a run that asks a server, impatiently; `more` without PORELAKE_JSOC_."""
    values = {f"PORELAKE_JSOC_{name}": str(value) for name, value in {**QUICK, **more}.items()}
    return values | ({"PORELAKE_JSOC_URL": server.url} if server else {})


def point_to(patch: pytest.MonkeyPatch, server: Jsoc, **more: object) -> None:
    """Have runs of this process ask a server, and know nothing of what was asked before."""
    for name, value in variables(server, **more).items():
        patch.setenv(name, value)
    ingest._archive.cache_clear()
    jsoc_client._registered.clear()


def asking(lake: Path, *harpnums: int, **values: object) -> Request:
    """A request for HARPs from JSOC."""
    return request(JSOC, lake, **{"harpnums": harpnums, "email": EMAIL, **values})


def series_copy(source: Path, out: Path, series: str) -> Path:
    """The files of a directory as if of another series: links of other names."""
    out.mkdir(parents=True)
    for path in source.glob("*.fits"):
        (out / path.name.replace(SERIES, series, 1)).symlink_to(path)
    return out


def images(lake: Path, series: str = SERIES) -> dict[str, np.ndarray]:
    """Every image of the lake's cubes as stored, by the name of its file."""
    found = {}
    for harpnum, path in Lake.at(lake).cubes(series).items():
        cube = Cube(path)
        for t_rec in cube.t_rec:
            for segment in cube.segments(t_rec):
                found[str(FileName(series, harpnum, t_rec, segment))] = cube.stored(t_rec, segment)
    return found


def assert_right_pixels(lake: Path, source: Path) -> list[str]:
    """Fail where an image differs from that of its file as astropy reads it; the images' names."""
    found = images(lake)
    for name, image in found.items():
        np.testing.assert_array_equal(image, _read(source / name), err_msg=name)
    return sorted(found)


@cache
def _read(path: Path) -> np.ndarray:
    """The image of a file that stays as it is, as stored."""
    with fits.open(path, do_not_scale_image_data=True) as hdus:
        return next(hdu.data for hdu in hdus if hdu.data is not None)


def assert_nothing_left(lake: Path) -> None:
    """Fail where something half-written is in a lake, or something still to be fetched."""
    assert [str(p) for p in lake.rglob("*") if PARTIAL in p.name or p.name.endswith(".part")] == []
    assert [str(p) for p in lake.glob("incoming/**/*") if p.is_file() and p.suffix != ".lock"] == []


def assert_polite(server: Jsoc, *broken: str, killed: int = 0) -> None:
    """Fail where there were two connections at once, or a file went out whole again without a cause.

    `broken`: files that are no good at the archive; they are asked for three times. `killed`: how many
    runs were, each of which may not have written down what had just come.
    """
    assert server.max_connections() <= 1
    assert {row["agent"].partition("/")[0] for row in server.log()} <= {"porelake"}
    whole = Counter(row["path"] for row in server.log("download") if _is_whole(row))
    assert len([path for path, n in whole.items() if n > 1]) <= killed
    lost = sum(row["fault"] == "lost" for row in server.log("exp_status"))  # made anew, under other addresses
    lost += sum(row["http"] in (404, 410) for row in server.log("download"))
    names = Counter(Path(row["path"]).name for row in server.log("download") if _is_whole(row))
    few = {name: 3 if name in broken else 1 + lost + killed for name in names}
    assert {name: n for name, n in names.items() if n > few[name]} == {}


def _is_whole(row: dict[str, Any]) -> bool:
    """Whether a file went out from its first byte to its last, as it is, and before anyone lost patience."""
    good = row["complete"] and row["http"] == 200 and row["fault"] in (None, "stall", "stall_first")
    return bool(good and row["end"] is not None and row["end"] - row["start"] < SHORTEST_S)
