"""Rows of `tracks`, `links` and `events` of what is seen of one HARP."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from benchmarks.lake_lives import Bools, Floats, Ints, Lineage, Sightings

Values = Mapping[str, Any]


def track_rows(seen: Sightings, lineage: Lineage, pores: Values) -> dict[str, Any]:
    """One row per track, in the order of birth."""
    ids = pores["pore_id"].take(seen.first)
    split, merged = lineage.split_from >= 0, lineage.merged_into >= 0
    t_birth, t_death = pores["t_rec"][seen.first], pores["t_rec"][seen.last]
    n_obs = np.diff(seen.starts, append=len(seen.frame))
    rows = {
        "track_id": ids,
        "family_id": ids.take(lineage.family),
        "t_birth": t_birth,
        "t_death": t_death,
        "lifetime_h": (t_death - t_birth) / 3.6e6,
        "n_obs": n_obs,
        "birth": named(np.where(split, 2, seen.born), "censored", "emerged", "split"),
        "death": named(np.where(merged, 2, seen.died), "censored", "decayed", "merged"),
        "parent_track_id": _of_rows(ids, seen, lineage.split_from),
        "child_track_id": _of_rows(ids, seen, lineage.merged_into),
        "passing": np.zeros(len(ids), bool),
    }
    largest, least = _over_tracks(seen, np.maximum), _over_tracks(seen, np.minimum)
    total = _over_tracks(seen, np.add)
    rows |= {f"mean_{name}": total(pores[name]) / n_obs for name in ("area_mm2", "lon", "lat")}
    return rows | {
        "mean_br": total(pores["mean_br"]) / n_obs,
        "max_area_mm2": largest(pores["area_mm2"]),
        "max_flux_mx": largest(pores["flux_mx"]),
        "min_mu": least(pores["mu"]),
        "kind": named(total(pores["umbra"].astype(int)) * 2 > n_obs, "pore", "umbra"),
        "split_from": lineage.split_from,
        "merged_into": lineage.merged_into,
    }


def _over_tracks(seen: Sightings, what: np.ufunc) -> Callable[[NDArray[Any]], Floats]:
    return lambda values: what.reduceat(values[seen.by_track], seen.starts)


def _of_rows(ids: pa.Array, seen: Sightings, rows: Ints) -> pa.Array:
    """Tracks of rows, null for -1."""
    return ids.take(pa.array(seen.track[rows], mask=rows < 0))


def named(index: NDArray[Any], *names: str) -> pa.Array:
    """Names by their numbers."""
    return pa.array(names).take(pa.array(index.astype(np.int8)))


def link_rows(seen: Sightings, pores: Values, tracks: Values) -> dict[str, Any]:
    """One row per edge: from each sighting to the next of its track, and between tracks that part or meet."""
    split, merged = tracks["split_from"], tracks["merged_into"]
    later = np.flatnonzero(seen.before >= 0)
    parts = (
        (seen.before[later], later, seen.frame[later] - seen.frame[seen.before[later]] > 1),
        (seen.last[merged >= 0], merged[merged >= 0], np.full(np.sum(merged >= 0), 2)),
        (split[split >= 0], seen.first[split >= 0], np.full(np.sum(split >= 0), 3)),
    )
    here, there, kind = (np.concatenate(part) for part in zip(*parts, strict=True))
    order = np.argsort(here * len(seen.frame) + there)  # rows are in the order of time and id
    here, there, kind = here[order], there[order], kind[order]
    return {
        "from_pore_id": pores["pore_id"].take(here),
        "to_pore_id": pores["pore_id"].take(there),
        "from_t": pores["t_rec"][here],
        "to_t": pores["t_rec"][there],
        "kind": named(kind, "continue", "gap", "merge", "split"),
    }


_KINDS = ("birth", "death", "merge", "split")


def event_rows(seen: Sightings, pores: Values, tracks: Values) -> dict[str, Any]:
    """A birth or split and a death or merge of each track, named after the sighting it is told by."""
    split, merged = tracks["split_from"], tracks["merged_into"]
    mine = np.arange(len(split))
    parts = [
        (0, split < 0, seen.first, seen.first),
        (1, merged < 0, seen.last, seen.last),
        (2, merged >= 0, merged, merged),
        (3, split >= 0, split, seen.first),
    ]
    kind = np.concatenate([np.full(np.sum(those), number) for number, those, *_ in parts])
    track = np.concatenate([mine[those] for _, those, *_ in parts])
    row = np.concatenate([rows[those] for _, those, rows, _ in parts])
    time = np.concatenate([pores["t_rec"][rows[those]] for _, those, _, rows in parts])
    order = np.lexsort((row, kind, time))
    kind, track, row = kind[order], track[order], row[order]
    other = seen.track[row]
    n_from, n_to = np.array([0, 1, 2, 1])[kind], np.array([1, 0, 1, 2])[kind]
    kinds = named(kind, *_KINDS)
    born, died = (tracks[end].take(track) for end in ("birth", "death"))
    return {
        "event_id": pc.binary_join_element_wise(kinds, pores["pore_id"].take(row), "_"),
        "kind": kinds,
        "cause": pc.if_else(kind == 0, born, pc.if_else(kind == 1, died, kinds)),
        "t_rec": time[order],
        **{name: pores[name][row] for name in ("x_px", "y_px", "lon", "lat")},
        "n_from": n_from,
        "n_to": n_to,
        "from_track_ids": _lists(tracks["track_id"], other, track, n_from),
        "to_track_ids": _lists(tracks["track_id"], other, track, n_to),
    }


def _lists(ids: pa.Array, first: Ints, second: Ints, n: Ints) -> pa.Array:
    """For each event the first `n` of two tracks."""
    both: Bools = np.arange(2) < n[:, None]
    offsets = pa.array(np.r_[0, np.cumsum(n)].astype(np.int32))
    return pa.ListArray.from_arrays(offsets, ids.take(np.c_[first, second][both]))
