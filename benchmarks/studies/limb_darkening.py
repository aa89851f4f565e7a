"""Figures behind docs/decisions/0001-limb-darkening.md, from a directory of SHARP files.

::

    python -m benchmarks.studies.limb_darkening DIRECTORY
"""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.studies.records import Record, records
from pores.limb_darkening import LimbDarkening, profile, separable_part
from pores.parameters import PrepareParameters
from pores.prepare import Prepared, prepare

POLYNOMIALS: tuple[LimbDarkening, ...] = (
    "pierce_slaughter_6173",
    "pierce_slaughter_6206",
    "neckel_labs_6173",
)
DEFAULT = POLYNOMIALS[0]
PATCH, SPOT = (250, 580), slice(60, 120)


class Damage(NamedTuple):
    """What the separable part takes from a frame, beside what there is of limb darkening."""

    darkening: float  # 5th to 95th percentile of the known profile over its median
    separable: float  # the same of the separable part
    bright: float  # of quiet Sun in the rows and columns of dark features
    area: float  # of I < 0.5 in Mm^2, by the profile
    area_svd: float


def prepared(record: Record, name: LimbDarkening) -> Prepared:
    return prepare(record.continuum, record.mu, record.bitmap, PrepareParameters(limb_darkening=name))


def span(image: NDArray[np.floating]) -> float:
    low, middle, high = np.percentile(image, [5, 50, 95])
    return float((high - low) / middle)


def damage(record: Record) -> Damage:
    """Compare the separable part of a frame with its limb darkening."""
    one, other = (prepared(record, name).intensity for name in (DEFAULT, "svd"))
    dark = one < 0.5
    crossed = (dark.sum(1) >= 5)[:, None] & (dark.sum(0) >= 5) & ~(one < 0.9)
    pixel = record.grid.pixel_area_mm2
    return Damage(
        span(profile(record.mu, DEFAULT)),
        span(separable_part(record.continuum)),
        float(np.median(other[crossed] / one[crossed])) if crossed.any() else np.nan,
        pixel * np.count_nonzero(dark),
        pixel * np.count_nonzero(other < 0.5),
    )


def simulated() -> Iterator[tuple[float, float, float]]:
    """Spot intensity, and the factors by which SVD brightens the quiet Sun beside it and the spot."""
    rng = np.random.default_rng(1)
    for intensity in (1.0, 0.6, 0.2):
        truth = 1 + 0.027 * rng.normal(size=PATCH)
        truth[SPOT, 200:320] *= intensity
        found = truth / separable_part(truth)
        factor = found / truth
        yield intensity, float(factor[SPOT, :200].mean()), float(factor[SPOT, 200:320].mean())


def print_sets() -> None:
    mu = np.array([1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2])
    print("mu".ljust(24), *(f"{m:7.1f}" for m in mu))
    reference = profile(mu, DEFAULT)
    print(DEFAULT.ljust(24), *(f"{v:7.4f}" for v in reference))
    for name in POLYNOMIALS[1:]:
        print(f"{name}, % off".ljust(24), *(f"{v:+7.2f}" for v in 100 * (profile(mu, name) / reference - 1)))


def print_frames(directory: Path) -> None:
    for record in records(directory):
        levels = [f"{name} {prepared(record, name).quiet_sun:.0f}" for name in (*POLYNOMIALS, "none")]
        print(f"{record.name} mu {record.mu.min():.2f}-{record.mu.max():.2f}:", ", ".join(levels), "DN/s")
        d = damage(record)
        print(
            f"    limb darkening spans {100 * d.darkening:.1f} %, separable part {100 * d.separable:.1f} %;"
            f" beside dark features svd is {100 * (d.bright - 1):+.1f} %;"
            f" I < 0.5: {d.area:.1f} -> {d.area_svd:.1f} Mm2"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("directory", type=Path)
    print_sets()
    print_frames(parser.parse_args().directory)
    for intensity, beside, within in simulated():
        print(f"simulated, spot of {intensity}: quiet Sun beside it x {beside:.3f}, spot x {within:.3f}")


if __name__ == "__main__":
    main()
