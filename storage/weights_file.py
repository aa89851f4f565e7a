"""Files of network weights: Keras's HDF5 of old, which the published ones are, and the project's own."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from pores.enhance.topologies import Arrays, require_compact, require_published
from pores.enhance.weights import OWN_NAME, Quantity, Weights
from pores.errors import InputError
from pores.parameters import OWN_WEIGHTS
from storage.lake import atomic
from storage.weights_known import KNOWN

_COMPACT = "porelake x2 network 1"  # attribute `format` of the project's own files


def blob_id(content: bytes) -> str:
    """The id that git gives a file of this content: SHA-1 of a header with its length, and of it."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def read_weights(path: Path, quantity: Quantity | None = None) -> Weights:
    """Read weights from a file, which says by its layout which network they are of.

    Parameters
    ----------
    path : Path
        HDF5 file, as Keras 1 and 2 wrote it for the published topology, or as `write_weights` did.
    quantity : str, optional
        What a network that isn't known by its content doubles; default: what the file says, or intensity.

    Raises
    ------
    InputError
        If it is something else; the message says what.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: can't be read ({error.strerror})") from error
    blob = blob_id(content)
    known = next((one for one in KNOWN.values() if one.blob == blob), None)
    try:
        with h5py.File(path, "r") as file:
            own = file.attrs.get("format") == _COMPACT
            layers = tuple(_own_layers(file) if own else _keras_layers(file))
            card = json.loads(file.attrs["card"]) if own else {}
    except (OSError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise InputError(f"{path}: no weights of a network ({_what(content, error)})") from error
    try:
        (require_compact if own else require_published)(layers)
    except InputError as error:
        topology = "compact" if own else "published"
        raise InputError(f"{path}: weights of another network than the {topology} one: {error}") from error
    if not all(np.isfinite(array).all() for layer in layers for array in layer):
        raise InputError(f"{path}: weights that are not finite")
    if own:
        return Weights(OWN_NAME if blob == OWN_WEIGHTS else blob[:12], "compact", "intensity", layers, card)
    name = known.name if known else blob[:12]
    return Weights(name, "published", (known.quantity if known else quantity) or "intensity", layers)


def write_weights(path: Path, weights: Weights) -> None:
    """Write weights of the project's own topology, with their card; the same weights make the same file."""
    with atomic(path) as partial, h5py.File(partial, "w", track_order=False) as file:
        file.attrs["format"] = _COMPACT
        file.attrs["card"] = json.dumps(weights.card, indent=1, sort_keys=True)
        for number, layer in enumerate(weights.layers):
            for name, array in zip(("kernel", "bias"), layer, strict=True):
                values = np.asarray(array, np.float32)
                file.create_dataset(f"{number:02d}/{name}", data=values, track_times=False)


def _own_layers(file: h5py.File) -> Iterator[Arrays]:
    for number in sorted(file):
        yield np.asarray(file[number]["kernel"], np.float32), np.asarray(file[number]["bias"], np.float32)


def _keras_layers(file: h5py.File) -> Iterator[Arrays]:
    """Layers with weights in the order of the model, as `layer_names` and `weight_names` give it."""
    group = file.get("model_weights", file)
    for layer in _names(group, "layer_names"):
        arrays = [np.asarray(group[layer][name], np.float32) for name in _names(group[layer], "weight_names")]
        if arrays:
            yield arrays


def _names(group: Any, attribute: str) -> list[str]:
    return [name.decode() if isinstance(name, bytes) else str(name) for name in group.attrs[attribute]]


def _what(content: bytes, error: Exception) -> str:
    """What a file is that isn't weights, as far as its first bytes tell."""
    if not content:
        return "the file is empty"
    if content.startswith(b"\x89HDF"):
        what = "damaged HDF5" if isinstance(error, OSError) else "HDF5 of another layout"
        return f"{what}: {' '.join(str(error).split())}"
    if content.startswith(b"SIMPLE  ="):
        return "a FITS file"
    if content.startswith(b"version https://git-lfs"):
        return "a pointer of Git LFS: fetch the file itself"
    return "HTML" if content.lstrip()[:1] == b"<" else "not HDF5"
