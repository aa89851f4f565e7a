"""Detections and tracks against the truth: how much was found, how well, and what lives became."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from pores.parameters import TrackParameters
from pores.scoring.events import arity_figures, event_rates
from pores.scoring.graphs import aogm_figures, chota, graphs
from pores.scoring.identity import idf1, switches_per_100
from pores.scoring.links import link_rates, long_links, opposite_links
from pores.scoring.lives import life_figures, median
from pores.scoring.matching import Matches, match_features, match_tracks
from pores.scoring.rates import FIGURES, Rates, Scores
from pores.scoring.side import Side, Table, cadence_s, rows
from pores.series import Bools, Floats

__all__ = ["FIGURES", "Rates", "ScoreParameters", "Scores", "score"]

_TRACKED = TrackParameters()


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
    cadence_s : float, optional
        Nominal time between frames, s; None: told from the true `frames`, or else from the true features.
    event_reach_px : float
        Events may be this far from their true place, native pixels.
    max_gap_h : float
        Time for which a feature may be unseen and linked, h.
    min_polarity_g : float
        |mean Br| from which a feature has a polarity, G.
    """

    min_area_mm2: float = 0.664
    margin: float = 0.35
    least_radius_px: float = 1.5
    cadence_s: float | None = None
    event_reach_px: float = 10.0
    max_gap_h: float = _TRACKED.max_gap_h
    min_polarity_g: float = _TRACKED.min_polarity_g


def score(
    found: Mapping[str, Table], truth: Mapping[str, Table], parameters: ScoreParameters | None = None
) -> Scores:
    """The score of found tables against true ones.

    Parameters
    ----------
    found, truth : mapping of str to columns
        `pores`, `links`, `tracks` and `events` in the form of the catalogue, rows in any order; of the truth
        also `frames`, if there.
    parameters : ScoreParameters, optional

    Raises
    ------
    InputError
        If a table or column is missing, or a row tells of a feature or track that is not there.
    """
    parameters = parameters or ScoreParameters()
    f, t = Side.of(found, "found"), Side.of(truth, "true")
    cadence = parameters.cadence_s or cadence_s(truth.get("frames", t.pores))
    pores = match_features(f.pores, t.pores, parameters.least_radius_px)
    tracks = match_tracks(f, t, pores)
    large = np.asarray(t.pores["area_mm2"] >= parameters.min_area_mm2 * (1 + parameters.margin), bool)
    n_tracks = [len(side.tracks["track_id"]) for side in (t, f)]
    figures = {
        **arity_figures(f.events, t.events, cadence, parameters.event_reach_px),
        "opposite_links": float(opposite_links(f, parameters.min_polarity_g)),
        "long_links": float(long_links(f, parameters.max_gap_h * 3600 + cadence)),
        "idf1": idf1(f, t, pores, tracks),
        "identity_switches_per_100": switches_per_100(f, t, pores),
        **_graph_figures(f, t, pores),
        **life_figures(f, t, tracks, cadence),
        **_feature_errors(f.pores, t.pores, pores, large),
    }
    return Scores(
        {
            "features": Rates(int(large.sum()), int(large[pores.truth].sum()), len(f), len(pores)),
            "links": link_rates(f, t, pores),
            "tracks": Rates(n_tracks[0], len(tracks), n_tracks[1], len(tracks)),
        },
        event_rates(f.events, t.events, cadence, parameters.event_reach_px),
        {name: figures[name] for name in FIGURES},
    )


def _graph_figures(found: Side, truth: Side, pores: Matches) -> dict[str, float]:
    f, t, pairs = graphs(found, truth, pores)
    both = chota(f, t, pairs), chota(f.reversed, t.reversed, pairs)
    return {
        **aogm_figures(f, t, pairs),
        "chota": sum(both) / 2,
        "chota_forward": both[0],
        "chota_backward": both[1],
    }


def _feature_errors(found: Table, truth: Table, pores: Matches, large: Bools) -> dict[str, float]:
    """Errors of features that are well above the size limit."""
    seen = large[pores.truth]
    f, t = rows(found, pores.found[seen]), rows(truth, pores.truth[seen])
    strength = np.where(t["mean_br"] == 0, np.nan, t["mean_br"])
    return {
        "centroid_px": median(np.hypot(f["x_px"] - t["x_px"], f["y_px"] - t["y_px"])),
        "area_relative": median(f["area_mm2"] / t["area_mm2"] - 1),
        "area_sum_relative": _excess(f["area_mm2"], t["area_mm2"]),
        "mean_br_g": median(f["mean_br"] - t["mean_br"]),
        "mean_br_relative": median((f["mean_br"] - t["mean_br"]) / strength),
    }


def _excess(found: Floats, true: Floats) -> float:
    """Sum of what was found over the true sum, less 1."""
    return float(found.sum() / true.sum() - 1) if len(true) else np.nan
