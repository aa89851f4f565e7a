"""Cubes: lossless, append-only, never worse for a file that is bad or a process that dies."""

import multiprocessing
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import hdf5plugin
import numpy as np
import pytest

from pores.errors import InputError, PorelakeError, Reason
from storage import cube_append, cube_chunks, cube_log
from storage.archive import SourceFile
from storage.cube_chunks import PackedImage, put
from storage.cube_log import Shape, is_clean
from storage.cube_writer import exclusive
from storage.cubes import Appended, Cube, append
from storage.fits_files import FileName, SegmentImage, read_segment

SERIES, HARP = "hmi.sharp_cea_720s", 377
T0 = np.datetime64("2011-02-15T02:00:00.000", "ms")
STEP = np.timedelta64(12, "m")
MakeFile = Callable[..., SourceFile]


def pixels(seed: int, shape: tuple[int, int] = (40, 60)) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 20_000, shape).astype(np.int32)


@pytest.fixture(scope="session")
def make_file(fits_bytes: Callable[..., bytes]) -> MakeFile:
    """A SHARP file in memory: `make_file(frame, segment, image, content=None, mtime=1, harpnum=377)`."""

    def make(
        frame: int = 0, segment: str = "Br", image: np.ndarray | None = None, content: bytes | None = None,
        mtime: int = 1, harpnum: int = HARP,
    ) -> SourceFile:  # fmt: skip
        name = FileName(SERIES, harpnum, T0 + frame * STEP, segment)
        if content is None:
            cards = [
                ("HARPNUM", harpnum),
                ("QUALITY", frame),
                ("SEGMENT", segment),
                ("MAIN", 1.5 if segment == "Br" else "x"),
            ]
            content = fits_bytes(pixels(frame) if image is None else image, cards)
        return SourceFile(name, f"memory/{name}", len(content), mtime, _Held(content))

    return make


class _Held:
    """Reads content from memory, and counts."""

    def __init__(self, content: bytes) -> None:
        self.content, self.reads = content, 0

    def __call__(self) -> bytes:
        self.reads += 1
        return self.content


def stored_all(path: Path) -> dict[tuple[int, str], np.ndarray]:
    with Cube(path) as cube:
        return {(int((t - T0) / STEP), s): cube.stored(t, s) for t in cube.t_rec for s in cube.segments(t)}


# --- what goes in comes out


def test_round_trip(tmp_path: Path, make_file: MakeFile) -> None:
    files = [
        make_file(i, s, pixels(10 * i + j))
        for i in (2, 0, 1)
        for j, s in enumerate(("Br", "continuum", "odd_one"))
    ]
    assert append(tmp_path / "377.h5", files) == Appended(9, 0, ())
    with Cube(tmp_path / "377.h5") as cube:
        assert (cube.series, cube.harpnum) == (SERIES, HARP)
        assert cube.t_rec.tolist() == [(T0 + i * STEP).item() for i in range(3)]
        for file in files:
            image = read_segment(file.name, file.read())
            t, segment = file.name.t_rec, file.name.segment
            stored = cube.stored(t, segment)
            assert stored.dtype == image.stored.dtype
            np.testing.assert_array_equal(stored, image.stored)
            assert cube.cards(t, segment) == image.header
            np.testing.assert_array_equal(cube.frame(t).segments[segment], image.physical())
        assert cube.damaged() == []


def test_any_hdf5_program_finds_the_integers(tmp_path: Path, make_file: MakeFile) -> None:
    append(tmp_path / "377.h5", [make_file(0), make_file(1)])
    with h5py.File(tmp_path / "377.h5") as file:
        images = file["segments/Br/int32_40x60"]
        assert images.chunks == (1, 40, 60)
        assert images.fletcher32
        np.testing.assert_array_equal(images[1], pixels(1))


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (3, 7), (40, 60)])
@pytest.mark.parametrize("segment", ["Br", "continuum"])
def test_chunks_are_those_that_hdf5_makes(tmp_path: Path, segment: str, shape: tuple[int, int]) -> None:
    """Also where compression is of no use."""
    kind, name = Shape(segment, "int32", *shape), FileName(SERIES, HARP, T0, segment)
    noise = np.random.default_rng(3).integers(-(2**31), 2**31, shape).astype(np.int32)
    images = [pixels(1, shape), noise, np.zeros(shape, np.int32)]
    with (
        h5py.File(tmp_path / "a.h5", "w", libver="latest") as plain,
        h5py.File(tmp_path / "b.h5", "w") as ours,
    ):
        for file in (plain, ours):
            cube_log.add_images(file, kind)
        written = plain[kind.path]
        written.resize(len(images), axis=0)
        written[:] = np.stack(images)
        chunks = [PackedImage.of(SegmentImage(name, image, 1.0, 0.0, None, b"")).image for image in images]
        put(ours[kind.path], kind, chunks[:1])
        put(ours[kind.path], kind, chunks[1:])
        for row, image in enumerate(images):
            place = (row, 0, 0)
            made = written.id.read_direct_chunk(place)
            assert made == (chunks[row].left_out, chunks[row].content)
            assert ours[kind.path].id.read_direct_chunk(place) == made
            np.testing.assert_array_equal(ours[kind.path][row], image)


@pytest.mark.parametrize(
    "filters",
    [hdf5plugin.Bitshuffle(nelems=4096, cname="zstd", clevel=9), {"compression": "gzip", "shuffle": True}],
    ids=["as it was", "gzip"],
)
def test_a_cube_with_other_filters_is_read_and_goes_on(
    tmp_path: Path, make_file: MakeFile, monkeypatch: pytest.MonkeyPatch, filters: Mapping[str, Any]
) -> None:
    path = tmp_path / "377.h5"
    with monkeypatch.context() as earlier:
        earlier.setattr(cube_log, "filters", lambda _: {"fletcher32": True, **filters})
        cube_chunks._bench.cache_clear()
        append(path, [make_file(0)])
    cube_chunks._bench.cache_clear()
    append(path, [make_file(1), make_file(2, "continuum")])
    found = stored_all(path)
    assert set(found) == {(0, "Br"), (1, "Br"), (2, "continuum")}
    for (frame, _), image in found.items():
        np.testing.assert_array_equal(image, pixels(frame))


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (3, 7), (1100, 1000)])
def test_images_of_any_size_come_back(tmp_path: Path, make_file: MakeFile, shape: tuple[int, int]) -> None:
    append(tmp_path / "377.h5", [make_file(0, name, pixels(3, shape)) for name in ("Br", "continuum")])
    for image in stored_all(tmp_path / "377.h5").values():
        np.testing.assert_array_equal(image, pixels(3, shape))


def test_frame(tmp_path: Path, make_file: MakeFile) -> None:
    files = [make_file(0, "Br"), make_file(0, "continuum"), make_file(0, "Bt", content=b"")]
    append(tmp_path / "377.h5", files)
    with Cube(tmp_path / "377.h5") as cube:
        frame = cube.frame(T0)
        assert (frame.harpnum, frame.t_rec) == (HARP, T0)
        assert set(frame.segments) == {"Br", "continuum"}
        assert frame.problems["Bt"].reason == Reason.UNREADABLE_FILE
        assert frame.problems["Bt"].detail == f"{files[2].name}: empty file (0 bytes)"
        assert frame.headers["Br"]["SEGMENT"] == "Br"
        assert frame.keywords["SEGMENT"] == "continuum"
        assert frame.keywords["QUALITY"] == 0
        assert "NAXIS1" not in frame.keywords
        only = cube.frame(T0, ("Br",))
        assert set(only.segments) == {"Br"}
        assert only.keywords == frame.keywords


def test_unknown_frames_and_segments_are_named(tmp_path: Path, make_file: MakeFile) -> None:
    append(tmp_path / "377.h5", [make_file(0), make_file(0, "Bt", content=b"")])
    with Cube(tmp_path / "377.h5") as cube:
        with pytest.raises(InputError, match="no frame at T_REC 2011-02-15T02:12"):
            cube.frame(T0 + STEP)
        with pytest.raises(InputError, match="no segment Bp"):
            cube.stored(T0, "Bp")
        with pytest.raises(InputError, match="empty file"):
            cube.stored(T0, "Bt")
    with pytest.raises(InputError, match=r"378\.h5"):
        Cube(tmp_path / "378.h5")


# --- again


def test_second_time_nothing_is_read_or_written(tmp_path: Path, make_file: MakeFile) -> None:
    path, files = tmp_path / "377.h5", [make_file(0), make_file(1), make_file(1, "Bt", content=b"")]
    append(path, files)
    before, reads = (path.read_bytes(), path.stat().st_mtime_ns), [file.read.reads for file in files]
    assert append(path, files) == Appended(0, 3, ())
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    assert [file.read.reads for file in files] == reads
    copied = make_file(0, content=files[0].read(), mtime=2)  # made anew, its checksum would tell the second
    assert append(path, [copied]) == Appended(0, 1, ()), "same content, copied"
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before


def test_a_reprocessed_image_takes_the_place(tmp_path: Path, make_file: MakeFile) -> None:
    path = tmp_path / "377.h5"
    append(path, [make_file(0), make_file(1)])
    with Cube(path) as cube:
        keys = [cube.frame_key(t) for t in cube.t_rec]
    new = pixels(99)
    assert append(path, [make_file(1, image=new, mtime=2)]).added == 1
    np.testing.assert_array_equal(stored_all(path)[1, "Br"], new)
    with Cube(path) as cube:
        assert cube.frame_key(T0) == keys[0]
        assert cube.frame_key(T0 + STEP) != keys[1]
    assert append(path, [make_file(0), make_file(1)]) == Appended(0, 2, ()), "the old files are known"
    np.testing.assert_array_equal(stored_all(path)[1, "Br"], new)


def test_a_bad_file_displaces_nothing(tmp_path: Path, make_file: MakeFile) -> None:
    path = tmp_path / "377.h5"
    append(path, [make_file(0)])
    with Cube(path) as cube:
        key = cube.frame_key(T0)
    (line,) = append(path, [make_file(0, content=b"SIMPLE", mtime=2)]).unusable
    assert "377.20110215_020000_TAI.Br.fits: " in line
    with Cube(path) as cube:
        assert cube.frame(T0).problems == {}
        np.testing.assert_array_equal(cube.stored(T0, "Br"), pixels(0))
        assert cube.frame_key(T0) == key


def test_a_good_file_mends_a_bad_one(
    tmp_path: Path, make_file: MakeFile, fits_bytes: Callable[..., bytes]
) -> None:
    path = tmp_path / "377.h5"
    append(path, [make_file(0, content=fits_bytes(pixels(0), [("HARPNUM", 1)]))])
    with Cube(path) as cube:
        assert cube.frame(T0).problems["Br"].reason == Reason.HEADER_MISMATCH
        key = cube.frame_key(T0)
    append(path, [make_file(0, mtime=2)])
    with Cube(path) as cube:
        assert cube.frame(T0).problems == {}
        assert cube.frame_key(T0) != key


def test_images_of_another_size_or_type(tmp_path: Path, make_file: MakeFile) -> None:
    path = tmp_path / "377.h5"
    append(path, [make_file(0), make_file(0, "bitmap", pixels(0).astype(np.int16))])
    wider, bytes_ = pixels(5, (40, 61)), (pixels(6) % 100).astype(np.uint8)
    append(path, [make_file(1, image=wider), make_file(1, "bitmap", bytes_), make_file(2)])
    found = stored_all(path)
    np.testing.assert_array_equal(found[0, "Br"], pixels(0))
    np.testing.assert_array_equal(found[1, "Br"], wider)
    np.testing.assert_array_equal(found[2, "Br"], pixels(2))
    assert found[1, "bitmap"].dtype == np.uint8
    np.testing.assert_array_equal(found[1, "bitmap"], bytes_)


def test_files_of_another_harp_are_refused(tmp_path: Path, make_file: MakeFile) -> None:
    append(tmp_path / "377.h5", [make_file(0)])
    with pytest.raises(InputError, match=r"378\.2011"):
        append(tmp_path / "377.h5", [make_file(1, harpnum=378)])


# --- several processes, and deaths


def test_two_writers_at_once_are_refused(tmp_path: Path, make_file: MakeFile) -> None:
    path = tmp_path / "377.h5"
    append(path, [make_file(0)])
    with exclusive(path), pytest.raises(PorelakeError, match="another process"):
        append(path, [make_file(1)])
    assert append(path, [make_file(1)]).added == 1


def test_reading_while_writing(tmp_path: Path, make_file: MakeFile) -> None:
    path = tmp_path / "377.h5"
    append(path, [make_file(0)])
    old = Cube(path)

    def watched(frame: int) -> SourceFile:
        file = make_file(frame)

        def read() -> bytes:
            seen = stored_all(path)
            assert len(seen) >= 16 * ((frame - 1) // 16)
            for (i, _), image in seen.items():
                np.testing.assert_array_equal(image, pixels(i))
            return file.read()

        return replace(file, read=read)

    append(path, [watched(frame) for frame in range(1, 40)])
    np.testing.assert_array_equal(old.stored(T0, "Br"), pixels(0))
    assert len(old.t_rec) == 1, "what it shows is what was there when it was opened"
    assert len(stored_all(path)) == 40


def _append_slowly(path: Path, contents: list[tuple[FileName, bytes]]) -> None:
    cube_append.BATCH = 3  # many commits to be killed in
    append(path, [SourceFile(name, "", len(content), 1, _slow(content)) for name, content in contents])


def _slow(content: bytes) -> Callable[[], bytes]:
    """What reads as a slow disk does, so that there is time to be killed in."""

    def read() -> bytes:
        time.sleep(0.005)
        return content

    return read


def test_killed_at_any_moment(tmp_path: Path, make_file: MakeFile) -> None:
    """SIGKILL again and again: what was there stays, all is readable, and in the end everything is there."""
    path = tmp_path / "377.h5"
    files = [make_file(i, s, pixels(i, (200, 300 + i // 9))) for i in range(14) for s in ("Br", "continuum")]
    contents = [(file.name, file.read()) for file in files]
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["storage.cubes", __name__])
    random, kills, there = np.random.default_rng(7), 0, 0
    for _ in range(200):
        process = context.Process(target=_append_slowly, args=(path, contents))
        process.start()
        while process.is_alive() and not (path.exists() and len(stored_all(path)) > there):
            time.sleep(0.002)
        time.sleep(random.uniform(0, 0.015))
        process.kill()
        process.join()
        kills += process.exitcode != 0
        found = stored_all(path)
        assert len(found) >= there
        there = len(found)
        for (frame, _), image in found.items():
            np.testing.assert_array_equal(image, pixels(frame, (200, 300 + frame // 9)))
        if process.exitcode == 0:
            break
    assert there == len(files)
    assert kills >= 2
    assert is_clean(path)
    assert {entry.name for entry in tmp_path.iterdir()} == {"377.h5", ".377.h5.lock"}


def test_an_unfinished_row_does_not_count(tmp_path: Path, make_file: MakeFile) -> None:
    path = tmp_path / "377.h5"
    append(path, [make_file(0), make_file(1)])
    with h5py.File(path, "r+", libver="latest") as file:
        row = file["entries"][1]
        row["row"] = 0
        file["entries"][1] = row
    assert set(stored_all(path)) == {(0, "Br")}
    assert append(path, [make_file(1)]).added == 1
    np.testing.assert_array_equal(stored_all(path)[1, "Br"], pixels(1))


def test_a_damaged_image_is_noticed(tmp_path: Path, make_file: MakeFile) -> None:
    path = tmp_path / "377.h5"
    append(path, [make_file(0), make_file(1)])
    with h5py.File(path) as file:
        where = file["segments/Br/int32_40x60"].id.get_chunk_info(1).byte_offset
    content = bytearray(path.read_bytes())
    content[where + 100] ^= 1
    path.write_bytes(content)
    with Cube(path) as cube:
        (line,) = cube.damaged()
        assert "HARP 377 2011-02-15T02:12:00.000 Br" in line
        with pytest.raises(PorelakeError, match=r"377\.h5"):
            cube.frame(T0 + STEP)


def test_what_is_no_cube_is_named(tmp_path: Path, make_file: MakeFile) -> None:
    path = tmp_path / "377.h5"
    with h5py.File(path, "w", libver="latest") as file:
        file["x"] = 1
    for content in (path.read_bytes(), b"", b"no HDF5"):
        path.write_bytes(content)
        with pytest.raises(PorelakeError, match=r"377\.h5"):
            Cube(path)
        with pytest.raises(PorelakeError, match=r"377\.h5"):
            append(path, [make_file(0)])
        assert path.read_bytes() == content
