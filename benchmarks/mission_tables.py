"""Tables of the questions to a lake of the mission's size."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial

from benchmarks.mission_peers import Peer
from benchmarks.mission_ways import MEMORY_MB, THREADS, WAYS, Porelake, Ways, opened
from benchmarks.process import Process, porelake
from benchmarks.report import Cells, Table
from benchmarks.timing import Sample, in_turns, seconds

PROCESSES = 2  # of each question


@dataclass(frozen=True)
class Key:
    """What a round asks about; each round about another."""

    harp: int
    track: str
    pore: str


@dataclass(frozen=True)
class Mission:
    """A lake, and how often it is asked."""

    ways: Ways
    rounds: int

    @cached_property
    def catalogue(self) -> Porelake:
        """The open catalogue."""
        return Porelake(opened(self.ways.lake))

    @cached_property
    def keys(self) -> list[Key]:
        """HARPs from all over the lake, with their longest life and a feature in the middle of it."""
        with opened(self.ways.lake) as connection:
            rows = connection.execute(_KEYS, {"n": self.rounds + 1}).fetchall()
        return [Key(*row) for row in rows]

    def each(self, ask: Callable[[Key], object]) -> Callable[[], object]:
        """Work that asks about the next key each time."""
        keys = iter(self.keys)
        return lambda: ask(next(keys))

    def process(self, *arguments: object) -> Process:
        """A `porelake` process that asks the lake."""
        return porelake(*arguments, "--lake", self.ways.lake.root, weigh=True)


_KEYS = """
WITH
chosen AS (SELECT harpnum FROM harps ORDER BY hash(harpnum) LIMIT $n),
lives AS (
    SELECT harpnum, max_by(track_id, n_obs) AS track_id
    FROM tracks SEMI JOIN chosen USING (harpnum) GROUP BY harpnum
)
SELECT harpnum, track_id, quantile_disc(pore_id, 0.5)
FROM pores JOIN lives USING (harpnum, track_id)
GROUP BY harpnum, track_id ORDER BY hash(harpnum)"""


@dataclass(frozen=True)
class _Asked:
    """A question that has an aim: its figure, how the open catalogue is asked, and how a process is."""

    figure: str
    title: str
    warm: Callable[[], object]
    process: Callable[[Key], Process]


def question_table(mission: Mission) -> Table:
    """Questions that have an aim: in an open catalogue, and as processes."""
    asked = _asked(mission)
    times = in_turns({each.figure: each.warm for each in asked}, mission.rounds)
    return Table(
        "Questions to the mission",
        ("", "open catalogue, s", "`porelake`, a process, s", "its peak, MB"),
        [_row(each, times[each.figure], mission.keys) for each in asked],
        f"{THREADS} threads, {MEMORY_MB / 1000:g} GB. Each round asks about another HARP, feature and life."
        " All about one HARP: every column of its frames, features, tracks, links, events and velocities,"
        " as Arrow tables; its process prints the features only.",
        {f"mission.{figure}_s": time for figure, time in times.items()},
    )


def _asked(mission: Mission) -> list[_Asked]:
    catalogue, process = mission.catalogue, mission.process

    def query(name: str, **given: object) -> Process:
        params = [word for key, value in given.items() for word in ("--param", f"{key}={value}")]
        return process("query", name, *params)

    return [
        _Asked("headline", "lifetime against Br", catalogue.headline, lambda _: query("lifetime_vs_br")),
        _Asked("survival", "survival curve", catalogue.survival, lambda _: query("survival")),
        _Asked(
            "one_harp",
            "all about one HARP",
            mission.each(lambda key: catalogue.everything(key.harp)),
            lambda key: query("features_of_harp", harp=key.harp),
        ),
        _Asked(
            "one_pore",
            "one feature, by `pore_id`",
            mission.each(lambda key: catalogue.all_of_a_pore(key.pore)),
            lambda key: process("sql", f"SELECT * FROM pores WHERE pore_id = '{key.pore}'"),
        ),
        _Asked(
            "one_life",
            "the life of a pore, by `track_id`",
            mission.each(lambda key: catalogue.life(key.track)),
            lambda key: query("pore_life", track=key.track),
        ),
    ]


def _row(asked: _Asked, warm: Sample, keys: list[Key]) -> Cells:
    done = [asked.process(key) for key in keys[:PROCESSES]]
    whole = Sample(tuple(each.seconds for each in done))
    return asked.title, warm, whole, f"{max(each.peak_mb for each in done):.0f}"


_COMPARED = {
    "headline": "lifetime against Br",
    "survival": "survival curve",
    "one_harp": "features of one HARP, six columns",
    "one_pore": "one feature by `pore_id`, six columns",
}


def peer_table(mission: Mission) -> Table:
    """The same questions to other programs."""
    ways = {name: mission.ways.of(name) for name in WAYS}
    rows: list[Cells] = []
    figures: dict[str, Sample] = {}
    for figure, title in _COMPARED.items():
        times = in_turns({name: _work(mission, way, figure) for name, way in ways.items()}, mission.rounds)
        rows.append((title, *times.values()))
        peers = {name: time for name, time in times.items() if name != WAYS[0]}
        figures |= {f"mission.{figure}_{name.lower()}_s": time for name, time in peers.items()}
        figures |= {
            f"mission.{figure}_over_{name.lower()}": times[WAYS[0]] / time for name, time in peers.items()
        }
    return Table(
        "Beside other programs",
        ("s", *WAYS),
        rows,
        "The same rows, asked in turns. SQLite has the columns that these questions need, features in one"
        " tree by `harpnum` and `pore_id`; pandas and polars read the Parquet files of the lake anew each"
        " time, the columns needed. All three are given the HARP of a feature, which its name begins with.",
        figures,
    )


def _work(mission: Mission, way: Peer, figure: str) -> Callable[[], object]:
    match figure:
        case "headline":
            return way.headline
        case "survival":
            return way.survival
        case "one_harp":
            return mission.each(lambda key: way.one_harp(key.harp))
        case _:
            return mission.each(lambda key: way.one_pore(key.pore))


_SHIPPED = {  # with what they are asked about, if not about all
    "pore_lifetime_vs_mean_br": "",
    "lifetime_vs_area": "",
    "lifetime_vs_latitude": "",
    "lifetime_vs_polarity": "",
    "naive_lifetimes": "",
    "boundary_field_vs_lifetime": "",
    "growth_law": "",
    "growth_and_decay": "",
    "area_distribution": "",
    "area_lognormal": "",
    "occurrence": "",
    "merge_split_rates": "",
    "pores_to_spots": "",
    "longest_lives": "",
    "regions": "",
    "unusable_by_reason": "",
    "orbital_artefact": "harp",
    "merges_and_splits": "harp",
    "features_of_harp": "harp",
    "family_tree": "track",
}


def query_table(mission: Mission) -> Table:
    """The other questions that porelake ships."""
    key = mission.keys[-1]
    rows = []
    for name, about in _SHIPPED.items():
        ask = partial(mission.catalogue.query, name, {about: str(getattr(key, about))} if about else {})
        rows.append((f"`{name}`" + (f", one {about}" if about else ""), f"{seconds(ask):.2f}"))
    return Table("Shipped questions", ("", "s"), rows, "Once each, in the open catalogue, with defaults.")
