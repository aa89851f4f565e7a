"""Survival in SQL: equal to lifelines on the same rows, and right where the law of lives is known."""

import itertools

import numpy as np
import pytest

from benchmarks.studies.survival import LAWS, catalogue, medians, true_median, watch
from catalog.query import connect, named
from tests.sql.conftest import Run

CADENCE_H = 0.2


def rows_of(harpnum: int, frames: np.ndarray, birth: np.ndarray, death: np.ndarray) -> list[dict]:
    """Rows of `tracks`: lives as long as some frames are apart, and how they began and ended."""
    start = np.datetime64("2014-06-10T00:00:00", "ms")
    return [
        {
            **{"harpnum": harpnum, "run_id": f"run{harpnum}", "product": f"set {harpnum}"},
            **{"track_id": f"{harpnum}_{i}", "kind": "pore", "min_mu": 0.9, "n_obs": int(n) + 1},
            **{"t_birth": start, "t_death": start + int(n) * np.timedelta64(720, "s"), "mean_br": 1500.0},
            **{"lifetime_h": int(n) * CADENCE_H, "birth": str(born), "death": str(died)},
        }
        for i, (n, born, died) in enumerate(zip(frames, birth, death, strict=True))
    ]


def _sets() -> dict[int, list[dict]]:
    """Lives by HARP number, with ties among deaths, among censored lives and between both."""
    rng = np.random.default_rng(3)
    found = {}
    for harpnum, (n, longest, seen) in enumerate(
        [(300, 25, 0.6), (40, 8, 0.5), (7, 30, 0.9), (500, 400, 0.2)], 1
    ):
        death = np.where(rng.random(n) < seen, "decayed", "censored")
        found[harpnum] = rows_of(harpnum, rng.integers(1, longest, n), np.full(n, "emerged"), death)
    ends = {
        5: ["decayed"] * 4,
        6: ["censored"] * 4,
        7: ["decayed"] * 3 + ["censored"],
        8: ["censored"] * 3 + ["merged"],
    }
    for harpnum, death in ends.items():
        found[harpnum] = rows_of(harpnum, np.array([1, 2, 3, 4]), np.full(4, "split"), np.array(death))
    found[9] = rows_of(9, np.array([5]), np.array(["emerged"]), np.array(["decayed"]))
    return found


SETS = _sets()


@pytest.fixture(scope="session")
def lives_lake(tmp_path_factory, make_lake):
    """A lake whose every HARP holds one set of lives, and besides some whose birth was not seen."""
    runs = []
    for harpnum, rows in SETS.items():
        run = Run(harpnum, f"run{harpnum}", f"set {harpnum}")
        unseen = rows_of(
            harpnum, np.array([9, 90]), np.full(2, "censored"), np.array(["decayed", "censored"])
        )
        run.tables["tracks"] = rows + [row | {"track_id": f"unseen {i}"} for i, row in enumerate(unseen)]
        runs.append(run)
    return make_lake(tmp_path_factory.mktemp("lives"), runs)


def ask(lake, name: str, **params: str) -> list[tuple]:
    question = named(name, params)
    with connect(lake) as connection:
        return connection.execute(question.sql, question.values).fetchall()


def reference(rows: list[dict]):
    """Kaplan-Meier by lifelines."""
    from lifelines import KaplanMeierFitter

    lived = [row["lifetime_h"] for row in rows]
    return KaplanMeierFitter().fit(lived, [row["death"] != "censored" for row in rows])


@pytest.mark.filterwarnings("ignore")  # of pandas within lifelines
@pytest.mark.parametrize("harpnum", SETS)
def test_survival_is_that_of_lifelines(lives_lake, harpnum) -> None:
    found = [row for row in ask(lives_lake, "survival") if row[0] == f"set {harpnum}"]
    fit = reference(SETS[harpnum])
    times = [row[1] for row in found]
    assert times == pytest.approx(list(fit.event_table.index[1:]), abs=1e-12)
    assert [row[2] for row in found] == list(fit.event_table["at_risk"].iloc[1:])
    assert [row[3] for row in found] == list(fit.event_table["observed"].iloc[1:])
    assert [row[4] for row in found] == list(fit.event_table["censored"].iloc[1:])
    surviving = fit.survival_function_.iloc[1:, 0]
    limits = fit.confidence_interval_.iloc[1:]
    assert [row[5] for row in found] == pytest.approx(list(surviving), abs=1e-9)
    assert [row[6] for row in found] == pytest.approx(list(limits.iloc[:, 0]), abs=1e-9)
    assert [row[7] for row in found] == pytest.approx(list(limits.iloc[:, 1]), abs=1e-9)


@pytest.mark.filterwarnings("ignore")
def test_other_levels_are_those_of_lifelines(lives_lake) -> None:
    from lifelines import KaplanMeierFitter

    rows = SETS[1]
    fit = KaplanMeierFitter(alpha=0.31731050786291415)  # one standard deviation
    fit.fit([row["lifetime_h"] for row in rows], [row["death"] != "censored" for row in rows])
    found = [row for row in ask(lives_lake, "survival", z="1") if row[0] == "set 1"]
    assert [row[6:] for row in found] == [
        pytest.approx(tuple(row), abs=1e-9) for row in fit.confidence_interval_.values[1:]
    ]


@pytest.mark.filterwarnings("ignore")
def test_medians_and_their_limits_are_those_of_lifelines(lives_lake) -> None:
    from lifelines.utils import median_survival_times

    found = {row[0]: row[5:8] for row in ask(lives_lake, "lifetime_vs_br", bin_g="1e5")}
    n_reached = 0
    for harpnum, rows in SETS.items():
        fit = reference(rows)
        low, high = median_survival_times(fit.confidence_interval_).iloc[0]
        wanted = [fit.median_survival_time_, low, high]
        assert [np.inf if value is None else value for value in found[f"set {harpnum}"]] == pytest.approx(
            wanted
        )
        n_reached += sum(np.isfinite(wanted))
    assert n_reached > 15


def test_births_unseen_count_as_lower_bounds_where_asked(lives_lake) -> None:
    both = {births: ask(lives_lake, "survival", births=births) for births in ("seen", "all")}
    at_risk = {births: [row[2] for row in rows if row[0] == "set 9"] for births, rows in both.items()}
    assert at_risk == {"seen": [1], "all": [3, 2, 1]}
    assert sum(row[3] for row in both["seen"]) == sum(row[3] for row in both["all"])


def test_choices_of_lives(lives_lake) -> None:
    n = sum(len(rows) for rows in SETS.values())
    assert sum(row[3] + row[4] for row in ask(lives_lake, "survival")) == n
    longer = sum(row["n_obs"] >= 10 for rows in SETS.values() for row in rows)
    assert sum(row[3] + row[4] for row in ask(lives_lake, "survival", min_obs="10")) == longer
    assert sum(row[3] + row[4] for row in ask(lives_lake, "survival", kind="null")) == n
    for nothing in ({"kind": "umbra"}, {"min_mu": "0.95"}, {"br_from": "1501"}, {"br_to": "1500"}):
        assert ask(lives_lake, "survival", **nothing) == []


HEAVY = [name for name in LAWS if name != "exponential, mean 2 h"]


@pytest.fixture(scope="module")
def watched():
    """Lives of known law, each watched for 12 h in 60 places."""
    rng = np.random.default_rng(7)
    samples = {law: [watch(LAWS[law], rng, 150, 12) for _ in range(60)] for law in HEAVY}
    named = {f"{i:03d}": one for i, one in enumerate(itertools.chain(*samples.values()))}
    with catalogue(named) as connection:
        shape = len(HEAVY), 60, 4
        return samples, {births: medians(connection, births).reshape(shape) for births in ("seen", "all")}


@pytest.mark.parametrize("law", HEAVY)
def test_median_of_a_known_law_under_heavy_censoring(watched, law) -> None:
    samples, by = watched
    truth, i = true_median(LAWS[law]), HEAVY.index(law)
    naive, found, low, high = by["seen"][i].T
    assert np.mean([one.censored for one in samples[law]]) > 0.5
    assert np.median(naive) < 0.8 * truth
    assert np.median(found) == pytest.approx(truth, abs=1.01 * CADENCE_H)
    assert np.mean((low <= truth + 0.1) & (truth - 0.1 <= high)) >= 0.9
    assert np.median(by["all"][i][:, 1]) > 1.2 * truth


def test_naive_histogram_beside_survival(lives_lake) -> None:
    rows = [row for row in ask(lives_lake, "naive_lifetimes", bin_h="0.2") if row[0] == "set 7"]
    # deaths after 0.2, 0.4, 0.6 h and one life of at least 0.8 h, besides two whose birth was not seen
    assert [row[3:5] for row in rows] == [(1, 0), (1, 0), (1, 0), (0, 1), (0, 1), (0, 1)]
    assert [row[5] for row in rows[:4]] == pytest.approx([1 / 3, 1 / 3, 1 / 3, 0])
    assert [row[6] for row in rows[:4]] == pytest.approx([1 / 4, 1 / 4, 1 / 4, 0])
    assert [row[7] for row in rows[:4]] == pytest.approx([2 / 3, 1 / 3, 0, 0], abs=1e-12)
    assert [row[8] for row in rows] == pytest.approx([3 / 4, 1 / 2, 1 / 4, 1 / 4, 1 / 4, 1 / 4])
    survival = [row for row in ask(lives_lake, "survival") if row[0] == "set 7"]
    assert [row[9:] for row in rows[:4]] == [row[6:] for row in survival]


def test_naive_fractions_sum_to_one(lives_lake) -> None:
    rows = ask(lives_lake, "naive_lifetimes")
    for harpnum in (1, 2, 3, 4):
        mine = [row for row in rows if row[0] == f"set {harpnum}"]
        assert sum(row[5] for row in mine) == pytest.approx(1)
        assert sum(row[6] for row in mine) == pytest.approx(1 - mine[-1][8])
