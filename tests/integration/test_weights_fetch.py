"""Fetching published weights: what is kept is what was published, or nothing."""

import hashlib
import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from pores.errors import InputError, PorelakeError, UnreachableError
from storage import weights as weights_module
from storage.weights import cached, fetch, kept, located, weights_of
from storage.weights_known import KNOWN, PublishedWeights
from tests.unit.networks import published_layers, write_keras

FILE = "some_weights.hdf5"


def git_id(content: bytes) -> str:
    return hashlib.sha1(b"blob " + str(len(content)).encode() + b"\0" + content).hexdigest()


class Publisher(ThreadingHTTPServer):
    """Gives files by name, or a status, or less than it promised; and counts what it was asked for."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, bytes] = {}
        self.moved: dict[str, str] = {}
        self.promised = 0
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/network"


class Handler(BaseHTTPRequestHandler):
    """One request."""

    server: Publisher

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        name = self.path.removeprefix("/network/")
        if name in self.server.moved:
            self.send_response(302)
            self.send_header("Location", self.server.moved[name])
            self.end_headers()
        elif name in self.server.files:
            content = self.server.files[name]
            self.send_response(200)
            self.send_header("Content-Length", str(len(content) + self.server.promised))
            self.end_headers()
            self.wfile.write(content)
        else:
            self.send_error(404)

    def log_message(self, *args: object) -> None:
        """Nothing."""


@pytest.fixture
def publisher(monkeypatch: pytest.MonkeyPatch) -> Iterator[Publisher]:
    with Publisher() as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        monkeypatch.setenv("PORELAKE_WEIGHTS_URL", server.url)
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.setenv(name, "127.0.0.1")
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return write_keras(tmp_path_factory.mktemp("weights") / FILE, published_layers(seed=6)).read_bytes()


@pytest.fixture
def known(content: bytes, monkeypatch: pytest.MonkeyPatch) -> PublishedWeights:
    """Weights that are known under a name, of the content of this test."""
    made = PublishedWeights("of-test", FILE, git_id(content), "field")
    monkeypatch.setitem(KNOWN, made.name, made)
    return made


def nothing_kept(own_cache: Path) -> bool:
    return not [path for path in own_cache.rglob("*") if path.is_file()]


def test_what_was_published_is_kept_and_fetched_once(
    publisher: Publisher, known: PublishedWeights, content: bytes, own_cache: Path
) -> None:
    publisher.files[FILE] = content
    path = fetch(known)
    assert path == own_cache / "weights" / f"{git_id(content)}.hdf5"
    assert path.read_bytes() == content
    assert fetch(known) == path
    assert publisher.asked == [f"/network/{FILE}"]
    assert [p for p in own_cache.rglob("*") if p.is_file()] == [path]
    found = weights_of(known.blob)
    assert (found.name, found.quantity, found.topology) == ("of-test", "field", "published")
    assert located("of-test") == path
    assert kept("of-test") == known.blob


def test_a_copy_that_was_damaged_is_fetched_anew(
    publisher: Publisher, known: PublishedWeights, content: bytes
) -> None:
    publisher.files[FILE] = content
    fetch(known).write_bytes(content[:1000])
    with pytest.raises(InputError, match="damaged"):
        weights_of(known.blob)
    assert fetch(known).read_bytes() == content
    assert len(publisher.asked) == 2


def test_where_the_publisher_points_is_followed(
    publisher: Publisher, known: PublishedWeights, content: bytes
) -> None:
    publisher.moved[FILE] = "/network/elsewhere"
    publisher.files["elsewhere"] = content
    assert fetch(known).read_bytes() == content


@pytest.mark.parametrize("wrong", [b"", b"<html>Sign in</html>", None])
def test_other_content_is_refused(
    publisher: Publisher, known: PublishedWeights, content: bytes, own_cache: Path, wrong: bytes | None
) -> None:
    other = content[:-1] + b"?" if wrong is None else wrong
    publisher.files[FILE] = other
    with pytest.raises(PorelakeError, match="not the file that was published") as told:
        fetch(known)
    assert publisher.url in str(told.value)
    assert git_id(other) in str(told.value)
    assert known.blob in str(told.value)
    assert nothing_kept(own_cache)
    publisher.files[FILE] = content
    assert fetch(known).read_bytes() == content


def test_a_file_that_is_not_there(publisher: Publisher, known: PublishedWeights, own_cache: Path) -> None:
    with pytest.raises(PorelakeError, match=f"{FILE}: the publisher answers 404"):
        fetch(known)
    assert nothing_kept(own_cache)


def test_a_reply_that_ends_early(
    publisher: Publisher, known: PublishedWeights, content: bytes, own_cache: Path
) -> None:
    publisher.files[FILE], publisher.promised = content, 100
    with pytest.raises(UnreachableError, match="try again later"):
        fetch(known)
    assert nothing_kept(own_cache)


def test_a_reply_that_is_too_long(
    publisher: Publisher,
    known: PublishedWeights,
    content: bytes,
    own_cache: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    publisher.files[FILE] = content
    monkeypatch.setattr(weights_module, "_MOST_BYTES", len(content) - 1)
    with pytest.raises(PorelakeError, match="longer than any file of weights"):
        fetch(known)
    assert nothing_kept(own_cache)
    monkeypatch.setattr(weights_module, "_MOST_BYTES", len(content))
    assert fetch(known).read_bytes() == content


def test_nobody_listens(known: PublishedWeights, own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))  # and never listens
        monkeypatch.setenv("PORELAKE_WEIGHTS_URL", f"http://127.0.0.1:{free.getsockname()[1]}")
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.setenv(name, "127.0.0.1")
        with pytest.raises(UnreachableError, match=f"{FILE}: can't be reached") as told:
            fetch(known)
    assert "\n" not in str(told.value)
    assert nothing_kept(own_cache)


def test_names_that_have_not_been_fetched() -> None:
    for ask in (located, kept):
        with pytest.raises(InputError) as told:
            ask("enhance-intensity")
        assert str(told.value) == (
            "weights enhance-intensity: not on this machine yet; `porelake weights fetch enhance-intensity`"
        )
    with pytest.raises(InputError, match=r"^weights nothing: no such file, nor a name") as told:
        located("nothing")
    assert "enhance-field" in str(told.value)
    with pytest.raises(InputError, match=r"^weights 830a8860b0eb: not on this machine"):
        weights_of(KNOWN["enhance-intensity"].blob)


def test_files_are_kept_under_their_id(tmp_path: Path, content: bytes, own_cache: Path) -> None:
    (tmp_path / "mine.hdf5").write_bytes(content)
    blob = kept(str(tmp_path / "mine.hdf5"))
    assert blob == git_id(content)
    (tmp_path / "mine.hdf5").unlink()
    assert cached(blob).read_bytes() == content
    assert weights_of(blob).topology == "published"
    (tmp_path / "no.hdf5").write_bytes(b"no")
    with pytest.raises(InputError, match=r"no\.hdf5"):
        kept(str(tmp_path / "no.hdf5"))
    assert [p.name for p in own_cache.rglob("*") if p.is_file()] == [f"{blob}.hdf5"]


def test_the_published_files_have_the_ids_of_the_publishers_repository() -> None:
    assert {(one.name, one.file, one.blob, one.quantity) for one in KNOWN.values()} == {
        (
            "enhance-intensity",
            "intensity_weights.hdf5",
            "830a8860b0eb055f8d9fc760388f5f977eec4a01",
            "intensity",
        ),
        ("enhance-field", "blos_weights.hdf5", "3fdb1d8f4e05b906e55c152aed2a54fc88de1f21", "field"),
    }
