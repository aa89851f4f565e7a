"""The noise-free scene of a record, seen through the instrument.

Scenes have two pixels to a native one along an axis and a margin around the patch; scene pixel 2 (x + MARGIN)
is the centre of native pixel x. The instrument's blur leaves nothing beyond the scene's Nyquist frequency, so
that any finer grid follows by Fourier interpolation.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from pores.simulate import granulation
from pores.simulate.instrument import Spectrum, response
from pores.simulate.network import CORE_PX, Network, network
from pores.simulate.orbit import Place, place, to_carrington
from pores.simulate.parameters import SimulationParameters
from pores.simulate.profiles import PENUMBRA_RADIUS, darkness_and_field, radius_of
from pores.simulate.scenario import script
from pores.simulate.script import Pore, Presence, position, presences
from pores.simulate.stage import PIXEL_MM

Image = NDArray[np.float32]
Complex = NDArray[np.complex64]

OVERSAMPLING, MARGIN = 2, 24
TOGETHER = 3  # overlapping pores darken as the cube root of the sum of cubes
NETWORK_DARKNESS, NETWORK_FIELD_G = 0.11, 600.0  # granulation in plage is darker where the field is stronger
CALM = 0.35  # contrast of granulation within pores, relative to the quiet Sun
OWNED = 0.02  # darkness from which a place belongs to a pore


@dataclass(frozen=True)
class Seen:
    """What the instrument would see of a record without noise, on the scene's grid (y, x).

    Attributes
    ----------
    place : Place
        Geometry of the record.
    intensity : ndarray
        In units of the quiet Sun's mode, without limb darkening.
    br, bp, bt : ndarray
        Field in G: outward, westward, southward.
    owner : ndarray
        Number of the scripted pore that darkens a place most, 0 for none.
    pixels : mapping of int to (x, y)
        Native pixel of every scripted pore, also of one that is not there: where it would be.
    """

    place: Place
    intensity: Image
    br: Image
    bp: Image
    bt: Image
    owner: NDArray[np.int16]
    pixels: dict[int, tuple[float, float]]


class Scene:
    """The scenes of a series; every record can be rendered alone."""

    def __init__(self, parameters: SimulationParameters) -> None:
        self.parameters = parameters
        size = [scipy.fft.next_fast_len(OVERSAMPLING * (n + 2 * MARGIN), real=True) for n in parameters.shape]
        self.spectrum = Spectrum((size[0] + size[0] % 2, size[1] + size[1] % 2), OVERSAMPLING)

    @cached_property
    def script(self) -> tuple[Pore, ...]:
        """The pores of the series."""
        return script(self.parameters)

    @cached_property
    def _static(self) -> Complex:
        rng = np.random.default_rng([self.parameters.seed, 3])
        return _forward(rng.standard_normal(self.spectrum.shape, np.float32))

    @cached_property
    def _network(self) -> Network:
        return network(self.parameters)

    def seen(self, frame: int) -> Seen:
        """Render a record without noise."""
        where = place(self.parameters, frame)
        transfer = response(self.spectrum, where)
        dark, field, owner, pixels = self._pores(where)
        net = self._elements(where) * transfer
        seen_dark = self._back(_forward(dark) * transfer)
        intensity = 1 - seen_dark - _plage_darkness(self._back(net))
        pattern = self._granulation(where, transfer, frame)
        sigma = float(pattern.std())
        intensity += pattern * np.clip(1 - (1 - CALM) * seen_dark / 0.5, CALM, 1)
        br_hat = _forward(field) * transfer + net
        br, bp, bt = self._potential(br_hat)
        return Seen(where, intensity / np.float32(1 + granulation.mode(sigma)), br, bp, bt, owner, pixels)

    def native(self, image: NDArray[np.float32]) -> Image:
        """The native pixels (ny, nx) of an image of the scene."""
        start = OVERSAMPLING * MARGIN
        ny, nx = self.parameters.shape
        return image[start::OVERSAMPLING, start::OVERSAMPLING][:ny, :nx]

    def pixel(
        self, where: Place, x_mm: NDArray[np.float64], y_mm: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], ...]:
        """Native pixel of places given in Mm."""
        return where.grid.to_pixel(*to_carrington(self.parameters, x_mm, y_mm, where.hours))

    def _pores(self, where: Place) -> tuple[Image, Image, NDArray[np.int16], dict[int, tuple[float, float]]]:
        """Darkness, radial field and owners on the Sun, and the pixel of every pore."""
        canvas = _Canvas(self.spectrum.shape)
        pixels = self._pixels(where)
        for presence in presences(self.script, where.hours):
            x, y = pixels[presence.pore.number]
            canvas.draw(presence, OVERSAMPLING * (x + MARGIN), OVERSAMPLING * (y + MARGIN))
        field = np.cbrt(canvas.north) - np.cbrt(canvas.south)
        return np.cbrt(canvas.dark), field, canvas.owner, pixels

    def _pixels(self, where: Place) -> dict[int, tuple[float, float]]:
        places = np.array([position(pore, where.hours) for pore in self.script]).reshape(-1, 2)
        x, y = self.pixel(where, places[:, 0], places[:, 1])
        return {pore.number: (float(x[i]), float(y[i])) for i, pore in enumerate(self.script)}

    def _elements(self, where: Place) -> Complex:
        """Transform of the radial field of network and plage on the Sun."""
        x, y, flux = self._network.at(where.hours)
        px, py = (OVERSAMPLING * (p + MARGIN) for p in self.pixel(where, x, y))
        ky, kx = self.spectrum.frequencies()
        core = np.exp(-2 * (np.pi * CORE_PX) ** 2 * (kx**2 + ky**2)).astype(np.float32)
        return _forward(_splat(self.spectrum.shape, px, py, flux * OVERSAMPLING**2)) * core

    def _granulation(self, where: Place, transfer: Image, frame: int) -> Image:
        rng = np.random.default_rng([self.parameters.seed, 4, frame])
        fresh = _forward(rng.standard_normal(self.spectrum.shape, np.float32))
        noise = granulation.mixed(fresh, self._static * self._shift(where), self.spectrum)
        pattern = self._back(noise * granulation.amplitude(self.spectrum, where.mu_center) * transfer)
        return granulation.skewed(pattern)

    def _shift(self, where: Place) -> Complex:
        """Phases that move the static pattern with the rotation of the patch centre."""
        x, y = self.pixel(where, np.zeros(1), np.zeros(1))
        dx, dy = (float(p[0]) - (n - 1) / 2 for p, n in zip((x, y), self.parameters.shape[::-1], strict=True))
        ky, kx = self.spectrum.frequencies()
        return np.asarray(np.exp(-2j * np.pi * (kx * dx + ky * dy)), np.complex64)

    def _potential(self, br_hat: Complex) -> tuple[Image, Image, Image]:
        """Br, Bp and Bt of the potential field over a plane that has this radial field."""
        ky, kx = self.spectrum.frequencies()
        k = np.hypot(ky, kx)
        k[0, 0] = 1.0
        west = (-1j * kx / k).astype(np.complex64)
        north = (-1j * ky / k).astype(np.complex64)
        return self._back(br_hat), self._back(br_hat * west), -self._back(br_hat * north)

    def _back(self, transform: Complex) -> Image:
        image: Image = scipy.fft.irfft2(transform, s=self.spectrum.shape)
        return image


class _Canvas:
    """Images on which pores are drawn one by one: sums of cubes of darkness and of field of each polarity."""

    def __init__(self, shape: tuple[int, int]) -> None:
        self.dark, self.north, self.south, self._most = (np.zeros(shape, np.float32) for _ in range(4))
        self.owner = np.zeros(shape, np.int16)

    def draw(self, presence: Presence, x: float, y: float) -> None:
        """Add a pore at a scene pixel."""
        radius = radius_of(presence.area_mm2, presence.pore.strength)
        reach = 1.7 * radius + 2.0 if presence.pore.kind == "pore" else 1.6 * PENUMBRA_RADIUS * radius + 3.0
        rows, cols = (_window(c, reach, n) for c, n in zip((y, x), self.dark.shape, strict=True))
        step = np.float32(PIXEL_MM / OVERSAMPLING)
        dx = (np.arange(cols.start, cols.stop, dtype=np.float32) - np.float32(x)) * step
        dy = (np.arange(rows.start, rows.stop, dtype=np.float32) - np.float32(y)) * step
        if not dx.size or not dy.size:
            return
        dark, field = darkness_and_field(presence, *np.meshgrid(dx, dy))
        self.dark[rows, cols] += dark**TOGETHER
        (self.north if presence.pore.polarity > 0 else self.south)[rows, cols] += field**TOGETHER
        most, owner = self._most[rows, cols], self.owner[rows, cols]
        owner[dark > np.maximum(most, OWNED)] = presence.pore.number
        np.maximum(most, dark, out=most)


def _window(centre: float, reach_mm: float, n: int) -> slice:
    reach = reach_mm / PIXEL_MM * OVERSAMPLING
    return slice(min(n, max(0, int(centre - reach))), max(0, min(n, int(centre + reach) + 2)))


def _splat(
    shape: tuple[int, int], x: NDArray[np.float64], y: NDArray[np.float64], weight: NDArray[np.float64]
) -> Image:
    """Point sources shared among the four nearest pixels."""
    image = np.zeros(shape, np.float32)
    inside = (x > 0) & (y > 0) & (x < shape[1] - 1) & (y < shape[0] - 1)
    x, y, weight = x[inside], y[inside], weight[inside]
    col, row = x.astype(int), y.astype(int)
    fx, fy = x - col, y - row
    for j, i, share in (
        (0, 0, (1 - fy) * (1 - fx)),
        (0, 1, (1 - fy) * fx),
        (1, 0, fy * (1 - fx)),
        (1, 1, fy * fx),
    ):
        np.add.at(image, (row + j, col + i), (weight * share).astype(np.float32))
    return image


def _plage_darkness(field: Image) -> Image:
    square = (field / np.float32(NETWORK_FIELD_G)) ** 2
    return np.float32(NETWORK_DARKNESS) * square / (1 + square)


def _forward(image: Image) -> Complex:
    transform: Complex = scipy.fft.rfft2(image)
    return transform
