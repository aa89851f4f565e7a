"""What the two networks that are known here are made of, and the published one as a Keras model.

`compact` is the project's own, see `pores.enhance.compact`. `published` is the one of Diaz Baso & Asensio
Ramos 2018 (A&A 614, A5), whose authors call it "keepsize", with five residual blocks of 64 kernels. Both take
images (n, y, x, 1) in units of the quiet Sun, or in kG; sizes are free.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pores.enhance.engine import tensorflow
from pores.errors import InputError

Arrays = Sequence[NDArray[np.float32]]  # of one layer: kernel and bias, or what batch normalisation has
Shapes = tuple[tuple[int, ...], ...]

PUBLISHED_KERNELS, PUBLISHED_BLOCKS = 64, 5
PUBLISHED_HALO = 2 + 2 * PUBLISHED_BLOCKS + 1  # native pixels that an output pixel sees to either side


def published_shapes() -> list[Shapes]:
    """Shapes of the arrays of every layer with weights, in the order of the published files."""
    n = PUBLISHED_KERNELS
    conv: Shapes = ((3, 3, n, n), (n,))
    norm: Shapes = ((n,),) * 4
    first: Shapes = ((3, 3, 1, n), (n,))
    final: Shapes = ((1, 1, n, 1), (1,))
    return [first, *([conv, norm] * (2 * PUBLISHED_BLOCKS + 1)), conv, final]


def compact_halo(layers: Sequence[Arrays]) -> int:
    """Native pixels that an output pixel of the compact network sees to either side."""
    *chain, skip = (layer[0].shape[0] // 2 for layer in layers)
    return int(max(sum(chain), skip))


def operations(layers: Sequence[Arrays], fine: int) -> int:
    """Multiplications and additions per native pixel; the last `fine` kernels work on the doubled grid."""
    kernels = [layer[0].size for layer in layers if layer[0].ndim == 4]
    native, doubled = kernels[: len(kernels) - fine], kernels[len(kernels) - fine :]
    return 2 * int(sum(native) + 4 * sum(doubled))


def published(layers: Sequence[Arrays]) -> Any:
    """Model of the published topology; the output has twice the size of the input.

    Raises
    ------
    InputError
        If the layers aren't those of this topology; it says where they begin to differ.
    """
    require_published(layers)
    keras = tensorflow().keras
    image = keras.Input((None, None, 1))
    start = keras.layers.Activation("relu")(_reflected(keras, image, "conv_0"))
    x = start
    for block in range(PUBLISHED_BLOCKS):
        inner = keras.layers.BatchNormalization()(_reflected(keras, x, f"conv_{2 * block + 1}"))
        inner = _reflected(keras, keras.layers.Activation("relu")(inner), f"conv_{2 * block + 2}")
        x = keras.layers.Add()([keras.layers.BatchNormalization()(inner), x])
    x = keras.layers.BatchNormalization()(_reflected(keras, x, "conv_long"))
    x = keras.layers.UpSampling2D()(keras.layers.Add()([x, start]))
    x = keras.layers.Activation("relu")(_reflected(keras, x, "conv_fine"))
    model = keras.Model(image, keras.layers.Conv2D(1, 1, name="conv_final")(x))
    takers = [layer for layer in model.layers if layer.weights]
    for layer, arrays in zip(takers, layers, strict=True):
        layer.set_weights(list(arrays))
    return model


def require_published(layers: Sequence[Arrays]) -> None:
    """Refuse layers that aren't those of the published topology.

    Raises
    ------
    InputError
        If so; it says which layer is the first that differs.
    """
    found, wanted = [tuple(a.shape for a in layer) for layer in layers], published_shapes()
    for number, (one, other) in enumerate(zip(found, wanted, strict=False), 1):
        if one != other:
            raise InputError(
                f"layer {number} has arrays of shapes {list(one)}, the published one {list(other)}"
            )
    if len(found) != len(wanted):
        raise InputError(f"{len(found)} layers with weights; the published network has {len(wanted)}")


def require_compact(layers: Sequence[Arrays]) -> None:
    """Refuse layers that aren't those of a compact network.

    Raises
    ------
    InputError
        If so; it says which layer is the first that can't be.
    """
    found = [tuple(a.shape for a in layer) for layer in layers]
    if len(found) < len(("first", "last", "linear")):
        raise InputError(f"{len(found)} layers with weights; the compact network has at least 3")
    width = found[0][0][-1:]
    hidden = [(width, width)] * (len(found) - 3)
    ends = [((1,), width), *hidden, (width, (4,)), ((1,), (4,))]
    for number, (shapes, (inputs, outputs)) in enumerate(zip(found, ends, strict=True), 1):
        side = shapes[0][:1]
        if shapes != ((*side, *side, *inputs, *outputs), outputs) or side[0] % 2 == 0:
            raise InputError(
                f"layer {number} has arrays of shapes {list(shapes)}, the compact one an odd square kernel"
                f" from {inputs} to {outputs} features, and its bias"
            )


def _reflected(keras: Any, x: Any, name: str) -> Any:
    """A 3 x 3 convolution of 64 kernels that reflects its input at the border."""
    pad = [[0, 0], [1, 1], [1, 1], [0, 0]]
    padded = keras.layers.Lambda(lambda t: tensorflow().pad(t, pad, "REFLECT"))(x)
    return keras.layers.Conv2D(PUBLISHED_KERNELS, 3, name=name)(padded)
