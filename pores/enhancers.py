"""What doubles the resolution of intensity: one small protocol, so that methods can be exchanged."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pores.errors import InputError
from pores.parameters import DetectParameters, Enhancement
from pores.upsample import Image, double


class Enhancer(Protocol):
    """Makes prepared images (ny, nx) images (s ny, s nx) of a grid with the same outer edges."""

    @property
    def product(self) -> str:
        """Name of what it makes, in every row that is measured on it."""
        ...

    @property
    def scale(self) -> int:
        """Pixels of its images per native pixel along an axis."""
        ...

    @property
    def level(self) -> float:
        """What it would make of the quiet Sun, and divides by, so that the quiet Sun is 1 again."""
        ...

    def all_of(self, images: Sequence[NDArray[np.floating]]) -> list[Image]:
        """Several images enhanced; NaN where they are missing."""
        ...

    def for_detection(
        self, image: NDArray[np.floating], parameters: DetectParameters, pixel_mm: float
    ) -> Image:
        """An image enhanced at least wherever that matters to the detection and measurement of features.

        `pixel_mm` is the side of a native pixel, Mm.
        """
        ...


@dataclass(frozen=True)
class Simple:
    """An enhancer that is a function of the image."""

    product: str
    scale: int
    function: Callable[[NDArray[np.floating]], Image]
    level: float = 1.0

    def all_of(self, images: Sequence[NDArray[np.floating]]) -> list[Image]:
        """Return every image enhanced."""
        return [self.function(image) for image in images]

    def for_detection(
        self, image: NDArray[np.floating], _parameters: DetectParameters, _pixel_mm: float
    ) -> Image:
        """Return the whole image enhanced."""
        return self.function(image)


def _unchanged(image: NDArray[np.floating]) -> Image:
    return np.asarray(image, np.float32)


def simple_enhancer(name: Enhancement) -> Enhancer:
    """The enhancer of a name that needs nothing else: `spline` doubles, `none` changes nothing.

    Raises
    ------
    InputError
        For `network`, which needs weights.
    """
    if name == "network":
        raise InputError("enhancement by network needs weights: give an enhancer made of them")
    return Simple("spline", 2, double) if name == "spline" else Simple("none", 1, _unchanged)
