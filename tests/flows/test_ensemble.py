"""Ensembles: runs of a HARP with other parameters, kept side by side, made once and told apart."""

import json
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from catalog.build import publish
from catalog.check import verify
from catalog.export import export
from flows import stages, tracking
from flows.cluster import Unit, work_on
from flows.cluster_check import code_versions
from flows.ensemble import MOST, members
from flows.outcome import RunError
from flows.pipeline import run_request
from flows.request import SERIES, Request
from flows.tracking import up_to_date
from pores.errors import InputError, PorelakeError
from storage.labels import read_labels
from storage.lake import Lake
from storage.runs import current_runs, member_runs
from tests.flows.runs import BUSY, QUIET, Command, Refuses, files, request, rows, tables

THRESHOLDS = {"detect.threshold": (0.45, 0.5, 0.55)}
KNOBS = "SELECT harpnum, threshold, is_current, stale, differs FROM ensemble_runs ORDER BY ALL"


def differing(threshold: float) -> str:
    return "{}" if threshold == 0.5 else json.dumps({"detect.threshold": threshold}, separators=(",", ":"))


def as_made(*harpnums: int) -> list[tuple[object, ...]]:
    """What `KNOBS` gives of ensembles of three thresholds."""
    axis = THRESHOLDS["detect.threshold"]
    return [(harp, value, value == 0.5, False, differing(value)) for harp in harpnums for value in axis]


@pytest.fixture(scope="module")
def prepared() -> Counter[tuple[int, str]]:
    """How often each frame was prepared for the ensemble."""
    return Counter()


@pytest.fixture(scope="module")
def ensemble(
    small_series: Path, prepared: Counter[tuple[int, str]], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The lake of the small series with three thresholds, made at once; read only."""
    lake = tmp_path_factory.mktemp("ensemble") / "lake"
    prepare = stages.prepare_frame

    def counting(frame, parameters):  # type: ignore[no-untyped-def]
        prepared[frame.harpnum, str(frame.t_rec)] += 1
        return prepare(frame, parameters)

    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PREFECT_API_URL", raising=False)
        patch.setattr(stages, "prepare_frame", counting)
        run_request(request(small_series, lake, vary=THRESHOLDS))
    return lake


@pytest.fixture
def changed(ensemble: Path, tmp_path: Path) -> Path:
    """A copy of the ensemble, to be changed."""
    copy = Path(shutil.copytree(ensemble, tmp_path / "lake"))
    publish(Lake.at(copy))
    return copy


@pytest.fixture
def halves(small_series: Path, tmp_path: Path) -> tuple[Path, Path]:
    """The quiet HARP's files: of its first two frames, and of all four."""
    for name in ("half", "all"):
        (tmp_path / name).mkdir()
    found = sorted(small_series.glob(f"*.{QUIET}.*.fits"))
    for place, chosen in (("half", found[: len(found) // 2]), ("all", found)):
        for file in chosen:
            shutil.copy2(file, tmp_path / place)
    return tmp_path / "half", tmp_path / "all"


def test_the_current_run_is_what_it_would_be_without(ensemble: Path, small_lake: Path) -> None:
    lake, plain = Lake.at(ensemble), Lake.at(small_lake)
    assert current_runs(lake) == current_runs(plain)
    mine, theirs = tables(ensemble), tables(small_lake)
    assert len(mine) == 3 * len(theirs)
    assert all(mine[name].equals(theirs[name]) for name in theirs)
    for table in ("pores", "tracks", "links", "runs"):
        question = f"SELECT count(*), count(DISTINCT run_id) FROM {table}"
        assert rows(ensemble, question) == rows(small_lake, question)


def test_members_stand_beside_it(ensemble: Path) -> None:
    assert rows(ensemble, KNOBS) == as_made(BUSY, QUIET)
    counted = rows(ensemble, "SELECT run_id, n_features, n_tracks FROM ensemble_runs ORDER BY 1")
    for name, column in (("pores", 1), ("tracks", 2)):
        found = dict(rows(ensemble, f"SELECT run_id, count(*) FROM ensemble_{name} GROUP BY 1"))
        assert found == {row[0]: row[column] for row in counted}
    areas = rows(ensemble, "SELECT sum(area_px) FROM ensemble_pores GROUP BY threshold ORDER BY threshold")
    assert areas == sorted(areas)
    assert len(set(areas)) == 3
    assert rows(ensemble, "SELECT sum(area_px) FROM ensemble_pores WHERE is_current") == rows(
        ensemble, "SELECT sum(area_px) FROM pores"
    )


def test_no_frame_is_prepared_twice(ensemble: Path, prepared: Counter[tuple[int, str]]) -> None:
    assert len(prepared) == rows(ensemble, "SELECT count(*) FROM frames")[0][0] == 18
    assert set(prepared.values()) == {1}


def test_a_second_run_does_nothing(ensemble: Path, small_series: Path) -> None:
    before = files(ensemble)
    wanted = request(small_series, ensemble, vary=THRESHOLDS)
    outcome = run_request(wanted)
    assert files(ensemble) == before
    assert [done.said for done in outcome.done if done.said] == []
    assert str(outcome).count("up to date") == 2
    assert all(up_to_date(wanted, harp) for harp in (BUSY, QUIET))
    more = request(small_series, ensemble, vary={"detect.threshold": (0.5, 0.6)})
    assert not up_to_date(more, QUIET)


def test_a_plain_run_makes_another_member_current_and_leaves_the_rest(changed: Path) -> None:
    before = files(changed)
    run_request(request(None, changed, parameters={"detect": {"threshold": 0.45}}))
    after = files(changed)
    assert {name for name in after if after[name] != before.get(name)} == {
        f"current/{SERIES}/{harp}.json" for harp in (BUSY, QUIET)
    }
    kept = rows(changed, "SELECT threshold, is_current, differs FROM ensemble_runs WHERE harpnum = 99001")
    assert [(value, value == 0.45) for value in (0.45, 0.5, 0.55)] == [row[:2] for row in sorted(kept)]
    assert sorted(kept)[0][2] == "{}"
    assert rows(changed, "SELECT sum(area_px) FROM pores") == rows(
        changed, "SELECT sum(area_px) FROM ensemble_pores WHERE threshold = 0.45"
    )


def test_another_current_run_is_one_of_them_too(changed: Path) -> None:
    run_request(request(None, changed, harpnums=(QUIET,), parameters={"detect": {"min_area_fine_px": 24}}))
    found = rows(
        changed, f"SELECT threshold, differs FROM ensemble_runs WHERE harpnum = {QUIET} ORDER BY ALL"
    )
    assert [(value, json.loads(text)) for value, text in found] == [
        (0.45, {"detect.min_area_fine_px": 20, "detect.threshold": 0.45}),
        (0.5, {"detect.min_area_fine_px": 20}),
        (0.5, {}),
        (0.55, {"detect.min_area_fine_px": 20, "detect.threshold": 0.55}),
    ]
    slopes = rows(changed, f"SELECT DISTINCT ln_area_slope FROM pore_stability WHERE harpnum = {QUIET}")
    assert slopes == [(None,)], "no other run differs in the threshold only"


def test_members_of_other_frames_are_stale(halves: tuple[Path, Path], tmp_path: Path) -> None:
    half, every = halves
    lake = tmp_path / "lake"
    run_request(request(half, lake, vary=THRESHOLDS))
    assert rows(lake, KNOBS) == as_made(QUIET)
    outcome = run_request(request(every, lake))
    assert "3 of them stale" in outcome.published
    stale = rows(
        lake, "SELECT threshold, is_current, stale, n_features IS NULL FROM ensemble_runs ORDER BY ALL"
    )
    assert stale == [
        (0.45, False, True, True),
        (0.5, False, True, True),
        (0.5, True, False, False),
        (0.55, False, True, True),
    ]
    for view in ("ensemble_pores", "ensemble_tracks", "pore_stability"):
        assert rows(lake, f"SELECT count(*) FROM {view}") == [(0,)], view
    assert verify(Lake.at(lake)) == []

    run_request(request(None, lake, vary=THRESHOLDS))
    assert rows(lake, KNOBS) == as_made(QUIET)
    assert len(list(lake.glob("ensembles/*/*/*.json"))) == 3, "new members take the places of old ones"
    assert rows(lake, "SELECT DISTINCT n_members FROM pore_stability") == [(3,)]


def images(lake: Path, harpnum: int, run_id: str) -> dict[object, object]:
    """Label file of every usable frame of a run."""
    place = lake / "tables" / "frames" / f"harpnum={harpnum}" / f"{run_id}.parquet"
    return dict(rows(lake, f"SELECT t_rec, labels_file FROM '{place}' WHERE labels_file IS NOT NULL"))  # type: ignore[arg-type]


def overlaps(lake: Path, harpnum: int) -> dict[object, tuple[int, int, int]]:
    """For each feature of the current run, by pixels: runs that have it; that with others; that in pieces."""
    counts: dict[object, list[int]] = {}
    question = f"SELECT pore_id, t_rec, label FROM pores WHERE harpnum = {harpnum}"
    names = {(t, label): name for name, t, label in rows(lake, question)}
    (current,) = (run for run in current_runs(Lake.at(lake)) if run.harpnum == harpnum)
    mine = images(lake, harpnum, current.run_id)
    for run in (run for run in member_runs(Lake.at(lake)) if run.harpnum == harpnum):
        theirs = images(lake, harpnum, run.run_id)
        for t in mine:
            a, b = (read_labels(lake / str(of[t]), np.datetime64(t, "ms")) for of in (mine, theirs))  # type: ignore[call-overload]
            both = (a > 0) & (b > 0)
            pairs = set(zip(a[both].tolist(), b[both].tolist(), strict=True))
            pieces, owners = (Counter(pair[k] for pair in pairs) for k in (0, 1))
            for label, n in pieces.items():
                found = counts.setdefault(names[t, label], [0, 0, 0])
                found[0] += 1
                found[1] += any(owners[other] > 1 for one, other in pairs if one == label)
                found[2] += n > 1
    return {name: (found, merged, split) for name, (found, merged, split) in counts.items()}


def test_features_are_found_again_where_pixels_overlap(ensemble: Path) -> None:
    for harpnum in (BUSY, QUIET):
        told = rows(
            ensemble,
            f"SELECT pore_id, n_found, n_merged, n_split FROM pore_stability WHERE harpnum = {harpnum}",
        )
        truth = overlaps(ensemble, harpnum)
        assert len(told) == len(truth) > 3
        assert {row[0]: tuple(row[1:]) for row in told} == truth
    scores = rows(ensemble, "SELECT DISTINCT stability FROM pore_stability ORDER BY 1")
    assert scores[-1] == (1.0,)
    assert len(scores) > 1, "some feature is not found at the lower threshold"


def test_exports_name_the_runs_they_are_of(ensemble: Path, tmp_path: Path) -> None:
    for name, n_runs in (("pores", 2), ("ensemble_pores", 6), ("pore_stability", 6), ("threshold_study", 6)):
        _, beside = export(Lake.at(ensemble), name, {}, "csv", tmp_path / f"{name}.csv")
        about = json.loads(beside.read_text())
        assert str(about).count("'run_id': ") == n_runs, name


def test_members_that_fail_stop_no_others_and_are_made_the_next_time(
    small_series: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = request(small_series, tmp_path / "lake", harpnums=(QUIET,), vary=THRESHOLDS)
    write = tracking._write_run

    def failing(harp, *rest):  # type: ignore[no-untyped-def]
        if (failure := failures.get(harp.request.parameters.detect.threshold)) is not None:
            raise failure
        return write(harp, *rest)

    failures = {0.5: PorelakeError("cut short"), 0.45: OSError(28, "No space left on device")}
    monkeypatch.setattr(tracking, "_write_run", failing)
    with pytest.raises(RunError) as raised:
        run_request(wanted)
    assert str(raised.value) == (
        f"HARP {QUIET}: detect.threshold=0.5: cut short"
        "; detect.threshold=0.45: OSError: [Errno 28] No space left on device"
    )
    lines = raised.value.outcome.lines
    assert [line.endswith("failed") for line in lines] == [False, True, True, False], lines
    lake = Lake.at(tmp_path / "lake")
    assert len(member_runs(lake)) == 1
    assert current_runs(lake) == []
    monkeypatch.setattr(tracking, "_write_run", write)
    outcome = run_request(wanted)
    assert [(done.stage, done.member) for done in outcome.done if done.said] == [
        ("track", "detect.threshold=0.5"),
        ("track", "detect.threshold=0.45"),
    ]
    assert rows(lake.root, KNOBS) == as_made(QUIET)


def test_a_worker_of_a_cluster_makes_all_members(small_series: Path, ensemble: Path, tmp_path: Path) -> None:
    wanted = request(small_series, tmp_path / "lake", harpnums=(QUIET,), vary=THRESHOLDS)
    stages_ = ("ingest", "prepare", "detect", "flow", "track")
    outcome = work_on(Unit(wanted, QUIET, stages_, "run", code_versions()))
    assert not outcome.failed
    quiet = [run for run in member_runs(Lake.at(ensemble)) if run.harpnum == QUIET]
    assert member_runs(Lake.at(tmp_path / "lake")) == quiet


def test_verify_names_a_member_file_that_is_gone(changed: Path) -> None:
    lake = Lake.at(changed)
    assert verify(lake) == []
    (gone,) = rows(changed, f"SELECT run_id FROM ensemble_runs WHERE harpnum = {BUSY} AND threshold = 0.45")[
        0
    ]
    lake.table("pores", BUSY, str(gone)).unlink()
    assert "1 run more with missing files" in str(publish(lake))
    assert [finding.record for finding in verify(lake)] == [f"tables/pores/harpnum={BUSY}/{gone}.parquet"]
    kept = rows(changed, f"SELECT threshold FROM ensemble_runs WHERE harpnum = {BUSY} ORDER BY 1")
    assert kept == [(0.5,), (0.55,)]


def test_verify_looks_at_the_masks_of_members(changed: Path) -> None:
    (run,) = rows(changed, f"SELECT run_id FROM ensemble_runs WHERE harpnum = {BUSY} AND threshold = 0.55")[0]
    name = min(map(str, images(changed, BUSY, str(run)).values()))
    (changed / name).write_bytes(b"no HDF5")
    assert [(finding.check, finding.record) for finding in verify(Lake.at(changed))] == [("labels", name)]


def test_the_command_says_what_each_member_has(command: Command, small_series: Path, tmp_path: Path) -> None:
    place = ("--lake", tmp_path / "lake", "--workers", 1)
    ended = command("run", "--from", small_series, "--harp", QUIET, "--threshold", "0.55,0.45", *place)
    assert ended.status == 0, ended
    lines = ended.out.splitlines()
    assert [line.partition(": ")[0] for line in lines[:3]] == [
        f"HARP {QUIET}",
        f"HARP {QUIET} detect.threshold=0.55",
        f"HARP {QUIET} detect.threshold=0.45",
    ]
    assert "4 frames prepared" in lines[1]
    assert "prepared" not in lines[2]
    assert " features in " in lines[2]
    assert lines[-1] == "2 runs side by side in ensembles of 1 HARP"
    current = rows(tmp_path / "lake", "SELECT threshold FROM ensemble_runs WHERE is_current")
    assert current == [(0.55,)], "the first one, where none has the request's own parameters"


def test_one_value_is_that_of_set(command: Command, changed: Path) -> None:
    ended = command("run", "--lake", changed, "--threshold", "0.55", "--workers", 1)
    assert ended.out.count("detect.threshold 0.5 -> 0.55") == 2
    assert rows(changed, "SELECT DISTINCT threshold FROM ensemble_runs WHERE is_current") == [(0.55,)]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (
            ("--threshold", "0.5,0.5"),
            "detect.threshold=0.5: the same run as detect.threshold=0.5; say it once",
        ),
        (("--threshold", "0.5,0.50"), "detect.threshold=0.50: the same run as detect.threshold=0.5"),
        (("--threshold", "abc"), "--threshold abc: should be a valid number"),
        (("--threshold", "0.4,abc"), "--threshold abc: should be a valid number"),
        (("--threshold", "1.5"), "--threshold 1.5: should be less than 1"),
        (("--threshold", "0.4,nan"), "--threshold nan"),
        (("--threshold", ""), "--threshold : a value is missing; write e.g. 0.45,0.5,0.55"),
        (("--threshold", "0.4,,0.5"), "--threshold 0.4,,0.5: a value is missing"),
        (("--vary", "nothing=1"), "--vary nothing: no such parameter"),
        (("--vary", "detect.treshold=0.4,0.5"), "did you mean detect.threshold?"),
        (("--vary", "detect=1,2"), "--vary detect: no such parameter"),
        (("--vary", "detect.threshold"), "--vary detect.threshold: write stage.name=value,value"),
        (("--vary", "detect.connectivity=4,5"), "--vary detect.connectivity=5: should be 4 or 8"),
        (("--vary", "enhance=spline"), "--vary enhance=spline: one value; --enhance spline says it"),
        (("--vary", "weights=here,there"), "weights here: no such file"),
        (("--threshold", "0.4,0.5", "--set", "detect.threshold=0.6"), "by another option, too; say it once"),
        (("--threshold", "0.4,0.5", "--vary", "detect.threshold=0.6,0.7"), "--vary detect.threshold: detect"),
        (("--tracker", "nearest", "--vary", "track.tracker=dbscan,laptrack"), "track.tracker has its value"),
        (
            ("--vary", "track.max_gap_h=1,2,3,4,5,6,7,8", "--vary", "track.contact_h=0,1,2,3,4,5,6"),
            f"--vary: 56 runs of each HARP, more than {MOST}",
        ),
    ],
)
def test_wrong_values(refuses: Refuses, small_lake: Path, arguments: tuple[str, ...], says: str) -> None:
    before = files(small_lake)
    refuses("run", "--lake", small_lake, *arguments, says=says)
    assert files(small_lake) == before


def test_every_combination_and_the_request_as_a_form_fills_it() -> None:
    vary = {"enhance": ["spline", "network"], "detect.threshold": [0.45, 0.5]}
    filled = Request.model_validate_json(json.dumps({"vary": vary}))
    assert Request.model_validate_json(filled.model_dump_json()) == filled
    made = members(filled)
    assert [member.label for member in made] == [
        "enhance=network, detect.threshold=0.5",
        "enhance=spline, detect.threshold=0.45",
        "enhance=spline, detect.threshold=0.5",
        "enhance=network, detect.threshold=0.45",
    ]
    assert [member.request.keep for member in made] == ["both", "member", "member", "member"]
    assert made[0].request.parameters == filled.parameters
    assert {member.request.parameters.weights == "" for member in made[1:3]} == {True}
    for wrong in ({"detect.threshold": []}, {"detect.threshold": [2]}, {"track": [1, 2]}):
        with pytest.raises(InputError, match="--vary"):
            members(Request.model_validate({"vary": wrong}))
