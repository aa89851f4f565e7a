"""One image doubled: by spline in its own units, by a network in units of the quiet Sun."""

import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from flows.enhancement import made_of
from pores.errors import InputError
from pores.quiet_sun import quiet_sun_level
from pores.upsample import double
from storage.one_image import UNITS, Doubled, double_file

if TYPE_CHECKING:
    from pores.enhance.doubler import Network
    from pores.enhance.weights import Weights

Image = NDArray[np.float32]

# Of BUNIT, in small letters.
GAUSS = ("g", "gauss", "mx/cm^2", "mx/cm2", "mx cm-2", "mx cm^-2")
MOST_NORMALISED, MOST_NEGATIVE = 3.0, 0.01  # median in units of the quiet Sun; share of pixels
NO_INTENSITY = (*GAUSS, "t", "kg", "mt", "m/s", "cm/s", "km/s", "m s-1", "cm s-1", "deg", "degree", "rad")


def enhance_by_spline(image: Path, out: Path) -> None:
    """Double an image of anything by cubic spline, in its own units."""
    double_file(image, out, lambda data, _unit: Doubled(double(data), "spline"))


def enhance_by_network(
    image: Path, out: Path, named: str | None, field: bool = False, normalised: bool = False
) -> None:
    """Double an image of intensity, or of line-of-sight field in G if the weights are for that, by a network.

    Parameters
    ----------
    image, out : Path
        FITS files.
    named : str or None
        Weights as on the command line: a file, or a known name; None: those that come with porelake.
    field : bool
        Whether weights that aren't known are for the field.
    normalised : bool
        Whether the image is in units of the quiet Sun: what the network makes of it is left as it is. Else
        the level of the quiet Sun is found and divided out, before and after.

    Raises
    ------
    InputError
        If the image or the weights aren't what they should be, or don't go together.
    """
    weights = _weights(named, field)
    if weights.quantity == "field" and normalised:
        raise InputError("--normalised: of a field there is no quiet Sun; it goes with intensity")
    by = _Doubling(weights)
    if weights.quantity == "field":
        double_file(image, out, by.field)
    else:
        double_file(image, out, by.untouched if normalised else by.normalised)


def _weights(named: str | None, field: bool) -> "Weights":
    from storage.weights import located, own_weights
    from storage.weights_file import read_weights

    weights = read_weights(located(named), "field" if field else None) if named else own_weights()
    if field and weights.quantity != "field":
        raise InputError(f"--field: weights {weights.name} are for intensity; name others with --weights")
    return weights


@dataclass(frozen=True)
class _Doubling:
    weights: "Weights"

    @cached_property
    def network(self) -> "Network":
        """The network, made when the image has been read: it may take seconds."""
        return made_of(self.weights)

    @property
    def name(self) -> str:
        return self.weights.name

    def field(self, data: Image, unit: str) -> Doubled:
        if unit and unit.strip().lower() not in GAUSS:
            raise InputError(f"an image in {unit}: these weights are for line-of-sight field in G")
        return Doubled(self.network.raw([data])[0], self._method)

    def untouched(self, data: Image, unit: str) -> Doubled:
        _require_intensity(data, unit)
        middle = float(np.nanmedian(data)) if np.isfinite(data).any() else 1.0
        if middle > MOST_NORMALISED:
            raise InputError(
                f"--normalised: the image's median is {middle:.4g}, no intensity over the quiet Sun's"
            )
        return Doubled(self.network.raw([data])[0], self._method)

    def normalised(self, data: Image, unit: str) -> Doubled:
        """Units of the quiet Sun, whatever those of the image are."""
        _require_intensity(data, unit)
        level = _quiet_sun(data)
        if self.network.level != self.network.answer:
            print(
                f"{self.name}: the network makes {self.network.answer:.3g} of a quiet Sun of 1, as none does"
                " that was trained for intensity; left as it is",
                file=sys.stderr,
            )
        data /= np.float32(level)  # in place: whole disks are large
        image = self.network.all_of([data])[0]
        cards = (
            *((name, None, "") for name in UNITS),
            ("QUIETSUN", level, "quiet Sun, in the unit of the original"),
            ("QUIETNET", self.network.level, "what the network made of it; divided out"),
        )
        return Doubled(image, self._method, cards)

    @property
    def _method(self) -> str:
        return f"network {self.name}"


def _require_intensity(data: Image, unit: str) -> None:
    if unit.strip().lower() in NO_INTENSITY:
        raise InputError(
            f"an image in {unit}: the network is for intensity; use --method spline, or weights for field"
        )
    known = data[np.isfinite(data)]
    negative = float(np.mean(known < 0)) if known.size else 0.0
    if negative > MOST_NEGATIVE:
        raise InputError(
            f"{100 * negative:.0f} % of the image is below 0, so it is no intensity; use --method spline"
        )


def _quiet_sun(data: Image) -> float:
    """Level of the quiet Sun of an image, in its unit."""
    bright = data[np.isfinite(data) & (data > 0)]
    if not bright.size:
        raise InputError("no intensity above 0 in the image, so that its quiet Sun has no level")
    return quiet_sun_level(bright, "fixed_bins")
