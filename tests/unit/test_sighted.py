"""A series in memory is what a run over its files sees; a challenge folder gives back the same."""

import json
from pathlib import Path

import numpy as np
import pytest

from catalog.schema import TABLES
from flows import challenge as making
from flows.challenge import Series, make_challenge, make_series, series_of
from flows.challenge_folder import read_sightings, read_truth
from flows.pipeline import run_request
from flows.request import Request
from flows.scoring import score_directory
from flows.simulated import simulate_series
from pores.errors import InputError
from pores.parameters import Parameters
from pores.simulate.columns import COLUMNS, as_columns
from pores.simulate.parameters import SimulationParameters
from pores.simulate.sighted import sighted
from pores.track import track
from storage.labels import read_labels
from storage.tables import read_table

FAULTY = {"seed": 4, "n_frames": 12, "shape": (90, 130), "missing_frames": (3,), "corrupt_frames": (5,)}
FAULTY |= {"no_continuum_frames": (7,), "bad_quality_frames": (9,)}
TINY = (("n_frames", 11), ("shape", (90, 130)))


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake with a run over the files of the faulty series; the files and their truth are beside it."""
    out = tmp_path_factory.mktemp("files")
    simulate_series(out / "fits", "interactions", FAULTY)
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PREFECT_API_URL", raising=False)
        patch.setenv("PREFECT_HOME", str(out))
        science = Parameters(enhance="spline")
        run_request(Request(lake=str(out / "lake"), source=str(out / "fits"), workers=1, parameters=science))
    return out


@pytest.fixture(scope="module")
def in_memory():
    return sighted(SimulationParameters.of("interactions", **FAULTY), Parameters(enhance="spline"))


def the_table(lake: Path, name: str) -> dict[str, np.ndarray]:
    (path,) = (lake / "lake" / "tables" / name).rglob("*.parquet")
    return read_table(path)


def ordered(table, *keys):
    return np.lexsort([np.asarray(table[key]).astype(str) for key in reversed(keys)])


def same(got, expected, but=()):
    """Every expected column, in the order of the rows that are given, equal but for rounding."""
    for name, values in expected.items():
        if name in but:
            continue
        if np.asarray(values).dtype.kind == "f":
            np.testing.assert_allclose(got[name].astype(float), values, rtol=1e-9, atol=1e-9, err_msg=name)
        else:
            assert list(got[name]) == list(values), name


class TestSighted:
    @pytest.mark.parametrize("name", ["pores", "faint", "velocities"])
    def test_rows_are_those_of_a_run_over_files(self, lake, in_memory, name):
        expected = the_table(lake, name)
        assert len(expected["t_rec"]) > 2
        same(getattr(in_memory[0], name), expected, but=("run_id", "track_id"))

    def test_label_images_are(self, lake, in_memory):
        frames = the_table(lake, "frames")
        given = in_memory[0]
        assert list(given.frames.t_rec) == list(frames["t_rec"])
        assert list(given.frames.usable) == list(frames["usable"])
        for i in np.flatnonzero(frames["usable"]):
            file, t = lake / "lake" / frames["labels_file"][i], frames["t_rec"][i]
            assert (given.labels(i) == read_labels(file, t)).all()
            assert (given.faint_labels(i) == read_labels(file, t, "faint")).all()
        with pytest.raises(InputError, match="not usable"):
            given.labels(int(np.flatnonzero(~frames["usable"].astype(bool))[0]))

    def test_tracks_are(self, lake, in_memory):
        tracking = track(in_memory[0], Parameters(enhance="spline").track)
        for name in ("tracks", "links", "events"):
            same(getattr(tracking, name), the_table(lake, name), but=("product", "run_id"))

    @pytest.mark.parametrize("name", ["pores", "links", "tracks", "events"])
    def test_truth_is_that_of_the_files(self, lake, in_memory, name):
        expected = read_table(lake / "fits" / "truth" / f"{name}.parquet")
        got = in_memory[1][name]
        key = {"links": ("from_pore_id", "to_pore_id"), "pores": ("pore_id",)}.get(name, (f"{name[:-1]}_id",))
        rows, place = ordered(got, *key), ordered(expected, *key)
        assert len(rows) == len(place) > 0
        same({k: v[rows] for k, v in got.items()}, {k: expected[k][place] for k in got}, but=("run_id",))

    def test_a_series_without_usable_frame(self):
        nothing = SimulationParameters(
            n_frames=2, shape=(40, 40), bad_quality_frames=(0,), missing_frames=(1,)
        )
        with pytest.raises(InputError, match="none of its frames"):
            sighted(nothing, Parameters(enhance="spline"))

    @pytest.mark.parametrize("name", COLUMNS)
    def test_empty_truth_has_columns_of_the_catalogue(self, name):
        empty = as_columns(name, [])
        for column, values in empty.items():
            kind = TABLES[name].column(column).type
            expected = "M" if kind == "timestamp" else "O" if "string" in kind else values.dtype.kind
            assert values.dtype.kind == expected
            assert len(values) == 0


@pytest.fixture(scope="module")
def challenge(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("challenge")
    assert "3 series made, 0 there" in make_challenge(out, series_of(["interactions"], [2], TINY), 1)
    return out


class TestChallenge:
    def test_what_is_read_is_what_was_seen(self, challenge):
        simulation = Series("interactions", 2, changed=TINY).simulation()
        given, true = sighted(simulation, Parameters(enhance="spline"))
        got = read_sightings(challenge / "interactions-2", Parameters(enhance="spline"))
        for name in ("pores", "faint", "velocities"):
            same(getattr(got, name), getattr(given, name))
        frames = range(simulation.n_frames)
        assert all((got.labels(i).image() == given.labels(i)).all() for i in frames)
        read = read_truth(challenge / "interactions-2")
        assert sorted(read["links"]["to_pore_id"]) == sorted(true["links"]["to_pore_id"])
        ours, theirs = (track(one, Parameters(enhance="spline").track).tracks for one in (got, given))
        same(ours, theirs)

    def test_thinned_series_are_the_same_records_further_apart(self, challenge):
        every, thin = (
            read_sightings(challenge / f"interactions-2{cadence}", Parameters(enhance="spline"))
            for cadence in ("", "-1h")
        )
        assert list(thin.frames.t_rec) == list(every.frames.t_rec[::5])
        assert thin.frames.cadence_s == 3600
        left = np.isin(every.pores["t_rec"], thin.frames.t_rec)
        assert list(thin.pores["pore_id"]) == list(every.pores["pore_id"][left])

    def test_given_is_not_the_answer(self, challenge):
        given = read_table(challenge / "interactions-2" / "pores.parquet")
        assert "track_id" not in given
        assert "porelake score" in (challenge / "README.md").read_text()

    @pytest.mark.parametrize("cadence", ["", "-1h", "-2h"])
    def test_the_truth_as_answer_is_perfect(self, challenge, cadence):
        truth = challenge / f"interactions-2{cadence}" / "truth"
        rows = score_directory(truth, truth).rows()
        assert rows["features_f1"] == rows["tracks_f1"] == 1
        assert rows["links_f1"] == rows["idf1"] == rows["censoring_right"] == 1
        assert rows["long_links"] == rows["opposite_links"] == 0

    def test_what_is_there_is_not_made_again(self, challenge, monkeypatch):
        group = series_of(["interactions"], [2], TINY)
        file = challenge / "interactions-2" / "pores.parquet"
        before = file.stat().st_mtime_ns
        assert make_series(challenge, group, 1) == 0
        (challenge / "interactions-2-1h" / "made.json").write_text("{")  # as if interrupted
        with monkeypatch.context() as broken:
            broken.setattr("flows.challenge.looked_at", lambda *_: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                make_series(challenge, group, 1)
        with pytest.raises(InputError, match="no whole series"):
            read_sightings(challenge / "interactions-2-1h", Parameters(enhance="spline"))
        assert make_series(challenge, group, 1) == 1
        assert file.stat().st_mtime_ns == before

    @pytest.mark.parametrize(
        ("module", "decides"),
        [
            *((f"pores.{name}", True) for name in ("detect", "simulate.movers", "simulate.granulation")),
            *((f"pores.{name}", False) for name in ("track", "score")),
        ],
    )
    def test_other_code_makes_another_series(self, monkeypatch, module, decides):
        code, source = making._code.__wrapped__, making._source
        before = code()
        monkeypatch.setattr(making, "_source", lambda name: source(name) + "\n# new" * (name == module))
        assert (code() != before) == decides

    def test_other_parameters_make_another_series(self, challenge, tmp_path):
        made = json.loads((challenge / "interactions-2" / "made.json").read_text())
        assert made["simulation"]["seed"] == 2
        other = [Series("interactions", 3, 10, TINY)]
        assert make_series(tmp_path, other, 1) == 1
        assert make_series(tmp_path, [Series("interactions", 3, 10, (("n_frames", 1), TINY[1]))], 1) == 1

    def test_a_series_that_fails_does_not_stop_the_others(self, tmp_path):
        short = (("n_frames", 1), ("shape", (60, 60)))
        bad = [
            Series("clean", 1, changed=(("missing_frames", (0,)), *short)),
            Series("clean", 2, changed=short),
        ]
        with pytest.raises(Exception, match=r"1 of the series .*clean-1.*none of its frames"):
            make_challenge(tmp_path, bad, 1)
        assert (tmp_path / "clean-2" / "made.json").exists()

    def test_unknown_scenario(self):
        with pytest.raises(InputError, match=r"--scenario cleen.*clean"):
            series_of(["cleen"], [1])

    def test_a_wrong_parameter_is_the_askers_fault(self):
        with pytest.raises(InputError, match=r"^simulate: .*shape \(10, 10\).*at least 40 pixels[^\n]*$"):
            series_of(["clean"], [1], (("shape", (10, 10)),))

    def test_a_scenario_asked_for_twice_is_one(self):
        assert series_of(["edges", "edges"], [1]) == [Series("edges", 1)]
