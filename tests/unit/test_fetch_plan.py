"""What a fetch asks for: exactly what is lacking, in requests within the limits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.cube_log import milliseconds
from storage.cube_standing import Standing
from storage.fetch_plan import Chunk, Wanted, chunks, planned, to_the_second
from storage.fetch_staging import Staging
from storage.jsoc_replies import ArchiveRecord
from storage.record_sets import MOST_TIMES, RecordSet, TimeRange, cadence_s
from storage.settings import Settings

T0, STEP = np.datetime64("2011-02-15T02:00:00", "ms"), np.timedelta64(12, "m")
SEGMENTS = ("continuum", "Br", "Bp", "Bt")
WHAT = RecordSet("hmi.sharp_cea_720s", 377, segments=SEGMENTS)
SETTINGS = Settings(jsoc_request_records=7, jsoc_request_bytes=10**6)
some = st.frozensets(st.sampled_from(SEGMENTS))


def record(frame: int, segments: tuple[str, ...] = SEGMENTS, version: str = "1/16") -> ArchiveRecord:
    return ArchiveRecord(377, T0 + frame * STEP, version, 0, (), segments, 400)


def had(version: str, reason: str = "", frame: int = 0, segments: tuple[str, ...] = SEGMENTS) -> dict:
    return {(milliseconds(T0 + frame * STEP), name): Standing(version, reason) for name in segments}


def brought(chunk: Chunk, there: dict[np.datetime64, frozenset[str]]) -> set[tuple[np.datetime64, str]]:
    """What an archive sends for a request."""
    found = set()
    for time in chunk.what.times:
        for t, segments in there.items():
            step = cadence_s(chunk.what.cadence) if chunk.what.cadence else 1
            if t in time and (t - time.first).astype("timedelta64[s]").astype(int) % step == 0:
                found |= {(t, name) for name in segments if name in chunk.what.segments}
    return found


@given(st.lists(st.tuples(some, some), max_size=60), st.sampled_from([None, "12m", "24m"]))
def test_requests_bring_what_is_wanted_and_nothing_else(
    records: list[tuple[frozenset[str], frozenset[str]]], cadence: str | None
) -> None:
    step = 2 if cadence == "24m" else 1
    every = [(T0 + step * i * STEP, there, wanted & there) for i, (there, wanted) in enumerate(records)]
    there = {t: has for t, has, _ in every}
    lacking = [Wanted(t, name, "1/16", 100) for t, _, names in every for name in sorted(names)]
    what = RecordSet(WHAT.series, 377, WHAT.times, cadence, segments=SEGMENTS)
    made = chunks(what, lacking, there, SETTINGS)
    asked = [(file.t_rec, file.segment) for chunk in made for file in chunk.files]
    assert sorted(asked) == sorted((file.t_rec, file.segment) for file in lacking)
    unasked_for = {T0 + i * STEP: frozenset(SEGMENTS) for i in range(1, 2 * len(records), 2)}
    archive = there | (unasked_for if step == 2 else {})  # what lies between those of the cadence
    for chunk in made:
        assert brought(chunk, archive) == {(file.t_rec, file.segment) for file in chunk.files}
        assert len(chunk.what.times) <= MOST_TIMES
        assert len({file.t_rec for file in chunk.files}) <= 7
        retry = chunk.again({(file.t_rec, file.segment) for file in chunk.files[::3]}, SETTINGS)
        again = [(file.t_rec, file.segment) for part in retry for file in part.files]
        assert sorted(again) == sorted((file.t_rec, file.segment) for file in chunk.files[::3])
        for part in retry:
            assert brought(part, archive) == {(file.t_rec, file.segment) for file in part.files}
            assert part.attempt == 2


def test_a_whole_harp_is_one_request() -> None:
    plan = planned(WHAT, [record(i) for i in range(6)], {}, again=False)
    (chunk,) = chunks(WHAT, plan.wanted, plan.there, SETTINGS)
    assert str(chunk.what).endswith(
        "[377][2011.02.15_02:00:00_TAI-2011.02.15_03:00:00_TAI]{continuum,Br,Bp,Bt}"
    )
    assert chunk.size == 6 * 400


def test_a_span_goes_on_over_records_that_have_nothing_to_bring() -> None:
    plan = planned(WHAT, [record(0), record(1, ()), record(2)], {}, again=False)
    (chunk,) = chunks(WHAT, plan.wanted, plan.there, SETTINGS)
    assert chunk.what.times == (TimeRange(T0, T0 + 2 * STEP),)


def test_two_spans_asked_for_are_not_joined() -> None:
    """What lies between them is at the archive, though not in its answer."""
    spans = (TimeRange(T0, T0 + STEP), TimeRange(T0 + 5 * STEP, T0 + 6 * STEP))
    what = RecordSet(WHAT.series, 377, spans, segments=SEGMENTS)
    plan = planned(what, [record(i) for i in (0, 1, 5, 6)], {}, again=False)
    (chunk,) = chunks(what, plan.wanted, plan.there, SETTINGS)
    assert chunk.what.times == spans


@pytest.mark.parametrize(
    ("now", "again", "n_wanted", "n_given_up", "n_unchanged"),
    [
        ({}, False, 4, 0, 0),
        (had("1/16"), False, 0, 0, 4),
        (had("0/16"), False, 4, 0, 0),
        (had(""), False, 4, 0, 0),
        (had("1/16", "unreadable file"), False, 0, 4, 0),
        (had("1/16", "unreadable file"), True, 4, 0, 0),
        (had("0/16", "unreadable file"), False, 4, 0, 0),
        (had("1/16", "missing segment"), False, 4, 0, 0),
        (had("1/16", segments=("Br",)), False, 3, 0, 1),
    ],
)
def test_what_is_wanted(now: dict, again: bool, n_wanted: int, n_given_up: int, n_unchanged: int) -> None:
    plan = planned(WHAT, [record(0)], now, again)
    assert (len(plan.wanted), len(plan.given_up), plan.unchanged) == (n_wanted, n_given_up, n_unchanged)


@pytest.mark.parametrize(
    ("now", "news"),
    [
        ({}, True),
        (had("1/16", "missing segment"), False),
        (had("0/16", "missing segment"), True),
        (had("0/16"), True),
        (had("1/16"), False),
        (had(""), False),
    ],
    ids=["new", "known", "made anew", "lost", "offline", "from a directory"],
)
def test_records_without_files(now: dict, news: bool) -> None:
    plan = planned(WHAT, [record(0, ())], now, again=False)
    assert (dict(plan.bare), plan.wanted, plan.lost) == ({T0: "1/16"} if news else {}, (), ())


@pytest.mark.parametrize(("version", "n"), [("0/16", 1), ("1/16", 0), ("", 0)])
def test_lost_segments(version: str, n: int) -> None:
    plan = planned(WHAT, [record(0, ("continuum", "Bp", "Bt"))], had(version), again=False)
    assert [absence.name.segment for absence in plan.lost] == ["Br"] * n


def test_fractions_of_a_second() -> None:
    for text, second in (
        ("02:00:00.002", "02:00:00"),
        ("01:59:59.998", "02:00:00"),
        ("02:00:00", "02:00:00"),
    ):
        assert to_the_second(np.datetime64(f"2011-02-15T{text}")) == np.datetime64(f"2011-02-15T{second}")


def test_staging_gives_back_what_was_put_in(tmp_path) -> None:
    staging = Staging(tmp_path / "377")
    what = RecordSet(WHAT.series, 377, (TimeRange(T0, T0 + STEP),), "24m", ("QUALITY >= 0",), SEGMENTS)
    chunk = Chunk(what, (Wanted(T0, "Br", "1/16", 5), Wanted(T0 + STEP, "Bp", "2/16", 6)), 2)
    assert staging.first() is None
    staging.add(chunk)
    place = staging.first()
    assert place is not None
    assert staging.chunk(place) == chunk
    staging.add_after(place, [chunk, chunk])
    (staging.root / "0.9").mkdir()
    order = []
    while (place := staging.first()) is not None:
        order.append(place.name)
        staging.done(place)
    assert order == ["0", "0.0000", "0.0001"]
    staging.remove()
    assert not staging.root.exists()
