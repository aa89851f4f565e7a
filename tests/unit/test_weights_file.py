"""Files of weights: as Keras wrote them, as the project does, and what is no such file."""

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as trying
from hypothesis import strategies as st

from pores.enhance.weights import Weights
from pores.errors import InputError
from storage import weights_file
from storage.weights_file import blob_id, read_weights, write_weights
from storage.weights_known import KNOWN, PublishedWeights
from tests.unit.networks import compact_layers, published_layers, write_keras

LAYERS = published_layers(seed=4)
CARD = {"what": "random", "scores": '{"rms": 0.1}', "licence": "µ"}


def own(seed: int = 0, card: dict[str, str] = CARD) -> Weights:
    layers = tuple((kernel, bias) for kernel, bias in compact_layers(seed))
    return Weights("any", "compact", "intensity", layers, card)


def assert_same_layers(found, expected) -> None:
    assert [len(layer) for layer in found] == [len(layer) for layer in expected]
    for layer, other in zip(found, expected, strict=True):
        for array, values in zip(layer, other, strict=True):
            assert array.dtype == np.float32
            np.testing.assert_array_equal(array, values)


@pytest.mark.parametrize("kind", ["S", "O"])
@pytest.mark.parametrize("under", ["", "model_weights"])
def test_keras_files_are_read_in_the_order_of_the_model(tmp_path: Path, under: str, kind: str) -> None:
    path = write_keras(tmp_path / "w.hdf5", LAYERS, under, kind)
    with h5py.File(path) as file:
        assert (file[under] if under else file).attrs["layer_names"].dtype.kind == kind
        names = list(file[under] if under else file)
        assert names == sorted(names), "HDF5 itself gives them in another order"
        assert names.index("convolution2d_11") < names.index("convolution2d_3")
    found = read_weights(path)
    assert_same_layers(found.layers, LAYERS)
    assert (found.topology, found.quantity) == ("published", "intensity")
    assert found.name == blob_id(path.read_bytes())[:12]
    assert read_weights(path, "field").quantity == "field"


def test_what_is_known_by_its_content_has_its_name_and_quantity(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_keras(tmp_path / "w.hdf5", LAYERS)
    known = PublishedWeights("of-test", "x.hdf5", blob_id(path.read_bytes()), "field")
    monkeypatch.setitem(KNOWN, known.name, known)
    found = read_weights(path, "intensity")
    assert (found.name, found.quantity) == ("of-test", "field")


@given(st.binary(max_size=300))
@trying(max_examples=10)
def test_the_id_is_what_git_says(content: bytes) -> None:
    said = subprocess.run(["git", "hash-object", "--stdin"], input=content, capture_output=True, check=True)
    assert blob_id(content) == said.stdout.decode().strip()


def test_the_id_of_a_file_is_what_git_says(tmp_path: Path) -> None:
    path = write_keras(tmp_path / "w.hdf5", LAYERS)
    asked = ["git", "hash-object", "--no-filters", str(path)]
    said = subprocess.run(asked, capture_output=True, text=True, check=True)
    assert blob_id(path.read_bytes()) == said.stdout.strip()


def test_own_files_give_back_what_was_written(tmp_path: Path) -> None:
    path, weights = tmp_path / "own.h5", own()
    write_weights(path, weights)
    found = read_weights(path)
    assert_same_layers(found.layers, weights.layers)
    assert found.card == CARD
    assert (found.topology, found.quantity) == ("compact", "intensity")
    assert found.name == blob_id(path.read_bytes())[:12]


def test_the_order_of_more_than_ten_layers_is_kept(tmp_path: Path) -> None:
    layers = tuple(map(tuple, compact_layers(1, (5, *[3] * 11), channels=8)))
    write_weights(tmp_path / "own.h5", Weights("any", "compact", "intensity", layers))
    assert_same_layers(read_weights(tmp_path / "own.h5").layers, layers)


def test_the_projects_own_file_has_the_projects_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_weights(tmp_path / "own.h5", own())
    monkeypatch.setattr(weights_file, "OWN_WEIGHTS", blob_id((tmp_path / "own.h5").read_bytes()))
    assert read_weights(tmp_path / "own.h5").name == "porelake-x2"


def test_equal_weights_make_equal_files(tmp_path: Path) -> None:
    write_weights(tmp_path / "one.h5", own())
    time.sleep(1.1)  # HDF5 stamps seconds
    write_weights(tmp_path / "again.h5", own(card=dict(reversed(CARD.items()))))
    write_weights(tmp_path / "other.h5", own(seed=1))
    one, again, other = ((tmp_path / f"{name}.h5").read_bytes() for name in ("one", "again", "other"))
    assert one == again
    assert one != other


def _of_other_content(path: Path) -> None:
    with h5py.File(path, "w") as file:
        file["images/0"] = np.zeros((3, 4))


def _without_its_arrays(path: Path) -> None:
    write_keras(path, LAYERS)
    with h5py.File(path, "a") as file:
        del file["convolution2d_1"]


def _published(change: Callable[[list[list[np.ndarray]]], object]) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        layers = [list(layer) for layer in LAYERS]
        change(layers)
        write_keras(path, layers)

    return write


def _own_of(layers: list[list[np.ndarray]]) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        write_weights(path, Weights("any", "compact", "intensity", tuple(map(tuple, layers))))

    return write


def _own_without_card(path: Path) -> None:
    write_weights(path, own())
    with h5py.File(path, "a") as file:
        del file.attrs["card"]


def _truncated(path: Path) -> None:
    write_keras(path, LAYERS)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _of(content: bytes) -> Callable[[Path], None]:
    return lambda path: path.write_bytes(content) and None


LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 1826008\n"
_FITS = b"SIMPLE  =                    T" + b" " * 2850
WRONG: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (lambda path: None, "can't be read (No such file or directory)"),
    "a directory": (Path.mkdir, "can't be read (Is a directory)"),
    "empty": (_of(b""), "the file is empty"),
    "HTML": (_of(b"\n <!DOCTYPE html>\n<html>\n<title>Not found</title>"), "HTML"),
    "LFS": (_of(LFS), "a pointer of Git LFS"),
    "FITS": (_of(_FITS), "a FITS file"),
    "text": (_of(b"weights\nweights\n"), "not HDF5"),
    "truncated": (_truncated, "damaged HDF5"),
    "other HDF5": (_of_other_content, "HDF5 of another layout"),
    "without its arrays": (_without_its_arrays, "HDF5 of another layout"),
    "shape": (_published(lambda k: k[3].__setitem__(0, k[3][0][..., :9])), "layer 4 has arrays of shapes"),
    "one layer missing": (_published(lambda k: k.pop()), "24 layers with weights"),
    "own, no card": (_own_without_card, "HDF5 of another layout"),
    "own, no layers": (_own_of([]), "0 layers"),
    "own, one layer": (_own_of(compact_layers()[:1]), "1 layers"),
    "own, a layer missing": (_own_of([*compact_layers()[:1], *compact_layers(channels=8)[1:]]), "layer 2"),
    "own, a layer too few": (_own_of(compact_layers()[:-1]), "layer 3"),
    "own, even size": (_own_of(compact_layers(sizes=(4, 3, 3))), "layer 1"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_is_no_file_of_weights_is_told_in_one_line(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "wrong.hdf5"
    write, says = WRONG[kind]
    write(path)
    with pytest.raises(InputError) as told:
        read_weights(path)
    message = str(told.value)
    assert message.startswith(f"{path}: ")
    assert says in message
    assert "\n" not in message
