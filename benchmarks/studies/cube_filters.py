"""Which HDF5 filters for the images of a cube: size, speed, and what a whole frame costs.

    python -m benchmarks.studies.cube_filters DIRECTORY_OF_SHARP_FILES

Prints the tables of docs/decisions/0004-cube-format.md. Speeds are MB of pixels per second of processor time
of one core, medians over repetitions, since the machine may be shared.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import h5py
import hdf5plugin
import numpy as np

from pores.frame import NEEDED_SEGMENTS
from storage.archive import open_source
from storage.cubes import Cube, append
from storage.fits_files import SegmentImage, read_segment

REPEAT = 7
SERIES = "hmi.sharp_cea_720s"
WHOLE = "bitshuffle of the whole image"
DIFFERENCES = "differences along x, zstd 6, shuffle"
SHUFFLE = {"shuffle": True}
CANDIDATES: dict[str, dict[str, Any]] = {
    "none": {},
    "gzip 4, shuffle": {**SHUFFLE, "compression": "gzip", "compression_opts": 4},
    "zstd 3, shuffle": {**SHUFFLE, **hdf5plugin.Zstd(clevel=3)},
    "zstd 1, shuffle": {**SHUFFLE, **hdf5plugin.Zstd(clevel=1)},
    "zstd 5, shuffle": {**SHUFFLE, **hdf5plugin.Zstd(clevel=5)},
    "zstd 6, shuffle": {**SHUFFLE, **hdf5plugin.Zstd(clevel=6)},
    "zstd 12, shuffle": {**SHUFFLE, **hdf5plugin.Zstd(clevel=12)},
    "LZ4, bitshuffle": {**hdf5plugin.Bitshuffle(cname="lz4")},
    "zstd 3, bitshuffle": {**hdf5plugin.Bitshuffle(cname="zstd", clevel=3)},
    "zstd 9, bitshuffle": {**hdf5plugin.Bitshuffle(cname="zstd", clevel=9)},
    "zstd 9, bitshuffle 4096": {**hdf5plugin.Bitshuffle(nelems=4096, cname="zstd", clevel=9)},
    "zstd 11, bitshuffle 16384": {**hdf5plugin.Bitshuffle(nelems=16384, cname="zstd", clevel=11)},
    f"zstd 1, {WHOLE}": {**hdf5plugin.Bitshuffle(nelems=0, cname="zstd", clevel=1)},
    f"zstd 3, {WHOLE}": {**hdf5plugin.Bitshuffle(nelems=0, cname="zstd", clevel=3)},
    f"zstd 9, {WHOLE}": {**hdf5plugin.Bitshuffle(nelems=0, cname="zstd", clevel=9)},
    "zstd 15, bitshuffle 32768": {**hdf5plugin.Bitshuffle(nelems=32768, cname="zstd", clevel=15)},
    "blosc2 zstd 5, bitshuffle": {
        **hdf5plugin.Blosc2(cname="zstd", clevel=5, filters=hdf5plugin.Blosc2.BITSHUFFLE)
    },
    "szip nn 32": {"compression": "szip", "compression_opts": ("nn", 32)},
    "zfp, reversible": {**hdf5plugin.Zfp(reversible=True)},
}


def images(root: Path, harpnums: set[int]) -> Iterator[tuple[SegmentImage, int]]:
    for file in open_source(str(root)).files(harpnums, SERIES):
        yield read_segment(file.name, file.read()), file.size


def fitted(name: str, image: np.ndarray) -> dict[str, Any]:
    """Options of a candidate for an image: the size of one block may be the image's."""
    options = CANDIDATES[name]
    if WHOLE not in name:
        return options
    _, *rest = options["compression_opts"]
    return {**options, "compression_opts": (image.size // 8 * 8, *rest)}


def differences(image: np.ndarray) -> np.ndarray:
    """Differences along a row, signs folded into the lowest bit: small numbers without a sign."""
    step = np.diff(image, axis=1, prepend=image.dtype.type(0))
    return (step << 1) ^ (step >> (8 * image.itemsize - 1))


def seconds(work: Callable[[], Any]) -> float:
    spent = []
    for _ in range(REPEAT):
        start = time.process_time()
        work()
        spent.append(time.process_time() - start)
    return statistics.median(spent)


def measured(image: np.ndarray, options: dict[str, Any]) -> tuple[int, float, float]:
    """Bytes, and MB/s of writing and reading one image."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "one.h5"
        with h5py.File(path, "w", libver="latest") as file:
            data = file.create_dataset(
                "d", (REPEAT, *image.shape), image.dtype, chunks=(1, *image.shape), fletcher32=True, **options
            )
            rows = iter(range(REPEAT))
            write = seconds(lambda: (data.__setitem__(next(rows), image), file.flush()))
            size = data.id.get_storage_size() // REPEAT
        with h5py.File(path) as file:
            data = file["d"]
            np.testing.assert_array_equal(data[0], image)
            rows = iter(range(REPEAT))
            read = seconds(lambda: data[next(rows)])
    return size, image.nbytes / 1e6 / write, image.nbytes / 1e6 / read


def table(found: list[tuple[SegmentImage, int]], title: str) -> None:
    fits = sum(size for _, size in found)
    pixels = sum(image.stored.nbytes for image, _ in found) / 1e6
    print(f"\n{title}: {len(found)} images, {fits} bytes of FITS\n")
    sized = {
        name: o for name, o in CANDIDATES.items() if found[0][0].stored.itemsize == 4 or "zfp" not in name
    }
    print("| filter | bytes | over FITS | write MB/s | read MB/s |\n| --- | ---: | ---: | ---: | ---: |")
    for name in [*sized, DIFFERENCES]:
        pictures = [differences(i.stored) if name == DIFFERENCES else i.stored for i, _ in found]
        of = "zstd 6, shuffle" if name == DIFFERENCES else name
        each = [(picture.nbytes / 1e6, *measured(picture, fitted(of, picture))) for picture in pictures]
        size = sum(row[1] for row in each)
        write, read = (pixels / sum(row[0] / row[i] for row in each) for i in (2, 3))
        print(f"| {name} | {size} | {size / fits:.3f} | {write:.0f} | {read:.0f} |")


def whole_cubes(root: Path) -> None:
    """Files as they are made, and the frame as the chain reads it."""
    print(
        "\n| HARP | files | bytes of FITS | bytes of cube | over FITS | append ms/file | four segments ms |"
    )
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    source = open_source(str(root))
    for harpnum in source.harpnums(SERIES):
        files = source.files({harpnum}, SERIES)
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory) / "cube.h5"
            start = time.process_time()
            append(path, files)
            spent = time.process_time() - start
            with Cube(path) as cube:
                frame = seconds(lambda cube=cube: cube.frame(cube.t_rec[0], NEEDED_SEGMENTS))
            size, fits = path.stat().st_size, sum(file.size for file in files)
        print(
            f"| {harpnum} | {len(files)} | {fits} | {size} | {size / fits:.3f}"
            f" | {1e3 * spent / len(files):.1f} | {1e3 * frame:.1f} |"
        )


def main() -> None:
    root = Path(sys.argv[1])
    every = list(images(root, {377, 2875}))
    of = {
        name: [pair for pair in every if pair[0].name.segment == name]
        for name in {i.name.segment for i, _ in every}
    }
    table(of["continuum"], "continuum")
    table([pair for name in ("Br", "Bp", "Bt") for pair in of[name]], "Br, Bp, Bt")
    table(of["magnetogram"], "magnetogram")
    table([pair for name in ("Br_err", "Bp_err", "Bt_err") for pair in of[name]], "errors of the field")
    table(of["Dopplergram"], "Dopplergram")
    table(of["bitmap"] + of["conf_disambig"], "bitmap and conf_disambig")
    whole_cubes(root)


if __name__ == "__main__":
    main()
