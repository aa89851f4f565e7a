"""A lake of hand-written rows with known answers: two HARPs, a superseded run, censored lives."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from catalog.build import publish
from catalog.formats import arrow_schema
from catalog.schema import TABLES, Table
from storage.keys import json_key
from storage.lake import Lake
from storage.runs import CurrentRun, set_current
from storage.tables import write_table

if TYPE_CHECKING:
    from tests.sql.science import Asked

SERIES = "hmi.sharp_cea_720s"
START = np.datetime64("2011-02-15T00:00:00", "ms")
STEP = np.timedelta64(720_000, "ms")
PIXEL_MM2 = 0.132805 / 4  # on the x2 grid
MSH_MM2 = 2 * np.pi * 696**2 * 1e-6
CONFIG = '{"enhance":"spline"}'

Row = dict[str, Any]


@dataclass(frozen=True)
class Life:
    """A track and the frames in which it is seen."""

    label: int
    seen: list[int]
    br: float | None = None
    birth: str = "emerged"
    death: str = "decayed"
    kind: str = "pore"
    area_px: int = 100
    parent: int | None = None
    child: int | None = None


@dataclass
class Run:
    """Rows of one run of one HARP, by table; tests may spoil them before they are written."""

    harpnum: int
    run_id: str
    product: str = "spline"
    tables: dict[str, list[Row]] = field(default_factory=lambda: {name: [] for name in TABLES})

    def write(self, lake: Lake) -> None:
        for name, rows in self.tables.items():
            path = lake.table(name, self.harpnum, self.run_id)
            write_table(path, _columns(TABLES[name], rows), arrow_schema(TABLES[name]))


def time(k: int) -> np.datetime64:
    return START + k * STEP


def pore_id(harpnum: int, k: int, label: int) -> str:
    stamp = str(time(k))[:19].replace("-", "").replace(":", "").replace("T", "_")
    return f"{harpnum}_{stamp}_{label:03d}"


_FILL = {"string": "x", "int32": 1, "int64": 1, "float64": 0.5, "bool": False}


def _columns(table: Table, rows: list[Row]) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    for column in table.columns:
        fill = [] if column.type.startswith("list") else _FILL.get(column.type, START)
        columns[column.name] = [row.get(column.name, None if column.nullable else fill) for row in rows]
    return columns


def make_run(
    harpnum: int,
    run_id: str,
    n_frames: int,
    lives: list[Life],
    unusable: dict[int, str],
    product: str = "spline",
) -> Run:
    """Consistent rows of every table."""
    run = Run(harpnum, run_id, product)
    key = {"harpnum": harpnum, "run_id": run_id, "product": product}
    names = {life.label: pore_id(harpnum, life.seen[0], life.label) for life in lives}
    for life in lives:
        _add_life(run, life, names, key)
    for k in range(n_frames):
        n = None if k in unusable else sum(k in life.seen for life in lives)
        frame = {"t_rec": time(k), "usable": k not in unusable, "reason": unusable.get(k), "n_pores": n}
        run.tables["frames"].append({**key, **frame, "keywords": "{}", "oracle_usflux": 1e-8})
        if n is not None:
            run.tables["faint"].append(faint_row(harpnum, run_id, k) | key)
    harp = {"noaa_ars": [11158], "series": SERIES, "t_first": time(0), "t_last": time(n_frames - 1)}
    run.tables["harps"].append({**key, **harp, "n_frames": n_frames, "n_unusable": len(unusable)})
    config = {"config": CONFIG, "config_hash": json_key({"enhance": "spline"}), "software": '{"numpy":"2"}'}
    run.tables["runs"].append({**key, "series": SERIES, **config})
    return run


def faint_row(harpnum: int, run_id: str, k: int, track_id: str | None = None) -> Row:
    """A faint feature of a frame."""
    name = pore_id(harpnum, k, 1).replace("_001", "_f001")
    row = {"harpnum": harpnum, "run_id": run_id, "t_rec": time(k), "faint_id": name, "track_id": track_id}
    return {**row, "area_mm2": 30 * PIXEL_MM2, "area_px": 30, "mean_br": -80.0}


def _add_life(run: Run, life: Life, names: dict[int, str], key: Row) -> None:
    harpnum, track = run.harpnum, names[life.label]
    area = life.area_px * PIXEL_MM2
    for k in life.seen:
        size = {"area_px": life.area_px, "area_mm2": area, "area_msh": area / MSH_MM2, "grid_scale": 2}
        place = {"lon": 30.0 + life.label, "lat": -20.0, "mu": 0.9, "t_rec": time(k), "kind": life.kind}
        field = {"mean_br": life.br, "flux_mx": None if life.br is None else abs(life.br) * area * 1e16}
        ids = {"pore_id": pore_id(harpnum, k, life.label), "track_id": track, "label": life.label}
        run.tables["pores"].append({**key, **ids, **place, **size, **field})
        run.tables["velocities"].append({**key, "pore_id": ids["pore_id"], "t_rec": time(k)})
    for a, b in zip(life.seen, life.seen[1:], strict=False):
        _add_link(run, (a, life.label), (b, life.label), "continue" if b == a + 1 else "gap")
    if life.parent is not None:
        _add_link(run, (life.seen[0] - 1, life.parent), (life.seen[0], life.label), "split")
        _add_event(run, "split", life.seen[0], [names[life.parent]], [names[life.parent], track])
    else:
        _add_event(run, "birth", life.seen[0], [], [track], life.birth)
    if life.child is not None:
        _add_link(run, (life.seen[-1], life.label), (life.seen[-1] + 1, life.child), "merge")
        _add_event(run, "merge", life.seen[-1] + 1, [names[life.child], track], [names[life.child]])
    else:
        _add_event(run, "death", life.seen[-1], [track], [], life.death)
    run.tables["tracks"].append(
        {
            **key,
            "track_id": track,
            "family_id": names[life.parent or life.child or life.label],
            "t_birth": time(life.seen[0]),
            "t_death": time(life.seen[-1]),
            "lifetime_h": (time(life.seen[-1]) - time(life.seen[0])) / np.timedelta64(1, "h"),
            "n_obs": len(life.seen),
            "birth": life.birth,
            "death": life.death,
            "parent_track_id": names.get(life.parent) if life.parent else None,
            "child_track_id": names.get(life.child) if life.child else None,
            "mean_br": life.br,
            "max_area_mm2": area,
            "mean_area_mm2": area,
            "min_mu": 0.9,
            "kind": life.kind,
        }
    )


def _add_link(run: Run, before: tuple[int, int], after: tuple[int, int], kind: str) -> None:
    ends = {"from_pore_id": pore_id(run.harpnum, *before), "to_pore_id": pore_id(run.harpnum, *after)}
    times = {"from_t": time(before[0]), "to_t": time(after[0])}
    run.tables["links"].append({"harpnum": run.harpnum, "run_id": run.run_id, "kind": kind, **ends, **times})


def _add_event(
    run: Run, kind: str, k: int, before: list[str], after: list[str], cause: str | None = None
) -> None:
    tracks = {"from_track_ids": before, "to_track_ids": after, "n_from": len(before), "n_to": len(after)}
    event = {"event_id": f"{kind}_{time(k)}_{(after or before)[-1]}", "kind": kind, "cause": cause or kind}
    key = {"harpnum": run.harpnum, "run_id": run.run_id, "product": run.product}
    run.tables["events"].append({**key, "t_rec": time(k), **event, **tracks})


LIVES_1 = [
    Life(1, [1, 2, 3], 500.0),
    Life(2, [1, 2, 3, 4, 5], -500.0, area_px=200),
    Life(3, [2, 3, 4, 5, 6, 7, 8], 450.0, death="merged", child=4),
    Life(4, list(range(10)), 550.0, birth="censored", death="censored", area_px=400),
    Life(5, [1, 2], 900.0),
    Life(6, list(range(10)), 2000.0, birth="censored", death="censored", kind="umbra", area_px=2000),
    Life(7, [4, 5, 6]),
    Life(8, [5, 6, 7], 500.0, birth="split", parent=4),
    Life(9, [3], 100.0),
]
LIVES_2 = [Life(1, [0, 2], -1250.0, birth="censored")]


def good_runs() -> list[Run]:
    """The current runs of two HARPs."""
    return [
        make_run(1, "aaaa", 10, LIVES_1, {}),
        make_run(2, "bbbb", 4, LIVES_2, {1: "missing segment"}),
    ]


Make = Callable[[Path, list[Run]], Lake]


@pytest.fixture(scope="session")
def make_lake() -> Make:
    """Write a lake of runs, all current, and publish it."""

    def make(root: Path, runs: list[Run]) -> Lake:
        lake = Lake.at(root)
        root.mkdir(parents=True, exist_ok=True)
        for run in runs:
            run.write(lake)
            set_current(lake, CurrentRun(SERIES, run.harpnum, run.run_id, run.product))
        publish(lake)
        return lake

    return make


@pytest.fixture
def flickering() -> Run:
    """A run whose one track goes through a faint feature in its third frame."""
    run = make_run(3, "cccc", 4, [Life(1, [0, 1, 3])], {})
    run.tables["faint"][2]["track_id"] = run.tables["tracks"][0]["track_id"]
    return run


@pytest.fixture
def runs() -> list[Run]:
    """Rows of two HARPs, for tests to spoil."""
    return good_runs()


@pytest.fixture(scope="session")
def lake(tmp_path_factory: pytest.TempPathFactory, make_lake: Make) -> Lake:
    """Two HARPs, and a superseded run of the first with one track only."""
    root = tmp_path_factory.mktemp("lake")
    old = make_run(1, "0000", 10, LIVES_1[:1], {})
    old.write(Lake.at(root))
    return make_lake(root, good_runs())


@pytest.fixture(scope="session")
def mixed_lake(tmp_path_factory: pytest.TempPathFactory, make_lake: Make) -> Lake:
    """The same lives in three HARPs, two doubled by spline and one by network."""
    products = ("spline", "network", "spline")
    runs = [
        make_run(harp, f"run{harp}", 10, LIVES_1, {}, product) for harp, product in enumerate(products, 1)
    ]
    return make_lake(tmp_path_factory.mktemp("mixed"), runs)


@pytest.fixture(scope="session")
def science(tmp_path_factory: pytest.TempPathFactory, make_lake: Make) -> Iterator["Asked"]:
    """Questions to a lake of runs with known answers."""
    from catalog.query import connect
    from tests.sql.science import Asked, all_runs

    with connect(make_lake(tmp_path_factory.mktemp("science"), all_runs())) as connection:
        yield Asked(connection)


@pytest.fixture(scope="session")
def empty_lake(tmp_path_factory: pytest.TempPathFactory, make_lake: Make) -> Lake:
    """A published lake without HARPs."""
    return make_lake(tmp_path_factory.mktemp("empty"), [])


def snapshot(root: Path) -> dict[str, tuple[int, int]]:
    """Every file below a directory with its size and time of change."""
    stats = {path: path.stat() for path in sorted(root.rglob("*"))}
    return {str(path): (stat.st_size, stat.st_mtime_ns) for path, stat in stats.items()}


@pytest.fixture
def unchanged(tmp_path: Path, lake: Lake, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """Work in an empty directory; afterwards it and the lake must be as they were."""
    monkeypatch.chdir(tmp_path)
    before = snapshot(tmp_path), snapshot(lake.root)
    yield
    assert (snapshot(tmp_path), snapshot(lake.root)) == before


@pytest.fixture(scope="session")
def ids() -> Callable[[int, int, int], str]:
    """`pore_id` of a HARP, number of the frame and label; that of its first feature is a track's."""
    return pore_id
