"""Figures behind docs/decisions/0003-upsampling.md, from a directory of SHARP files.

::

    python -m benchmarks.studies.upsampling DIRECTORY
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import zoom

from benchmarks.studies.records import records
from pores.geometry import CeaGrid
from pores.parameters import PrepareParameters
from pores.prepare import prepare
from pores.upsample import double, double_window

Image = NDArray[np.floating]
METHODS: dict[str, Callable[[Image], Image]] = {
    "natural spline (ours)": double,
    "scipy, nearest": lambda image: zoom(image, 2, order=3, grid_mode=True, mode="nearest"),
    "scipy, reflect": lambda image: zoom(image, 2, order=3, grid_mode=True, mode="reflect"),
    "scipy, mirror": lambda image: zoom(image, 2, order=3, grid_mode=True, mode="mirror"),
    "scipy's default": lambda image: zoom(image, 2, order=3),
}
CROP, CROPS = 50, 100


def milliseconds(function: Callable[[], object]) -> float:
    def once() -> float:
        start = time.perf_counter()
        function()
        return 1e3 * (time.perf_counter() - start)

    return float(np.median([once() for _ in range(9)]))


def border_errors(image: Image) -> dict[str, tuple[float, float]]:
    """RMS of doubled crops less the doubled whole, in the outermost and the fourth ring of fine pixels."""
    rng, whole = np.random.default_rng(4), double(image)
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in METHODS if name != "scipy's default"}
    for _ in range(CROPS):
        y, x = (int(rng.integers(40, n - CROP - 40)) for n in image.shape)
        part, expected = image[y : y + CROP, x : x + CROP], whole[2 * y :, 2 * x :][: 2 * CROP, : 2 * CROP]
        for name, squares in found.items():
            square = (METHODS[name](part) - expected) ** 2
            squares.append((ring(square, 0), ring(square, 3)))
    return {name: tuple(np.sqrt(np.mean(squares, axis=0))) for name, squares in found.items()}


def ring(square: Image, depth: int) -> float:
    inner = square[depth : square.shape[0] - depth, depth : square.shape[1] - depth]
    return float(np.concatenate([inner[0], inner[-1], inner[1:-1, 0], inner[1:-1, -1]]).mean())


def shift(method: Callable[[Image], Image], crpix: Callable[[float], float]) -> float:
    """Largest distance in native pixels on the Sun between a feature before and after, over a patch."""
    grid = CeaGrid((377, 744), (372.5, 189.0), (34.879105, -21.0769), (0.03, 0.03), 696e6)
    fine = CeaGrid((754, 1488), (crpix(372.5), crpix(189.0)), grid.crval, (0.015, 0.015), 696e6)
    off = []
    for x0, y0 in ((371.0, 188.0), (40.3, 30.2), (700.4, 340.7)):
        y, x = np.indices(grid.shape)
        weight = method(np.exp(-((x - x0) ** 2 + (y - y0) ** 2) / 18))
        fy, fx = np.indices(fine.shape)
        lon, lat = fine.to_carrington(*((weight * f).sum() / weight.sum() for f in (fx, fy)))
        x1, y1 = grid.to_pixel(lon, lat)
        off.append(float(np.hypot(x1 - x0, y1 - y0)))
    return max(off)


def gap_error(image: Image) -> tuple[float, float]:
    """RMS beside gaps of 3 x 3 pixels less the doubled whole: first and third fine pixel from them."""
    holed, whole = image.copy(), double(image)
    centres = np.zeros(image.shape, bool)
    centres[20:-20:15, 20:-20:15] = True
    y, x = np.nonzero(centres)
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            holed[y + dy, x + dx] = np.nan
    square = (double(holed) - whole) ** 2
    first, third = (np.mean([square[2 * y + d, 2 * x] for d in depth]) for depth in ((-3, 4), (-5, 6)))
    return float(np.sqrt(first)), float(np.sqrt(third))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("directory", type=Path)
    record = next(r for r in records(parser.parse_args().directory) if r.name.startswith("HARP 377 "))
    image = prepare(record.continuum, record.mu, record.bitmap, PrepareParameters()).intensity
    gaps = image.copy()
    gaps[:, 600:] = np.nan
    inside = (slice(28, -28), slice(28, -28))
    reference = METHODS["scipy, nearest"](image.astype(np.float64))
    print(f"largest difference from scipy inside: {np.abs(double(image) - reference)[inside].max():.1e}")
    for name, method in METHODS.items():
        print(f"{name}: {milliseconds(lambda m=method: m(image)):.1f} ms")
    print(f"with gaps: {milliseconds(lambda: double(gaps)):.1f} ms")
    window = (slice(100, 120), slice(100, 120))
    print(f"window of 20 x 20: {milliseconds(lambda: double_window(image, *window)):.2f} ms")
    for name, (first, fourth) in border_errors(image).items():
        print(f"{name}: border RMS {first:.5f}, fourth ring {fourth:.5f}")
    print("beside gaps: RMS {:.5f}, third ring {:.5f}".format(*gap_error(image)))
    print(f"RMS {np.std(image):.4f}, of granulation {np.percentile(image, 84) - np.median(image):.4f}")
    for text, method, crpix in (
        ("ours, CRPIX' = 2 CRPIX - 0.5", double, lambda c: 2 * c - 0.5),
        ("ours, CRPIX' = 2 CRPIX", double, lambda c: 2 * c),
        ("scipy's default, CRPIX' = 2 CRPIX - 0.5", METHODS["scipy's default"], lambda c: 2 * c - 0.5),
    ):
        print(f"{text}: a feature moves by up to {shift(method, crpix):.4f} native pixels")


if __name__ == "__main__":
    main()
