"""Figures and numbers behind docs/simulation.md, from a directory of SHARP files.

::

    python -m benchmarks.studies.simulation_versus_real DIRECTORY [--figure FILE.png]
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy import ndimage

from pores.geometry import CeaGrid, Observer, mu_map
from pores.parameters import PrepareParameters
from pores.prepare import prepare
from pores.simulate import SimulationParameters, frame_of
from pores.simulate.observe import physical
from pores.simulate.orbit import CRLT_OBS_DEG
from pores.simulate.scene import Scene
from storage.fits_cards import keywords
from storage.fits_files import parse_name, read_segment

Image = NDArray[np.float32]
FIELD = ("Br", "Bp", "Bt")
PATCH, STEP = 64, 16  # native pixels, of power spectra
QUIET_QUARTER = 25  # percent of pixels with the weakest smoothed field
LEVELS = np.array([0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9])
SHOWN = ("2875.20130620_103600", "14003.20251108_150000", "2875.20130622_084800")


@dataclass(frozen=True)
class Sight:
    """A frame, real or simulated: prepared intensity, field in G, mu (y, x), and where the patch is."""

    name: str
    intensity: Image
    field: dict[str, Image]
    mu: NDArray[np.float64]
    latitude: float
    longitude: float


def real(directory: Path, stem: str) -> Sight:
    """A record with coordinates."""
    images, told = {}, {}
    for segment in ("continuum", *FIELD):
        path = directory / f"hmi.sharp_cea_720s.{stem}_TAI.{segment}.fits"
        name = parse_name(path.name)
        if path.exists() and name is not None:
            read = read_segment(name, path.read_bytes())
            images[segment], told = read.physical(), keywords(read.header)
    return sight(
        stem, images, CeaGrid.from_keywords(told, images["continuum"].shape), Observer.from_keywords(told)
    )


def simulated(like: Sight) -> Sight:
    """A simulated frame of a bipolar group where a real one is on the disk."""
    parameters = SimulationParameters(
        scenario="demo", shape=(420, 760), n_frames=1, latitude=like.latitude, longitude=like.longitude
    )
    frame = frame_of(Scene(parameters), 0)
    images = {name: physical(name, image) for name, image in frame.stored.items()}
    return sight(f"simulated as {like.name}", images, frame.place.grid, frame.place.observer)


def sight(name: str, images: dict[str, Image], grid: CeaGrid, observer: Observer) -> Sight:
    mu = mu_map(grid, observer)
    prepared = prepare(images["continuum"], mu, None, PrepareParameters())
    longitude = (grid.crval[0] - observer.lon + 180) % 360 - 180
    field = {one: images[one] for one in FIELD if one in images}
    return Sight(name, prepared.intensity, field, mu, grid.crval[1] - observer.lat + CRLT_OBS_DEG, longitude)


def quiet(one: Sight) -> NDArray[np.bool_]:
    """Pixels more than 20 from anything dark."""
    filled = np.nan_to_num(one.intensity, nan=1.0)
    dark = (filled < 0.75) | (ndimage.gaussian_filter(filled, 4) < 0.95)
    return ~ndimage.binary_dilation(dark, iterations=20)


def neighbours(image: Image, mask: NDArray[np.bool_], lag: int) -> tuple[float, float]:
    """Correlation with the pixel `lag` on, along x and y, where both are in the mask."""
    x, y = mask[:, :-lag] & mask[:, lag:], mask[:-lag] & mask[lag:]
    along_x = np.corrcoef(image[:, :-lag][x], image[:, lag:][x])[0, 1]
    along_y = np.corrcoef(image[:-lag][y], image[lag:][y])[0, 1]
    return float(along_x), float(along_y)


def spectrum(one: Sight) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Frequencies, cycles per pixel, and power of quiet patches averaged over direction."""
    mask, window = quiet(one), np.multiply.outer(np.hanning(PATCH), np.hanning(PATCH))
    power = []
    for y in range(0, mask.shape[0] - PATCH + 1, STEP):
        for x in range(0, mask.shape[1] - PATCH + 1, STEP):
            if mask[y : y + PATCH, x : x + PATCH].all():
                cut = one.intensity[y : y + PATCH, x : x + PATCH].astype(float)
                power.append(np.abs(np.fft.fft2((cut - cut.mean()) * window)) ** 2 / (window**2).sum())
    along = np.fft.fftfreq(PATCH)
    k = np.hypot(along[:, None], along[None, :])
    bins = np.arange(0.01, 0.5, 0.02)
    mean = np.mean(power, axis=0) if power else np.full(k.shape, np.nan)
    rings = [mean[(k >= low) & (k < low + 0.02)].mean() for low in bins]
    return bins + 0.01, np.array(rings)


def field_of_intensity(one: Sight) -> NDArray[np.float64]:
    """Mean |Br| of the pixels between LEVELS."""
    radial = np.abs(one.field["Br"])
    rows = [(one.intensity >= low) & (one.intensity < low + 0.1) for low in LEVELS[:-1]]
    return np.array([radial[row].mean() if row.sum() > 5 else np.nan for row in rows])


def numbers(one: Sight) -> list[str]:
    """The cells of a row of the table."""
    mask = quiet(one)
    values = one.intensity[mask].astype(float)
    skewness = ((values - values.mean()) ** 3).mean() / values.std() ** 3
    cells = [f"{one.mu[mask].mean():.2f}", f"{100 * values.std():.2f} %", f"{skewness:.2f}"]
    cells += ["{:.2f} / {:.2f}".format(*neighbours(one.intensity, mask, lag)) for lag in (1, 2)]
    radial = ndimage.gaussian_filter(np.abs(one.field["Br"]), 6)
    weak = radial < np.percentile(radial, QUIET_QUARTER)
    cells += [f"{one.field[name][weak].std():.0f} G" if name in one.field else "" for name in FIELD]
    return cells


def draw(pairs: list[tuple[Sight, Sight]], path: Path) -> None:
    """Frames beside each other on the same scales, and what is compared."""
    figure = Figure(figsize=(13, 12), layout="constrained")
    axes = figure.subplots(3, 2, height_ratios=(3, 3, 2.2), squeeze=False)
    for row, one in zip(axes, pairs[0], strict=False):
        for axis, image, span in (
            (row[0], one.intensity, (0.3, 1.2)),
            (row[1], one.field["Br"], (-800, 800)),
        ):
            axis.imshow(middle(image), cmap="gray", vmin=span[0], vmax=span[1], origin="lower")
            axis.set(title=f"{one.name}: {'Br, +-800 G' if span[0] < 0 else 'I / I quiet, 0.3 to 1.2'}")
            axis.set(xlabel="x, native pixels of 0.36 Mm", ylabel="y, native pixels")
    curves(axes[2], pairs)
    figure.savefig(path, dpi=80)


def middle(image: Image) -> Image:
    """The middle 240 x 460 pixels."""
    top, left = (max(0, (n - size) // 2) for n, size in zip(image.shape, (240, 460), strict=True))
    return image[top : top + 240, left : left + 460]


def curves(axes: NDArray[np.object_], pairs: list[tuple[Sight, Sight]]) -> None:
    for colour, pair in zip(("C0", "C1", "C2"), pairs, strict=False):
        for one, style in zip(pair, ("-", "--"), strict=True):
            k, power = spectrum(one)
            axes[0].semilogy(
                k, power, style, color=colour, label=f"{one.name}, mu {one.mu[quiet(one)].mean():.2f}"
            )
            axes[1].plot(LEVELS[:-1] + 0.05, field_of_intensity(one), style, color=colour, marker=".")
    axes[0].set(xlabel="cycles per native pixel", ylabel="power of the quiet Sun")
    axes[1].set(xlabel="I / I quiet", ylabel="mean |Br|, G")
    axes[0].legend(fontsize=7)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--figure", type=Path)
    given = parser.parse_args()
    pairs = []
    print("| frame | mu | contrast | skewness | lag 1, x / y | lag 2, x / y | Br | Bp | Bt |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for stem in SHOWN:
        one = real(given.directory, stem)
        pairs.append((one, simulated(one)))
        for each in pairs[-1]:
            print("|", " | ".join([each.name, *numbers(each)]), "|")
    if given.figure is not None:
        draw(pairs, given.figure)


if __name__ == "__main__":
    main()
