"""The polarity of a feature: by its own field or, where that is weak, by those it overlaps in time."""

import numpy as np

from pores.features import Features
from pores.parameters import TrackParameters
from pores.series import Floats
from pores.tracking.link import Links
from pores.tracking.overlap import Pairs

_STEPS = 2  # frames over which a polarity is told on: local, so that what is old stays as it is


def own_signs(features: Features, parameters: TrackParameters) -> Floats:
    """Polarity of each feature by its own field: -1, 1 or 0 (unknown)."""
    br = np.nan_to_num(features["mean_br"])
    return np.where(np.abs(br) >= parameters.min_polarity_g, np.sign(br), 0.0)


def polarities(features: Features, pairs: Pairs, parameters: TrackParameters) -> Floats:
    """Polarity of each feature, by its history where its own field doesn't tell: -1, 1 or 0 (unknown).

    A feature with a weak field, or without, has the polarity of the larger part of the flux of those it
    overlaps before and after: a weak frame doesn't change a track, and a blob of both polarities goes on as
    the dominant one only.

    Parameters
    ----------
    features : Features
    pairs : Pairs
        Overlaps.
    parameters : TrackParameters
    """
    n, polarity = len(features), own_signs(features, parameters)
    flux = np.nan_to_num(features["mean_br"]) * features["area_px"]
    weak = polarity == 0
    for _ in range(_STEPS):
        told = np.abs(flux) * polarity
        near = np.bincount(pairs.target, told[pairs.source], n)
        near += np.bincount(pairs.source, told[pairs.target], n)
        found = weak & (polarity == 0) & (near != 0)
        flux = np.where(found, near, flux)
        polarity = np.where(found, np.sign(near), polarity)
    return polarity


def told_on(polarity: Floats, links: Links) -> Floats:
    """Polarities, those that were unknown being those of what was linked with them now."""
    n = len(polarity)
    near = np.bincount(links.target, polarity[links.source], n)
    near += np.bincount(links.source, polarity[links.target], n)
    return np.where(polarity == 0, np.sign(near), polarity)
