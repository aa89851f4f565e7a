"""How features move from frame to frame: local correlation tracking of their intensity.

Each feature is looked for, by its pattern of brightness, in the frames before and after its own, around the
place where differential rotation alone would have put it (November & Simon 1988, ApJ 333, 427; here with
normalised correlation, so that limb darkening, seeing and exposure have no part, and a window that is the
feature's own mask with a margin).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pores.correlation import Search, match
from pores.geometry import CeaGrid
from pores.motion import Places, rotated
from pores.parameters import FlowParameters
from pores.windows import Image, Windows, cut, masks, weights

Floats = NDArray[np.float64]
Columns = dict[str, NDArray[Any]]

SIDES = ("before", "after")
_SIZES = 4  # windows come in half sizes that are multiples of it, native pixels: few sizes, few loops
_KEYS = ("harpnum", "t_rec", "pore_id")
NEEDED = (*_KEYS, "label", "x_px", "y_px", "lon", "lat", "area_mm2")  # columns of `pores` that are read


@dataclass(frozen=True, eq=False)
class Shot:
    """One frame as correlation sees it.

    Attributes
    ----------
    t_rec : numpy.datetime64
        Record time.
    grid : CeaGrid
        Its native grid.
    image : ndarray of float32, (ny, nx)
        Intensity in any linear units; NaN where it is unknown.
    """

    t_rec: np.datetime64
    grid: CeaGrid
    image: Image


def neighbours(t_rec: Sequence[np.datetime64], max_step_h: float) -> list[tuple[int | None, int | None]]:
    """The frames before and after each of some frames, sorted in time, that tell how its features move.

    None where there is none, or it is more than `max_step_h` hours away.
    """
    longest = np.timedelta64(round(3.6e6 * max_step_h), "ms")
    near = [False, *(later - earlier <= longest for earlier, later in pairwise(t_rec)), False]
    return [(k - 1 if near[k] else None, k + 1 if near[k + 1] else None) for k in range(len(t_rec))]


def velocities(
    pores: Mapping[str, NDArray[Any]],
    labels: NDArray[np.integer[Any]],
    shots: tuple[Shot | None, Shot, Shot | None],
    parameters: FlowParameters,
) -> Columns:
    """Velocities of the features of a frame.

    Parameters
    ----------
    pores : mapping of str to ndarray, (n,)
        Columns of `pores`, at least those of `NEEDED`: rows of this frame only.
    labels : ndarray of int, (y, x)
        Their label image, on a working grid of one or more pixels to a native one along an axis.
    shots : tuple
        The frame before, this frame, and the frame after; None where there is none that tells anything.
    parameters : FlowParameters

    Returns
    -------
    dict of ndarray, (n,)
        Columns of `velocities` but `run_id`; NaN where unknown.
    """
    before, this, after = shots
    groups = list(_grouped(pores, labels, this, parameters)) if len(pores["label"]) else []
    sides = [_side(pores, groups, this, other, parameters) for other in (before, after)]
    known = np.isfinite([side["vx"] for side in sides])
    mean = {
        name: np.where(known, [side[name] for side in sides], 0).sum(axis=0)
        / np.where(n := known.sum(axis=0), n, np.nan)
        for name in ("vx", "vy")
    }
    found = {f"{name}_km_s": values for name, values in mean.items()}
    for when, side in zip(SIDES, sides, strict=True):
        found |= {
            f"vx_{when}_km_s": side["vx"],
            f"vy_{when}_km_s": side["vy"],
            f"correlation_{when}": side["correlation"],
        }
    return {**{name: np.asarray(pores[name]) for name in _KEYS}, **found}


Group = tuple[NDArray[np.intp], Windows]


def _grouped(
    pores: Mapping[str, NDArray[Any]],
    labels: NDArray[np.integer[Any]],
    this: Shot,
    parameters: FlowParameters,
) -> Iterator[Group]:
    """Features by the size of their windows."""
    pixel_mm = this.grid.pixel_km / 1e3
    margin = max(1, round(parameters.window_margin_mm / pixel_mm))
    radius = np.sqrt(np.asarray(pores["area_mm2"], float) / np.pi) / pixel_mm
    half = _SIZES * np.ceil((radius + margin) / _SIZES).astype(np.intp)
    x, y = (np.rint(np.asarray(pores[name], float)).astype(np.intp) for name in ("x_px", "y_px"))
    scale = labels.shape[0] // this.image.shape[0]
    for size in np.unique(half):
        some = np.flatnonzero(half == size)
        at = x[some], y[some]
        own, others = masks(labels, scale, np.asarray(pores["label"])[some], at, int(size))
        weight = weights(own, others, margin)
        yield some, Windows(*at, int(size), cut(this.image, *at, int(size)), weight)


def _side(
    pores: Mapping[str, NDArray[Any]],
    groups: list[Group],
    this: Shot,
    other: Shot | None,
    parameters: FlowParameters,
) -> dict[str, Floats]:
    """Velocity, km/s, and correlation by what is found of the features in another frame."""
    n = len(pores["label"])
    found = {name: np.full(n, np.nan) for name in ("vx", "vy", "correlation")}
    if other is None:
        return found
    dt_s = float((other.t_rec - this.t_rec) / np.timedelta64(1, "s"))
    reach_km = min(parameters.max_speed_km_s * abs(dt_s), 1e3 * parameters.max_distance_mm)
    lon, lat, x, y = (np.asarray(pores[name], float) for name in ("lon", "lat", "x_px", "y_px"))
    still = np.zeros(n)
    there = rotated(Places(lon, lat, still, still, still), dt_s, other.grid)
    expected = there[0] - x, there[1] - y
    km = _pixel_km(other.grid, there[1])
    for some, windows in groups:
        search = Search(
            expected[0][some], expected[1][some], reach_km / this.grid.pixel_km, parameters.distance_cost
        )
        at = match(windows, other.image, search)
        sure = at.correlation >= parameters.min_correlation
        for name, shift, want, size in (("vx", at.dx, expected[0], km[0]), ("vy", at.dy, expected[1], km[1])):
            found[name][some] = np.where(sure, (shift - want[some]) * size[some] / dt_s, np.nan)
        found["correlation"][some] = at.correlation
    return found


def _pixel_km(grid: CeaGrid, y: Floats) -> tuple[Floats, Floats]:
    """Width and height of native pixels in rows y, km: of equal area, one shrinks as the other grows."""
    sine = np.radians(grid.cdelt[1] * (y + 1 - grid.crpix[1]))
    cosine = np.sqrt(np.clip(1 - sine**2, 1e-6, 1))
    return grid.pixel_km * cosine, grid.pixel_km / cosine
