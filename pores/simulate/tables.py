"""The chronicle of a series as the tables of the catalogue."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pores.record_time import format_compact
from pores.simulate.chronicle import MAX_GAP_FRAMES, Chronicle, Node
from pores.simulate.parameters import SimulationParameters

RUN_ID, PRODUCT = "truth", "spline"
Rows = list[dict[str, Any]]


class Tables:
    """Rows of `pores`, `links`, `tracks` and `events` of a chronicle."""

    def __init__(self, parameters: SimulationParameters, told: Chronicle) -> None:
        self.parameters, self.told = parameters, told
        self._before = {b: a for a, b in told.after.items()}
        self._families = told.families()
        usable = sorted(told.frames)
        self._next = dict(pairwise(usable))
        self._previous = {b: a for a, b in self._next.items()}

    def rows(self) -> Mapping[str, Rows]:
        """All rows by table."""
        made = {
            "pores": self._pores(),
            "links": self._links(),
            "tracks": self._tracks(),
            "events": self._events(),
        }
        return {
            name: [{"harpnum": self.parameters.harpnum, "run_id": RUN_ID, **row} for row in made[name]]
            for name in made
        }

    def _t(self, node: Node) -> np.datetime64:
        return np.datetime64(self.parameters.t_rec[node[0]])

    def _name(self, node: Node) -> str:
        return f"{self.parameters.harpnum}_{format_compact(self._t(node))}_{node[1] + 1:03d}"

    def _track(self, node: Node) -> str:
        return self._name(self.told.track[node])

    def _pores(self) -> Rows:
        everything = [
            (frame, i) for frame, true in self.told.frames.items() for i in range(len(true.features))
        ]
        return [
            {
                "t_rec": self._t(node),
                "pore_id": self._name(node),
                "track_id": self._track(node) if node in self.told.track else None,
                "product": PRODUCT,
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
            return "continue" if b[0] - a[0] == 1 else "gap"
        return "merge" if b in self._before else "split"

    def _lives(self) -> dict[Node, list[Node]]:
        lives: dict[Node, list[Node]] = {}
        for node in self.told.nodes:
            lives.setdefault(self.told.track[node], []).append(node)
        return lives

    def _tracks(self) -> Rows:
        rows = []
        for first, life in self._lives().items():
            last = life[-1]
            parents = self.told.parents(first)
            children = self.told.children(last)
            rows.append(
                {
                    "track_id": self._name(first),
                    "family_id": self._name(self._families[first]),
                    "t_birth": self._t(first),
                    "t_death": self._t(last),
                    "lifetime_h": 0.2 * (last[0] - first[0]),
                    "n_obs": len(life),
                    "birth": self._birth(first),
                    "death": self._death(last),
                    "parent_track_id": self._track(parents[0]) if parents else None,
                    "child_track_id": self._track(children[0]) if children else None,
                    **self._over_life(life),
                }
            )
        return rows

    def _birth(self, first: Node) -> str:
        if self.told.parents(first):
            return "split"
        return "censored" if self._unseen(first, self._previous.get(first[0])) else "emerged"

    def _death(self, last: Node) -> str:
        if self.told.children(last):
            return "merged"
        return "censored" if self._unseen(last, self._next.get(last[0])) else "decayed"

    def _unseen(self, node: Node, beyond: int | None) -> bool:
        """Whether the frame beyond an end of a track could not have shown the feature."""
        gap = beyond is None or abs(beyond - node[0]) > MAX_GAP_FRAMES + 1
        return gap or bool(self.told.feature(node).row["touches_edge"])

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
        rows = []
        for first, life in self._lives().items():
            if not self.told.parents(first):
                rows.append(self._event("birth", self._birth(first), first, ([], [first])))
            if not self.told.children(life[-1]):
                rows.append(self._event("death", self._death(life[-1]), life[-1], ([life[-1]], [])))
        for node in self.told.nodes:
            parents, children = self.told.parents(node), self.told.children(node)
            if len(parents) > 1:
                rows.append(self._event("merge", "merge", node, (parents, [node])))
            if len(children) > 1:
                rows.append(self._event("split", "split", node, ([node], children)))
        return rows

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
