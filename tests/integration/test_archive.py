"""Sources of SHARP files: directories however nested, tars that are never unpacked, what neither may do."""

import io
import os
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from pores.errors import InputError, PorelakeError
from storage.archive import open_source
from storage.fits_files import MAX_FILE

SERIES = "hmi.sharp_cea_720s"
FIRST = f"{SERIES}.377.20110215_020000_TAI.Br.fits"
NEXT = f"{SERIES}.377.20110215_021200_TAI.Br.fits"
OTHER_HARP = f"{SERIES}.1461.20120315_000000_TAI.continuum.fits"
OTHER_SERIES = f"{SERIES}_nrt.377.20110215_020000_TAI.Br.fits"


def make_tar(path: Path, members: dict[str, bytes], *special: tarfile.TarInfo) -> Path:
    with tarfile.open(path, "w") as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(content), 1_300_000_000
            tar.addfile(info, io.BytesIO(content))
        for info in special:
            tar.addfile(info)
    return path


def make_directory(path: Path, members: dict[str, bytes]) -> Path:
    for name, content in members.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content)
    return path


MEMBERS = {
    f"deep/er/{NEXT}": b"second",
    FIRST: b"first",
    f"b/{OTHER_HARP}": b"third",
    f"b/{OTHER_SERIES}": b"another series",
    "readme.txt": b"no SHARP file",
    "b/hmi.sharp_cea_720s.377.20110215_020000_TAI.Br.fits.part": b"half a file",
}


@pytest.fixture(params=["directory", "tar"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    if request.param == "tar":
        return make_tar(tmp_path / "export.tar", MEMBERS)
    return make_directory(tmp_path / "export", MEMBERS)


def test_what_a_source_has(place: Path) -> None:
    source = open_source(str(place))
    assert source.series() == {SERIES: 3, f"{SERIES}_nrt": 1}
    assert source.harpnums(SERIES) == [377, 1461]
    assert source.listing.others == 2
    assert [str(file.name) for file in source.files(None, SERIES)] == [FIRST, NEXT, OTHER_HARP]
    assert [file.read() for file in source.files({377}, SERIES)] == [b"first", b"second"]
    assert [file.size for file in source.files({377}, SERIES)] == [5, 6]
    assert source.files({1}, SERIES) == []


def test_a_directory_of_links_to_files(tmp_path: Path) -> None:
    make_directory(tmp_path / "data", {FIRST: b"first"})
    links = make_directory(tmp_path / "links", {NEXT: b"second"})
    (links / FIRST).symlink_to(tmp_path / "data" / FIRST)
    (links / OTHER_HARP).symlink_to(tmp_path / "nowhere")
    (links / "loop").symlink_to(links)
    os.mkfifo(links / OTHER_SERIES)
    source = open_source(str(links))
    assert [file.read() for file in source.files(None, SERIES)] == [b"first", b"second"]
    assert source.listing.others == 3


def _special(kind: bytes, name: str, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def test_links_and_devices_in_a_tar_are_no_files(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"secret")
    tar = make_tar(
        tmp_path / "export.tar",
        {f"../../{FIRST}": b"first", f"/etc/{NEXT}": b"second"},
        _special(tarfile.SYMTYPE, f"s/{FIRST}", str(secret)),
        _special(tarfile.LNKTYPE, f"h/{FIRST}", str(secret)),
        _special(tarfile.CHRTYPE, f"c/{FIRST}"),
        _special(tarfile.FIFOTYPE, f"f/{FIRST}"),
        _special(tarfile.DIRTYPE, f"d/{FIRST}"),
    )
    before = sorted(tmp_path.rglob("*"))
    source = open_source(str(tar))
    assert [file.read() for file in source.files(None, SERIES)] == [b"first", b"second"]
    assert source.listing.others == 4
    assert sorted(tmp_path.rglob("*")) == before


def test_a_sparse_bomb_is_no_file(tmp_path: Path) -> None:
    """A GNU sparse member of 8 TiB takes 512 bytes in the tar."""
    info = tarfile.TarInfo(FIRST)
    info.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": str(2**43)}
    map_block = b"0\n".ljust(512, b"\0")
    info.size = len(map_block)
    with tarfile.open(tmp_path / "export.tar", "w", format=tarfile.PAX_FORMAT) as tar:
        tar.addfile(info, io.BytesIO(map_block))
    source = open_source(str(tmp_path / "export.tar"))
    assert source.files(None, SERIES) == []
    assert source.listing.others == 1


def test_an_absurdly_large_file_is_refused(tmp_path: Path) -> None:
    with (tmp_path / FIRST).open("wb") as file:
        file.truncate(MAX_FILE + 1)  # sparse: takes no room
    with pytest.raises(InputError, match=FIRST):
        open_source(str(tmp_path)).files(None, SERIES)


def test_a_truncated_tar_is_named(tmp_path: Path) -> None:
    tar = make_tar(tmp_path / "export.tar", {FIRST: bytes(5000), NEXT: bytes(5000)})
    whole = tar.read_bytes()
    for size in (0, 100, 600, 3000, 5632, 5632 + 200, 5632 + 1024, 11264):
        tar.write_bytes(whole[:size])
        with pytest.raises(InputError, match=r"export\.tar"):
            open_source(str(tar)).files(None, SERIES)


def _gzip(path: Path) -> None:
    with tarfile.open(path, "w:gz") as tar:
        tar.addfile(tarfile.TarInfo(FIRST))


@pytest.mark.parametrize("make", [_gzip, lambda path: path.write_text("x")])
def test_what_is_no_tar_is_named(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "export.tar")
    with pytest.raises(InputError, match=r"export\.tar"):
        open_source(str(tmp_path / "export.tar")).files(None, SERIES)


def test_a_source_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere"):
        open_source(str(tmp_path / "nowhere"))


def test_a_file_that_goes_away_is_named(tmp_path: Path) -> None:
    make_directory(tmp_path, {FIRST: b"first"})
    (file,) = open_source(str(tmp_path)).files(None, SERIES)
    (tmp_path / FIRST).unlink()
    with pytest.raises(PorelakeError, match=FIRST):
        file.read()
