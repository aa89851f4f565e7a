"""What a lineage plot shows, as numbers: ribbons, joins and marks in time (h) and position (Mm)."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from flows.chronicle import Chronicle
from flows.ribbons import Floats, Point, equivalent_diameter, widened
from flows.time_axis import Spans, spans_between
from pores.series import nominal_cadence_s
from pores.spread import Plane, along, main_direction
from storage.tables import Columns

WEST = 0.0
_HOUR = np.timedelta64(1, "h")


@dataclass(frozen=True, eq=False)
class Stretch:
    """A track as long as it was seen without a gap: time (h), position, width (Mm) and Br (G), (n,) each."""

    track: int
    t: Floats
    s: Floats
    width: Floats
    br: Floats


@dataclass(frozen=True)
class Join:
    """A link that is no plain continuation: `gap`, `merge` or `split`; `unseen` if a frame lies between."""

    kind: str
    track: int
    start: Point
    end: Point
    br: float
    unseen: bool


@dataclass(frozen=True)
class Mark:
    """An event: `emerged`, `decayed`, `censored`, `merge`, `split`; `arity`: the larger of n_from, n_to."""

    kind: str
    t: float
    s: float
    arity: int


@dataclass(frozen=True, eq=False)
class Layout:
    """A lineage plot.

    Attributes
    ----------
    plane : Plane
        Where positions are counted from, and how it turns.
    angle : float
        Direction of positions, from west towards north, deg.
    t0 : numpy.datetime64
        TAI at hour 0.
    names : tuple of str
        Track ids; tracks are counted from 0 in this order.
    umbrae : frozenset of int
        Tracks that are umbrae by majority.
    stretches, joins, marks : tuple
    faint : tuple of Stretch
        When tracks were seen too faint to be pores.
    dark : tuple of tuple of float
        From when to when, h, there is no usable frame.
    cadence : float
        Nominal time between frames, h.
    """

    plane: Plane
    angle: float
    t0: np.datetime64
    names: tuple[str, ...]
    umbrae: frozenset[int]
    stretches: tuple[Stretch, ...]
    faint: tuple[Stretch, ...]
    joins: tuple[Join, ...]
    marks: tuple[Mark, ...]
    dark: Spans
    cadence: float

    def of(self, track: int) -> tuple[Stretch, ...]:
        """The stretches of one track, in time order."""
        return tuple(stretch for stretch in self.stretches if stretch.track == track)


@dataclass(frozen=True, eq=False)
class _Seen:
    """Observations by track and time: of which track, when, where, how wide."""

    names: NDArray[Any]
    track: NDArray[np.intp]
    t: Floats
    s: Floats
    width: Floats
    br: Floats


def lay_out(chronicle: Chronicle, angle: float | None = None) -> Layout:
    """Lay out the tracks of a chronicle along a direction, by default that in which they spread most."""
    names = tuple(chronicle.tracks["track_id"])
    pores, faint, frames = chronicle.pores, chronicle.faint, chronicle.frames
    t0 = np.concatenate((pores["t_rec"], faint["t_rec"])).min()
    hours = (pores["t_rec"] - t0) / _HOUR
    plane = Plane.of(pores["lon"], pores["lat"], hours)
    x, y = plane.place(pores["lon"], pores["lat"], hours)
    if angle is None:
        angle = main_direction(x, y)
    cadence = nominal_cadence_s(frames["t_rec"]) / 3600
    number = {name: i for i, name in enumerate(names)}
    seen, dim = (_seen(rows, number, plane, angle, t0) for rows in (pores, faint))
    joins = _joins(chronicle.links, seen, cadence)
    return Layout(
        plane,
        angle,
        t0,
        names,
        frozenset(np.flatnonzero(chronicle.tracks["kind"] == "umbra").tolist()),
        _stretches(seen, _after_gap(seen, joins), cadence),
        _stretches(dim, np.diff(dim.t) > 1.5 * cadence, cadence),
        joins,
        _marks(chronicle.events, plane, angle, t0),
        _dark(frames, t0, float(max(hours.max(), dim.t.max(initial=0))), cadence),
        cadence,
    )


def _seen(rows: Columns, number: dict[str, int], plane: Plane, angle: float, t0: np.datetime64) -> _Seen:
    """Rows of `pores` or of `faint`, by track and time."""
    track = np.array([number[name] for name in rows["track_id"]], np.intp)
    hours = np.asarray((rows["t_rec"] - t0) / _HOUR, float)
    s = along(*plane.place(rows["lon"], rows["lat"], hours), angle)
    order = np.lexsort((hours, track))
    width, br = equivalent_diameter(rows["area_mm2"]), rows["mean_br"].astype(float)
    name = "pore_id" if "pore_id" in rows else "faint_id"
    return _Seen(rows[name][order], track[order], *(values[order] for values in (hours, s, width, br)))


def _joins(links: Columns, seen: _Seen, cadence: float) -> tuple[Join, ...]:
    at = {name: i for i, name in enumerate(seen.names)}
    joins = []
    for source, target, kind in zip(*(links[k] for k in ("from_pore_id", "to_pore_id", "kind")), strict=True):
        if kind == "continue":
            continue
        a, b = at[source], at[target]
        track = int(seen.track[b if kind == "split" else a])
        br = float(
            np.mean([seen.br[a], seen.br[b]]) if kind == "gap" else seen.br[a if kind == "merge" else b]
        )
        unseen = bool(kind == "gap" or seen.t[b] - seen.t[a] > 1.5 * cadence)
        joins.append(Join(str(kind), track, *_ends(str(kind), _point(seen, a), _point(seen, b)), br, unseen))
    return tuple(joins)


def _point(seen: _Seen, i: int) -> Point:
    return float(seen.t[i]), float(seen.s[i]), float(seen.width[i])


def _ends(kind: str, start: Point, end: Point) -> tuple[Point, Point]:
    """A join is no wider in the ribbon that goes on than in that which ends or begins."""
    if kind == "merge":
        end = (*end[:2], min(start[2], end[2]))
    if kind == "split":
        start = (*start[:2], min(start[2], end[2]))
    return start, end


def _after_gap(seen: _Seen, joins: tuple[Join, ...]) -> NDArray[np.bool_]:
    """Whether each observation but the first is the end of a gap."""
    ends = {(join.track, join.end[0]) for join in joins if join.kind == "gap"}
    pairs = zip(seen.track[1:].tolist(), seen.t[1:].tolist(), strict=True)
    return np.array([pair in ends for pair in pairs], bool)


def _stretches(seen: _Seen, broken: NDArray[np.bool_], cadence: float) -> tuple[Stretch, ...]:
    """The observations, cut where tracks change and where they are broken; a single one lasts half a step."""
    if not len(seen.t):
        return ()
    cuts = np.flatnonzero(broken | (np.diff(seen.track) != 0)) + 1
    stretches = []
    for part in np.split(np.arange(len(seen.track)), cuts):
        t = widened(seen.t[part], cadence / 4)
        values = (np.resize(column[part], len(t)) for column in (seen.s, seen.width, seen.br))
        stretches.append(Stretch(int(seen.track[part[0]]), t, *values))
    return tuple(stretches)


def _marks(events: Columns, plane: Plane, angle: float, t0: np.datetime64) -> tuple[Mark, ...]:
    """Events by time: births and deaths under their cause."""
    hours = (events["t_rec"] - t0) / _HOUR
    s = along(*plane.place(events["lon"], events["lat"], hours), angle)
    arity = np.maximum(events["n_from"], events["n_to"])
    order = np.argsort(hours, kind="stable")
    return tuple(Mark(str(events["cause"][i]), float(hours[i]), float(s[i]), int(arity[i])) for i in order)


def _dark(frames: Columns, t0: np.datetime64, until: float, cadence: float) -> Spans:
    """Spans without a usable frame, from a step before the first observation to one after the last."""
    hours = (frames["t_rec"] - t0) / _HOUR
    ends = float(max(hours.min(), -cadence)), float(min(hours.max(), until + cadence))
    return spans_between(hours[frames["usable"].astype(bool)], ends, cadence)
