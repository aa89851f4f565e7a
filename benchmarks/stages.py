"""The stages of one record, as a run does them, and what their work consists of."""

import shutil
from pathlib import Path

import numpy as np

from benchmarks.record import FOUR, Record
from benchmarks.report import Table, in_ms
from benchmarks.timing import in_turns
from flows import flow, ingest, publishing, stages, tracking
from flows.harp import source_files
from pores.chain import detect_frame, prepare_frame, prepared_intensity
from pores.detect import Shades, classify, detect
from pores.geometry import CeaGrid, Observer, mu_map
from pores.measure import measure
from pores.oracle import residuals
from pores.parameters import Parameters
from pores.prepare import prepare
from pores.regions import Regions
from pores.upsample import double
from storage.cube_append import append
from storage.cubes import Cube
from storage.labels import read_labels, write_labels

_DETECTION = (*FOUR, "bitmap", "Br_err", "Bp_err", "Bt_err")


def stage_table(record: Record, scratch: Path, rounds: int) -> Table:
    """Time every stage of `flows.stages` on a lake of its own in each round."""
    lake = scratch / "stages"
    request = record.request(lake)
    shutil.rmtree(lake, ignore_errors=True)
    source_files(str(record.directory), request.series)  # listed before anything is timed

    def anew() -> None:
        shutil.rmtree(lake, ignore_errors=True)
        ingest.ingest(request, record.harpnum)

    times = in_turns(
        {
            f"ingest: {len(record.files)} files, checked, into a new cube": anew,
            "prepare: row of `frames`, header oracle": lambda: stages.prepare(request, record.harpnum),
            "detect: rows of `pores`, label image": lambda: stages.detect(request, record.harpnum),
            "flow: rows of `velocities`": lambda: flow.flow(request, record.harpnum),
            "track: all tables of a run": lambda: tracking.track(request, record.harpnum),
            "publish: catalogue": lambda: publishing.publish(request),
        },
        rounds,
    )
    return Table(
        "Stages of one record",
        ("stage", "ms"),
        in_ms(times),
        "What `porelake run` does with one record, in one process, with writing and flushing files to disk.",
    )


def part_table(record: Record, scratch: Path, rounds: int) -> Table:
    """Time the parts of the stages."""
    cube_path, parameters = scratch / "parts.h5", Parameters(enhance="spline")
    append(cube_path, record.files)
    with Cube(cube_path) as cube:
        t = cube.t_rec[0]
        frame = cube.frame(t)
        continuum, bitmap = frame.segments["continuum"], frame.segments.get("bitmap")
        grid, observer = (
            CeaGrid.from_keywords(frame.keywords, continuum.shape),
            Observer.from_keywords(frame.keywords),
        )
        mu = mu_map(grid, observer, np.float32)
        native = prepared_intensity(frame, parameters.prepare).intensity
        fine = double(native)
        shades = Shades.of(fine, parameters.detect)
        found = detect(fine, parameters.detect, 2, shades)
        area = grid.pixel_area_mm2 / 4
        masks = scratch / "labels.h5"
        works = {
            "read four FITS files": lambda: record.images(FOUR),
            f"read {len(record.files)} FITS files": lambda: [
                record.images([f.name.segment]) for f in record.files
            ],
            "append four files to a new cube": lambda: _append_anew(record, scratch / "four.h5"),
            "open a cube": lambda: _opened(cube_path),
            "cube: four segments and bitmap": lambda: cube.frame(t, (*FOUR, "bitmap")),
            "cube: what detection reads, eight segments": lambda: cube.frame(t, _DETECTION),
            "cube: all segments": lambda: cube.frame(t),
            "mu of all pixels, 32 bits": lambda: mu_map(grid, observer, np.float32),
            "limb darkening, quiet Sun": lambda: prepare(continuum, mu, bitmap, parameters.prepare),
            "header oracle": lambda: residuals(frame),
            "row of `frames`, all of it": lambda: prepare_frame(frame, parameters.prepare),
            "double the intensity": lambda: double(native),
            "regions below three levels": lambda: Shades.of(fine, parameters.detect),
            "detect, given those": lambda: detect(fine, parameters.detect, 2, shades),
            "pore or umbra": lambda: classify(fine, found, area, parameters.detect, shades),
            "measure, field included": lambda: measure(
                Regions.of(found.labels), fine, 2, grid, observer, frame.segments
            ),
            "rows of `pores`, all of it": lambda: detect_frame(frame, parameters),
            "write a file of one label image": lambda: write_labels(masks, [t], [found.labels]),
            "read a label image from its file": lambda: read_labels(masks, t),
        }
        times = in_turns(works, rounds)
    note = f"One process; {found.n} features in the record."
    return Table("Parts of the stages", ("part", "ms"), in_ms(times), note)


def _opened(path: Path) -> int:
    with Cube(path) as cube:
        return len(cube.t_rec)


def _append_anew(record: Record, path: Path) -> None:
    path.unlink(missing_ok=True)
    append(path, record.only(FOUR))
