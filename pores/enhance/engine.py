"""TensorFlow, started quietly and once; only modules of this package import it."""

import os
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pores.errors import InputError

Batch = NDArray[np.float32]
Forward = Callable[[Batch], Batch]


def tensorflow() -> Any:
    """The module `tensorflow`, started with its own idea of threads unless `start` was called before."""
    return start(None)


def start(threads: int | None) -> Any:
    """Import and start TensorFlow, once in a process; `threads` count only the first time.

    Raises
    ------
    InputError
        If it isn't installed.
    """
    with _starting:
        if not _started:
            _started.append(_start(threads))
    return _started[0]


_started: list[Any] = []
_starting = threading.Lock()  # two at a time would each take the other's standard error for the true one


def _start(threads: int | None) -> Any:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with _without_banner(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its own dependencies, at import
        try:
            import tensorflow as tf
        except ModuleNotFoundError as error:
            raise InputError(
                f"this needs {error.name}: install porelake[tensorflow]; porelake's own network does without"
            ) from error
        if threads:
            tf.config.threading.set_intra_op_parallelism_threads(threads)
            tf.config.threading.set_inter_op_parallelism_threads(1)
        for gpu in tf.config.list_physical_devices("GPU"):
            tf.config.experimental.set_memory_growth(gpu, True)  # else one process takes all of it
        tf.zeros(1)  # starts what says something at its start
    return tf


def compiled(model: Any) -> Forward:
    """A Keras model of images (n, y, x, 1) as a compiled function of arrays, traced once for all sizes."""
    tf = tensorflow()
    anything = [tf.TensorSpec((None, None, None, 1), tf.float32)]
    traced = tf.function(lambda images: model(images, training=False), input_signature=anything)

    def forward(images: Batch) -> Batch:
        result: Batch = traced(tf.constant(images, tf.float32)).numpy()
        return result

    return forward


@contextmanager
def _without_banner() -> Iterator[None]:
    """Keep what the library's C++ code says at its start from standard error; exceptions pass."""
    sys.stderr.flush()
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
