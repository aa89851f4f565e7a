"""The chain over all real records, as a user runs it."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from catalog.check import verify
from catalog.query import connect
from flows.masks import write_mask
from storage.lake import Lake
from tests.flows.runs import porelake

UNUSABLE = {
    833: "no coordinates",
    6060: "missing segment",
    1441: "missing segment",
    1422: "missing segment",
    1446: "unreadable file",
    1455: "unreadable file",
    6223: "unreadable file",
}
RECORDS = {377: 1, 833: 2, 1422: 1, 1441: 3, 1446: 1, 1455: 3, 2875: 3, 6060: 3, 6223: 2, 13561: 1, 14003: 1}


@pytest.fixture(scope="module")
def lake(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """The lake that one run makes of all records, good and broken, in folders of links."""
    root = tmp_path_factory.mktemp("lake") / "lake"
    files = root.parent / "files"
    files.mkdir()
    for folder in ("sharp", "broken"):
        shutil.copytree(real_data / folder, files / folder, copy_function=lambda a, b: Path(b).symlink_to(a))
    done = porelake("run", "--from", files, "--lake", root)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return Lake.at(root)


def rows(lake: Lake, statement: str) -> list[tuple]:
    with connect(lake) as connection:
        return connection.execute(statement).fetchall()


def test_nothing_is_wrong_with_the_lake(lake: Lake) -> None:
    assert verify(lake) == []


def test_every_record_is_there_with_its_reason(lake: Lake) -> None:
    found = rows(lake, "SELECT harpnum, t_rec, usable, reason, detail, n_pores FROM frames")
    assert len(found) == sum(RECORDS.values()) == 21
    assert {harp: sum(row[0] == harp for row in found) for harp in RECORDS} == RECORDS
    assert {harp: reason for harp, _, usable, reason, _, _ in found if not usable} == UNUSABLE
    assert all((reason is None) == usable == (n is not None) for _, _, usable, reason, _, n in found)
    told = {harp: detail for harp, _, _, _, detail, _ in found}
    for harp, words in ((833, "keyword"), (6060, "continuum"), (1446, ".Br.fits"), (6223, ".bitmap.fits")):
        assert words in told[harp], told[harp]
    assert rows(lake, "SELECT harpnum, n_frames FROM harps ORDER BY 1") == sorted(RECORDS.items())


def test_every_file_is_in_a_cube(lake: Lake, real_data: Path) -> None:
    from storage import cube_log

    entries = 0
    for path in lake.cubes("hmi.sharp_cea_720s").values():
        with cube_log.reading(path) as file:
            entries += len(cube_log.entries(file))
    assert entries == len([*real_data.glob("sharp/*.fits"), *real_data.glob("broken/*.fits")])


def test_harp_377(lake: Lake) -> None:
    areas = [a for (a,) in rows(lake, "SELECT area_mm2 FROM pores WHERE harpnum = 377 ORDER BY 1 DESC")]
    assert len(areas) in (19, 20)
    assert min(areas) >= 0.664
    assert sum(areas) == pytest.approx(316, rel=0.03)
    largest = "SELECT kind FROM pores WHERE harpnum = 377 ORDER BY area_mm2 DESC LIMIT 5"
    assert rows(lake, largest) == [("umbra",)] * 5
    oracle = "SELECT oracle_ok, abs(oracle_usflux) < 1e-6, oracle_cmask FROM frames WHERE harpnum = 377"
    assert rows(lake, oracle) == [(True, True, 0.0)]
    field = (
        "SELECT bool_and(mean_b >= abs(mean_br)), bool_and(mean_br_err > 0) FROM pores WHERE harpnum = 377"
    )
    assert rows(lake, field) == [(True, True)]
    assert rows(lake, "SELECT noaa_ars FROM harps WHERE harpnum = 377") == [([11158],)]


def test_harp_2875_emerges(lake: Lake) -> None:
    (first,), (second,), (third,) = rows(
        lake, "SELECT n_pores FROM frames WHERE harpnum = 2875 ORDER BY t_rec"
    )
    assert first == 0
    assert second >= 3
    assert third > second
    lives = "SELECT count(*), max(lifetime_h), list(DISTINCT birth) FROM tracks WHERE harpnum = 2875"
    assert rows(lake, lives) == [(second + third, 0.0, ["censored"])]  # 46 h apart: nothing can be linked


def test_recent_exports_without_transverse_field(lake: Lake) -> None:
    n, br, bp, bt, b, flux = rows(
        lake,
        "SELECT count(*), count(mean_br), count(mean_bp), count(mean_bt), count(mean_b), count(flux_mx)"
        " FROM pores WHERE harpnum IN (14003, 13561)",
    )[0]
    assert n == br == flux >= 1
    assert bp == bt == b == 0
    missing = rows(lake, "SELECT DISTINCT missing_segments FROM frames WHERE harpnum IN (14003, 13561)")
    assert missing == [(["Bp", "Bt"],)]


def test_masks_of_every_feature(lake: Lake, tmp_path: Path) -> None:
    for pore_id, area in rows(lake, "SELECT pore_id, area_px FROM pores WHERE harpnum IN (2875, 14003)"):
        assert write_mask(lake, pore_id, tmp_path / "mask.fits") == area


@pytest.mark.filterwarnings("ignore::Warning")  # sunpy's, about cards that are no FITS standard
def test_sunpy_finds_a_mask_where_the_table_has_it(lake: Lake, tmp_path: Path) -> None:
    import sunpy.map

    largest = "SELECT pore_id, lon, lat FROM pores WHERE harpnum = 377 ORDER BY area_px DESC LIMIT 1"
    pore_id, lon, lat = rows(lake, largest)[0]
    write_mask(lake, pore_id, tmp_path / "mask.fits")
    seen = sunpy.map.Map(tmp_path / "mask.fits")
    y, x = (index.mean() for index in np.nonzero(seen.data))
    here = seen.wcs.pixel_to_world(x, y)
    assert here.lon.deg == pytest.approx(lon, abs=1e-6)
    assert here.lat.deg == pytest.approx(lat, abs=1e-6)
    assert abs(seen.observer_coordinate.lat.deg - -6.8) < 0.5  # B0 in mid-February


def test_running_again_changes_nothing(lake: Lake) -> None:
    before = {path: path.read_bytes() for path in lake.root.rglob("*.parquet")}
    done = porelake("run", "--from", lake.root.parent / "files", "--lake", lake.root)
    assert done.stdout.count("up to date") == len(RECORDS)
    assert {path: path.read_bytes() for path in lake.root.rglob("*.parquet")} == before
