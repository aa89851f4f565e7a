"""`porelake score`: tables of any tracker in a directory, numbers for machines, what is wrong in one line."""

import json
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flows.cli import main
from pores.score import score
from tests.unit.stories import STORY, told, when

TRUTH = told()


def written(directory, tables):
    directory.mkdir()
    for name, columns in tables.items():
        arrays = {
            column: pa.array(values.tolist()) for column, values in columns.items() if column != "t_rec"
        }
        if "t_rec" in columns:
            arrays["t_rec"] = pa.array(columns["t_rec"].astype("datetime64[us]"))
        pq.write_table(pa.table(arrays), directory / f"{name}.parquet")
    return directory


@pytest.fixture
def porelake(monkeypatch, capsys, tmp_path):
    """The command; gives its exit code, output and error output."""

    def run(*arguments):
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "argv", ["porelake", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            main()
        return end.value.code, *capsys.readouterr()

    return run


@pytest.fixture
def truth(tmp_path):
    return written(tmp_path / "truth", TRUTH)


def test_another_trackers_tables(porelake, truth, tmp_path):
    found = told([life for life in STORY if life.name != "h"])
    code, out, _ = porelake("score", truth, "--tables", written(tmp_path / "found", found))
    assert code == 0
    assert out == f"{score(found, TRUTH)}\n"


def test_numbers_for_machines(porelake, truth):
    code, out, _ = porelake("score", truth, "--tables", truth, "--json")
    assert code == 0
    numbers = json.loads(out)
    assert list(numbers) == list(score(TRUTH, TRUTH).rows())
    assert (numbers["merges_f1_1"], numbers["opposite_links"]) == (1, 0)
    assert numbers["split3_arity_right"] is None  # there is none


def test_the_frames_of_the_truth_tell_the_cadence(porelake, tmp_path):
    frames = {"t_rec": when(range(0, 20, 2)), "harpnum": np.full(10, 377)}
    late = TRUTH["events"]["t_rec"] + np.timedelta64(1440, "s")
    found = written(tmp_path / "found", TRUTH | {"events": TRUTH["events"] | {"t_rec": late}})
    for name, tables, f1 in (("a", TRUTH, 0), ("b", TRUTH | {"frames": frames}, 1)):
        _, out, _ = porelake("score", written(tmp_path / name, tables), "--tables", found, "--json")
        assert json.loads(out)["merges_f1_1"] == f1


@pytest.mark.parametrize("table", ["pores", "links", "tracks", "events"])
def test_a_missing_table_is_named(porelake, truth, tmp_path, table):
    found = written(tmp_path / "found", {name: columns for name, columns in TRUTH.items() if name != table})
    for arguments in ((truth, "--tables", found), (found, "--tables", truth)):
        code, out, err = porelake("score", *arguments)
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert f"{found / table}.parquet: no such table; " in err


def test_a_file_that_is_no_table_is_named(porelake, truth, tmp_path):
    found = written(tmp_path / "found", TRUTH)
    (found / "links.parquet").write_text("no Parquet")
    code, _, err = porelake("score", truth, "--tables", found)
    assert (code, err.count("\n")) == (2, 1)
    assert f"{found / 'links.parquet'}: not a readable Parquet file" in err


def test_a_missing_column_is_named(porelake, truth, tmp_path):
    events = {name: values for name, values in TRUTH["events"].items() if name != "cause"}
    code, _, err = porelake(
        "score", truth, "--tables", written(tmp_path / "found", TRUTH | {"events": events})
    )
    assert (code, err) == (2, "porelake: found table events: no column cause\n")


def test_tables_of_another_harp_are_no_match(porelake, truth, tmp_path):
    found = written(tmp_path / "found", told(harpnum=378))
    code, _, err = porelake("score", truth, "--tables", found)
    assert (code, err) == (2, f"porelake: {found / 'pores.parquet'}: nothing of HARP 377 of {truth}\n")


def test_a_harp_that_is_no_number_is_named(porelake, truth, tmp_path):
    n = len(TRUTH["pores"]["harpnum"])
    for name, harp, code in (("null", None, 0), ("word", "x", 2)):
        harps = np.array([harp, *[377 if harp is None else "377"] * (n - 1)], object)
        found = written(tmp_path / name, TRUTH | {"pores": TRUTH["pores"] | {"harpnum": harps}})
        got, _, err = porelake("score", truth, "--tables", found)
        assert (got, err.count("\n")) == (code, code // 2)
    assert "found table pores: column harpnum holds what is no number" in err


def test_what_is_found_where_there_is_nothing_is_false(porelake, tmp_path):
    nothing = {name: {column: v[:0] for column, v in table.items()} for name, table in TRUTH.items()}
    frames = {"t_rec": when(range(20)), "harpnum": np.full(20, 377)}
    truth, found = written(tmp_path / "truth", nothing | {"frames": frames}), written(tmp_path / "f", TRUTH)
    code, out, _ = porelake("score", truth, "--tables", found, "--json")
    assert (code, json.loads(out)["features_precision"], json.loads(out)["births_f1_1"]) == (0, 0, 0)
    code, _, err = porelake("score", truth, "--lake", tmp_path / "lake")
    assert (code, err) == (2, f"porelake: the lake {tmp_path / 'lake'} has no run of HARP 377 of {truth}\n")


def test_a_tracker_that_found_nothing(porelake, truth, tmp_path):
    nothing = {
        name: {column: values[:0] for column, values in table.items()} for name, table in TRUTH.items()
    }
    code, out, _ = porelake("score", truth, "--tables", written(tmp_path / "found", nothing), "--json")
    assert code == 0
    assert json.loads(out)["features_recall"] == 0
