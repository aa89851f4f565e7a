"""The compact network while it learns: free kernels whose symmetric parts are what it uses."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from pores.enhance.engine import tensorflow
from pores.enhance.recipe import Recipe
from pores.enhance.scenes import Pair
from pores.enhance.symmetry import ORDER, Representation, orbits, symmetric
from pores.enhance.topologies import Arrays

Channels = tuple[Representation, int]

_SCALAR: Channels = ("scalar", 1)
_PHASES: Channels = ("phases", 4)
_RIDGE = 0.1
_SHARPER = 4.0  # granules are a few per cent of the quiet Sun: the first layer sees them so much larger
_SLOW = 0.1  # of a step that the linear kernel takes, since it begins where it should end


def linear_fit(pair: Pair, taught: NDArray[np.bool_], size: int) -> tuple[NDArray[np.float32], float]:
    """The linear kernel (size, size, 1, 4) and offset that best make the truth of an image, both less 1."""
    windows = sliding_window_view(np.pad(pair.image - 1, size // 2, mode="reflect"), (size, size))
    inputs = windows[taught].reshape(-1, size * size).astype(np.float64)
    ny, nx = taught.shape
    phases = (pair.truth - 1).reshape(ny, 2, nx, 2).transpose(0, 2, 1, 3)[taught].reshape(-1, 4)
    design = np.concatenate((inputs, np.ones((len(inputs), 1))), axis=1)
    normal = design.T @ design + _RIDGE * np.eye(size * size + 1)
    found = np.linalg.solve(normal, design.T @ phases)
    kernel = found[:-1].reshape(size, size, 1, 4)
    return symmetric(kernel, orbits(size, _SCALAR, _PHASES)).astype(np.float32), float(found[-1].mean())


class Convolution:
    """A convolution without padding, of a kernel that is symmetric whatever its free values are."""

    def __init__(self, size: int, inputs: Channels, outputs: Channels, scale: float) -> None:
        tf = tensorflow()
        self.shape = (size, size, inputs[1], outputs[1])
        self._outputs = outputs
        self._orbits = tf.constant(orbits(size, inputs, outputs))
        # times ORDER, for the mean of eight is so much smaller
        spread = scale * np.sqrt(2 * ORDER / (size * size * inputs[1]))
        self._free = tf.Variable(tf.random.normal((int(np.prod(self.shape)),), stddev=spread))
        n_free = outputs[1] // ORDER if outputs[0] == "regular" else 1
        self._bias = tf.Variable(tf.zeros(n_free))
        self.variables = [self._free, self._bias]

    @property
    def kernel(self) -> Any:
        """The symmetric kernel (size, size, n_in, n_out)."""
        tf = tensorflow()
        return tf.reshape(tf.reduce_mean(tf.gather(self._free, self._orbits), 0), self.shape)

    @property
    def bias(self) -> Any:
        """One value for all that the group moves into each other, (n_out,)."""
        n_copies = self._outputs[1] // self._bias.shape[0]
        return tensorflow().repeat(self._bias, n_copies)

    def __call__(self, x: Any) -> Any:
        """Return x convolved."""
        return tensorflow().nn.conv2d(x, self.kernel, 1, "VALID") + self.bias


class Student:
    """The compact network with variables to be learnt; see `compact.Compact` for what it computes."""

    def __init__(self, recipe: Recipe, kernel: NDArray[np.float32], offset: float) -> None:
        hidden: Channels = ("regular", recipe.channels)
        self.first = Convolution(recipe.first_px, _SCALAR, hidden, 1.0)
        self.hidden = [Convolution(3, hidden, hidden, 0.5) for _ in range(recipe.hidden)]
        self.last = Convolution(3, hidden, _PHASES, 0.02)
        self.linear = Convolution(recipe.linear_px, _SCALAR, _PHASES, 0.0)
        self._start = kernel, offset
        self.halo = max(recipe.first_px // 2 + recipe.hidden + 1, recipe.linear_px // 2)

    @property
    def variables(self) -> list[Any]:
        """What is learnt."""
        return [v for part in (self.first, *self.hidden, self.last, self.linear) for v in part.variables]

    def __call__(self, images: Any) -> Any:
        """Return images (n, y, x, 1) doubled, less the halo."""
        tf = tensorflow()
        centred = images - 1.0
        x = tf.nn.relu(self.first(_SHARPER * centred))
        for layer in self.hidden:
            x = tf.nn.relu(layer(x) + x[:, 1:-1, 1:-1])
        kernel, bias = self._linear()
        linear = tf.nn.conv2d(centred, kernel, 1, "VALID") + bias
        return tf.nn.depth_to_space(_alike(self.last(x), linear), 2) + 1.0

    def layers(self) -> tuple[Arrays, ...]:
        """Kernels and biases as they are now, in the order that `compact.Compact` takes."""
        first = (_SHARPER * self.first.kernel, self.first.bias)
        hidden = [(part.kernel + _unchanging(part.shape), part.bias) for part in self.hidden]
        last = (self.last.kernel, self.last.bias)
        parts: Sequence[tuple[Any, Any]] = [first, *hidden, last, self._linear()]
        return tuple((np.asarray(kernel, np.float32), np.asarray(bias, np.float32)) for kernel, bias in parts)

    def _linear(self) -> tuple[Any, Any]:
        kernel, offset = self._start
        return kernel + _SLOW * self.linear.kernel, offset + _SLOW * self.linear.bias


def _unchanging(shape: tuple[int, ...]) -> NDArray[np.float32]:
    """The kernel that leaves features as they are: a shortcut past a convolution, as part of it."""
    kernel = np.zeros(shape, np.float32)
    kernel[shape[0] // 2, shape[1] // 2] = np.eye(shape[2], dtype=np.float32)
    return kernel


def _alike(one: Any, other: Any) -> Any:
    """The sum of two batches about the same centre, cut to the smaller of them."""
    cut = (other.shape[1] - one.shape[1]) // 2
    if cut > 0:
        other = other[:, cut:-cut, cut:-cut]
    elif cut < 0:
        one = one[:, -cut:cut, -cut:cut]
    return one + other
