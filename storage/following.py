"""The list of followed regions and HARPs: what a watch looks for news of. It is a file of the lake.

::

    <lake>/following.json   [{"noaa": 11923, "harpnum": null, "series": ..., "since": ..., "added": ...}, ...]
"""

import fcntl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    NaiveDatetime,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from pores.errors import InputError
from storage.lake import Lake, atomic

_NAME = "following.json"


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


def following(lake: Lake) -> list[Followed]:
    """What is followed, in order of series and number.

    Raises
    ------
    InputError
        If somebody edited the file into something else.
    """
    return list(_read(lake).values())


def follow(lake: Lake, entries: Sequence[Followed]) -> list[Followed]:
    """Put entries on the list; give those that are new to it.

    One that is there already keeps its day; its `since` changes only where the new one names a time.
    """
    with _changing(lake) as listed:
        new = [entry for entry in entries if entry.key not in listed]
        for entry in entries:
            before = listed.get(entry.key, entry)
            listed[entry.key] = before.model_copy(update={"since": entry.since or before.since})
    return new


def unfollow(lake: Lake, entries: Sequence[Followed]) -> None:
    """Take entries off the list; `since` and `added` don't matter.

    Raises
    ------
    InputError
        If some are not on it; all such are named, and nothing is changed.
    """
    with _changing(lake) as listed:
        absent = [f"{entry} of {entry.series}" for entry in entries if entry.key not in listed]
        if absent:
            raise InputError(f"not followed: {', '.join(absent)}; `porelake following` lists what is")
        for entry in entries:
            listed.pop(entry.key, None)


@contextmanager
def _changing(lake: Lake) -> Iterator[dict[tuple[str, int, int], Followed]]:
    """Give the list to be changed and write it at the end; other processes wait meanwhile."""
    lake.root.mkdir(parents=True, exist_ok=True)
    with (lake.root / "following.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        listed = _read(lake)
        before = dict(listed)
        yield listed
        if listed != before:
            _write(lake, listed)


def _path(lake: Lake) -> Path:
    return lake.root / _NAME


def _read(lake: Lake) -> dict[tuple[str, int, int], Followed]:
    try:
        entries = _LIST.validate_json(_path(lake).read_bytes())
    except FileNotFoundError:
        return {}
    except ValidationError as error:
        first = error.errors()[0]
        where = " ".join(["entry", *map(str, first["loc"])]) if first["loc"] else "the whole"
        raise InputError(f"{_path(lake)}: {where}: {first['msg']}; mend or remove the file") from error
    return {entry.key: entry for entry in sorted(entries, key=lambda entry: entry.key)}


def _write(lake: Lake, listed: dict[tuple[str, int, int], Followed]) -> None:
    entries = sorted(listed.values(), key=lambda entry: entry.key)
    with atomic(_path(lake)) as partial:
        partial.write_bytes(_LIST.dump_json(entries, indent=1) + b"\n")
