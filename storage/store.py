"""A directory in an object store (S3, or what fsspec knows): list, get, put; objects are whole or not there.

Credentials and endpoint come from the environment as the store's own tools read it: AWS_ACCESS_KEY_ID,
AWS_SECRET_ACCESS_KEY, AWS_ENDPOINT_URL and the like.
"""

import filecmp
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from pores.errors import InputError, PorelakeError
from storage.lake import atomic
from storage.s3_upload import ANY, ChangedError, put_s3

__all__ = ["ANY", "ChangedError", "Entry", "Store"]

_S3 = {
    "use_listings_cache": False,
    "config_kwargs": {
        "connect_timeout": 10,
        "read_timeout": 60,
        "retries": {"mode": "standard", "total_max_attempts": 2},  # s3fs tries again, too
    },
}
_TRIES = 3
_NO_CREDENTIALS = ("NoCredentialsError", "PartialCredentialsError")  # botocore's, which need not be installed


@dataclass(frozen=True)
class Entry:
    """An object: which version of it, and its bytes."""

    version: str
    size: int


class Store:
    """A directory of an object store.

    Parameters
    ----------
    url : str
        Such as ``s3://bucket/prefix``.

    Raises
    ------
    InputError
        If there is no such kind of store, or the package for it is missing.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.fs, self.base = _opened(url)

    def listed(self, prefix: str) -> dict[str, Entry]:
        """Every object whose name, relative to the directory, begins with a prefix."""
        with self.told():
            self.fs.invalidate_cache()
            try:
                found = self.fs.find(self.base, prefix=prefix, detail=True)
            except FileNotFoundError:
                self._require_bucket()
                return {}
        names = ((name.removeprefix(f"{self.base}/"), info) for name, info in found.items())
        return {name: _entry(info) for name, info in names if name.startswith(prefix)}

    def directories(self, name: str) -> list[str]:
        """Names of the directories in one."""
        found = self._in(name)
        return [info["name"].rstrip("/").rpartition("/")[2] for info in found if info["type"] == "directory"]

    def holds_any(self, name: str) -> bool:
        """Whether anything is in a directory."""
        return bool(self._in(name))

    def _in(self, name: str) -> list[dict[str, Any]]:
        with self.told():
            self.fs.invalidate_cache()
            try:
                found: list[dict[str, Any]] = self.fs.ls(self._at(name), detail=True)
            except FileNotFoundError:
                return []
        return found

    def entry(self, name: str) -> Entry | None:
        """An object; None if there is none."""
        return self.listed(name).get(name)

    def get(self, files: Mapping[str, Path]) -> None:
        """Bring objects into files, each whole or not at all."""
        if not files:
            return
        with self.told(), ExitStack() as stack:
            partials = [str(stack.enter_context(atomic(path))) for path in files.values()]
            self.fs.get([self._at(name) for name in files], partials)

    def get_version(self, name: str, path: Path) -> Entry:
        """Bring an object that others may replace meanwhile; return which version it was."""
        for _ in range(_TRIES):
            before = self.entry(name)
            if before is None:
                break
            with atomic(path) as partial:
                with self.told():
                    self.fs.get_file(self._at(name), str(partial))
                if self.entry(name) == before:
                    return before
        raise PorelakeError(f"{self.url}/{name}: removed or replaced again and again while it was read")

    def texts(self, names: list[str]) -> dict[str, str]:
        """Content of small objects; those that are gone meanwhile are left out."""
        if not names:
            return {}
        with self.told():
            found = self.fs.cat([self._at(name) for name in names], on_error="omit")
        return {name: found[self._at(name)].decode() for name in names if self._at(name) in found}

    def put(self, files: Mapping[str, Path]) -> None:
        """Put files whose names no other content has."""
        if files:
            with self.told():
                self.fs.put([str(path) for path in files.values()], [self._at(name) for name in files])

    def put_version(self, name: str, path: Path, version: str | None) -> str:
        """Put a file in the place of one version of an object, None for none, ANY; return the new version.

        S3 itself refuses to replace another version (If-Match); in other stores it is looked up before.

        Raises
        ------
        ChangedError
            If another version is there, unless it has this very content.
        """
        try:
            with self.told():
                if hasattr(self.fs, "call_s3"):
                    require = partial(self._require, name, version)
                    return put_s3(self.fs, self._at(name), path, version, require)
                return self._put_other(name, path, version)
        except ChangedError:
            if same := self.same(name, path):  # the reply to an earlier try was lost
                return same
            raise ChangedError(f"{self.url}/{name} has changed") from None

    def _put_other(self, name: str, path: Path, version: str | None) -> str:
        self._require(name, version)
        self.fs.put_file(str(path), self._at(name))
        entry = self.entry(name)
        if entry is None:
            raise ChangedError(name)
        return entry.version

    def same(self, name: str, path: Path) -> str | None:
        """Version of an object that has the content of a file."""
        there = self.entry(name)
        if there is None or there.size != path.stat().st_size:
            return None
        with tempfile.TemporaryDirectory(prefix="porelake-") as directory:
            copy = Path(directory) / "copy"
            entry = self.get_version(name, copy)
            return entry.version if filecmp.cmp(copy, path, shallow=False) else None

    def _at(self, name: str) -> str:
        return f"{self.base}/{name}"

    def _require(self, name: str, version: str | None) -> None:
        there = self.entry(name)
        if version not in (ANY, there and there.version):
            raise ChangedError(name)

    def _require_bucket(self) -> None:
        """InputError if there is no such bucket; a directory without objects is none in object stores."""
        if not self.fs.exists(self.base.partition("/")[0]):
            raise self._no_bucket()

    def _no_bucket(self) -> InputError:
        return InputError(
            f"--lake {self.url}: there is no bucket {self.base.partition('/')[0]}; make it first"
        )

    @contextmanager
    def told(self) -> Iterator[None]:
        """Name the store in what goes wrong there; clients of stores have no common class of errors."""
        try:
            yield
        except PorelakeError:
            raise
        except FileNotFoundError as error:
            if "bucket does not exist" in str(error):  # S3's NoSuchBucket
                raise self._no_bucket() from error
            raise PorelakeError(f"{self.url}: the object store has no {error}") from error
        except Exception as error:
            if type(error).__name__ in _NO_CREDENTIALS:
                raise InputError(
                    f"--lake {self.url}: {error}; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
                ) from error
            what = " ".join(str(error).split()) or type(error).__name__
            raise PorelakeError(f"{self.url}: the object store fails: {what}") from error


def _opened(url: str) -> tuple[Any, str]:
    """File system and directory of a URL."""
    try:
        from fsspec.core import url_to_fs

        fs, base = url_to_fs(url, **(_S3 if url.startswith("s3://") else {}))
    except ImportError as error:
        raise InputError(f"--lake {url}: {error}; install porelake[scale]") from error
    except ValueError as error:
        raise InputError(f"--lake {url}: {error}") from error
    return fs, str(base)


def _entry(info: Mapping[str, Any]) -> Entry:
    """Version and size as the store's listing tells them: the ETag, else the time of change."""
    tells = (info[key] for key in ("ETag", "etag", "LastModified", "mtime", "created") if key in info)
    return Entry(str(next(tells, "")), int(info["size"]))
