"""Running again: what is done stays done, and nothing else is made than what is new."""

import multiprocessing
import shutil
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from astropy import units as u

from flows.pipeline import run_request
from flows.request import SERIES
from pores.chain import prepared_intensity
from pores.errors import InputError
from pores.frame import Frame
from pores.geometry import CeaGrid
from pores.parameters import Parameters
from pores.upsample import double
from storage.cubes import Cube
from storage.lake import Lake
from storage.runs import current_runs
from storage.upscaled import write_x2
from tests.flows.runs import (
    BUSY,
    QUIET,
    UNUSABLE,
    assert_same_tables,
    files,
    request,
    rows,
    write_other_start,
)

LATE = "20140610_13"  # part of the names of the busy HARP's files from 13:00 on
OTHER = {"detect": {"threshold": 0.45}}


def current(lake: Path) -> dict[int, str]:
    return {run.harpnum: run.run_id for run in current_runs(Lake.at(lake))}


def test_what_a_run_makes(small_lake: Path) -> None:
    frames = rows(
        small_lake, f"SELECT usable, reason, n_pores FROM frames WHERE harpnum = {BUSY} ORDER BY t_rec"
    )
    assert [reason for _, reason, _ in frames] == [UNUSABLE.get(i) for i in range(14)]
    assert all(usable == (reason is None) == (n is not None) for usable, reason, n in frames)
    assert rows(small_lake, "SELECT harpnum, n_frames, n_unusable FROM harps ORDER BY 1") == [
        (BUSY, 14, 3),
        (QUIET, 4, 0),
    ]
    (n_pores, n_ids), (n_tracks,) = (
        rows(small_lake, "SELECT count(*), count(DISTINCT pore_id) FROM pores")[0],
        rows(small_lake, "SELECT count(*) FROM tracks")[0],
    )
    assert n_pores == n_ids > 20
    assert n_tracks >= 3
    assert rows(small_lake, "SELECT sum(n_pores) FROM frames") == [(n_pores,)]


@pytest.mark.parametrize("workers", [1, 2])
def test_a_second_run_changes_no_byte_and_starts_no_process(
    small_series: Path, lake: Path, workers: int
) -> None:
    before, children = files(lake), len(multiprocessing.active_children())
    outcome = run_request(request(small_series, lake, workers=workers))
    assert files(lake) == before
    assert all(not done.said for done in outcome.done)
    assert str(outcome).count("up to date") == 2
    assert len(multiprocessing.active_children()) == children


def test_processes_make_the_same_tables(small_series: Path, small_lake: Path, tmp_path: Path) -> None:
    run_request(request(small_series, tmp_path / "lake", workers=2))
    assert multiprocessing.active_children()
    assert_same_tables(tmp_path / "lake", small_lake)


def test_a_changed_parameter_stands_beside_the_old_result(small_series: Path, lake: Path) -> None:
    before, old = files(lake), current(lake)
    areas = "SELECT sum(area_px) FROM pores"
    old_area = rows(lake, areas)
    told = run_request(request(small_series, lake, parameters=OTHER))
    after, new = files(lake), current(lake)
    assert set(old.values()).isdisjoint(new.values())
    pointers = {name for name in before if name.startswith("current/")}
    assert {name for name in before if after[name] != before[name]} == pointers
    assert not any("/prepare-" in name for name in after.keys() - before.keys())
    assert rows(lake, areas) < old_area
    assert rows(lake, "SELECT count(*), count(DISTINCT config_hash) FROM all_runs") == [(4, 2)]
    assert {run for (run,) in rows(lake, "SELECT DISTINCT run_id FROM frames")} == set(new.values())

    outcome = run_request(request(small_series, lake))
    assert current(lake) == old
    assert rows(lake, areas) == old_area
    assert {name for name, value in files(lake).items() if value != after[name]} == pointers
    assert {done.stage for done in outcome.done if done.said} == {"track"}
    for run, change in ((told, "0.5 -> 0.45"), (outcome, "0.45 -> 0.5")):
        assert str(run).count(f"; detect.threshold {change}") == 2, "one for each HARP"


def test_only_tracking_is_done_again_for_its_parameters(small_series: Path, lake: Path) -> None:
    before = files(lake)
    run_request(request(small_series, lake, parameters={"track": {"max_gap_h": 0.0}}))
    new = files(lake).keys() - before.keys()
    assert new
    assert all(name.startswith("tables/") for name in new)


def test_new_frames_renew_only_the_blocks_they_fall_in(
    small_series: Path, small_lake: Path, tmp_path: Path
) -> None:
    source, lake = tmp_path / "source", tmp_path / "lake"
    shutil.copytree(small_series, source, ignore=shutil.ignore_patterns(f"*.{BUSY}.{LATE}*"))
    run_request(request(source, lake))
    before = files(lake)
    ids = rows(
        lake, "SELECT pore_id, t_rec, area_px, lon, track_id FROM pores WHERE t_rec < '2014-06-10 12:00'"
    )
    shutil.copytree(small_series, source, dirs_exist_ok=True)
    outcome = run_request(request(source, lake))
    after = files(lake)
    assert [done.said for done in outcome.done if done.harpnum == BUSY][1:3] == [
        "7 frames prepared",
        "5 frames searched",
    ]
    made = [name.split("/")[-1].split("-")[0] for name in after.keys() - before.keys() if "stages/" in name]
    # what moves in the block before is told by the first of the new frames, too
    assert sorted(made) == ["detect", "faint", "flow", "flow", "prepare"]
    assert all(after[name] == before[name] for name in before if name.startswith(("stages/", "labels/")))
    assert not [done for done in outcome.done if done.harpnum == QUIET and done.said]
    again = rows(
        lake, "SELECT pore_id, t_rec, area_px, lon, track_id FROM pores WHERE t_rec < '2014-06-10 12:00'"
    )
    assert again == ids
    run = current(lake)[BUSY]
    for table in ("pores", "tracks", "links", "events", "frames", "harps"):
        name = f"tables/{table}/harpnum={BUSY}/{run}.parquet"
        assert pq.read_table(lake / name).equals(pq.read_table(small_lake / name)), table


@pytest.mark.parametrize("workers", [1, 2])
def test_processes_that_live_on_see_new_frames(small_series: Path, tmp_path: Path, workers: int) -> None:
    source, lake = tmp_path / "source", tmp_path / "lake"
    shutil.copytree(small_series, source, ignore=shutil.ignore_patterns(f"*.{BUSY}.{LATE}*"))
    asked = request(source, lake, harpnums=[BUSY], workers=workers)
    run_request(asked)
    shutil.copytree(small_series, source, dirs_exist_ok=True)
    run_request(asked)
    assert rows(lake, "SELECT count(*), count(n_pores) FROM frames") == [(14, 11)]


def test_a_file_delivered_anew_renews_its_block(small_series: Path, lake: Path, tmp_path: Path) -> None:
    source = Path(shutil.copytree(small_series, tmp_path / "source"))
    before = current(lake)
    file = source / f"hmi.sharp_cea_720s.{BUSY}.20140610_104800_TAI.continuum.fits"
    content = file.read_bytes()
    write_other_start(tmp_path / "other")
    file.write_bytes((tmp_path / "other" / file.name).read_bytes())
    outcome = run_request(request(source, lake))
    assert [done.said for done in outcome.done if done.harpnum == BUSY][:3] == [
        "1 file added",
        "7 frames prepared",
        "6 frames searched",
    ]
    assert current(lake)[BUSY] != before[BUSY]
    assert current(lake)[QUIET] == before[QUIET]
    file.write_bytes(content)
    run_request(request(source, lake))
    assert current(lake) == before


@pytest.mark.parametrize("victim", ["labels", "stages", "tables/tracks", "tables/runs", "current"])
def test_what_is_deleted_is_made_again(small_series: Path, small_lake: Path, lake: Path, victim: str) -> None:
    for path in sorted((lake / victim).rglob("*")):
        if path.is_file():
            path.unlink()
    run_request(request(small_series, lake))
    assert_same_tables(lake, small_lake)
    assert files(lake).keys() == files(small_lake).keys()


def test_a_lake_without_source_goes_on_from_its_cubes(small_lake: Path, lake: Path) -> None:
    for part in ("stages", "labels", "tables", "current"):
        shutil.rmtree(lake / part)
    run_request(request(None, lake, harpnums=[QUIET, BUSY]))
    assert_same_tables(lake, small_lake, but=("source",))


def test_doubled_images_are_kept_once(small_series: Path, lake: Path) -> None:
    said = [done.said for done in run_request(request(small_series, lake, store_x2=True)).done if done.said]
    assert said == ["11 frames doubled", "4 frames doubled"]
    before = files(lake)
    products = [name for name in before if name.startswith("products/")]
    assert len(products) == 4
    assert not [d for d in run_request(request(small_series, lake, store_x2=True)).done if d.said]
    assert files(lake) == before


def test_a_frame_half_doubled_is_completed(small_series: Path, lake: Path) -> None:
    run_request(request(small_series, lake, store_x2=True, harpnums=[QUIET]))
    product = min((lake / "products").rglob("x2-*.h5"))
    with Cube(product) as cube:
        t, images = cube.t_rec[0], {name: cube.stored(cube.t_rec[0], name) for name in ("intensity", "Br")}
    product.unlink()
    with Cube(Lake.at(lake).cube(SERIES, QUIET)) as native:  # as a killed run leaves it
        write_x2(product, native, [(t, {"intensity": images["intensity"]})])
    run_request(request(small_series, lake, store_x2=True, harpnums=[QUIET]))
    with Cube(product) as cube:
        assert len(cube.t_rec) == 2
        np.testing.assert_array_equal(cube.stored(t, "Br"), images["Br"])


def test_doubled_images_are_whole_and_in_place(small_series: Path, lake: Path) -> None:
    run_request(request(small_series, lake, store_x2=True, harpnums=[BUSY]))
    usable = []
    with Cube(Lake.at(lake).cube(SERIES, BUSY)) as native:
        every = native.t_rec
        for path in (lake / "products").rglob(f"{BUSY}/x2-*.h5"):
            with Cube(path) as cube:
                usable += list(cube.t_rec)
                assert_doubled(native.frame(cube.t_rec[-1]), cube)
    assert sorted(usable) == [t for i, t in enumerate(every) if i not in UNUSABLE]


def assert_doubled(frame: Frame, cube: Cube) -> None:
    """The last frame of a product is that frame doubled, and sunpy places it where it is."""
    t = cube.t_rec[-1]
    assert set(cube.segments(t)) == {"Br", "Bt", "intensity"}
    intensity = double(prepared_intensity(frame, Parameters(enhance="spline").prepare).intensity)
    np.testing.assert_array_equal(cube.stored(t, "intensity"), intensity.astype(np.float32))
    field = double(np.asarray(frame.segments["Bt"], np.float32))
    np.testing.assert_array_equal(cube.stored(t, "Bt"), field.astype(np.float32))
    seen = cube.maps("intensity").maps[-1]
    corner = seen.pixel_to_world(-0.5 * u.pix, -0.5 * u.pix)
    grid = CeaGrid.from_keywords(frame.keywords, frame.segments["Br"].shape)
    lon, lat = grid.to_carrington(-0.5, -0.5)
    assert corner.lon.deg == pytest.approx(float(lon), abs=1e-9)
    assert corner.lat.deg == pytest.approx(float(lat), abs=1e-9)


def test_nothing_to_double_is_told(small_series: Path, lake: Path) -> None:
    with pytest.raises(InputError, match="--store: nothing is doubled with --enhance none"):
        run_request(request(small_series, lake, store_x2=True, parameters={"enhance": "none"}))
