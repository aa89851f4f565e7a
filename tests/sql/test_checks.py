"""`verify` finds nothing in a good lake, and each fault by the check that is meant for it."""

import re

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from catalog.check import MOST, Finding, checks, look_through, verify
from catalog.query import connect, run_sql
from catalog.sql_files import sql_files
from pores.errors import InputError, PorelakeError
from storage.labels import write_labels
from storage.lake import Lake
from tests.damage import change_largest, change_values


def first(run, table, **known):
    """The first row of a table with these values."""
    return next(row for row in run.tables[table] if known.items() <= row.items())


def spoil_duplicate(run):
    run.tables["links"].append(run.tables["links"][0])


def spoil_run(run):
    run.tables["harps"][0]["run_id"] = "zzzz"


def spoil_oracle(run):
    run.tables["frames"][3]["oracle_usflux"] = -1e-3


def spoil_frame(run):
    run.tables["frames"].pop(3)


def spoil_usable(run):
    run.tables["frames"][3] |= {"usable": False, "reason": "no data", "n_pores": None}


def spoil_count(run):
    run.tables["frames"][3]["n_pores"] += 1


def spoil_reason(run):
    run.tables["frames"][3]["reason"] = "no data"


def spoil_no_reason(run):
    run.tables["frames"][0] |= {"usable": False, "n_pores": None}


def spoil_track(run):
    run.tables["tracks"].pop()


def spoil_untracked(run):
    run.tables["pores"][0]["track_id"] = None


def spoil_n_obs(run):
    run.tables["tracks"][0]["n_obs"] += 1


def spoil_birth(run):
    run.tables["tracks"][0]["t_birth"] -= np.timedelta64(12, "m")


def spoil_max_area(run):
    run.tables["tracks"][0]["max_area_mm2"] *= 1.01


def spoil_lifetime(run):
    run.tables["tracks"][0]["lifetime_h"] += 0.2


def spoil_twice(run):
    run.tables["pores"][1]["t_rec"] = run.tables["pores"][0]["t_rec"]


def spoil_parent(run):
    first(run, "tracks", birth="split")["parent_track_id"] = None


def spoil_child(run):
    first(run, "tracks", death="decayed")["child_track_id"] = first(run, "tracks", death="merged")["track_id"]


def spoil_family(run):
    first(run, "tracks", death="merged")["family_id"] = "another"


def spoil_link_end(run):
    run.tables["links"][0]["to_pore_id"] = "1_20110101_000000_001"


def spoil_link_time(run):
    run.tables["links"][0]["to_t"] += np.timedelta64(12, "m")


def spoil_link_kind(run):
    first(run, "links", kind="merge")["kind"] = "continue"


def spoil_event_track(run):
    first(run, "events", kind="merge")["from_track_ids"] = ["nobody", "noone"]


def spoil_event_number(run):
    first(run, "events", kind="merge")["n_from"] = 3


def spoil_msh(run):
    run.tables["pores"][0]["area_msh"] *= 4


def spoil_pixel(run):
    row = run.tables["pores"][0]
    row["area_px"] *= 2


def spoil_intensity(run):
    run.tables["pores"][0] |= {"min_intensity": 0.4, "mean_intensity": 0.3}


def spoil_place(run):
    run.tables["pores"][0]["lon"] = -3.0


def spoil_faint_track(run):
    run.tables["faint"][4]["track_id"] = "nobody"


def spoil_faint_seen(run):
    run.tables["faint"][4]["track_id"] = first(run, "pores", t_rec=run.tables["faint"][4]["t_rec"])[
        "track_id"
    ]


def spoil_faint_twice(run):
    row = run.tables["faint"][9]
    row["track_id"] = first(run, "tracks", n_obs=2)["track_id"]
    run.tables["faint"].append({**row, "faint_id": "1_20110215_014800_f002"})


def spoil_faint_values(run):
    run.tables["faint"][4] |= {"min_intensity": 0.59, "mean_intensity": 0.55}


def spoil_faint_frame(run):
    run.tables["faint"][4]["t_rec"] += np.timedelta64(1, "h") * 24


def spoil_harp(run):
    run.tables["harps"][0]["n_frames"] += 1


def spoil_config(run):
    run.tables["runs"][0]["config"] = '{"enhance":"none"}'


def spoil_velocity(run):
    run.tables["velocities"].pop()


def spoil_velocity_time(run):
    run.tables["velocities"][0]["t_rec"] += np.timedelta64(1, "h")


def spoil_correlation(run):
    run.tables["velocities"][0]["correlation_after"] = 1.01


def spoil_velocity_mean(run):
    run.tables["velocities"][0] |= {"vx_km_s": None, "vx_after_km_s": 0.2}


def spoil_product(run):
    run.tables["faint"][4]["product"] = "none"


SPOILS = {
    spoil_duplicate: "links_keys",
    spoil_run: "harps_runs",
    spoil_oracle: "frames_oracle",
    spoil_frame: "pores_without_frame",
    spoil_usable: "pores_without_frame",
    spoil_count: "frames_pore_count",
    spoil_reason: "frames_reason",
    spoil_no_reason: "frames_reason",
    spoil_track: "pores_without_track",
    spoil_untracked: "pores_without_track",
    spoil_n_obs: "tracks_observations",
    spoil_birth: "tracks_observations",
    spoil_max_area: "tracks_observations",
    spoil_lifetime: "tracks_lifetime",
    spoil_twice: "tracks_twice_in_frame",
    spoil_parent: "tracks_lineage",
    spoil_child: "tracks_lineage",
    spoil_family: "tracks_lineage",
    spoil_link_end: "links_ends",
    spoil_link_time: "links_ends",
    spoil_link_kind: "links_tracks",
    spoil_event_track: "events_tracks",
    spoil_event_number: "events_tracks",
    spoil_msh: "pores_areas",
    spoil_pixel: "pores_areas",
    spoil_intensity: "pores_values",
    spoil_place: "pores_values",
    spoil_faint_track: "faint_tracks",
    spoil_faint_seen: "faint_tracks",
    spoil_faint_twice: "faint_tracks",
    spoil_faint_values: "faint_values",
    spoil_faint_frame: "faint_values",
    spoil_velocity: "velocities_pores",
    spoil_velocity_time: "velocities_pores",
    spoil_correlation: "velocities_values",
    spoil_velocity_mean: "velocities_values",
    spoil_harp: "harps_frames",
    spoil_config: "runs_config",
    spoil_product: "runs_product",
}


def names(findings):
    return {finding.check for finding in findings}


def test_a_good_lake_has_no_findings(lake) -> None:
    assert verify(lake) == []


def test_harps_of_different_products_are_no_fault(mixed_lake) -> None:
    assert verify(mixed_lake) == []


def test_an_empty_lake_has_no_findings(empty_lake) -> None:
    assert verify(empty_lake) == []


@pytest.mark.parametrize("spoil", SPOILS, ids=lambda spoil: spoil.__name__)
def test_each_fault_is_found(tmp_path, make_lake, runs, spoil) -> None:
    spoil(runs[0])
    assert SPOILS[spoil] in names(verify(make_lake(tmp_path, runs)))


def test_a_track_may_go_through_a_faint_feature(tmp_path, make_lake, flickering) -> None:
    assert verify(make_lake(tmp_path, [flickering])) == []


def test_every_check_of_the_directory_is_tried() -> None:
    assert {file.name for file in sql_files("checks")} <= set(SPOILS.values())
    assert all(file.description for file in sql_files("checks"))


def test_a_finding_says_where_and_what(tmp_path, make_lake, runs) -> None:
    spoil_oracle(runs[0])
    assert list(map(str, verify(make_lake(tmp_path, runs)))) == [
        "frames_oracle: 1 2011-02-15 00:36:00: oracle_usflux is -0.001, tolerance 1e-06"
    ]


def test_many_findings_of_one_check_are_counted(tmp_path, make_lake, runs) -> None:
    for row in runs[0].tables["pores"]:
        row["lat"] = 100.0
    found = verify(make_lake(tmp_path, runs))
    assert len(found) == MOST + 1
    assert found[-1] == Finding("pores_values", "and", "24 more")


def test_missing_file(tmp_path, make_lake, runs) -> None:
    lake = make_lake(tmp_path, runs)
    lake.table("events", 2, "bbbb").unlink()
    assert [finding.record for finding in verify(lake)] == ["tables/events/harpnum=2/bbbb.parquet"]


def test_truncated_file(tmp_path, make_lake, runs) -> None:
    lake = make_lake(tmp_path, runs)
    path = lake.table("pores", 1, "aaaa")
    path.write_bytes(path.read_bytes()[:1000])
    (found,) = verify(lake)
    assert found.record == "tables/pores/harpnum=1/aaaa.parquet"
    assert "not a readable Parquet file" in found.detail
    with pytest.raises(PorelakeError, match=r"No magic .*; `porelake verify --lake .*` says what") as raised:
        run_sql(lake, "FROM pores")
    assert not isinstance(raised.value, InputError), "the lake is at fault"


def test_changed_values(tmp_path, make_lake, runs) -> None:
    lake = make_lake(tmp_path, runs)
    change_values(lake.table("tracks", 1, "aaaa"))
    change_largest(lake.table("pores", 1, "aaaa"), "mean_br", -400.0)
    with connect(lake) as connection:
        assert connection.execute("FROM pores WHERE mean_br > 0").fetchall() == [], (
            "a question tells of nothing"
        )
    again = "; remove it, and `porelake run --from lake --harp 1` makes it again, given the same parameters"
    pores, tracks = sorted(map(str, verify(lake)))
    assert pores == (
        "files: tables/pores/harpnum=1/aaaa.parquet: not a readable Parquet file:"
        f" its footer does not fit the checksum{again}"
    )
    assert re.fullmatch(rf"files: tables/tracks/harpnum=1/aaaa\.parquet: .*CRC.*{again}", tracks)


def test_what_was_not_checked_is_said(tmp_path, make_lake, runs) -> None:
    lake = make_lake(tmp_path, runs)
    path = lake.table("links", 1, "aaaa")
    pq.write_table(pq.read_table(path), path)
    assert look_through(lake) == (
        [],
        [
            "not checked: images of HARP 1, 2, of which the lake has no cube",
            "not checked: values in 1 file of an earlier version, which have no checksums",
        ],
    )


def test_other_columns(tmp_path, make_lake, runs) -> None:
    lake = make_lake(tmp_path, runs)
    for name, change in {
        "pores": lambda table: table.drop_columns(["mu"]),
        "tracks": lambda table: table.append_column("more", table["harpnum"]),
        "links": lambda table: table.cast(table.schema.set(0, table.schema.field(0).with_type(pa.int64()))),
        "frames": lambda table: table.cast(table.schema.set(0, table.schema.field(0).with_nullable(True))),
    }.items():
        path = lake.table(name, 1, "aaaa")
        pq.write_table(change(pq.read_table(path)), path)
    assert {finding.record: finding.detail.partition("; ")[0] for finding in verify(lake)} == {
        "tables/pores/harpnum=1/aaaa.parquet": "no column mu",
        "tables/tracks/harpnum=1/aaaa.parquet": "unknown column more",
        "tables/links/harpnum=1/aaaa.parquet": "other type or nulls in harpnum",
        "tables/frames/harpnum=1/aaaa.parquet": "other type or nulls in harpnum",
    }


def test_a_run_that_is_not_published(tmp_path, make_lake, runs) -> None:
    from storage.runs import CurrentRun, set_current

    lake = make_lake(tmp_path, runs[:1])
    runs[1].write(lake)
    set_current(lake, CurrentRun("hmi.sharp_cea_720s", 2, "bbbb"))
    assert [(finding.check, finding.record) for finding in verify(lake)] == [("catalogue", "HARP 2")]


def test_a_broken_cube(tmp_path, make_lake, runs) -> None:
    lake = make_lake(tmp_path, runs)
    path = lake.cube("hmi.sharp_cea_720s", 1)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"no HDF5")
    (found,) = verify(lake)
    assert (found.check, found.record) == ("cubes", "cubes/hmi.sharp_cea_720s/1.h5")


def with_labels(root, make_lake, runs, image, k=9, faint=None):
    """A lake in which frame 9 of the first HARP, two features, a faint one, names labels of frame k."""
    frames = runs[0].tables["frames"]
    frames[9]["labels_file"] = "labels/a.h5"
    write_labels(root / "labels" / "a.h5", [frames[k]["t_rec"]], [image], [ONE if faint is None else faint])
    return make_lake(root, runs)


TWO = np.zeros((20, 30), np.int32)
TWO[2:4, 3:5], TWO[10, 20] = 1, 2
ONE = np.zeros((20, 30), np.int32)
ONE[15, 12:20] = 1


def test_labels(tmp_path, make_lake, runs) -> None:
    lake = with_labels(tmp_path, make_lake, runs, TWO)
    assert verify(lake) == []
    path = lake.root / "labels" / "a.h5"
    path.write_bytes(path.read_bytes()[:2000])
    assert [(found.check, found.record) for found in verify(lake)] == [("labels", "labels/a.h5")]
    path.unlink()
    assert [(found.check, found.record) for found in verify(lake)] == [("labels", "labels/a.h5")]


def test_labels_of_other_features(tmp_path, make_lake, runs) -> None:
    (found,) = verify(with_labels(tmp_path, make_lake, runs, np.minimum(TWO, 1)))
    assert str(found) == (
        "labels: labels/a.h5: 2011-02-15 01:48:00 has 1 features and 1 faint ones,"
        " the tables say 2 features and 1 faint ones"
    )


def test_labels_of_other_faint_features(tmp_path, make_lake, runs) -> None:
    (found,) = verify(with_labels(tmp_path, make_lake, runs, TWO, faint=np.zeros_like(TWO)))
    assert "has 2 features and 0 faint ones" in str(found)


def test_labels_of_a_faint_feature_on_a_pore(tmp_path, make_lake, runs) -> None:
    (found,) = verify(with_labels(tmp_path, make_lake, runs, TWO, faint=np.minimum(TWO, 1)))
    assert str(found) == "labels: labels/a.h5: 2011-02-15 01:48:00 has a faint feature on a pore"


def test_labels_of_another_frame(tmp_path, make_lake, runs) -> None:
    (found,) = verify(with_labels(tmp_path, make_lake, runs, TWO, k=8))
    assert "no labels of T_REC 2011-02-15T01:48:00.000" in str(found)


def test_a_catalogue_of_before_there_was_a_table(tmp_path, make_lake, runs) -> None:
    lake = make_lake(tmp_path, runs)
    with duckdb.connect(lake.catalog) as connection:
        connection.execute("DROP VIEW faint")
    found = verify(lake)
    assert {"labels", "faint_keys"} <= {finding.check for finding in found}
    assert all("faint does not exist" in finding.detail for finding in found)


def test_every_check_answers_in_the_form_of_a_finding(empty_lake) -> None:
    with connect(empty_lake) as connection:
        for name, sql in checks():
            found = connection.execute(f"DESCRIBE ({sql})").fetchall()
            assert [row[:2] for row in found] == [("record", "VARCHAR"), ("detail", "VARCHAR")], name


def test_no_lake(tmp_path) -> None:
    with pytest.raises(InputError, match="no catalogue"):
        verify(Lake.at(tmp_path))
