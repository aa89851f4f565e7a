"""Images in colours: what a panel shows, from which value to which, by which table."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

RGB = NDArray[np.uint8]
RGBA = NDArray[np.uint8]

MISSING = (0x22, 0x22, 0x33)  # no level of grey, and no field
FIELD_LIMIT_G = 1500.0  # either way; as sunpy and JSOC show HMI's field
QUIET_RANGE = (0.2, 1.2)  # of the level of the quiet Sun


@dataclass(frozen=True, eq=False)
class Scale:
    """What colours mean.

    Attributes
    ----------
    title : str
        What is shown, with its unit.
    low, high : float
        Values of the ends of the table; beyond them colours stay.
    table : ndarray of uint8, (256, 3)
    ticks : tuple of float
        Values named at the colour bar.
    per_tick : float
        Values are divided by this to be named.
    form : str
        How they are written.
    """

    title: str
    low: float
    high: float
    table: RGB
    ticks: tuple[float, ...]
    per_tick: float = 1.0
    form: str = ".0f"

    def coloured(self, image: NDArray[np.floating[Any]], size: tuple[int, int]) -> RGBA:
        """The image with north up, as wide and high as `size`; missing pixels in a colour of their own.

        Returns
        -------
        ndarray of uint8, (y, x, 4)
        """
        missing = ~np.isfinite(image)
        known = np.where(missing, (self.low + self.high) / 2, image) if missing.any() else image
        shown = _resized(known.astype(np.float32), size, Image.Resampling.BICUBIC)
        level = (shown - np.float32(self.low)) * np.float32(256 / (self.high - self.low))
        colours = np.take(self._packed, np.clip(level, 0, 255).astype(np.uint8))
        if missing.any():
            colours[_resized(missing.astype(np.uint8), size, Image.Resampling.NEAREST) > 0] = _pack(MISSING)
        upward: RGBA = colours[::-1, :, None].view(np.uint8)
        return upward

    @cached_property
    def _packed(self) -> NDArray[np.uint32]:
        """The table with a number for each colour, which is looked up in one go."""
        return _pack(self.table)


def prepared_scale() -> Scale:
    """Intensity in units of the quiet Sun."""
    low, high = QUIET_RANGE
    return Scale(
        "Continuum intensity (quiet Sun = 1)", low, high, _grey(), (0.2, 0.4, 0.6, 0.8, 1.0, 1.2), form=".1f"
    )


def raw_scale(level: float) -> Scale:
    """Intensity as archived, from a level of the quiet Sun in DN/s."""
    low, high = (part * level for part in QUIET_RANGE)
    step = 10_000 if level > 20_000 else 1000
    ticks = tuple(float(tick) for tick in np.arange(-(-low // step), high // step + 1) * step)
    return Scale("Continuum intensity as archived (kDN/s)", low, high, _grey(), ticks, 1000)


def field_scale(grey: bool) -> Scale:
    """Radial field as sunpy shows HMI's: in its table for magnetograms, which is JSOC's, or in grey."""
    ticks = tuple(float(tick) for tick in np.arange(-FIELD_LIMIT_G, FIELD_LIMIT_G + 1, 500))
    table = _grey() if grey else _hmimag()
    return Scale("Radial field Bᵣ (G)", -FIELD_LIMIT_G, FIELD_LIMIT_G, table, ticks)


def _grey() -> RGB:
    return np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)


def _pack(colours: RGB | tuple[int, int, int]) -> NDArray[np.uint32]:
    """Opaque colours (..., 3), four bytes as one number."""
    rgb = np.asarray(colours, np.uint8)
    rgba = np.concatenate((rgb, np.full((*rgb.shape[:-1], 1), 255, np.uint8)), axis=-1)
    return rgba.view(np.uint32)[..., 0]


def _hmimag() -> RGB:
    from sunpy.visualization.colormaps import cm  # takes a second

    return np.asarray((cm.hmimag(np.arange(256))[:, :3] * 255).round().astype(np.uint8))


def _resized(image: NDArray[Any], size: tuple[int, int], how: Image.Resampling) -> NDArray[Any]:
    return np.asarray(Image.fromarray(image).resize(size, how))
