"""What tests of networks share: random weights of both topologies, and files of them as Keras wrote these."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import h5py
import numpy as np

Layer = list[np.ndarray]
BLOCKS, KERNELS = 5, 64


def _convolution(rng: np.random.Generator, size: int, inputs: int, outputs: int) -> Layer:
    spread = np.sqrt(1 / (size * size * inputs))
    return [rng.normal(0, spread, (size, size, inputs, outputs)), rng.normal(0, 0.2, outputs)]


def _normalisation(rng: np.random.Generator) -> Layer:
    """Scale, offset, and the mean and variance that were met in training."""
    return [
        rng.uniform(0.4, 1.2, KERNELS),
        rng.normal(0, 0.2, KERNELS),
        rng.normal(0, 0.2, KERNELS),
        rng.uniform(0.2, 2, KERNELS),
    ]


def _single(layers: Sequence[Layer]) -> list[Layer]:
    return [[array.astype(np.float32) for array in layer] for layer in layers]


def published_layers(seed: int = 0) -> list[Layer]:
    """Random weights of the published topology, in the order of its files."""
    rng = np.random.default_rng(seed)
    inner = [
        layer
        for _ in range(2 * BLOCKS + 1)
        for layer in (_convolution(rng, 3, KERNELS, KERNELS), _normalisation(rng))
    ]
    first, fine = _convolution(rng, 3, 1, KERNELS), _convolution(rng, 3, KERNELS, KERNELS)
    return _single([first, *inner, fine, _convolution(rng, 1, KERNELS, 1)])


def compact_layers(
    seed: int = 0, sizes: Sequence[int] = (5, 3, 3, 3), channels: int = 16, linear: int = 13
) -> list[Layer]:
    """Random weights of the project's own topology."""
    rng = np.random.default_rng(seed)
    widths = [1, *[channels] * (len(sizes) - 1), 4]
    chain = [_convolution(rng, n, *ends) for n, ends in zip(sizes, pairwise(widths), strict=True)]
    return _single([*chain, _convolution(rng, linear, 1, 4)])


def published_names() -> list[tuple[str, list[str]]]:
    """Layers of the published model as Keras named them, those without weights too, with their arrays."""
    kinds = [
        "convolution2d",
        *["convolution2d", "batchnormalization"] * (2 * BLOCKS + 1),
        *["convolution2d"] * 2,
    ]
    named: list[tuple[str, list[str]]] = [("input_1", [])]
    for kind in kinds:
        name = f"{kind}_{len(named)}"
        of_kind = {"convolution2d": ("W", "b"), "batchnormalization": ("gamma", "beta", "mean", "std")}[kind]
        named += [(name, [f"{name}_{array}:0" for array in of_kind]), (f"activation_{len(named)}", [])]
    return named


def write_keras(
    path: Path,
    layers: Sequence[Layer],
    under: str = "",
    kind: str = "S",
) -> Path:
    """Write layers of the published model as Keras 1 and 2 did; fewer are those that come first.

    `kind` is that of names: `S` for bytes of fixed length, `O` for text.
    """
    left = list(layers)
    with h5py.File(path, "w") as file:
        root = file.create_group(under) if under else file
        named = [(name, arrays if left else []) for name, arrays in published_names()]
        root.attrs["layer_names"] = _text([name for name, _ in named], kind)
        for name, arrays in named:
            group = root.create_group(name)
            values = left.pop(0) if arrays and left else []
            group.attrs["weight_names"] = _text(arrays[: len(values)], kind)
            for array, value in zip(arrays, values, strict=False):
                group[array] = value
    return path


def _text(names: list[str], kind: str) -> np.ndarray:
    return np.array(names, kind) if kind == "S" else np.array(names, h5py.string_dtype())
