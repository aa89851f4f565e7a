"""The lake that questions are measured on: whole and consistent, and like what it says it is like."""

import duckdb
import numpy as np
import pytest

from benchmarks.lake_lives import Statistics, draw_laws, draw_usable, see
from benchmarks.lake_rows import harp_rows
from benchmarks.make_lake import make, write_harp
from catalog.build import publish
from catalog.check import verify
from catalog.query import connect
from storage.lake import Lake

N_HARPS = 3


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    lake = Lake.at(tmp_path_factory.mktemp("mission"))
    make(lake.root, range(1, N_HARPS + 1))
    publish(lake)
    return lake


@pytest.fixture
def ask(lake):
    with connect(lake) as connection:
        yield lambda sql: connection.execute(sql).fetchall()


def test_it_passes_every_check(lake):
    assert verify(lake) == []


def test_every_table_has_rows_but_that_of_faint_features(ask):
    counts = {name: ask(f"SELECT count(*) FROM {name}")[0][0] for name in ("harps", "runs", "faint")}
    assert counts == {"harps": N_HARPS, "runs": N_HARPS, "faint": 0}
    assert min(ask(f"SELECT count(*) FROM {name}")[0][0] for name in ("velocities", "links", "events")) > 0


def test_merges_and_splits_are_told_alike_in_every_table(ask):
    told = [
        ask("SELECT count(*) FROM tracks WHERE death = 'merged' UNION ALL SELECT count(*) FROM tracks"
            " WHERE birth = 'split'"),
        ask("SELECT count(*) FROM events WHERE kind = 'merge' UNION ALL SELECT count(*) FROM events"
            " WHERE kind = 'split'"),
        ask("SELECT count(*) FROM links WHERE kind = 'merge' UNION ALL SELECT count(*) FROM links"
            " WHERE kind = 'split'"),
    ]  # fmt: skip
    assert told[0] == told[1] == told[2]
    assert all(n > 0 for (n,) in told[0])


def test_files_are_in_the_order_of_their_tables(lake, ask):
    """They are written as they are drawn: nothing sorts them."""
    for table, order in {"pores": "t_rec, label", "links": "from_t, from_pore_id, to_pore_id",
                         "tracks": "t_birth, track_id", "events": "t_rec, event_id"}.items():  # fmt: skip
        for path in lake.table_files(table):
            with duckdb.connect() as connection:
                as_written = connection.execute(f"SELECT {order} FROM '{path}'").fetchall()
            assert as_written == sorted(as_written)


def test_the_same_harp_is_drawn_alike_whatever_lake_it_is_in(lake, tmp_path):
    other = Lake.at(tmp_path)
    write_harp(other, Statistics(), 2)
    (path,) = other.table_files("pores")
    assert path.read_bytes() == (lake.root / path.relative_to(other.root)).read_bytes()


def test_a_harp_in_which_nothing_is_seen(tmp_path):
    write_harp(Lake.at(tmp_path), Statistics(unseen=1.0), 1)
    publish(Lake.at(tmp_path))
    assert verify(Lake.at(tmp_path)) == []


@pytest.fixture(scope="module")
def drawn():
    what, some = Statistics(), []
    for harpnum in range(1, 501):
        rng = np.random.default_rng([what.seed, harpnum])
        usable = draw_usable(rng, what)
        laws = draw_laws(rng, len(usable), what)
        some.append((laws, see(rng, usable, laws, what)))
    return some


class TestStatistics:
    """Of as many HARPs as it takes for their means to be known to some per cent."""

    def test_fifteen_thousand_harps_make_a_mission(self, drawn):
        frames = np.array([len(seen.usable) for _, seen in drawn])
        assert frames.mean() * 15_000 == pytest.approx(1e7, rel=0.05)
        assert frames.min() >= 3
        assert frames.max() <= 1600
        rows, tracks = (
            np.mean([len(getattr(seen, name)) for _, seen in drawn]) * 15_000 for name in ("frame", "first")
        )
        assert tracks == pytest.approx(2e6, rel=0.1)
        assert rows == pytest.approx(1e8, rel=0.1)

    def test_some_frames_are_unusable_and_some_lives_seen_in_part(self, drawn):
        usable = np.concatenate([seen.usable for _, seen in drawn])
        assert np.mean(~usable) == pytest.approx(0.01, abs=0.002)
        born, died = (np.concatenate([getattr(seen, what) for _, seen in drawn]) for what in ("born", "died"))
        assert np.mean(~(born & died)) == pytest.approx(0.2, abs=0.04)

    def test_nothing_is_seen_in_frames_that_are_unusable(self, drawn):
        assert all(np.all(seen.usable[seen.frame]) for _, seen in drawn)

    def test_a_track_misses_no_more_than_five_frames(self, drawn):
        steps = np.concatenate([
            (seen.frame - seen.frame[seen.before])[seen.before >= 0] for _, seen in drawn
        ])  # fmt: skip
        assert steps.min() == 1
        assert steps.max() == 6

    def test_lives_are_longer_as_the_square_of_the_field(self, drawn):
        br = np.concatenate([np.abs(laws.br) for laws, _ in drawn])
        life = np.concatenate([laws.life for laws, _ in drawn])
        slope = np.polyfit(np.log(br), np.log(life), 1)[0]
        assert slope == pytest.approx(2, abs=0.15)

    def test_two_thirds_of_pores_are_below_five_mm2(self):
        """Verma and Denker 2014."""
        pores = [harp_rows(harpnum, Statistics())["pores"] for harpnum in range(1, 31)]
        areas = np.concatenate([rows["area_mm2"][~rows["umbra"]] for rows in pores])
        assert np.mean(areas < 5) == pytest.approx(2 / 3, abs=0.04)
        assert abs(np.mean(np.log(areas)) - np.log(np.median(areas))) < 0.1
