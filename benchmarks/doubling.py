"""Doubling by our network beside the published topology, on the same frame in one run."""

from pathlib import Path

import numpy as np

from benchmarks.record import Record
from benchmarks.report import Table
from benchmarks.timing import in_turns
from flows.enhancement import network
from pores.chain import prepared_intensity
from pores.enhance.doubler import Network
from pores.enhance.topologies import Arrays, operations, published_shapes
from pores.enhance.weights import Weights
from pores.frame import Frame
from pores.geometry import CeaGrid
from pores.parameters import OWN_WEIGHTS, DetectParameters, PrepareParameters
from pores.upsample import double
from storage.cube_append import append
from storage.cubes import Cube
from storage.weights import own_weights

_FOUR = "ours, four frames at a time, per frame"
FINE_KERNELS = 2  # of the published network, on the doubled grid


def doubling_table(record: Record, scratch: Path, rounds: int) -> Table:
    """Time and operations of a frame, ours and the published network's."""
    frame = _frame(record, scratch / "doubling.h5")
    image = prepared_intensity(frame, PrepareParameters()).intensity
    pixel_mm = CeaGrid.from_keywords(frame.keywords, image.shape).pixel_area_mm2 ** 0.5
    ours, theirs, detect = network(OWN_WEIGHTS), Network.of(published_weights()), DetectParameters()
    times = in_turns(
        {
            "the published topology": lambda: theirs.forward(image[None, :, :, None]),
            "the published topology, in tiles": lambda: theirs.raw([image]),
            "ours": lambda: ours.all_of([image]),
            _FOUR: lambda: ours.all_of([image] * 4),
            "ours, tiles that detection needs": lambda: ours.for_detection(image, detect, pixel_mm),
            "spline": lambda: double(image),
        },
        rounds,
    )
    times[_FOUR] = times[_FOUR].scaled(1 / 4)
    per_pixel = operations(published_weights().layers, FINE_KERNELS), operations(own_weights().layers, 0)
    gflop = [n * image.size / 1e9 for n in per_pixel]
    counts = {"the published topology": f"{gflop[0]:.0f}", "ours": f"{gflop[1]:.1f}"}
    base = times["the published topology"]
    rows = [(name, time.scaled(1e3), base / time, counts.get(name, "")) for name, time in times.items()]
    note = (
        f"{image.shape[0]} x {image.shape[1]} native pixels, all cores. The published topology has random"
        f" weights: they cost the same. It takes {gflop[0] / gflop[1]:.0f} times our operations."
    )
    return Table("Doubling by network", ("way", "ms", "times faster", "GFLOP"), rows, note)


def published_weights(seed: int = 1) -> Weights:
    """Random weights of the published topology."""
    rng = np.random.default_rng(seed)
    layers: list[Arrays] = []
    for shapes in published_shapes():
        if len(shapes[0]) == 4:
            fan_in = float(np.prod(shapes[0][:3]))
            kernel = rng.normal(0, (2 / fan_in) ** 0.5, shapes[0])
            layers.append((kernel.astype(np.float32), np.zeros(shapes[1], np.float32)))
        else:  # batch normalisation: scale, offset, mean, variance
            layers.append(
                tuple(
                    np.full(shape, value, np.float32)
                    for shape, value in zip(shapes, (1, 0, 0, 1), strict=True)
                )
            )
    return Weights("random", "published", "intensity", tuple(layers))


def _frame(record: Record, path: Path) -> Frame:
    append(path, record.files)
    with Cube(path) as cube:
        return cube.frame(cube.t_rec[0])
