"""Stores that can't put on a condition: here the one that fsspec keeps in memory."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pores.errors import InputError, PorelakeError
from storage.s3_upload import PART, put_s3
from storage.store import ANY, ChangedError, Store


@pytest.fixture
def store() -> Iterator[Store]:
    made = Store("memory://bucket/lake")
    yield made
    made.fs.rm("/bucket", recursive=True)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_text("content")
    return path


def test_what_is_put_is_listed_and_got(store: Store, file: Path, tmp_path: Path) -> None:
    store.put({"tables/pores/harpnum=1/a.parquet": file, "tables2": file})
    assert set(store.listed("tables/")) == {"tables/pores/harpnum=1/a.parquet"}
    assert store.listed("tables/pores/harpnum=1/a.parquet").popitem()[1].size == 7
    assert store.directories("tables") == ["pores"]
    assert store.directories("nothing") == []
    store.get({"tables2": tmp_path / "deep" / "copy"})
    assert (tmp_path / "deep" / "copy").read_text() == "content"
    assert store.texts(["tables2", "gone"]) == {"tables2": "content"}


def test_another_version_is_not_replaced(store: Store, file: Path, tmp_path: Path) -> None:
    first = store.put_version("cube", file, None)
    assert store.put_version("cube", file, None) == first  # the same content is no conflict
    other = tmp_path / "other"
    other.write_text("another")
    for version in (None, "some other"):
        with pytest.raises(ChangedError, match="memory://bucket/lake/cube has changed"):
            store.put_version("cube", other, version)
    assert store.texts(["cube"]) == {"cube": "content"}
    assert store.put_version("cube", other, first) != first
    store.put_version("cube", file, ANY)
    assert store.texts(["cube"]) == {"cube": "content"}


def test_an_object_that_is_gone(store: Store, file: Path, tmp_path: Path) -> None:
    store.put({"there": file})
    with pytest.raises(PorelakeError, match=r"memory://bucket/lake: the object store has no .*gone"):
        store.get({"gone": tmp_path / "copy"})
    with pytest.raises(PorelakeError, match="gone: removed or replaced"):
        store.get_version("gone", tmp_path / "copy")
    assert list(tmp_path.iterdir()) == [file]


def test_a_kind_of_store_that_nobody_knows() -> None:
    with pytest.raises(InputError, match=r"--lake what://bucket/lake: .*what"):
        Store("what://bucket/lake")


def test_a_package_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "fsspec.core", None)
    with pytest.raises(InputError, match=r"install porelake\[scale\]"):
        Store("s3://bucket/lake")


def test_an_upload_whose_last_reply_was_lost_is_looked_at(tmp_path: Path) -> None:
    """The client's own second try hears that there is no such upload, and so does the tidying up."""
    path = tmp_path / "large"
    path.write_bytes(bytes(PART + 1))

    class Lossy:
        def call_s3(self, what: str, **_: object) -> dict[str, str]:
            if what in ("complete_multipart_upload", "abort_multipart_upload"):
                cause = RuntimeError()
                cause.response = {"Error": {"Code": "NoSuchUpload"}}  # type: ignore[attr-defined]
                raise FileNotFoundError("no such upload") from cause
            return {"UploadId": "1", "ETag": "2"}

    with pytest.raises(ChangedError):
        put_s3(Lossy(), "bucket/large", path, None, lambda: None)
