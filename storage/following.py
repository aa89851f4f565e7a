"""The list of followed regions and HARPs: what a watch looks for news of. It is a file of the lake.

::

    <lake>/following.json   [{"noaa": 11923, "harpnum": null, "series": ..., "since": ..., "added": ...}, ...]
"""

import fcntl
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    NaiveDatetime,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from pores.errors import InputError, PorelakeError
from storage.lake import Lake, atomic

_NAME = "following.json"
_TRIES = 5  # to change the list in an object store, while other machines do


class Followed(BaseModel):
    """A NOAA region or a HARP that is followed in a series."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    noaa: int | None = Field(None, gt=0)
    harpnum: int | None = Field(None, gt=0)
    series: str
    since: NaiveDatetime | None = None  # first T_REC of interest, TAI; none: the whole life
    added: date = Field(default_factory=date.today)

    @model_validator(mode="after")
    def _one_number(self) -> "Followed":
        if (self.noaa is None) == (self.harpnum is None):
            raise ValueError("either noaa or harpnum has a number")
        return self

    @property
    def key(self) -> tuple[str, int, int]:
        """What makes two entries the same, and their order."""
        return (self.series, self.noaa or 0, self.harpnum or 0)

    def __str__(self) -> str:
        return f"NOAA {self.noaa}" if self.noaa is not None else f"HARP {self.harpnum}"


_LIST = TypeAdapter(list[Followed])
_Listed = dict[tuple[str, int, int], Followed]
T = TypeVar("T")


def following(lake: Lake) -> list[Followed]:
    """What is followed, in order of series and number.

    Raises
    ------
    InputError
        If somebody edited the file into something else.
    """
    return list(_read(lake)[0].values())


def follow(lake: Lake, entries: Sequence[Followed]) -> list[Followed]:
    """Put entries on the list; give those that are new to it.

    One that is there already keeps its day; its `since` changes only where the new one names a time.
    """

    def put(listed: _Listed) -> list[Followed]:
        new = [entry for entry in entries if entry.key not in listed]
        for entry in entries:
            before = listed.get(entry.key, entry)
            listed[entry.key] = before.model_copy(update={"since": entry.since or before.since})
        return new

    return _change(lake, put)


def unfollow(lake: Lake, entries: Sequence[Followed]) -> None:
    """Take entries off the list; `since` and `added` don't matter.

    Raises
    ------
    InputError
        If some are not on it; all such are named, and nothing is changed.
    """

    def take(listed: _Listed) -> None:
        absent = [f"{entry} of {entry.series}" for entry in entries if entry.key not in listed]
        if absent:
            raise InputError(f"not followed: {', '.join(absent)}; `porelake following` lists what is")
        for entry in entries:
            listed.pop(entry.key, None)

    _change(lake, take)


def _change(lake: Lake, edit: Callable[[_Listed], T]) -> T:
    """Read the list, edit it, write it if that changed it; nothing that others write meanwhile is lost."""
    with _alone(lake):
        for _ in range(_TRIES):
            listed, version = _read(lake)
            before = dict(listed)
            result = edit(listed)
            if listed == before or _written(lake, listed, version):
                return result
    raise PorelakeError(f"{lake.location}/{_NAME}: other machines change it again and again; try once more")


@contextmanager
def _alone(lake: Lake) -> Iterator[None]:
    """Wait until no other process changes the list of a lake in a directory; a store keeps watch itself."""
    if lake.url is not None:
        yield
        return
    lake.root.mkdir(parents=True, exist_ok=True)
    with (lake.root / "following.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _read(lake: Lake) -> tuple[_Listed, str | None]:
    """The list and, in an object store, its version."""
    content, version = _content(lake)
    try:
        entries = _LIST.validate_json(content) if content is not None else []
    except ValidationError as error:
        first = error.errors()[0]
        where = " ".join(["entry", *map(str, first["loc"])]) if first["loc"] else "the whole"
        text = f"{lake.location}/{_NAME}: {where}: {first['msg']}; mend or remove the file"
        raise InputError(text) from error
    return {entry.key: entry for entry in sorted(entries, key=lambda entry: entry.key)}, version


def _content(lake: Lake) -> tuple[bytes | None, str | None]:
    if lake.url is None:
        path = lake.root / _NAME
        return (path.read_bytes() if path.exists() else None), None
    from storage.store import Store

    store = Store(lake.url)
    if store.entry(_NAME) is None:
        return None, None
    with tempfile.TemporaryDirectory(prefix="porelake-") as directory:
        copy = Path(directory) / _NAME
        version = store.get_version(_NAME, copy).version
        return copy.read_bytes(), version


def _written(lake: Lake, listed: _Listed, version: str | None) -> bool:
    """Whether the list could be written: not where another machine replaced that version of it."""
    content = _LIST.dump_json(sorted(listed.values(), key=lambda entry: entry.key), indent=1) + b"\n"
    if lake.url is None:
        with atomic(lake.root / _NAME) as partial:
            partial.write_bytes(content)
        return True
    from storage.store import ChangedError, Store

    with tempfile.TemporaryDirectory(prefix="porelake-") as directory:
        path = Path(directory) / _NAME
        path.write_bytes(content)
        try:
            Store(lake.url).put_version(_NAME, path, version)
        except ChangedError:
            return False
    return True
