"""Figures behind docs/decisions/0009-local-motion.md, from simulated series.

::

    python -m benchmarks.studies.local_motion
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray

from pores.chain import Columns
from pores.flow import velocities
from pores.motion import Places, rotated
from pores.parameters import FlowParameters, Parameters
from pores.simulate import SimulationParameters
from pores.simulate.sighted import Look, looked_at

SCENARIOS, SEED, N_FRAMES, HERE_PX, WRONG_MM = ("clean", "crowd", "fast", "limb"), 3, 21, 1.5, 1.0
Floats = NDArray[np.float64]
Pairs = list[tuple[Look, Look]]
Turn = Callable[[Look], Look]


@dataclass(frozen=True)
class Outcome:
    """What was found of features that are one scripted pore each.

    Attributes
    ----------
    error : ndarray, (n,)
        Distance of the velocity from the true one, km/s; NaN where none was found.
    correlation : ndarray, (n,)
    there : ndarray of bool, (n,)
        The pore is still there.
    dt_s : float
    """

    error: Floats
    correlation: Floats
    there: NDArray[np.bool_]
    dt_s: float

    def __str__(self) -> str:
        error, known = self.error[self.there], np.isfinite(self.error[self.there])
        wrong = error[known] * self.dt_s > 1e3 * WRONG_MM
        false = np.isfinite(self.error[~self.there]).sum()
        right = error[known][~wrong] if (~wrong).any() else np.array([np.nan])
        quantiles = " / ".join(f"{np.quantile(right, q):.3f}" for q in (0.5, 0.9, 0.99))
        return (
            f"n {known.size:5d}, known {100 * known.mean():5.1f} %, error {quantiles} km/s (50, 90, 99 %),"
            f" other {100 * wrong.mean():4.1f} %; no feature now {np.sum(~self.there)}, found {false}"
        )


def series() -> dict[str, list[Look]]:
    """Some frames of each scenario."""
    science = Parameters(enhance="spline")
    return {
        name: looked_at(
            SimulationParameters.of(name, seed=SEED, n_frames=N_FRAMES, shape=(300, 500)), science
        )
        for name in SCENARIOS
    }


def pairs(looks: list[Look], step: int) -> Pairs:
    """Frames that are so many slots apart, both usable."""
    usable = {look.true.frame: look for look in looks if look.found is not None}
    return [(look, usable[k + step]) for k, look in usable.items() if k + step in usable]


def labelled(look: Look) -> Look:
    """The frame with its label image, native pixels, in place of the continuum."""
    assert look.shot is not None
    assert look.found is not None
    return replace(look, shot=replace(look.shot, image=look.found.labels[::2, ::2].astype(np.float32)))


def outcome(of: Pairs, parameters: FlowParameters, turned: Turn = lambda look: look) -> Outcome:
    """What is found, forward in time, in all pairs."""
    rows = [row for a, b in of for row in _rows(turned(a), turned(b), parameters)]
    error, correlation, there = (np.array(part) for part in zip(*rows, strict=True))
    return Outcome(
        error, correlation, there.astype(bool), 720.0 * (of[0][1].true.frame - of[0][0].true.frame)
    )


def _rows(a: Look, b: Look, parameters: FlowParameters) -> Iterator[tuple[float, float, bool]]:
    assert a.found is not None
    assert a.shot is not None
    assert b.shot is not None
    pores = a.found.pores
    found = velocities(pores, a.found.labels, (None, a.shot, b.shot), parameters)
    dt_s = 720.0 * (b.true.frame - a.true.frame)
    still = np.zeros(len(pores["lon"]))
    x, y = rotated(Places(pores["lon"], pores["lat"], still, still, still), dt_s, b.grid)
    alive = {number for feature in b.true.features for number in feature.samples}
    for i, number in enumerate(_scripted(a, pores)):
        if number is None:
            continue
        (x0, y0), (x1, y1) = a.true.pixels[number], b.true.pixels.get(number, (np.nan, np.nan))
        true = np.array([x1 - x0 - (x[i] - pores["x_px"][i]), y1 - y0 - (y[i] - pores["y_px"][i])])
        v = np.array([found["vx_after_km_s"][i], found["vy_after_km_s"][i]])
        error = float(np.hypot(*(v - true * a.grid.pixel_km / dt_s)))
        there = number in alive
        yield error if there or np.isnan(v[0]) else 0.0, float(found["correlation_after"][i]), there


def _scripted(look: Look, pores: Columns) -> Iterator[int | None]:
    """The scripted pore of each feature that is one and no more."""
    for x, y in zip(pores["x_px"], pores["y_px"], strict=True):
        features = look.true.features
        away = [np.hypot(f.row["x_px"] - x, f.row["y_px"] - y) for f in features]
        nearest = features[int(np.argmin(away))] if away and min(away) < HERE_PX else None
        alone = nearest is not None and len(nearest.samples) == 1
        yield next(iter(nearest.samples)) if nearest is not None and alone else None


def timing(looks: list[Look], step: int) -> float:
    """Milliseconds for both directions of a pair of frames with 40 features."""
    (a, b), *_ = pairs(looks, step)
    assert a.found is not None
    assert a.shot is not None
    n = len(a.found.pores["label"])
    forty = {name: np.resize(np.asarray(values), 40) for name, values in a.found.pores.items()}
    spent: list[float] = []
    for _ in range(20):
        start = time.perf_counter()
        velocities(forty, a.found.labels, (None, a.shot, b.shot), FlowParameters())
        velocities(forty, a.found.labels, (b.shot, a.shot, None), FlowParameters())
        spent.append(time.perf_counter() - start)
    return 1e3 * float(np.median(spent)) if n else float("nan")


def square(own: NDArray[np.bool_], _others: NDArray[np.bool_], _margin: int) -> NDArray[np.float32]:
    """Weights of a square window."""
    return np.ones(own.shape, np.float32)


def main() -> None:
    every = series()
    together = {step: [p for looks in every.values() for p in pairs(looks, step)] for step in (1, 5, 10)}
    for name, looks in every.items():
        for step in (1, 5, 10):
            print(f"{name:10} {12 * step:3d} min: {outcome(pairs(looks, step), FlowParameters())}")
    settings: list[dict[str, Any]] = [
        *({"window_margin_mm": value} for value in (0.7, 1.0, 1.5, 2.0, 3.0, 4.0)),
        *({"min_correlation": value} for value in (0.6, 0.7, 0.8, 0.9, 0.95)),
        *({"max_speed_km_s": value} for value in (1.5, 2.5, 4.0)),
        *({"max_distance_mm": value} for value in (5.0, 7.5, 10.0, 99.0)),
        *({"distance_cost": value} for value in (0.0, 0.1, 0.2, 0.3)),
    ]
    for setting in settings:
        for step, of in together.items():
            print(f"{setting} {12 * step:3d} min: {outcome(of, FlowParameters(**setting))}", flush=True)
    anything = FlowParameters(min_correlation=-0.99)
    for step, of in together.items():
        with patch("pores.flow.weights", square):
            print(f"square window {12 * step:3d} min: {outcome(of, FlowParameters())}")
        print(f"label images {12 * step:3d} min: {outcome(of, anything, labelled)}")
        with patch("pores.flow.weights", square):
            print(f"label images, square window {12 * step:3d} min: {outcome(of, anything, labelled)}")
    for step in (1, 5, 10):
        print(f"40 features, both directions, {12 * step} min: {timing(every['crowd'], step):.1f} ms")


if __name__ == "__main__":
    main()
