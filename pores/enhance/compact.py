"""The project's own network by numpy alone: nothing has to be started, and a process needs no more memory.

A first convolution of the native image, hidden ones, and a last one give the four phases of the doubled grid;
to them are added those of a single wide linear kernel. (Hidden layers were learnt beside a shortcut, now part
of their kernels: 1 in the middle.)
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from pores.enhance.topologies import Arrays, compact_halo, require_compact

Features = NDArray[np.float32]  # (features, pixels), an image's rows one after the other

# Products of matrices up to this size are always made by one thread, so that their bits are the same whatever
# the processes and threads are; and what they are made of stays in the processor's cache. Only layers some
# times wider than ours exceed it with the fewest pixels.
_PRODUCT = 4 * 65536
_FEWEST = 16  # pixels of a product
_CACHED = 65536
_SPARE = 1024  # pixels behind an image that may be read, though nothing comes of them


@dataclass(frozen=True, eq=False)
class Convolution:
    """A convolution without padding.

    Attributes
    ----------
    matrix : ndarray of float32, (outputs, side * side * inputs + 1)
        The kernel, and the bias as its last column.
    side, inputs : int
        Of the kernel.
    positive : bool
        Whether what is below 0 becomes 0.
    """

    matrix: Features
    side: int
    inputs: int
    positive: bool

    @classmethod
    def of(cls, arrays: Arrays, positive: bool) -> "Convolution":
        """Take kernel and bias as `Weights.layers` has them."""
        kernel, bias = (np.asarray(array, np.float32) for array in arrays)
        side, _, inputs, outputs = kernel.shape
        flat = kernel.reshape(-1, outputs)
        return cls(np.ascontiguousarray(np.vstack([flat, bias]).T), side, inputs, positive)

    @property
    def halo(self) -> int:
        """Pixels that an output pixel sees to either side."""
        return self.side // 2

    def __call__(self, x: Features, width: int, pixels: int) -> Features:
        """Features of `pixels` pixels, each at the top left of what it sees of an image of that width.

        Those to the right of where the kernel fits are of two rows, and of no use.
        """
        outputs, inner = self.matrix.shape
        columns = min(max(_PRODUCT // (outputs * inner) // _FEWEST, 1) * _FEWEST, _SPARE)
        together = max(_CACHED // (inner * columns), 1)
        parts = -(-pixels // columns)
        seen = _seen(x, (parts, columns), self.side, width)
        made = np.empty((outputs, x.shape[1]), np.float32)
        made[:, parts * columns :] = 0
        places = as_strided(made, (parts, outputs, columns), (4 * columns, made.strides[0], 4))
        taken = np.empty((together, inner, columns), np.float32)
        taken[:, -1] = 1
        for first in range(0, parts, together):
            some = seen[first : first + together]
            taken[: len(some), :-1].reshape(some.shape)[...] = some
            np.matmul(self.matrix, taken[: len(some)], out=places[first : first + together])
            if self.positive:
                done = made[:, first * columns : (first + len(some)) * columns]
                np.maximum(done, 0, out=done)
        return made


def _seen(x: Features, parts: tuple[int, int], side: int, width: int) -> Features:
    """What a kernel sees from pixels of an image, (part, row, column, input, pixel), as a view."""
    shape = (parts[0], side, side, len(x), parts[1])
    strides = (4 * parts[1], 4 * width, 4, x.strides[0], 4)
    return as_strided(x, shape, strides, writeable=False)


class Compact:
    """The network of some layers: images (n, y, x, 1) to doubled images, less the halo on every side.

    Parameters
    ----------
    layers : sequence of arrays
        The first convolution, hidden ones, the last and the linear one, kernel and bias each.

    Raises
    ------
    InputError
        If the layers aren't those of this topology; it says which.
    """

    def __init__(self, layers: Sequence[Arrays]) -> None:
        require_compact(layers)
        self.halo = compact_halo(layers)
        last = len(layers) - 2
        self._chain = [Convolution.of(arrays, i < last) for i, arrays in enumerate(layers[:-1])]
        self._linear = Convolution.of(layers[-1], False)

    def __call__(self, images: Features) -> Features:
        """Doubled images; see `pores.enhance.engine.Forward`."""
        n, rows, cols, _ = images.shape
        fine = np.empty((n, 2 * (rows - 2 * self.halo), 2 * (cols - 2 * self.halo), 1), np.float32)
        for image, doubled in zip(images[..., 0], fine[..., 0], strict=True):
            phases = self._phases(image)
            for phase in range(4):
                np.maximum(phases[phase], 0, out=doubled[phase // 2 :: 2, phase % 2 :: 2])
        return fine

    def _phases(self, image: Features) -> Features:
        """The four phases of a doubled image, (phase, y, x), before what is below 0 is cut."""
        rows, cols = image.shape
        centred = np.zeros((1, image.size + _SPARE + self.halo * 2), np.float32)
        np.subtract(image.ravel(), 1, out=centred[0, : image.size])
        x, left = centred, rows
        for layer in self._chain:
            left -= 2 * layer.halo
            x = layer(x, cols, left * cols)
        linear = self._linear(centred, cols, (rows - 2 * self._linear.halo) * cols)
        chain_halo = (rows - left) // 2
        phases: Features = self._inner(x, (left, cols), chain_halo)
        phases = phases + self._inner(linear, (rows - 2 * self._linear.halo, cols), self._linear.halo)
        phases += 1
        return phases

    def _inner(self, x: Features, shape: tuple[int, int], halo: int) -> Features:
        """Features of the pixels that have the network's whole halo, of a layer's that has a smaller one."""
        rows, cols = shape
        cut = self.halo - halo
        image = x[:, : rows * cols].reshape(-1, rows, cols)
        return image[:, cut : rows - cut, cut : cols - 2 * halo - cut]
