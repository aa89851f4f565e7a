"""The records of a simulated series, one by one."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pores.frame import Keyword
from pores.simulate.keywords import record_keywords
from pores.simulate.observe import observe
from pores.simulate.orbit import Place
from pores.simulate.parameters import SimulationParameters
from pores.simulate.scene import Scene
from pores.simulate.truth import TrueFrame, features


@dataclass(frozen=True)
class SimulatedFrame:
    """One record.

    Attributes
    ----------
    frame : int
        Its slot in the series, from 0.
    t_rec : numpy.datetime64
        TAI, ms.
    place : Place
        Geometry.
    keywords : dict
        What the headers of all segments share.
    stored : mapping of str to ndarray
        Segments as the integers (ny, nx) that JSOC stores; see `pores.simulate.observe.physical`.
    truth : TrueFrame
        The features that are there, whether or not the record can be used.
    """

    frame: int
    t_rec: np.datetime64
    place: Place
    keywords: dict[str, Keyword]
    stored: dict[str, NDArray[Any]] = field(repr=False)
    truth: TrueFrame = field(repr=False)


def simulate(parameters: SimulationParameters) -> Iterator[SimulatedFrame]:
    """Every record of a series, in order of time, also those that are to be missing."""
    scene = Scene(parameters)
    for frame in parameters.slots:
        yield frame_of(scene, frame)


def frame_of(scene: Scene, frame: int) -> SimulatedFrame:
    """One record, independent of all others."""
    seen = scene.seen(frame)
    stored = observe(scene, seen, frame)
    parameters = scene.parameters
    return SimulatedFrame(
        frame,
        np.datetime64(parameters.t_rec[frame]),
        seen.place,
        record_keywords(parameters, frame, seen.place, stored),
        stored,
        TrueFrame(frame, features(scene, seen), seen.pixels, seen.place),
    )
