"""Cut-outs through the life of a feature, side by side in one small picture."""

import io
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from flows.movie_colours import FIELD_LIMIT_G, QUIET_RANGE
from flows.scenes import Cutout, HarpScenes
from pores.errors import InputError, PorelakeError

TILE_PX = 132
MOST = 12  # cut-outs of a track
_MARGIN_MM = 4.0
_SMALLEST_MM = 7.0  # half width of a view
_OWN = {"pore": (255, 176, 0), "umbra": (57, 198, 255)}
_OTHERS = (235, 235, 235)
_NOTHING = 46  # grey where there is no image

Floats = NDArray[np.float32]
Colours = NDArray[np.uint8]
Row = Mapping[str, Any]


def chosen(seen: Sequence[Row]) -> list[int]:
    """Observations to show: the first, the last, the largest, and others evenly between."""
    n = len(seen)
    if n <= MOST:
        return list(range(n))
    largest = max(range(n), key=lambda i: seen[i]["area_mm2"])
    even = {round(i * (n - 1) / (MOST - 2)) for i in range(MOST - 1)}
    return sorted(even | {largest})


def half_width_mm(seen: Sequence[Row]) -> float:
    """Half the side of the views of a life: what is around it shows, also where it is largest."""
    largest = float(max(row["major_axis_mm"] for row in seen))
    return max(_SMALLEST_MM, 0.6 * largest + _MARGIN_MM)


def sprites(scenes: HarpScenes, lives: Mapping[str, Sequence[Row]]) -> dict[str, bytes]:
    """Return the cut-outs of lives as WebP: a column per observation, intensity above Br.

    Every frame is read once.

    Parameters
    ----------
    scenes : HarpScenes
    lives : mapping
        Observations by track.
    """
    half = {track: half_width_mm(seen) for track, seen in lives.items()}
    wanted = [(track, seen[i]) for track, seen in lives.items() for i in chosen(seen)]
    left = Counter(track for track, _ in wanted)
    columns: dict[str, list[Colours]] = {}
    made: dict[str, bytes] = {}
    for track, row in sorted(wanted, key=lambda pair: pair[1]["t_rec"]):
        columns.setdefault(track, []).append(_column(scenes, row, half[track]))
        left[track] -= 1
        if not left[track]:
            made[track] = webp(np.concatenate(columns.pop(track), axis=1), 82)
    return made


def webp(image: Colours, quality: int) -> bytes:
    """A picture as WebP."""
    out = io.BytesIO()
    Image.fromarray(image).save(out, "WEBP", quality=quality, method=3)
    return out.getvalue()


def _column(scenes: HarpScenes, row: Row, half_mm: float) -> Colours:
    try:
        pixel_mm = scenes.scene(np.datetime64(row["t_rec"], "ms")).grid.pixel_km / 1000
        view = scenes.view(row["pore_id"], round(half_mm / pixel_mm))
    except (InputError, PorelakeError):
        return np.full((2 * TILE_PX, TILE_PX, 3), _NOTHING, np.uint8)
    intensity = _grey(view.intensity, *QUIET_RANGE)
    field = view.br if view.br is not None else np.full_like(view.intensity, np.nan)
    tiles = (intensity, _grey(field, -FIELD_LIMIT_G, FIELD_LIMIT_G))
    return np.concatenate([_outlined(tile, view, str(row["kind"])) for tile in tiles])


def _grey(image: NDArray[Any], low: float, high: float) -> Floats:
    """An image of the size of a tile, 0 to 255, north up; grey where it is not known."""
    known = np.isfinite(image)
    scaled = np.where(known, np.clip((image - low) / (high - low), 0, 1) * 255, _NOTHING)
    return _resized(scaled.astype(np.float32), Image.Resampling.BICUBIC)


def _outlined(tile: Floats, view: Cutout, kind: str) -> Colours:
    """A tile with the outlines of other features, faint, and of the one that it shows."""
    colours = np.repeat(np.clip(tile, 0, 255)[..., None], 3, axis=2)
    for mask, colour, strength in ((view.others, _OTHERS, 0.55), (view.mask, _OWN.get(kind, _OTHERS), 1.0)):
        line = (_line(mask) * strength)[..., None]
        colours = colours * (1 - line) + np.array(colour) * line
    return np.round(colours).astype(np.uint8)


def _line(mask: NDArray[np.bool_]) -> Floats:
    """How much of each pixel of a tile the outline of a mask covers: a smooth line of about 1.5 pixels."""
    if not mask.any():
        return np.zeros((TILE_PX, TILE_PX), np.float32)
    smooth = _resized(mask.astype(np.float32), Image.Resampling.BICUBIC)
    slope = np.hypot(*np.gradient(smooth))
    distance = np.abs(smooth - 0.5) / np.maximum(slope, 1e-3)
    line: Floats = np.clip(1.4 - distance, 0, 1)
    return line


def _resized(image: Floats, how: Image.Resampling) -> Floats:
    """An image on the pixels of a tile, its first row (south) below."""
    return np.asarray(Image.fromarray(image).resize((TILE_PX, TILE_PX), how))[::-1]
