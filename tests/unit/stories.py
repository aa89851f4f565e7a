"""Catalogues told by hand: lives of features at fixed places, with all that follows from them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

START = np.datetime64("2011-02-15T00:00:00", "ms")
CADENCE = np.timedelta64(720, "s")
Tables = dict[str, dict[str, NDArray[Any]]]


@dataclass(frozen=True)
class Life:
    """A track: seen from the first frame to the last, but for those in which it is `unseen`.

    It splits from the track `parent` after the frame before its first, and merges into the track `child` in
    the frame after its last.
    """

    name: str
    first: int
    last: int
    x: float
    y: float
    birth: str = "emerged"
    death: str = "decayed"
    parent: str = ""
    child: str = ""
    br: float = 1000.0
    area: float = 5.0
    unseen: tuple[int, ...] = ()
    passing: bool = False

    @property
    def frames(self) -> list[int]:
        return [i for i in range(self.first, self.last + 1) if i not in self.unseen]


STORY = (
    Life("a", 2, 17, 30, 30, area=20),
    Life("b", 3, 8, 40, 30, death="merged", child="a"),
    Life("c", 4, 8, 20, 30, death="merged", child="a"),
    Life("d", 0, 6, 60, 60, birth="censored", br=-1500),
    Life("e", 12, 19, 40, 30, birth="split", parent="a", death="censored"),
    Life("f", 5, 14, 80, 20, unseen=(9,)),
    Life("g", 1, 15, 100, 80, area=20),
    Life("h", 3, 9, 108, 80, death="merged", child="g"),
    Life("k", 12, 14, 108, 80, birth="split", parent="g"),
)
"""76 features, 72 links, 9 tracks; 6 births, 5 deaths, a merge of three and one of two, two splits."""


def pore(name: str, frame: int) -> str:
    return f"{name}{frame}"


def when(frames: Sequence[int]) -> NDArray[np.datetime64]:
    return START + np.array(frames, int) * CADENCE


def told(lives: Sequence[Life] = STORY, harpnum: int = 377) -> Tables:
    """The tables of a catalogue."""
    rows = [(life, frame) for life in lives for frame in life.frames]
    pores = {
        "pore_id": [pore(life.name, frame) for life, frame in rows],
        "track_id": [life.name for life, _ in rows],
        "t_rec": [frame for _, frame in rows],
        "x_px": [life.x for life, _ in rows],
        "y_px": [life.y for life, _ in rows],
        "area_mm2": [life.area for life, _ in rows],
        "mean_br": [life.br for life, _ in rows],
    }
    tracks = {
        "track_id": [life.name for life in lives],
        "birth": [life.birth for life in lives],
        "death": [life.death for life in lives],
        "lifetime_h": [(life.last - life.first) * 0.2 for life in lives],
        "passing": [life.passing for life in lives],
    }
    links = [link for life in lives for link in _links(life)]
    events = _events(lives)
    return {
        "pores": _columns(pores, harpnum),
        "tracks": _columns(tracks, harpnum),
        "links": _columns(dict(zip(_LINKS, _turned(links, 2), strict=True)), harpnum),
        "events": _columns(dict(zip(_EVENTS, _turned(events, 7), strict=True)), harpnum),
    }


def altered(tables: Tables, table: str, **columns: Any) -> Tables:
    """The tables with some columns of one exchanged."""
    return tables | {table: tables[table] | columns}


def without(tables: Tables, table: str, which: Any) -> Tables:
    """The tables without some rows of one."""
    return tables | {table: {name: np.delete(values, which) for name, values in tables[table].items()}}


def linked(tables: Tables, source: str, target: str) -> Tables:
    """The tables with a link more."""
    more = {"from_pore_id": source, "to_pore_id": target, "harpnum": 377}
    links = {
        name: np.append(values, np.array([more[name]], values.dtype))
        for name, values in tables["links"].items()
    }
    return tables | {"links": links}


_LINKS = ("from_pore_id", "to_pore_id")
_EVENTS = ("kind", "cause", "t_rec", "x_px", "y_px", "n_from", "n_to")


def _links(life: Life) -> list[tuple[str, str]]:
    own = [pore(life.name, frame) for frame in life.frames]
    before = [(pore(life.parent, life.first - 1), own[0])] if life.parent else []
    after = [(own[-1], pore(life.child, life.last + 1))] if life.child else []
    return [*before, *pairwise(own), *after]


def _events(lives: Sequence[Life]) -> list[tuple[Any, ...]]:
    place = {life.name: (life.x, life.y) for life in lives}
    partners: defaultdict[tuple[str, int, str], int] = defaultdict(lambda: 1)
    events = []
    for life in lives:
        if life.parent:
            partners["split", life.first, life.parent] += 1
        else:
            events.append(("birth", life.birth, life.first, life.x, life.y, 0, 1))
        if life.child:
            partners["merge", life.last + 1, life.child] += 1
        else:
            events.append(("death", life.death, life.last, life.x, life.y, 1, 0))
    for (kind, frame, name), n in partners.items():
        events.append((kind, kind, frame, *place[name], *((n, 1) if kind == "merge" else (1, n))))
    return events


def _turned(rows: Sequence[tuple[Any, ...]], n: int) -> list[list[Any]]:
    return [[row[i] for row in rows] for i in range(n)]


def _columns(values: dict[str, list[Any]], harpnum: int) -> dict[str, NDArray[Any]]:
    columns = {
        name: when(column) if name == "t_rec" else np.array(column, _TYPES.get(name, object))
        for name, column in values.items()
    }
    n = len(next(iter(columns.values())))
    return columns | {"harpnum": np.full(n, harpnum, np.int32)}


_TYPES: dict[str, Any] = dict.fromkeys(("x_px", "y_px", "area_mm2", "mean_br", "lifetime_h"), float)
_TYPES |= {"n_from": np.int32, "n_to": np.int32, "passing": bool}
