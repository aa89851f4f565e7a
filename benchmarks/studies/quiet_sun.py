"""Figures behind docs/decisions/0002-quiet-sun.md, from a directory of SHARP files.

::

    python -m benchmarks.studies.quiet_sun DIRECTORY
"""

import argparse
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, stats
from scipy.special import ndtr

from benchmarks.studies.records import Record, records
from pores.limb_darkening import flatten
from pores.quiet_sun import fixed_bins, half_sample_mode, histogram_100, quiet_pixels

Values = NDArray[np.floating]
ESTIMATORS: dict[str, Callable[[Values], float]] = {
    "fixed_bins": fixed_bins,
    "half_sample_mode": half_sample_mode,
    "histogram_100": histogram_100,
    "median": lambda values: float(np.median(values)),
    "mean": lambda values: float(np.mean(values, dtype=np.float64)),
}
CONTRAST, BLOCK, DRAWS = 0.027, 24, 16


@cache
def quantiles(skewness: float) -> tuple[Values, Values]:
    """Probabilities and values of a skew normal distribution of standard deviation 1 with its mode at 0."""
    law, x = stats.skewnorm(skewness), np.linspace(-5, 5, 5001)
    return law.cdf(x), (x - x[law.pdf(x).argmax()]) / law.std()


def simulated(skewness: float, dark: float, side: int, rng: np.random.Generator) -> Values:
    """Blurred granulation whose mode is 1; a share is spot, and two thirds as much faculae."""
    noise = ndimage.gaussian_filter(rng.normal(size=(side, side)), 0.9, mode="wrap").ravel()
    values = 1 + CONTRAST * np.interp(ndtr(noise / noise.std()), *quantiles(skewness))
    spot, facula = np.split(rng.permutation(values.size), [int(dark * values.size)])
    facula = facula[: int(dark * 2 / 3 * values.size)]
    values[spot] = rng.uniform(0.1, 0.95, spot.size)
    values[facula] *= rng.uniform(1, 1.06, facula.size)
    return values.astype(np.float32)


def print_simulated() -> None:
    rng = np.random.default_rng(2)
    for side in (220, 500):
        for skewness in (0.0, 1.0, 2.0):
            for dark in (0.0, 0.15):
                draws = [simulated(skewness, dark, side, rng) for _ in range(DRAWS)]
                found = {name: [estimate(v) for v in draws] for name, estimate in ESTIMATORS.items()}
                text = (
                    f"{n} {100 * (np.mean(v) - 1):+.2f} +- {100 * np.std(v):.2f}" for n, v in found.items()
                )
                print(f"{side**2} px, skewness {skewness}, {dark:.0%} spot:", ", ".join(text), "%")


def resampled(flat: Values, use: NDArray[np.bool_], rng: np.random.Generator) -> Values:
    """A draw of the frame's blocks with replacement, since neighbouring pixels are no independent samples."""
    ny, nx = (n // BLOCK for n in flat.shape)
    cut = (slice(0, ny * BLOCK), slice(0, nx * BLOCK))
    blocks, used = (
        a[cut].reshape(ny, BLOCK, nx, BLOCK).swapaxes(1, 2).reshape(ny * nx, -1) for a in (flat, use)
    )
    drawn = rng.integers(0, ny * nx, ny * nx)
    return blocks[drawn][used[drawn]]


def print_record(record: Record) -> None:
    rng = np.random.default_rng(3)
    flat = flatten(record.continuum, record.mu.astype(np.float32), "pierce_slaughter_6173")
    every = np.isfinite(flat)
    use = every if record.bitmap is None else every & quiet_pixels(record.bitmap)
    draws = [resampled(flat, use, rng) for _ in range(DRAWS)]
    median = float(np.median(flat[use]))
    print(record.name, f"{np.count_nonzero(use)} px", "" if record.bitmap is None else "by bitmap")
    for name, estimate in ESTIMATORS.items():
        start = time.perf_counter()
        level = estimate(flat[use])
        spent = 1e3 * (time.perf_counter() - start)
        scatter = 100 * np.std([estimate(draw) for draw in draws]) / median
        text = f"    {name:17} {level / median:.4f} of the median +- {scatter:.2f} %, {spent:.1f} ms"
        print(
            text,
            ""
            if record.bitmap is None
            else f", all pixels {100 * (estimate(flat[every]) / level - 1):+.2f} %",
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("directory", type=Path)
    directory = parser.parse_args().directory
    print_simulated()
    for record in records(directory):
        print_record(record)


if __name__ == "__main__":
    main()
