"""porelake beside the usual way, beside what its parts replace, and beside what can't be undercut."""

import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from astropy.io import fits
from astropy.wcs import WCS
from numpy.typing import NDArray
from scipy.ndimage import zoom

from benchmarks import peers
from benchmarks.agreement import require_agreement
from benchmarks.record import FOUR, Record, decoded_by_astropy
from benchmarks.report import Table, in_ms
from benchmarks.timing import Sample, in_turns
from pores.chain import Columns, detect_frame, prepared_intensity
from pores.frame import Frame
from pores.geometry import CeaGrid, Observer, mu_at, mu_map
from pores.parameters import Parameters
from pores.upsample import double
from storage.cube_append import append
from storage.cubes import Cube
from storage.fits_cards import keywords

_USED = (*FOUR, "bitmap")


class Ways:
    """A record's files and its cubes, and the ways from them to rows of pores, one core each."""

    def __init__(self, record: Record, scratch: Path) -> None:
        self.record = record
        self.paths = [Path(file.path) for file in record.only(FOUR)]
        self.contents = [path.read_bytes() for path in self.paths]
        self.four, self.all = scratch / "versus_four.h5", scratch / "versus_all.h5"
        append(self.four, record.only(FOUR))
        append(self.all, record.files)
        self.cube = Cube(self.all)
        self.t_rec = self.cube.t_rec[0]

    def usual(self) -> list[peers.Row]:
        """The usual way."""
        return peers.usual_way(self.paths)

    def from_fits(self) -> Columns:
        """Rows by porelake from the same four files, without a cube."""
        images = self.record.images(FOUR)
        headers = {image.name.segment: keywords(image.header) for image in images}
        merged = {key: value for header in headers.values() for key, value in header.items()}
        segments = {image.name.segment: image.physical() for image in images}
        frame = Frame(self.record.harpnum, self.t_rec, merged, segments, headers=headers)
        return detect_frame(frame, Parameters(enhance="spline")).pores

    def from_cube(self) -> Columns:
        """Rows by porelake from an open cube."""
        return detect_frame(self.cube.frame(self.t_rec, _USED), Parameters(enhance="spline")).pores

    def decode(self) -> list[NDArray[Any]]:
        """Four Rice files decoded by astropy, and nothing else."""
        return [decoded_by_astropy(content) for content in self.contents]

    def chunks(self) -> list[NDArray[Any]]:
        """Four chunks of the cube, read and decoded by HDF5, and nothing else."""
        with h5py.File(self.four, "r", locking=False) as file:
            return [next(iter(file[f"segments/{name}"].values()))[0] for name in FOUR]


def usual_table(ways: Ways, rounds: int) -> Table:
    """From files, or a cube, to rows, and the floors of both."""
    require_agreement(ways.usual(), ways.from_fits())
    names = (
        "the usual way, four FITS files to rows",
        "porelake, four FITS files to rows",
        "porelake, cube to rows",
    )
    floors = ("floor: decode the four files by astropy", "floor: read the four chunks")
    works = (ways.usual, ways.from_fits, ways.from_cube, ways.decode, ways.chunks)
    times = in_turns(dict(zip((*names, *floors), works, strict=True)), rounds)
    usual, from_fits, from_cube, decode, chunks = times.values()
    faster = ("1", usual / from_fits, usual / from_cube, usual / decode, usual / chunks)
    over = ("", from_fits / decode, from_cube / chunks, "1", "1")
    rows = [
        (name, time.scaled(1e3), *more)
        for (name, time), *more in zip(times.items(), faster, over, strict=True)
    ]
    return Table(
        "Files to rows, beside the usual way",
        ("way", "ms", "times faster than the usual way", "times its floor"),
        rows,
        "The usual way: `sunpy.map.Map` of the four files, coordinates of all pixels to Helioprojective, "
        "mode of a histogram of 100 bins, `resample(method='spline')` of the four images, "
        "`skimage.measure.label` and a loop over regions with masks of the whole image. It makes 12 columns; "
        "porelake makes outlines, ellipses and the kind of each feature as well. Both find the same number "
        "of features to 15 %, and the same area and flux to 3 %, or this page is not written. porelake hands "
        "the tiles of Rice files to astropy's decoder directly and may stay below that floor. Memory that is "
        "freed is kept for the next image, as in `porelake run`: the usual way gains by it, too.",
        {
            "chain.usual_over_fits": usual / from_fits,
            "chain.usual_over_cube": usual / from_cube,
            "chain.fits_over_floor": from_fits / decode,
            "chain.cube_over_floor": from_cube / chunks,
            "chain.usual_ms": usual.scaled(1e3),
            "chain.decode_ms": decode.scaled(1e3),
            "chain.chunks_ms": chunks.scaled(1e3),
        },
    )


_PARTS = (
    "maps of the files",
    "coordinates, mu",
    "limb darkening, quiet Sun",
    "resample four images",
    "label, loop over regions",
)


def usual_parts_table(ways: Ways, rounds: int) -> Table:
    """Where the usual way's time goes."""
    _pass_of_parts(ways.paths)  # the first one does not count
    passes = [_pass_of_parts(ways.paths) for _ in range(rounds)]
    times = {name: Sample(tuple(each[n] for each in passes)) for n, name in enumerate(_PARTS)}
    whole = Sample(tuple(sum(each) for each in passes))
    return Table(
        "Parts of the usual way",
        ("part", "ms"),
        in_ms({**times, "all of it": whole}),
        "One after the other in passes of their own, not in turns with the table before.",
    )


def _pass_of_parts(paths: Sequence[Path]) -> list[float]:
    """Seconds of each part in one pass of `peers.usual_way`."""
    ends = [time.perf_counter()]
    maps = peers.read_maps(paths)
    ends.append(time.perf_counter())
    mu = peers.usual_mu(maps[0])
    ends.append(time.perf_counter())
    flat = peers.normalised(maps[0], mu)
    ends.append(time.perf_counter())
    doubled = peers.resampled([flat, *maps[1:]])
    ends.append(time.perf_counter())
    peers.rows(doubled, maps[0])
    ends.append(time.perf_counter())
    return [end - start for start, end in pairwise(ends)]


def replaced_table(ways: Ways, rounds: int) -> Table:
    """Single functions beside those they stand for, whose results they have to equal."""
    frame = ways.cube.frame(ways.t_rec, _USED)
    grid = CeaGrid.from_keywords(frame.keywords, frame.segments["continuum"].shape)
    observer = Observer.from_keywords(frame.keywords)
    image = np.nan_to_num(prepared_intensity(frame, Parameters(enhance="spline").prepare).intensity, nan=1.0)
    if not np.allclose(mu_map(grid, observer), _astropy_mu(grid, observer), rtol=0, atol=1e-6):
        raise AssertionError("mu differs from astropy's")
    if not np.allclose(double(image)[40:-40, 40:-40], _zoomed(image)[40:-40, 40:-40], rtol=0, atol=1e-5):
        raise AssertionError("the doubled image differs from scipy's away from its border")
    works = {
        "mu_map": lambda: mu_map(grid, observer),
        "astropy": lambda: _astropy_mu(grid, observer),
        "double": lambda: double(image),
        "zoom": lambda: _zoomed(image),
    }
    times = in_turns(works, rounds)
    pairs = (
        ("mu of all pixels", "`astropy.wcs`", times["mu_map"], times["astropy"]),
        ("double an image", "`scipy.ndimage.zoom`", times["double"], times["zoom"]),
    )
    rows = [
        (what, ours.scaled(1e3), peer, theirs.scaled(1e3), theirs / ours)
        for what, peer, ours, theirs in pairs
    ]
    return Table(
        "Single functions",
        ("", "porelake, ms", "instead of", "ms", "times faster"),
        rows,
        "Results are equal.",
    )


def storage_table(ways: Ways, rounds: int) -> Table:
    """How fast a cube is read, and how large it is."""
    times = in_turns(
        {"four": lambda: ways.cube.frame(ways.t_rec, FOUR), "stored": ways.chunks, "fits": ways.decode},
        rounds,
    )
    megabytes = sum(image.nbytes for image in ways.cube.frame(ways.t_rec, FOUR).segments.values()) / 1e6
    rows: list[tuple[object, ...]] = [
        ("cube, four segments to physical images with keywords, MB/s per core", times["four"].per(megabytes)),
        ("cube, four chunks as stored, MB/s per core", times["stored"].per(megabytes)),
        ("four Rice files decoded by astropy, MB/s per core", times["fits"].per(megabytes)),
    ]
    figures = {}
    for name, path, files in (
        ("four", ways.four, ways.record.only(FOUR)),
        (str(len(ways.record.files)), ways.all, ways.record.files),
    ):
        of_files = sum(file.size for file in files)
        stored, whole = _stored_bytes(path) / of_files, path.stat().st_size / of_files
        ratio = f"{stored:.3f} ({whole:.3f})"
        figures[f"cubes.bytes_of_{name}_segments_over_fits"] = Sample((whole,))
        rows.append(
            (f"{name} segments: images and headers in the cube (whole cube file) / FITS files", ratio)
        )
    return Table("Cubes", ("", ""), rows, "MB are of decoded pixels, 4 bytes each.", figures)


def _astropy_mu(grid: CeaGrid, observer: Observer) -> NDArray[np.float64]:
    y, x = np.indices(grid.shape)
    lon, lat = WCS(fits.Header(grid.wcs_keywords())).pixel_to_world_values(x, y)
    return mu_at(lon, lat, observer, grid.rsun_m)


def _zoomed(image: NDArray[np.float32]) -> NDArray[np.float32]:
    zoomed: NDArray[np.float32] = zoom(image, 2, order=3, grid_mode=True, mode="nearest")
    return zoomed


def _stored_bytes(path: Path) -> int:
    with h5py.File(path, "r", locking=False) as file:
        datasets = [images for group in file["segments"].values() for images in group.values()]
        return sum(each.id.get_storage_size() for each in [*datasets, file["headers"], file["entries"]])
