"""What a tracker got wrong on a series, one by one: which events, links and lives, where and when."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from pores.score import ScoreParameters
from pores.scoring.events import ARITY_TOLERANCE, KINDS, of_kind
from pores.scoring.links import compared
from pores.scoring.matching import Matches, match_events, match_features, match_tracks
from pores.scoring.side import Side, Table, cadence_s, rows, seconds
from pores.series import NONE

_ASKED = ScoreParameters()
_OFF = 6  # steps within which an event that is missed and one that is made up are one at the wrong time
AT_LIMIT = "at the size limit"
_LIMIT, _NEAR_PX = 0.15, 6.0  # counting 20 pixels errs by a pixel; a small pore is within this distance


@dataclass(frozen=True)
class Mistake:
    """One thing that is wrong: what, in which step of the series from 0, at which native pixel, and more."""

    what: str
    step: int
    x_px: float
    y_px: float
    detail: str = ""

    def __str__(self) -> str:
        place = f"({self.x_px:6.1f}, {self.y_px:6.1f})"
        return f"{self.what:<16} step {self.step:>3}  {place}  {self.detail}".rstrip()


def mistakes(found: Mapping[str, Table], truth: Mapping[str, Table]) -> list[Mistake]:
    """All mistakes in found tables, as `pores.score.score` counts them, events within a frame."""
    f, t = Side.of(found, "found"), Side.of(truth, "true")
    cadence = cadence_s(truth.get("frames", t.pores))
    start = float(seconds(t.pores).min(initial=np.inf))
    pores = match_features(f.pores, t.pores, _ASKED.least_radius_px)
    told = _Told(f, t, pores, start, cadence)
    return [*told.events(), *told.links(), *told.lives()]


@dataclass(frozen=True, eq=False)
class _Told:
    found: Side
    truth: Side
    pores: Matches
    start: float
    cadence: float

    def events(self) -> Iterator[Mistake]:
        """Events at the wrong time, missed, made up, or of wrong arity."""
        for name in KINDS:
            f, t = (of_kind(table, name) for table in (self.found.events, self.truth.events))
            pairs = match_events(f, t, ARITY_TOLERANCE * self.cadence, _ASKED.event_reach_px)
            missed = np.flatnonzero(pairs.found_of(len(t["kind"])) == NONE)
            false = np.flatnonzero(pairs.truth_of(len(f["kind"])) == NONE)
            one = name.removesuffix("s")
            off = match_events(rows(f, false), rows(t, missed), _OFF * self.cadence, _ASKED.event_reach_px)
            for i, j in zip(false[off.found], missed[off.truth], strict=True):
                late = round((float(seconds(f)[i]) - float(seconds(t)[j])) / self.cadence)
                said = f"by {abs(late)} steps" + self._size(one, t, j, float(seconds(f)[i]))
                yield self._at(f"{one} {'late' if late > 0 else 'early'}", t, j, said)
            for j in np.delete(missed, off.truth):
                yield self._at(f"{one} missed", t, j, _arity(t, j))
            for i in np.delete(false, off.found):
                yield self._at(f"{one} false", f, i, _arity(f, i))
            for i, j in zip(pairs.found, pairs.truth, strict=True):
                if _arity(f, i) != _arity(t, j):
                    yield self._at(f"{one} arity", t, j, f"{_arity(f, i)} for {_arity(t, j)}")

    def links(self) -> Iterator[Mistake]:
        """Links missed or made up between features that both sides have."""
        found, true = (
            {tuple(edge) for edge in edges.tolist()} for edges in compared(self.found, self.truth, self.pores)
        )
        table = self.truth.pores
        for what, edges in (("link missed", true - found), ("link false", found - true)):
            for a, b in sorted(edges):
                later = (seconds(table)[b] - seconds(table)[a]) / self.cadence
                place = f"to ({table['x_px'][b]:.1f}, {table['y_px'][b]:.1f}), {later:.0f} steps on"
                br = f"Br {table['mean_br'][a]:.0f} and {table['mean_br'][b]:.0f} G"
                yield self._at(what, table, a, f"{place}, {br}")

    def lives(self) -> Iterator[Mistake]:
        """Complete lives of wrong length, and ends wrongly censored or not."""
        tracks = match_tracks(self.found, self.truth, self.pores)
        partner = tracks.found_of(len(self.truth.tracks["track_id"]))
        first = np.unique(self.truth.track, return_index=True)
        places = dict(zip(*(part.tolist() for part in first), strict=True))
        names = ("birth", "death", "lifetime_h")
        for i, j in enumerate(partner):
            true = {name: self.truth.tracks[name][i] for name in names}
            got = {name: self.found.tracks[name][j] for name in names} if j != NONE else None
            whole = "censored" not in (true["birth"], true["death"]) and not self.truth.passing[i]
            said = "no track" if got is None else _life(got)
            wrong = got is None or abs(got["lifetime_h"] - true["lifetime_h"]) > (self.cadence + 1) / 3600
            if whole and wrong:
                yield self._at("lifetime", self.truth.pores, places[i], f"{said} for {_life(true)}")
            if got and any((got[end] == "censored") != (true[end] == "censored") for end in names[:2]):
                yield self._at("censoring", self.truth.pores, places[i], f"{said} for {_life(true)}")

    def _size(self, kind: str, true: Table, i: int, found_s: float) -> str:
        """Whether a birth or death is in dispute where the true area is next to the limit of detection.

        That is its area in the first frame, or the last, in which either side has the feature.
        """
        if kind not in ("birth", "death"):
            return ""
        table = self.truth.pores
        when = (min if kind == "birth" else max)(float(seconds(true)[i]), found_s)
        away = np.hypot(table["x_px"] - true["x_px"][i], table["y_px"] - true["y_px"][i])
        near = np.flatnonzero((np.abs(seconds(table) - when) < 1) & (away <= _NEAR_PX))
        if not len(near):
            return ""
        area = float(table["area_mm2"][near[np.argmin(away[near])]])
        close = abs(area / _ASKED.min_area_mm2 - 1) <= _LIMIT
        return f", {AT_LIMIT}: {area:.2f} Mm2" if close else f", {area:.2f} Mm2"

    def _at(self, what: str, table: Table, i: int, detail: str) -> Mistake:
        step = round((float(seconds(table)[i]) - self.start) / self.cadence)
        return Mistake(what, step, float(table["x_px"][i]), float(table["y_px"][i]), detail)


def _arity(events: Table, i: int) -> str:
    return f"{int(events['n_from'][i])} to {int(events['n_to'][i])}"


def _life(life: Mapping[str, object]) -> str:
    return f"{life['birth']} {life['lifetime_h']:.1f} h {life['death']}"
