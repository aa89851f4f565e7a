"""Figures behind docs/decisions/0005-pore-or-umbra.md, from a directory of SHARP files.

::

    python -m benchmarks.studies.pore_or_umbra DIRECTORY [--pictures OUT]
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy import ndimage

from pores.detect import classify, detect
from pores.errors import UnusableFrame
from pores.geometry import CeaGrid, Observer, mu_map
from pores.parameters import DetectParameters, PrepareParameters
from pores.prepare import prepare
from pores.rims import rim_shares
from pores.upsample import double
from storage.fits_cards import keywords
from storage.fits_files import parse_name, read_segment

Image = NDArray[np.float32]
FINE_MM2 = 0.132805 / 4
VARIED = {
    "threshold": (0.45, 0.5, 0.55),
    "penumbra_threshold": (0.8, 0.85, 0.9),
    "umbra_min_area_mm2": (7.0, 10.0, 13.0),
    "umbra_rim": (0.5, 0.65, 0.75),
    "fragment_rim": (0.8, 0.85, 0.9),
}


def frames(directory: Path) -> Iterator[tuple[str, Image]]:
    """Name and doubled prepared intensity of every continuum file."""
    for path in sorted(directory.glob("*.continuum.fits")):
        name = parse_name(path.name)
        if name is None:
            continue
        read = read_segment(name, path.read_bytes())
        told, continuum = keywords(read.header), read.physical()
        try:
            grid = CeaGrid.from_keywords(told, continuum.shape)
            mu = mu_map(grid, Observer.from_keywords(told))
        except UnusableFrame:  # bare files: as if at disc centre
            mu = np.ones(continuum.shape)
        yield (
            f"{name.harpnum} {name.t_rec}",
            double(prepare(continuum, mu, None, PrepareParameters()).intensity),
        )


def features(intensity: Image) -> None:
    """One line per feature: what the classification sees, at three levels of grey."""
    regions = detect(intensity, DetectParameters(), 2)
    kind, spot = classify(intensity, regions, FINE_MM2, DetectParameters())
    levels = [DetectParameters(penumbra_threshold=level) for level in (0.8, 0.85, 0.9)]
    rims = np.transpose([rim_shares(intensity, regions, FINE_MM2**0.5, asked) for asked in levels])
    for i, (area, shares) in enumerate(zip(regions.area * FINE_MM2, rims, strict=True)):
        told = " ".join(f"{share:4.2f}" for share in shares)
        print(f"  {i + 1:3d} {area:6.1f} Mm2, structure {spot[i]:6.0f} Mm2, rim {told} {kind[i]}")


def structures(intensity: Image) -> None:
    """List the largest structures by level, which granulation joins at some."""
    for level in (0.8, 0.85, 0.9, 0.93, 0.95):
        found, _ = ndimage.label(intensity < level)
        areas = np.sort(np.bincount(found.ravel())[1:])[::-1][:4] * FINE_MM2
        share = float(np.mean(intensity < level))
        print(
            f"  below {level}: {100 * share:5.2f} % of the frame, largest {np.round(areas).astype(int)} Mm2"
        )


def variations(intensity: Image) -> None:
    """What each knob changes."""
    for knob, values in VARIED.items():
        for value in values:
            parameters = DetectParameters(**{knob: value})
            regions = detect(intensity, parameters, 2)
            kind, _ = classify(intensity, regions, FINE_MM2, parameters)
            areas = regions.area * FINE_MM2
            umbra = kind == "umbra"
            largest = areas[~umbra].max(initial=0)
            print(
                f"  {knob} {value}: {umbra.sum()} umbrae {areas[umbra].sum():.0f} Mm2, "
                f"{(~umbra).sum()} pores {areas[~umbra].sum():.0f} Mm2, largest {largest:.1f}"
            )


def picture(intensity: Image, out: Path) -> None:
    """The frame with umbrae in red, pores in green and the level of penumbra in yellow."""
    regions = detect(intensity, DetectParameters(), 2)
    kind, _ = classify(intensity, regions, FINE_MM2, DetectParameters())
    figure = Figure(figsize=(intensity.shape[1] / 80, intensity.shape[0] / 80))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.imshow(intensity, origin="lower", cmap="gray", vmin=0.1, vmax=1.15)
    axes.contour(intensity, [DetectParameters().penumbra_threshold], colors="y", linewidths=0.5)
    for i, name in enumerate(kind):
        axes.contour(
            regions.labels == i + 1, [0.5], colors="r" if name == "umbra" else "lime", linewidths=1.2
        )
    figure.savefig(out, dpi=80)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--pictures", type=Path)
    arguments = parser.parse_args()
    for name, intensity in frames(arguments.directory):
        print(name)
        features(intensity)
        structures(intensity)
        variations(intensity)
        if arguments.pictures:
            arguments.pictures.mkdir(parents=True, exist_ok=True)
            picture(intensity, arguments.pictures / f"{name.replace(' ', '_').replace(':', '')}.png")


if __name__ == "__main__":
    main()
