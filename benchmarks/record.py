"""The record that is measured: HARP 377, 2011-02-15, where its files are, else a simulated one as large."""

import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from catalog.formats import arrow_schema
from catalog.schema import TABLES
from flows.request import SERIES, Request
from pores.parameters import Parameters
from pores.simulate.parameters import ERROR_SEGMENTS, SEGMENTS, SimulationParameters
from storage.archive import SourceFile, open_source
from storage.fits_files import SegmentImage, read_segment
from storage.simulated import write_series

SHAPE = (377, 744)
FOUR = ("continuum", "Br", "Bp", "Bt")
_REAL = Path(__file__).resolve().parents[2] / "shared" / "data" / "sharp"
_REAL_HARP, SIMULATED_HARP = 377, 99001


@dataclass(frozen=True)
class Record:
    """Files of one record in a directory."""

    name: str
    directory: Path
    harpnum: int
    files: tuple[SourceFile, ...]

    def only(self, segments: Iterable[str]) -> list[SourceFile]:
        """The files of some segments, in that order."""
        found = {file.name.segment: file for file in self.files}
        return [found[name] for name in segments]

    def images(self, segments: Iterable[str]) -> list[SegmentImage]:
        """Images of some segments, read from their files."""
        return [read_segment(file.name, file.read()) for file in self.only(segments)]

    def request(self, lake: Path) -> Request:
        """What asks for the record in a lake."""
        return Request(
            lake=str(lake),
            source=str(self.directory),
            harpnums=(self.harpnum,),
            workers=1,
            parameters=Parameters(enhance="spline"),
        )


def decoded_by_astropy(content: bytes) -> NDArray[Any]:
    """The image of a file as stored, opened and decoded by astropy, and nothing else."""
    with fits.open(
        io.BytesIO(content), memmap=False, do_not_scale_image_data=True, lazy_load_hdus=True
    ) as units:
        return next(np.asarray(unit.data) for unit in units if unit.is_image and unit.shape)


def the_record(scratch: Path) -> Record:
    """The real record where it is beside the clone, else a simulated one, made in a scratch directory."""
    real = open_source(str(_REAL)).files([_REAL_HARP], SERIES) if _REAL.is_dir() else []
    if real:
        name = f"HARP 377, 2011-02-15 02:00 TAI, real, {SHAPE[0]} x {SHAPE[1]} pixels, {len(real)} segments"
        return Record(name, _REAL, _REAL_HARP, tuple(real))
    directory = scratch / "record"
    simulate(directory, SHAPE, n_frames=1, segments=(*SEGMENTS, *ERROR_SEGMENTS))
    files = tuple(open_source(str(directory)).files([SIMULATED_HARP], SERIES))
    name = f"simulated (the real one is not here), {SHAPE[0]} x {SHAPE[1]} pixels, {len(files)} segments"
    return Record(name, directory, SIMULATED_HARP, files)


def simulate(
    directory: Path, shape: tuple[int, int], n_frames: int, segments: tuple[str, ...] = SEGMENTS
) -> None:
    """Write a simulated series with a sunspot, merging pores and no faults."""
    parameters = SimulationParameters(
        scenario="demo", seed=377, shape=shape, n_frames=n_frames, segments=segments, harpnum=SIMULATED_HARP
    )
    schemas = {name: arrow_schema(table) for name, table in TABLES.items()}
    write_series(directory, parameters, schemas, workers=2 if n_frames > 1 else 1)
