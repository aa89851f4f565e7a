"""What the archive has: records of files found in a directory, changed on request."""

import json
import re
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.jsoc.headers import PER_SEGMENT, Values, image_values, typed
from tests.jsoc.record_sets import slot, time_s

_NAME = re.compile(r"(?P<series>[\w.]+?)\.(?P<harpnum>\d+)\.(?P<t>\d{8}_\d{6})_TAI\.(?P<segment>\w+)\.fits")
SEGMENTS = (  # in the series' own order
    *("magnetogram", "bitmap", "Dopplergram", "continuum", "Bp", "Bt", "Br"),
    *("Bp_err", "Bt_err", "Br_err", "conf_disambig"),
)
GENERATION = 10**11  # what reprocessing adds to a record's number
CALVER64 = "16"

Key = tuple[str, int, int]  # series, HARPNUM, slot of T_REC


@dataclass
class Record:
    """One record: its files by segment and what else is said of it."""

    series: str
    harpnum: int
    t_rec: str
    files: dict[str, Path] = field(default_factory=dict)
    extra: Values = field(default_factory=dict)
    generation: int = 0
    hidden: bool = False
    former: dict[int, dict[str, Path]] = field(default_factory=dict)  # files under its earlier numbers
    _headers: dict[str, tuple[Values, str]] = field(default_factory=dict)

    @cached_property
    def key(self) -> Key:
        return self.series, self.harpnum, slot(time_s(self.t_rec))

    @property
    def name(self) -> str:
        return f"{self.series}[{self.harpnum}][{self.t_rec}]"

    @property
    def compact(self) -> str:
        """T_REC as `{T_REC:A}` gives it in a file name."""
        return re.sub(r"[.:]", "", self.t_rec.partition("_TAI")[0].partition(".000")[0]) + "_TAI"

    @cached_property
    def recnum(self) -> int:
        """Its number: the header's where there is one for this T_REC, else one that HARP and T_REC decide."""
        header = self._header(next(iter(self.files)))[0] if self.files else {}
        own, t_rec = header.get("RECNUM"), header.get("T_REC")
        same = own is not None and t_rec is not None and slot(time_s(t_rec[1])) == self.key[2]
        number = int(own[1]) if own and same else self.harpnum % 10**5 * 10**6 + self.key[2]
        return number + GENERATION * self.generation

    @property
    def size(self) -> int:
        return sum(path.stat().st_size for path in self.files.values())

    @property
    def axes(self) -> str:
        return self._header(next(iter(self.files)))[1] if self.files else "NAxNA"

    def replaced(self, files: dict[str, Path]) -> None:
        """Other files under the same T_REC, and a new number."""
        self.former[self.recnum] = self.files
        self.files, self._headers = files, {}
        self.generation += 1
        del self.recnum

    def stored(self, recnum: int) -> dict[str, Path]:
        """Files that are, or were, kept under a number."""
        return self.files if recnum == self.recnum else self.former.get(recnum, {})

    def lose(self, segments: Iterable[str]) -> None:
        """Have no file of these segments, under the same number."""
        self.files = {name: path for name, path in self.files.items() if name not in set(segments)}

    def values(self) -> Values:
        """Keywords that are the same for all its segments, and what was said of it."""
        found: Values = {}
        if self.files:
            every = self._header(next(iter(self.files)))[0]
            found = {name: value for name, value in every.items() if name not in PER_SEGMENT}
        found.setdefault("CALVER64", ("longlong", CALVER64))
        found |= {"HARPNUM": ("int", str(self.harpnum)), "T_REC": ("time", self.t_rec)}
        return found | self.extra

    def segment_values(self) -> Values:
        """Keywords of single segments, `DATAMIN[3]` being that of `continuum`."""
        return {
            f"{name}[{SEGMENTS.index(segment)}]": value
            for segment in self.files
            if segment in SEGMENTS
            for name, value in self._header(segment)[0].items()
            if name in PER_SEGMENT
        }

    def _header(self, segment: str) -> tuple[Values, str]:
        if segment not in self._headers:
            try:
                self._headers[segment] = image_values(self.files[segment])
            except (ValueError, OSError):  # a file that is no FITS: the database would know, we don't
                self._headers[segment] = ({}, "NAxNA")
        return self._headers[segment]


class Archive:
    """All records, in the order HARPNUM, T_REC; use it under its lock."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.lock = threading.RLock()
        self.records: dict[Key, Record] = {}
        self.scan()

    def scan(self) -> None:
        """Find what is in the directory; what is known already stays as it is."""
        for key, record in _found(self.root).items():
            if key not in self.records:
                self.records[key] = record
            elif not self.records[key].generation:
                self.records[key].files = record.files
        said = self.root / "records.json"
        for row in json.loads(said.read_text()) if said.exists() else []:
            self.say(row)
        self.records = dict(sorted(self.records.items()))

    def say(self, row: dict[str, Any]) -> None:
        """Keywords of a record that has no file, or other values for one that has."""
        row = dict(row)
        series = str(row.pop("series", None) or next(iter(self.series()), "hmi.sharp_cea_720s"))
        harpnum, t_rec = int(row.pop("HARPNUM")), str(row.pop("T_REC"))
        new = Record(series, harpnum, t_rec)
        record = self.records.setdefault(new.key, new)
        record.extra |= {name: _said(value) for name, value in row.items()}
        self.records = dict(sorted(self.records.items()))

    def series(self) -> list[str]:
        return sorted({key[0] for key in self.records})

    def visible(self, series: str) -> list[Record]:
        return [r for r in self.records.values() if r.series == series and not r.hidden]

    def chosen(
        self, harpnum: int | None = None, t_rec: Iterable[str] | None = None, last: int | None = None
    ) -> list[Record]:
        """Records by HARP, by T_REC, or the last few of each HARP."""
        slots = None if t_rec is None else {slot(time_s(text)) for text in t_rec}
        some = [
            record
            for key, record in self.records.items()
            if harpnum in (None, record.harpnum) and (slots is None or key[2] in slots)
        ]
        if last is None:
            return some
        per_harp: dict[tuple[str, int], list[Record]] = {}
        for record in some:
            per_harp.setdefault((record.series, record.harpnum), []).append(record)
        return [record for group in per_harp.values() for record in group[max(0, len(group) - last) :]]

    def reprocess(
        self, records: list[Record], overlay: Path | None, calver64: str | None, without: Iterable[str]
    ) -> int:
        """Give records new numbers, and the files of another directory where that has some."""
        others = _found(overlay) if overlay else {}
        changed = [r for r in records if overlay is None or r.key in others]
        for record in changed:
            new = others[record.key].files if record.key in others else {}
            files = {name: path for name, path in (record.files | new).items() if name not in set(without)}
            record.replaced(files)
            if calver64 is not None:
                record.extra["CALVER64"] = ("longlong", str(calver64))
        return len(changed)


def _said(value: Any) -> tuple[str, str]:
    """Type and text of a keyword given in JSON."""
    return typed(f"'{value}'") if isinstance(value, str) else typed("nan" if value is None else str(value))


def _found(root: Path) -> dict[Key, Record]:
    found: dict[Key, Record] = {}
    for path in sorted(root.rglob("*.fits")):
        match = _NAME.fullmatch(path.name)
        if match is None or not path.is_file():
            continue
        new = Record(match["series"], int(match["harpnum"]), _t_rec(match["t"]))
        found.setdefault(new.key, new).files[match["segment"]] = path
    return found


def _t_rec(t: str) -> str:
    return f"{t[:4]}.{t[4:6]}.{t[6:8]}_{t[9:11]}:{t[11:13]}:{t[13:15]}_TAI"
