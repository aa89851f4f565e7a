"""Which runs share a pack: few packs, none of them mostly dead, no row written again and again."""

from collections import Counter
from itertools import pairwise

from storage.pack_plan import SIZES, Sizes, planned
from storage.packs import Pack

Runs = set[tuple[str, int, str]]


def current(harpnums: range, run: str = "a", series: str = "s") -> Runs:
    return {(series, harpnum, run) for harpnum in harpnums}


def held(packs: list[Pack], runs: Runs) -> Counter[tuple[str, int, str]]:
    return Counter((pack.series, *run) for pack in packs for run in pack.live(runs))


def plan(runs: Runs, there: list[Pack], sizes: Sizes = SIZES) -> list[Pack]:
    return planned(runs, there, "form", sizes)


def test_a_mission_is_packed_at_once() -> None:
    runs = current(range(1, 15_001))
    packs = plan(runs, [])
    assert {len(pack.runs) for pack in packs} == {517, 518}
    assert held(packs, runs) == Counter(runs)
    ends = [(pack.runs[0][0], pack.runs[-1][0]) for pack in packs]
    assert all(last < first for (_, last), (first, _) in pairwise(ends))
    assert plan(runs, packs) == packs


def test_few_stay_in_their_own_files() -> None:
    assert plan(current(range(63)), []) == []
    assert [len(pack.runs) for pack in plan(current(range(64)), [])] == [64]


def test_some_at_a_time_a_row_is_written_twice_and_packs_stay_few() -> None:
    packs: list[Pack] = []
    written = most_loose = 0
    for n in range(7, 3001, 7):
        runs = current(range(n))
        new = plan(runs, packs)
        written += sum(len(pack.runs) for pack in new if pack not in packs)
        packs = new
        assert max(held(packs, runs).values(), default=1) == 1
        most_loose = max(most_loose, n - len(held(packs, runs)))
        assert len(packs) <= 3000 / SIZES.large + SIZES.large / SIZES.least
    assert most_loose < SIZES.least
    assert written <= 2 * 3000


def test_a_pack_with_few_dead_runs_stays_and_one_with_many_is_given_up() -> None:
    packs = plan(current(range(100)), [])
    some = current(range(75)) | current(range(75, 100), "b")
    assert plan(some, packs) == packs
    assert packs[0].dead(some) == tuple(range(75, 100))
    more = current(range(74)) | current(range(74, 100), "b")
    (new,) = plan(more, packs)
    assert new.runs == tuple((harpnum, "a" if harpnum < 74 else "b") for harpnum in range(100))


def test_of_packs_that_hold_the_same_the_larger_is_taken() -> None:
    """A publisher that was killed, and stores, leave what was joined beside what it became."""
    runs = current(range(100))
    large = Pack.of("s", "form", [(harpnum, "a") for harpnum in range(100)])
    parts = [
        Pack.of("s", "form", [(harpnum, "a") for harpnum in half]) for half in (range(50), range(50, 100))
    ]
    assert plan(runs, [*parts, large]) == [large]


def test_series_have_packs_of_their_own() -> None:
    runs = current(range(64)) | current(range(64), "b", "nrt") | current(range(3), "c", "small")
    assert [(pack.series, len(pack.runs)) for pack in plan(runs, [])] == [("nrt", 64), ("s", 64)]


def test_what_a_pack_holds_names_it() -> None:
    first = Pack.of("s", "form", [(1, "a"), (10, "b"), (2, "c")])
    assert first.runs == ((1, "a"), (2, "c"), (10, "b"))
    others = [
        Pack.of("t", "form", first.runs),
        Pack.of("s", "other", first.runs),
        Pack.of("s", "form", first.runs[:2]),
        Pack.of("s", "form", [(1, "a"), (2, "c"), (10, "d")]),
    ]
    assert len({pack.key for pack in (first, *others)}) == 5
    assert Pack.of("s", "form", reversed(first.runs)).key == first.key
