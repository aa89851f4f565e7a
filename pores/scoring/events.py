"""Births, deaths, merges and splits: those found within 0, 1 and 2 frames, and with the right arity."""

import numpy as np

from pores.scoring.matching import match_events
from pores.scoring.rates import Rates
from pores.scoring.side import Table, rows

TOLERANCES = (0, 1, 2)  # frames
ARITY_TOLERANCE = 1  # frames; arity is that of the events found within it
KINDS = {
    "births": ("birth", "emerged"),
    "deaths": ("death", "decayed"),
    "merges": ("merge", None),
    "splits": ("split", None),
}


def event_rates(found: Table, truth: Table, cadence_s: float, reach_px: float) -> dict[str, dict[int, Rates]]:
    """Rates of each kind of event at each tolerance, frames."""
    rates: dict[str, dict[int, Rates]] = {}
    for name in KINDS:
        f, t = (of_kind(table, name) for table in (found, truth))
        matched = {n: len(match_events(f, t, n * cadence_s, reach_px)) for n in TOLERANCES}
        sizes = len(t["kind"]), len(f["kind"])
        rates[name] = {n: Rates(sizes[0], many, sizes[1], many) for n, many in matched.items()}
    return rates


def arity_figures(found: Table, truth: Table, cadence_s: float, reach_px: float) -> dict[str, float]:
    """Of merges and splits that were found, the part with the right numbers of features on both sides.

    Once for all, once for those that are truly of three features or more.
    """
    figures = {}
    for name, many in (("merges", "n_from"), ("splits", "n_to")):
        f, t = (of_kind(table, name) for table in (found, truth))
        pairs = match_events(f, t, ARITY_TOLERANCE * cadence_s, reach_px)
        right = np.all([f[n][pairs.found] == t[n][pairs.truth] for n in ("n_from", "n_to")], axis=0)
        three = t[many][pairs.truth] >= 3
        figures[f"{name[:-1]}_arity_right"] = _part(right)
        figures[f"{name[:-1]}3_arity_right"] = _part(right[three])
        figures[f"{name[:-1]}3_true"] = float((t[many] >= 3).sum())
    return figures


def of_kind(table: Table, name: str) -> Table:
    """The events that a name of `KINDS` means."""
    kind, cause = KINDS[name]
    return rows(table, (table["kind"] == kind) & ((table["cause"] == cause) | (cause is None)))


def _part(right: np.ndarray) -> float:
    return float(np.mean(right)) if len(right) else np.nan
