"""Cubes and the archive's versions: what is made anew displaces, and nothing is stored twice."""

from collections.abc import Callable
from dataclasses import replace
from itertools import permutations, product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pores.chain import prepare_frame
from pores.errors import PorelakeError, Reason
from pores.parameters import PrepareParameters
from storage import cube_log
from storage.archive import SourceFile
from storage.cube_known import Absence
from storage.cube_standing import Standing
from storage.cubes import Appended, Cube, append
from storage.fits_cards import as_cards, keywords, with_cards
from storage.fits_files import FileName

T = np.datetime64("2011-02-15T02:00:00", "ms")
SEGMENTS = ("continuum", "Br", "Bp", "Bt")
MakeFile = Callable[..., SourceFile]


def name(segment: str = "Br") -> FileName:
    return FileName("hmi.sharp_cea_720s", 377, T, segment)


@pytest.fixture
def make(fits_bytes: Callable[..., bytes]) -> MakeFile:
    """`make(seed, version, segment, content=None, **cards)`."""
    made: dict[Any, bytes] = {}  # a file made anew has a checksum of its own: the time is in it

    def one(
        seed: int, version: str = "", segment: str = "Br", content: bytes | None = None, **cards: Any
    ) -> SourceFile:
        key = seed, segment, tuple(cards.items())
        if key not in made:
            image = np.random.default_rng(seed).normal(0, 20_000, (20, 30)).astype(np.int32)
            made[key] = fits_bytes(image, [("HARPNUM", 377), *cards.items()])
        held = made[key] if content is None else content
        return SourceFile(name(segment), "memory", len(held), seed, lambda: held, version)

    return one


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "377.h5"


def log(path: Path) -> np.ndarray:
    with cube_log.reading(path) as file:
        return cube_log.entries(file)


def n_images(path: Path) -> int:
    with cube_log.reading(path) as file:
        return sum(len(images) for group in file["segments"].values() for images in group.values())


def standing(path: Path, segment: str = "Br") -> Standing:
    return Cube(path).standings()[cube_log.milliseconds(T), segment]


def test_displacement() -> None:
    """All pairs of versions and states against the rule written another way."""
    states = [Standing(version, reason) for version, reason in product(("", "1/16", "2/16"), ("", "bad"))]
    for new, old in product(states, states):
        remade = new.version not in ("", old.version)
        worse = new.reason != "" and old.reason == ""
        assert new.displaces(old) == (remade or not worse), (new, old)


def test_a_new_version_displaces_whatever_it_is(path: Path, make: MakeFile) -> None:
    append(path, [make(1, "1/16")])
    append(path, [make(2, "2/16", content=b"")])
    assert standing(path) == Standing("2/16", "unreadable file")
    assert Cube(path).frame(T).problems["Br"].reason == Reason.UNREADABLE_FILE
    assert Cube(path).segments(T) == []
    append(path, [make(3, "2/16")])
    assert standing(path) == Standing("2/16", "")
    append(path, [make(2, "2/16", content=b"SIMPLE")])
    assert standing(path) == Standing("2/16", ""), "a problem of the same version displaces no image"


def test_a_directory_displaces_as_ever(path: Path, make: MakeFile) -> None:
    append(path, [make(1, "1/16")])
    append(path, [make(2, content=b"")])
    assert standing(path) == Standing("1/16", "")
    append(path, [make(3)])
    assert standing(path) == Standing("", "")


def test_a_content_under_a_new_version_is_stored_once(path: Path, make: MakeFile) -> None:
    append(path, [make(1), make(2, "1/16", "Bp")])
    key, image, cards = Cube(path).frame_key(T), Cube(path).stored(T, "Br"), Cube(path).cards(T, "Br")
    for version in ("1/16", "2/16"):
        assert append(path, [make(1, version)]) == Appended(1, 0, ())
        assert append(path, [make(1, version)]) == Appended(0, 1, ())
        assert standing(path) == Standing(version, "")
    assert append(path, [make(1)]).added == 0, "from a directory it is known"
    assert (len(log(path)), n_images(path)) == (4, 2)
    assert Cube(path).frame_key(T) == key, "a version is no content"
    np.testing.assert_array_equal(Cube(path).stored(T, "Br"), image)
    assert Cube(path).cards(T, "Br") == cards


def test_damage_before_the_image_is_no_other_content(path: Path, make: MakeFile) -> None:
    whole = make(1).read()
    cards = [
        "SIMPLE  =                    T",
        "BITPIX  =                    8",
        "NAXIS   =                    0",
    ]
    primary = "".join(f"{card:<80}" for card in [*cards, "COMMENT as JSOC writes it", "END"])
    file = make(1, content=primary.ljust(2880).encode() + whole[whole.index(b"XTENSION") :])
    append(path, [file])
    content = file.read().replace(b"JSOC", b"JSOD", 1)
    assert append(path, [make(1, "1/16", content=content)]).added == 1
    assert (n_images(path), standing(path)) == (1, Standing("1/16", ""))


def test_an_earlier_content_that_comes_back_is_stored_once(path: Path, make: MakeFile) -> None:
    for seed, version in ((1, "1/16"), (2, "2/16"), (1, "3/16")):
        append(path, [make(seed, version)])
    assert n_images(path) == 2
    image = np.random.default_rng(1).normal(0, 20_000, (20, 30)).astype(np.int32)
    np.testing.assert_array_equal(Cube(path).stored(T, "Br"), image)


def test_versions_survive_a_rebuild(path: Path, make: MakeFile, fits_bytes: Callable[..., bytes]) -> None:
    append(path, [make(1, "1/16"), *_bare("1/16")])
    append(path, [make(1, "2/16")])
    wide = fits_bytes(np.ones((5, 9), np.int32))
    append(path, [make(3, "1/16", "bitmap", content=wide)])
    assert standing(path) == Standing("2/16", "")
    assert Cube(path).damaged() == []
    assert Cube(path).frame(T).keywords["QUALITY"] == 2**30


def _bare(version: str, segments: tuple[str, ...] = ("continuum", "Bp", "Bt")) -> list[Absence]:
    header = as_cards({"QUALITY": 2**30, "CRLT_OBS": -6.5, "T_OBS": "2011.02.15_02:00:01_TAI"})
    return [
        Absence(name(segment), version, Reason.MISSING_SEGMENT, "the archive has no file of it", header)
        for segment in segments
    ]


def test_a_record_without_files(path: Path) -> None:
    assert append(path, _bare("1/16", SEGMENTS)).added == 4
    assert append(path, _bare("1/16", SEGMENTS)) == Appended(0, 4, ())
    with cube_log.reading(path) as file:
        assert len(file["headers"]) == 1, "the keywords are stored once"
    cube = Cube(path)
    frame = cube.frame(T)
    assert (frame.segments, frame.headers, set(frame.problems)) == ({}, {}, set(SEGMENTS))
    row = prepare_frame(frame, PrepareParameters())
    assert (row["usable"], row["reason"], row["crlt_obs"]) == (False, "bad quality", -6.5)
    assert row["missing_segments"] == list(SEGMENTS)
    assert str(row["t_obs"]) == "2011-02-15T02:00:00.000" or str(row["t_obs"]).startswith("2011-02-15T01:59")
    assert cube.damaged() == []


def test_files_that_come_at_last(path: Path, make: MakeFile) -> None:
    append(path, _bare("1/16", SEGMENTS))
    append(path, [make(i, "1/16", segment) for i, segment in enumerate(SEGMENTS)])
    assert set(Cube(path).segments(T)) == set(SEGMENTS)
    assert append(path, _bare("1/16", SEGMENTS)) == Appended(0, 4, ()), "an image is there"


def test_a_lost_segment(path: Path, make: MakeFile) -> None:
    append(path, [make(1, "1/16"), make(2, "1/16", "continuum")])
    append(path, [Absence(name(), "2/16", Reason.MISSING_SEGMENT, "gone")])
    assert Cube(path).segments(T) == ["continuum"]
    assert Cube(path).frame(T).problems["Br"].detail == f"{name()}: gone"


def test_what_is_handed_back_is_not_recorded(path: Path, make: MakeFile) -> None:
    files = [make(1, "1/16"), make(2, "1/16", "Bp", content=b"no FITS")]
    result = append(path, files, hand_back=True)
    assert (result.added, result.unusable, [one.name for one in result.refused]) == (1, (), [name("Bp")])
    assert len(log(path)) == 1
    assert append(path, files).unusable != ()


def test_a_header_that_names_the_record_in_use(path: Path, make: MakeFile) -> None:
    append(path, [make(1, "7/16", RECNUM=7)])
    again = make(1, "8/16", RECNUM=7)
    result = append(path, [again], hand_back=True)
    assert ([one.file for one in result.doubted], result.added) == ([again], 0)
    assert standing(path) == Standing("7/16", "")
    assert append(path, [again]).added == 1, "believed"
    assert standing(path) == Standing("8/16", "")
    assert append(path, [make(2, "9/16", RECNUM=8)], hand_back=True).added == 1, "another content"


def test_keywords_join_the_header(path: Path, make: MakeFile) -> None:
    long = "It's " + "long " * 40 + "'' end"
    joined = {"QUALITY": -(2**31), "CRLN_OBS": 1 / 3, "NOTE": long, "HARPNUM": 378, "DATAMIN[3]": 1.0}
    odd = {
        "BSCALE": 7.0,
        "T_OBS": None,
        "DATE__OBS": "2011",
        "TOOLONGNAME": 1,
        "TRUE": True,
        "SMALL": -1.2345678901234567e-300,
    }
    file = replace(make(1, "1/16"), keywords=joined | odd)
    append(path, [file])
    found = Cube(path).frame(T).keywords
    assert (found["QUALITY"], found["CRLN_OBS"], found["NOTE"]) == (2**31, 1 / 3, long)
    assert found["HARPNUM"] == 377, "the file's own cards win"
    assert (found["DATE-OBS"], found["T_OBS"], found["TRUE"]) == ("2011", None, True)
    assert found["SMALL"] == odd["SMALL"]
    assert not {"DATAMIN[3]", "BSCALE", "TOOLONGNAME"} & set(found)
    plain = make(1, "1/16")
    np.testing.assert_array_equal(Cube(path).physical(T, "Br"), _alone(path, plain).physical(T, "Br"))
    assert Cube(path).header(T, "Br")["QUALITY"] == -(2**31), "astropy reads the cards"
    assert append(path, [replace(plain, keywords=joined | odd)]).added == 0
    assert append(path, [replace(plain, keywords={**joined, "QUALITY": 0}, version="2/16")]).added == 1


def _alone(path: Path, file: SourceFile) -> Cube:
    other = path.with_name("alone.h5")
    append(other, [file])
    return Cube(other)


@pytest.mark.parametrize("length", [0, 1, 8, 65, 66, 67, 68, 200])
def test_strings_of_any_length_in_cards(length: int) -> None:
    for text in {"".join(part) for part in permutations(["x" * length, "'", "y"])}:
        cards = as_cards({"NAME": text})
        assert len(cards) % 80 == 0
        assert keywords(with_cards(b"", cards)) == {"NAME": text}


def test_comments_do_not_join(path: Path) -> None:
    """A HISTORY may be longer than any header; those of files count for no keyword either."""
    header = as_cards({"HISTORY": "calibrated; " * 10_000, "COMMENT": "x", "CRLT_OBS": -6.5})
    append(path, [Absence(name(), "1/16", Reason.MISSING_SEGMENT, "no file", header)])
    assert Cube(path).frame(T).keywords == {"CRLT_OBS": -6.5}


def test_a_cube_of_the_former_format_is_refused(path: Path, make: MakeFile) -> None:
    import h5py

    append(path, [make(1)])
    with h5py.File(path, "r+", libver="latest") as file:
        file.attrs["format"] = "porelake cube 1"
    for use in (Cube, lambda path: append(path, [make(2)])):
        with pytest.raises(PorelakeError, match="ingest again"):
            use(path)
