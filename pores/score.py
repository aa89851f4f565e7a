"""Detections and tracks against the truth: how much was found, how well, and what lives became."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pores.errors import InputError
from pores.matching import Floats, Ints, Matches, Table, bridged, match_events, match_features, match_tracks
from pores.rates import Rates, Scores

__all__ = ["Rates", "ScoreParameters", "Scores", "score"]

_NEEDED = {
    "pores": ("pore_id", "track_id", "harpnum", "t_rec", "x_px", "y_px", "area_mm2", "mean_br"),
    "links": ("from_pore_id", "to_pore_id", "from_t"),
    "tracks": ("track_id", "birth", "death", "lifetime_h"),
    "events": ("harpnum", "kind", "cause", "t_rec", "x_px", "y_px", "n_from", "n_to"),
}
_EVENTS = {
    "births": ("birth", "emerged"),
    "deaths": ("death", "decayed"),
    "merges": ("merge", None),
    "splits": ("split", None),
}


@dataclass(frozen=True)
class ScoreParameters:
    """What counts as found.

    Attributes
    ----------
    min_area_mm2 : float
        Size limit of detection, Mm^2: 20 pixels of the x2 grid.
    margin : float
        True features larger than the limit by this fraction must be found; smaller ones may.
    least_radius_px : float
        Centroids may differ by the radius of the feature, and by this much at least, native pixels.
    tolerance_frames : float
        Events may be this much too early or too late.
    cadence_s : float
        Nominal time between frames, s.
    event_reach_px : float
        Events may be this far from their true place, native pixels.
    """

    min_area_mm2: float = 0.664
    margin: float = 0.35
    least_radius_px: float = 1.5
    tolerance_frames: float = 2.0
    cadence_s: float = 720.0
    event_reach_px: float = 10.0


def score(
    found: Mapping[str, Table], truth: Mapping[str, Table], parameters: ScoreParameters | None = None
) -> Scores:
    """The score of found tables against true ones.

    Parameters
    ----------
    found, truth : mapping of str to columns
        `pores`, `links`, `tracks` and `events` in the form of the catalogue.
    parameters : ScoreParameters, optional

    Raises
    ------
    InputError
        If a table or column is missing.
    """
    parameters = parameters or ScoreParameters()
    for name, tables in (("found", found), ("true", truth)):
        _check(tables, name)
    pores = match_features(found["pores"], truth["pores"], parameters.least_radius_px)
    large = truth["pores"]["area_mm2"] >= parameters.min_area_mm2 * (1 + parameters.margin)
    features = Rates(
        int(large.sum()), int(large[pores.truth].sum()), len(found["pores"]["pore_id"]), len(pores)
    )
    events = {name: _events(found["events"], truth["events"], name, parameters) for name in _EVENTS}
    seen = Matches(pores.found[large[pores.truth]], pores.truth[large[pores.truth]])
    return Scores(
        {
            "features": features,
            "links": _links(found, truth, pores),
            **{name: rates for name, (rates, _) in events.items()},
        },
        {
            **_feature_errors(found["pores"], truth["pores"], seen),
            "merge_arity_right": events["merges"][1],
            "split_arity_right": events["splits"][1],
            **_life_errors(found, truth, pores),
        },
    )


def _check(tables: Mapping[str, Table], name: str) -> None:
    for table, columns in _NEEDED.items():
        if table not in tables:
            raise InputError(f"{name} tables: no table {table}")
        missing = [column for column in columns if column not in tables[table]]
        if missing:
            raise InputError(f"{name} table {table}: no column {', '.join(missing)}")


def _links(found: Mapping[str, Table], truth: Mapping[str, Table], pores: Matches) -> Rates:
    """Links between matched features, compared under their true names.

    Features without a true track, being too small to follow, take no part.
    """
    followed = _places(truth["pores"]["track_id"][pores.truth], truth["tracks"]["track_id"]) >= 0
    true_ids = truth["pores"]["pore_id"][pores.truth[followed]]
    named = dict(zip(found["pores"]["pore_id"][pores.found[followed]], true_ids, strict=True))
    edges_found = bridged(found["links"], named)
    edges_true = bridged(truth["links"], dict(zip(true_ids, true_ids, strict=True)))
    both = len(edges_found & edges_true)
    return Rates(len(edges_true), both, len(edges_found), both)


def _events(found: Table, truth: Table, name: str, parameters: ScoreParameters) -> tuple[Rates, float]:
    """Rates of one kind of event, and the part of those matched whose arity is right."""
    kind, cause = _EVENTS[name]
    f, t = (
        _rows(table, (table["kind"] == kind) & ((table["cause"] == cause) | (cause is None)))
        for table in (found, truth)
    )
    tolerance = parameters.tolerance_frames * parameters.cadence_s
    matches = match_events(f, t, tolerance, parameters.event_reach_px)
    right = [f[side][matches.found] == t[side][matches.truth] for side in ("n_from", "n_to")]
    arity = float(np.mean(right[0] & right[1])) if len(matches) else np.nan
    return Rates(len(t["kind"]), len(matches), len(f["kind"]), len(matches)), arity


def _feature_errors(found: Table, truth: Table, pores: Matches) -> dict[str, float]:
    f, t = _rows(found, pores.found), _rows(truth, pores.truth)
    return {
        "centroid_px": _median(np.hypot(f["x_px"] - t["x_px"], f["y_px"] - t["y_px"])),
        "area_relative": _median(f["area_mm2"] / t["area_mm2"] - 1),
        "area_sum_relative": _excess(f["area_mm2"], t["area_mm2"]),
        "mean_br_g": _median(f["mean_br"] - t["mean_br"]),
        "mean_br_relative": _median(
            (f["mean_br"] - t["mean_br"]) / np.where(t["mean_br"] == 0, np.nan, t["mean_br"])
        ),
    }


def _life_errors(found: Mapping[str, Table], truth: Mapping[str, Table], pores: Matches) -> dict[str, float]:
    """Errors of the lifetimes that are known to their ends, in h."""
    f, t = found["tracks"], truth["tracks"]
    places = (
        _places(found["pores"]["track_id"][pores.found], f["track_id"]),
        _places(truth["pores"]["track_id"][pores.truth], t["track_id"]),
    )
    followed = (places[0] >= 0) & (places[1] >= 0)
    tracks = match_tracks(places[0][followed], places[1][followed])
    whole = (t["birth"] != "censored") & (t["death"] != "censored")
    whole_found = (f["birth"] != "censored") & (f["death"] != "censored")
    both = whole[tracks.truth] & whole_found[tracks.found]
    error = f["lifetime_h"][tracks.found[both]] - t["lifetime_h"][tracks.truth[both]]
    return {
        "lifetimes_compared": float(both.sum()),
        "lifetime_h": _median(error),
        "lifetime_absolute_h": _median(np.abs(error)),
        "lifetime_mean_h": float(np.mean(error)) if len(error) else np.nan,
    }


def _places(ids: NDArray[Any], among: NDArray[Any]) -> Ints:
    """Where each id is in a table, -1 for none."""
    place = {name: i for i, name in enumerate(among)}
    return np.array([place.get(name, -1) for name in ids], np.intp)


def _rows(table: Table, which: NDArray[Any]) -> dict[str, NDArray[Any]]:
    return {name: np.asarray(values)[which] for name, values in table.items()}


def _excess(found: NDArray[Any], true: NDArray[Any]) -> float:
    """Sum of what was found over the true sum, less 1."""
    return float(found.sum() / true.sum() - 1) if len(true) else np.nan


def _median(values: NDArray[Any]) -> float:
    known: Floats = values.astype(float)[np.isfinite(values.astype(float))]
    return float(np.median(known)) if len(known) else np.nan
