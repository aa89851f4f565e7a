"""One image doubled: by spline in its own units, by a network in units of the quiet Sun."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from flows.enhancement import start_network
from pores.errors import InputError
from pores.quiet_sun import quiet_sun_level
from pores.upsample import double
from storage.one_image import Doubled, double_file

if TYPE_CHECKING:
    from pores.enhance.doubler import Network
    from pores.enhance.weights import Weights

Image = NDArray[np.float32]

# Of BUNIT, in small letters.
GAUSS = ("g", "gauss", "mx/cm^2", "mx/cm2", "mx cm-2", "mx cm^-2")
FIELD_UNITS = (*GAUSS, "t", "kg", "mt")


def enhance_by_spline(image: Path, out: Path) -> None:
    """Double an image of anything by cubic spline, in its own units."""
    double_file(image, out, lambda data, _unit: Doubled(double(data), "spline"))


def enhance_by_network(image: Path, out: Path, weights: "Weights", normalised: bool) -> None:
    """Double an image of intensity, or of line-of-sight field in G if the weights are for that, by a network.

    Parameters
    ----------
    image, out : Path
        FITS files.
    weights : Weights
    normalised : bool
        Whether the image is in units of the quiet Sun: what the network makes of it is left as it is. Else
        the level of the quiet Sun is found and divided out, before and after.
    """
    from pores.enhance.doubler import Network

    start_network()
    network = Network.of(weights)
    by = _Doubling(network, weights.name)
    if weights.quantity == "field":
        double_file(image, out, by.field)
    else:
        double_file(image, out, by.untouched if normalised else by.normalised)


@dataclass(frozen=True)
class _Doubling:
    network: "Network"
    name: str

    def field(self, data: Image, unit: str) -> Doubled:
        if unit and unit.strip().lower() not in GAUSS:
            raise InputError(f"an image in {unit}: these weights are for line-of-sight field in G")
        return Doubled(self.network.raw([data])[0], self._method)

    def untouched(self, data: Image, unit: str) -> Doubled:
        _require_intensity(unit)
        return Doubled(self.network.raw([data])[0], self._method)

    def normalised(self, data: Image, unit: str) -> Doubled:
        """Units of the quiet Sun, whatever those of the image are."""
        _require_intensity(unit)
        level = _quiet_sun(data)
        if self.network.level != self.network.answer:
            print(
                f"{self.name}: the network makes {self.network.answer:.3g} of a quiet Sun of 1, as none does"
                " that was trained for intensity; left as it is",
                file=sys.stderr,
            )
        image = self.network.all_of([data / np.float32(level)])[0]
        cards = (
            ("BUNIT", None, ""),
            ("QUIETSUN", level, "quiet Sun, in the unit of the original"),
            ("QUIETNET", self.network.level, "what the network made of it; divided out"),
        )
        return Doubled(image, self._method, cards)

    @property
    def _method(self) -> str:
        return f"network {self.name}"


def _require_intensity(unit: str) -> None:
    if unit.strip().lower() in FIELD_UNITS:
        raise InputError(
            f"an image in {unit}: the network is for intensity; use --method spline, or weights for field"
        )


def _quiet_sun(data: Image) -> float:
    """Level of the quiet Sun of an image, in its unit."""
    bright = data[np.isfinite(data) & (data > 0)]
    if not bright.size:
        raise InputError("no intensity above 0 in the image, so that its quiet Sun has no level")
    return quiet_sun_level(bright, "fixed_bins")
