"""The chronicle of a series as the tables of the catalogue."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pores.record_time import format_compact
from pores.simulate.chronicle import Chronicle, chronicle, moved
from pores.simulate.parameters import SLOT_H, SimulationParameters
from pores.simulate.script import Pore
from pores.simulate.sight import touches
from pores.simulate.strands import Node
from pores.simulate.truth import TrueFrame

RUN_ID, PRODUCT = "truth", "spline"
Rows = list[dict[str, Any]]


def truth_rows(
    parameters: SimulationParameters, script: Sequence[Pore], frames: Sequence[TrueFrame]
) -> Mapping[str, Rows]:
    """Rows of `pores`, `links`, `tracks` and `events` of a series, by table.

    Parameters
    ----------
    parameters : SimulationParameters
    script : sequence of Pore
    frames : sequence of TrueFrame
        Of all records; those that can't be used are left out.
    """
    usable = [true for true in frames if true.frame not in parameters.unusable_frames]
    polarity = {pore.number: pore.polarity for pore in script}
    return Tables(parameters, chronicle(usable, polarity, parameters.cadence_h)).rows()


class Tables:
    """Rows of `pores`, `links`, `tracks` and `events` of a chronicle."""

    def __init__(self, parameters: SimulationParameters, told: Chronicle) -> None:
        self.parameters, self.told = parameters, told
        self._before = {b: a for a, b in told.after.items()}
        self._families = told.families()
        usable = sorted(told.frames)
        self._next = dict(pairwise(usable))
        self._previous = {b: a for a, b in self._next.items()}
        self._times = parameters.t_rec
        self._stamps = [format_compact(t) for t in self._times]
        self._slots = {slot: i for i, slot in enumerate(parameters.slots)}

    def rows(self) -> Mapping[str, Rows]:
        """All rows by table."""
        made = {
            "pores": self._pores(),
            "links": self._links(),
            "tracks": self._tracks(),
            "events": self._events(),
        }
        return {name: [{**self._common(name), **row} for row in made[name]] for name in made}

    def _common(self, table: str) -> dict[str, Any]:
        """What all rows of a table have; `links` are of no product but their ends'."""
        common = {"harpnum": self.parameters.harpnum, "run_id": RUN_ID}
        return common if table == "links" else {**common, "product": PRODUCT}

    def _t(self, node: Node) -> np.datetime64:
        return np.datetime64(self._times[node[0]])

    def _name(self, node: Node) -> str:
        return f"{self.parameters.harpnum}_{self._stamps[node[0]]}_{node[1] + 1:03d}"

    def _track(self, node: Node) -> str:
        return self._name(self.told.track[node])

    def _pores(self) -> Rows:
        frames = self.told.frames.items()
        everything = [(frame, i) for frame, true in frames for i in range(len(true.features))]
        return [
            {
                "t_rec": self._t(node),
                "pore_id": self._name(node),
                "track_id": self._track(node) if node in self.told.track else None,
                "grid_scale": 2,
                **dict.fromkeys(("mean_br_err", "mean_bp_err", "mean_bt_err"), float("nan")),
                **self.told.feature(node).row,
            }
            for node in everything
        ]

    def _links(self) -> Rows:
        return [
            {
                "from_pore_id": self._name(a),
                "to_pore_id": self._name(b),
                "from_t": self._t(a),
                "to_t": self._t(b),
                "kind": self._kind(a, b),
            }
            for a, b in self.told.edges
        ]

    def _kind(self, a: Node, b: Node) -> str:
        if self.told.after.get(a) == b:
            return "continue" if self._slots[b[0]] - self._slots[a[0]] == 1 else "gap"
        return "merge" if b in self._before else "split"

    def _tracks(self) -> Rows:
        rows = []
        for first, life in self.told.lives.items():
            last = life[-1]
            parents, children = self.told.parents[first], self.told.children[last]
            rows.append(
                {
                    "track_id": self._name(first),
                    "family_id": self._name(self._families[first]),
                    "t_birth": self._t(first),
                    "t_death": self._t(last),
                    "lifetime_h": SLOT_H * (last[0] - first[0]),
                    "n_obs": len(life),
                    "birth": self._birth(first),
                    "death": self._death(last),
                    "parent_track_id": self._track(parents[0]) if parents else None,
                    "child_track_id": self._track(children[0]) if children else None,
                    "passing": first in self.told.passing,
                    **self._over_life(life),
                }
            )
        return rows

    def _birth(self, first: Node) -> str:
        if self.told.parents[first]:
            return "split"
        return "censored" if self._unseen(first, self._previous.get(first[0])) else "emerged"

    def _death(self, last: Node) -> str:
        if self.told.children[last]:
            return "merged"
        return "censored" if self._unseen(last, self._next.get(last[0])) else "decayed"

    def _unseen(self, node: Node, beyond: int | None) -> bool:
        """Whether the frame beyond an end of a track could not have shown the feature."""
        if beyond is None or SLOT_H * abs(beyond - node[0]) > self.told.window_h:
            return True
        samples = self.told.feature(node).samples
        most = max(samples, key=lambda pore: (samples[pore][0].size, -pore))
        there = moved(self.told, node, beyond, most, whole=True)
        return touches(self.told.frames[beyond].place, *there) or bool(
            self.told.feature(node).row["touches_edge"]
        )

    def _over_life(self, life: list[Node]) -> dict[str, Any]:
        rows = [self.told.feature(node).row for node in life]

        def values(name: str) -> NDArray[np.float64]:
            return np.array([row[name] for row in rows], float)

        umbrae = sum(row["kind"] == "umbra" for row in rows)
        lon = values("lon")
        return {
            "mean_br": float(values("mean_br").mean()),
            "max_area_mm2": float(values("area_mm2").max()),
            "mean_area_mm2": float(values("area_mm2").mean()),
            "max_flux_mx": float(values("flux_mx").max()),
            "mean_lon": float((lon[0] + ((lon - lon[0] + 180) % 360 - 180).mean()) % 360),
            "mean_lat": float(values("lat").mean()),
            "min_mu": float(values("mu").min()),
            "kind": "umbra" if 2 * umbrae >= len(rows) else "pore",
        }

    def _events(self) -> Rows:
        told, rows = self.told, []
        for first, life in told.lives.items():
            if not told.parents[first]:
                rows.append(self._event("birth", self._birth(first), first, ([], [first])))
            if not told.children[life[-1]]:
                rows.append(self._event("death", self._death(life[-1]), life[-1], ([life[-1]], [])))
        for node in told.counted:
            parents = [one for one in told.parents[node] if not self._passes(one, node)]
            children = [one for one in told.children[node] if not self._passes(node, one)]
            if len(parents) > 1:
                rows.append(self._event("merge", "merge", node, (parents, [node])))
            if len(children) > 1:
                rows.append(self._event("split", "split", node, ([node], children)))
        return rows

    def _passes(self, a: Node, b: Node) -> bool:
        """Whether a link is the end of a passing piece's life."""
        told = self.told
        begins = b in told.passing
        return begins or (told.track[a] in told.passing and a == told.lives[told.track[a]][-1])

    def _event(
        self, kind: str, cause: str, node: Node, sides: tuple[list[Node], list[Node]]
    ) -> dict[str, Any]:
        seen = sides[1][0] if kind == "split" else node
        row = self.told.feature(seen).row
        return {
            "event_id": f"{kind}_{self._name(node)}",
            "kind": kind,
            "cause": cause,
            "t_rec": self._t(seen),
            **{name: row[name] for name in ("x_px", "y_px", "lon", "lat")},
            "n_from": len(sides[0]),
            "n_to": len(sides[1]),
            "from_track_ids": [self._track(one) for one in sides[0]],
            "to_track_ids": [self._track(one) for one in sides[1]],
        }
