"""A network as an enhancer: gaps, tiles, the level of the quiet Sun, and only those parts that are needed."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pores.enhance.compact import Compact
from pores.enhance.engine import Forward, compiled
from pores.enhance.need import SMALLEST_PX, expected, needed
from pores.enhance.tiles import NEEDED_PX, WHOLE_PX, Canvas, Image, Place, Tiling, fill
from pores.enhance.topologies import PUBLISHED_HALO, published
from pores.enhance.weights import KILOGAUSS, OWN_NAME, Weights
from pores.errors import InputError
from pores.parameters import DetectParameters
from pores.simulate.granulation import amplitude, skewed
from pores.simulate.instrument import Spectrum, isotropic_response
from pores.upsample import extended

BATCH_PX = 150_000  # native pixels, with halos, that are worked on at a time
PLAUSIBLE = (0.9, 1.1)  # answers to the quiet Sun of networks that were trained for intensity
_BAND_PX, _REACH_PX = 512, 16  # native rows; gaps are extended by 15 pixels from what is there
_PROBE_PX, _PROBE_MU = 256, 0.96


@dataclass(frozen=True)
class Network:
    """Doubles images by a network; an `Enhancer`.

    Attributes
    ----------
    product : str
        What results are called.
    forward : callable
        Images (n, y, x, 1) to doubled images, less the halo where the network doesn't pad by itself.
    halo : int
        Native pixels that an output pixel sees to either side.
    pads : bool
        Whether the network treats borders by itself, and gives images of twice the whole size.
    unit : float
        What the network takes for 1: 1 for intensity in units of the quiet Sun, 1000 for field in G.
    told_level : float or None
        The answer to the quiet Sun that the weights' card tells; else it is measured.
    everywhere : bool
        Whether detection, too, is given whole images: slower, with the same features.
    scale : int
        Pixels of doubled images per native pixel along an axis.
    """

    product: str
    forward: Forward
    halo: int
    pads: bool
    unit: float = 1.0
    everywhere: bool = False
    told_level: float | None = None
    scale: int = 2

    @classmethod
    def of(cls, weights: Weights, everywhere: bool = False) -> "Network":
        """The enhancer that weights make.

        Raises
        ------
        InputError
            If they aren't those of their topology, or are the published one's and TensorFlow isn't installed.
        """
        product = "network" if weights.name == OWN_NAME else f"network:{weights.name}"
        unit = KILOGAUSS if weights.quantity == "field" else 1.0
        # What may turn out dark was measured with our weights only (pores/enhance/need.py).
        whole = everywhere or weights.name != OWN_NAME
        told = weights.card.get("level")
        level = float(told) if told else None
        if weights.topology == "published":
            return cls(product, compiled(published(weights.layers)), PUBLISHED_HALO, True, unit, whole, level)
        own = Compact(weights.layers)
        return cls(product, own, own.halo, False, unit, whole, level)

    @cached_property
    def level(self) -> float:
        """What images are divided by: the network's answer to the quiet Sun, 1 where it is none at all.

        See `answer`.
        """
        answer = self.answer
        low, high = PLAUSIBLE
        return answer if low < answer < high else 1.0

    @cached_property
    def answer(self) -> float:
        """Mean output over mean input on a fixed simulated patch of the quiet Sun, as HMI sees it."""
        if self.told_level is not None:
            return self.told_level
        pattern = quiet_patch()
        made = self.raw([pattern])[0]
        inside, fine = (slice(n * self.halo, -n * self.halo) for n in (1, 2))
        return float(made[fine, fine].mean() / pattern[inside, inside].mean())

    def raw(self, images: Sequence[NDArray[np.floating]]) -> list[Image]:
        """Doubled images as the network gives them, in units of its input; several are worked on together.

        Parameters
        ----------
        images : sequence of ndarray
            Images (ny, nx); what is not finite is missing, and its doubled pixels will be NaN.
        """
        canvases = [self._canvas(_without_gaps(image)) for image in images]
        fill([(canvas, canvas.tiling.every()) for canvas in canvases], self._scaled, self._batch(canvases))
        return [_with_gaps(canvas.out, image) for canvas, image in zip(canvases, images, strict=True)]

    def all_of(self, images: Sequence[NDArray[np.floating]]) -> list[Image]:
        """Doubled images, the quiet Sun at 1 again and nothing below 0; NaN where they are missing."""
        return [self._normalised(raw) for raw in self.raw(images)]

    def for_detection(
        self, image: NDArray[np.floating], parameters: DetectParameters, pixel_mm: float
    ) -> Image:
        """The doubled image where features may be and around them, 1 elsewhere: the same features are in it.

        Parameters
        ----------
        image : ndarray
            Prepared intensity (ny, nx).
        parameters : DetectParameters
            What features are.
        pixel_mm : float
            Side of a native pixel, Mm.
        """
        if self.everywhere or parameters.min_area_fine_px < SMALLEST_PX:
            return self.all_of([image])[0]
        whole = _without_gaps(image)
        canvas = self._canvas(whole, NEEDED_PX)
        canvas.out.fill(1)
        done: set[Place] = set()
        todo = expected(whole, canvas.tiling, parameters)
        while todo:
            fill([(canvas, sorted(todo))], self._scaled_and_normalised, self._batch([canvas]))
            done |= todo
            todo = needed(canvas, done, parameters, pixel_mm) - done
        return _with_gaps(canvas.out, image)

    def _canvas(self, whole: Image, size: int = WHOLE_PX) -> Canvas:
        ny, nx = whole.shape
        if min(ny, nx) < (2 if self.pads else 1):
            raise InputError(f"an image of {ny} x {nx} pixels: the network needs more")
        tiling = Tiling((ny, nx), self.halo, self.pads, size)
        return Canvas(tiling.padded(whole), tiling, np.empty((2 * ny, 2 * nx), np.float32))

    def _batch(self, canvases: Sequence[Canvas]) -> int:
        largest = max((int(np.prod(canvas.tiling.window_shape)) for canvas in canvases), default=1)
        return max(1, BATCH_PX // largest)

    def _scaled(self, windows: Image) -> Image:
        unit = np.float32(self.unit)
        return self.forward(windows) if unit == 1 else self.forward(windows / unit) * unit

    def _scaled_and_normalised(self, windows: Image) -> Image:
        return self._normalised(self._scaled(windows))

    def _normalised(self, raw: Image) -> Image:
        """The same array, changed in place: whole images are large."""
        raw *= np.float32(1 / self.level)
        return np.maximum(raw, 0, out=raw)


def quiet_patch() -> Image:
    """A simulated patch of the quiet Sun at HMI's resolution, about 1; always the same."""
    spectrum = Spectrum((_PROBE_PX, _PROBE_PX), 1)
    noise = np.fft.rfft2(np.random.default_rng(0).standard_normal(spectrum.shape))
    seen = isotropic_response(np.hypot(*spectrum.frequencies()))
    pattern = np.fft.irfft2(noise * amplitude(spectrum, _PROBE_MU) * seen, s=spectrum.shape)
    return 1 + skewed(pattern.astype(np.float32))


def _without_gaps(image: NDArray[np.floating]) -> Image:
    """The image with what is missing made up from what is around it, by bands of rows."""
    values = np.asarray(image, np.float32)
    present = np.isfinite(values)
    if present.all():
        return values
    filled = values.copy()
    for start in range(0, len(values), _BAND_PX):
        first, last = max(start - _REACH_PX, 0), start + _BAND_PX + _REACH_PX
        if not present[first:last].all():
            part = extended(values[first:last], present[first:last])
            filled[start : start + _BAND_PX] = part[start - first :][:_BAND_PX]
    return filled


def _with_gaps(out: Image, image: NDArray[np.floating]) -> Image:
    missing = ~np.isfinite(image)
    if missing.any():
        # A mask of the doubled size would be large.
        for row, col in ((0, 0), (0, 1), (1, 0), (1, 1)):
            out[row::2, col::2][missing] = np.nan
    return out
