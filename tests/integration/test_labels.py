"""Label images come back as they were written."""

from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from pores.errors import InputError, PorelakeError
from storage.labels import LabelReader, read_labels, write_labels

T0 = np.datetime64("2011-02-15T02:00:00.000", "ms")
IMAGES = arrays(
    np.int32,
    array_shapes(min_dims=2, max_dims=2, max_side=20),
    elements=st.sampled_from([0, 0, 0, 1, 2, 255, 256, 70_000]),
)


@given(images=st.lists(IMAGES, max_size=4))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_round_trip(tmp_path: Path, images: list[np.ndarray]) -> None:
    path = tmp_path / "labels.h5"
    times = [T0 + np.timedelta64(720 * i, "s") for i in range(len(images))]
    write_labels(path, times, images)
    for t, image in zip(times, images, strict=True):
        back = read_labels(path, t)
        assert back.dtype == np.int32
        np.testing.assert_array_equal(back, image)


@given(pairs=st.lists(st.tuples(IMAGES, IMAGES), max_size=3))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_both_layers_come_back(tmp_path: Path, pairs: list[tuple[np.ndarray, np.ndarray]]) -> None:
    path = tmp_path / "labels.h5"
    times = [T0 + np.timedelta64(720 * i, "s") for i in range(len(pairs))]
    write_labels(path, times, [pores for pores, _ in pairs], [faint for _, faint in pairs])
    for t, (pores, faint) in zip(times, pairs, strict=True):
        np.testing.assert_array_equal(read_labels(path, t), pores)
        np.testing.assert_array_equal(read_labels(path, t, "faint"), faint)


def test_a_reader_goes_from_frame_to_frame_and_file_to_file(tmp_path: Path) -> None:
    times = [T0 + np.timedelta64(720 * i, "s") for i in range(4)]
    images = [np.full((2, 3), i, np.int32) for i in range(5, 9)]
    for name, some in (("a.h5", slice(0, 2)), ("b.h5", slice(2, 4))):
        write_labels(tmp_path / name, times[some], images[some], images[some][::-1])
    reader = LabelReader()
    for i, t in [*enumerate(times), (0, times[0])]:
        path, other = tmp_path / "ab"[i // 2], images[i ^ 1]
        np.testing.assert_array_equal(reader.runs(path.with_suffix(".h5"), t).image(), images[i])
        np.testing.assert_array_equal(reader.runs(path.with_suffix(".h5"), t, "faint").image(), other)
    with h5py.File(tmp_path / "b.h5", "r+") as file:
        del file["pores/runs"]
    for _ in range(2):
        with pytest.raises(PorelakeError, match=r"b\.h5"):
            reader.runs(tmp_path / "b.h5", times[2])
        np.testing.assert_array_equal(reader.runs(tmp_path / "a.h5", times[1]).image(), images[1])
        (tmp_path / "b.h5").write_bytes(b"no labels")


def test_files_with_an_image_for_each_frame_are_read(tmp_path: Path) -> None:
    path, times = tmp_path / "labels.h5", [T0, T0 + np.timedelta64(720, "s")]
    box = np.array([[1, 0, 2], [0, 0, 2]], np.uint8)
    with h5py.File(path, "w") as file:  # as they were written at first
        file["t_rec"] = np.array(times).astype(np.int64)
        for group, first in (("frames", (1, 2)), ("faint", (3, 0))):
            for i, data in enumerate((box, box[:0, :0])):
                file[f"{group}/{i}"] = data
                file[f"{group}/{i}"].attrs.update({"shape": (5, 6), "first": first})
    for layer, (y, x) in (("pores", (1, 2)), ("faint", (3, 0))):
        expected = np.zeros((5, 6), np.int32)
        expected[y : y + 2, x : x + 3] = box
        np.testing.assert_array_equal(read_labels(path, times[0], layer), expected)
        np.testing.assert_array_equal(read_labels(path, times[1], layer), np.zeros((5, 6)))
    with h5py.File(path, "a") as file:
        del file["faint"]  # as they were before there was a layer of them
    np.testing.assert_array_equal(read_labels(path, times[0], "faint"), np.zeros((5, 6)))
    assert read_labels(path, times[0]).max() == 2


def test_a_file_without_faint_features_has_none(tmp_path: Path) -> None:
    path, image = tmp_path / "labels.h5", np.array([[0, 0, 1], [0, 2, 2]], np.int32)
    write_labels(path, [T0], [image])
    with h5py.File(path) as file:
        assert set(file) == {"t_rec", "pores"}
    faint = read_labels(path, T0, "faint")
    assert (faint.shape, faint.dtype, faint.max()) == ((2, 3), np.int32, 0)
    np.testing.assert_array_equal(read_labels(path, T0), image)
    with pytest.raises(InputError, match="2011-02-15T02:12"):
        read_labels(path, T0 + np.timedelta64(12, "m"), "faint")


def test_layers_of_other_lengths_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="zip"):
        write_labels(tmp_path / "labels.h5", [T0], [np.zeros((3, 4), np.int32)], [])
    assert list(tmp_path.iterdir()) == []


def test_sparse_masks_take_little_room(tmp_path: Path) -> None:
    image = np.zeros((754, 1488), np.int32)
    image[300:330, 700:740] = 1
    image[400:420, 900:950] = 2
    write_labels(tmp_path / "labels.h5", [T0], [image])
    assert (tmp_path / "labels.h5").stat().st_size < 10_000


def test_unknown_frame_is_named(tmp_path: Path) -> None:
    write_labels(tmp_path / "labels.h5", [T0], [np.ones((3, 4), np.int32)])
    with pytest.raises(InputError, match="2011-02-15T02:12"):
        read_labels(tmp_path / "labels.h5", T0 + np.timedelta64(12, "m"))


def test_nothing_is_left_of_a_write_that_fails(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="negative label"):
        write_labels(tmp_path / "labels.h5", [T0], [np.full((3, 4), -1, np.int32)])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("of", ["t_rec", "pores/shape", "pores/first", "pores/runs"])
def test_flipped_bit_is_noticed(tmp_path: Path, of: str) -> None:
    path = tmp_path / "labels.h5"
    image = np.random.default_rng(1).integers(0, 200, (200, 300)).astype(np.int32)
    write_labels(path, [T0], [image])
    with h5py.File(path) as file:
        chunk = file[of].id.get_chunk_info(0)
    content = bytearray(path.read_bytes())
    content[chunk.byte_offset + (chunk.size - 4) // 2] ^= 1  # its last four bytes are the checksum
    path.write_bytes(content)
    with pytest.raises(PorelakeError, match=r"labels\.h5: labels .* can't be read; remove it and run again"):
        LabelReader().runs(path, T0)
