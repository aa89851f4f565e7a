"""What `jsoc_info` answers: the structure of a series, and records with their keywords and segments."""

import contextlib
import sqlite3
import time
from collections.abc import Callable
from typing import Any

from tests.jsoc.headers import PER_SEGMENT, Values
from tests.jsoc.record_sets import BadRecordSetError, RecordSet, harpnums, parse, slots
from tests.jsoc.records import SEGMENTS, Archive, Record

PRIME_KEYS = ("HARPNUM", "T_REC")
HEXADECIMAL = ("QUALITY", "QUAL_S", "QUALLEV1")
NO_KEYWORD, NO_SEGMENT, NO_DIRECTORY = "Invalid KeyLink", "InvalidSegName", "NoDataDirectory"
_MISSING = {"double": "nan"}
_UNITS = {"HARPNUM": "none", "T_REC": "TAI", "QUALITY": "none"}

Answer = dict[str, Any]


def answer(archive: Archive, arguments: dict[str, str]) -> Answer:
    """Reply to a request; errors are replies too."""
    began = time.monotonic()
    ops: dict[str, Callable[[Archive, dict[str, str]], Answer]] = {
        "series_struct": _series_struct,
        "rs_summary": _rs_summary,
        "rs_list": _rs_list,
    }
    op = ops.get(arguments.get("op", ""))
    if op is None:
        return {"status": 1, "error": f"No op={arguments.get('op')!r}"}
    try:
        reply = op(archive, arguments)
    except BadRecordSetError as error:
        return {"status": 1, "error": str(error)}
    return {**reply, "runtime": round(time.monotonic() - began, 3), "status": 0}


def select(archive: Archive, ds: str, n: int = 0) -> tuple[RecordSet, list[Record]]:
    """Records of a record set, by HARPNUM and T_REC; the first n, or the last for n < 0."""
    wanted = parse(ds)
    if wanted.series not in archive.series():
        raise BadRecordSetError(f"Cannot find series {wanted.series}")
    records = archive.visible(wanted.series)
    of_harp, of_time = (*wanted.keys, "", "")[:2]
    harp_wanted = harpnums(of_harp, [r.harpnum for r in records])
    records = [r for r in records if harp_wanted(r.harpnum)]
    slot_wanted = slots(of_time, [r.key[2] for r in records])
    records = [r for r in records if slot_wanted(r.key[2])]
    if wanted.recnums is not None:
        records = [r for r in records if r.recnum in wanted.recnums]
    for condition in wanted.conditions:
        records = records and _where(records, condition)
    return wanted, records[:n] if n >= 0 and n else records[n:] if n else records


def _where(records: list[Record], condition: str) -> list[Record]:
    """Records that a condition holds for, in SQL; names and LIKE as PostgreSQL has them."""
    rows = [record.values() for record in records]
    upper = condition.upper()
    names = sorted({name for row in rows for name in row if name.upper() in upper} | {"HARPNUM"})
    with contextlib.closing(sqlite3.connect(":memory:")) as database:
        database.execute("PRAGMA case_sensitive_like = ON")
        columns = ", ".join(f'"{name}"' for name in names)
        database.execute(f"CREATE TABLE r ({columns})")
        places = ", ".join("?" * len(names))
        values = [[_sql(name, row.get(name)) for name in names] for row in rows]
        database.executemany(f"INSERT INTO r VALUES ({places})", values)
        try:
            found = database.execute(f"SELECT rowid FROM r WHERE {condition} ORDER BY rowid").fetchall()
        except sqlite3.Error as error:
            raise BadRecordSetError(f"Bad condition {condition!r}: {error}") from error
    return [records[row[0] - 1] for row in found]


def _sql(name: str, value: tuple[str, str] | None) -> object:
    if value is None:
        return None
    kind, text = value
    if name in HEXADECIMAL:
        return _signed(text)
    try:
        return int(text) if kind in ("int", "longlong") else float(text) if kind == "double" else text
    except ValueError:
        return text


def _signed(text: str) -> int:
    """QUALITY as the database has it: a signed integer of 32 bits."""
    number = int(text, 0) & 0xFFFFFFFF
    return number - 2**32 if number >= 2**31 else number


def signed_quality(record: Record) -> int:
    """QUALITY of a record as the database has it; 0 where it has none."""
    return _signed(record.values().get("QUALITY", ("int", "0"))[1])


def _types(records: list[Record]) -> dict[str, str]:
    """Keywords of a series and their types, from the first record of each HARP."""
    firsts: dict[int, Record] = {}
    for record in records:
        if record.files:
            firsts.setdefault(record.harpnum, record)
    found: dict[str, str] = {}
    for record in [*list(firsts.values())[:10], *records[:1]]:
        for name, (kind, text) in (record.values() | record.segment_values()).items():
            if name not in found or (text not in ("nan", "MISSING") and found[name] == "double"):
                found[name] = kind
    found |= dict.fromkeys((name for name in HEXADECIMAL if name in found), "int")
    return found | {"HARPNUM": "int", "T_REC": "time", "CALVER64": "longlong"}


def _series_struct(archive: Archive, arguments: dict[str, str]) -> Answer:
    wanted = parse(arguments.get("ds", ""))
    if wanted.series not in archive.series():
        raise BadRecordSetError(f"Cannot find series {wanted.series}")
    records = archive.visible(wanted.series)
    return {
        "note": "HARP series served on loopback",
        "retention": 1500,
        "unitsize": 1,
        "archive": 1,
        "tapegroup": 9,
        "primekeys": list(PRIME_KEYS),
        "dbindex": list(PRIME_KEYS),
        "keywords": [_keyword(name, kind) for name, kind in _types(records).items()],
        "links": [],
        "segments": [_segment(name) for name in SEGMENTS],
        "Interval": {"FirstRecord": records[0].name, "LastRecord": records[-1].name} if records else {},
    }


def _keyword(name: str, kind: str) -> Answer:
    default = _MISSING.get(kind, "MISSING")
    units = _UNITS.get(name, "none")
    scope = "segment" if name.partition("[")[0] in PER_SEGMENT else "variable"
    return {"name": name, "type": kind, "recscope": scope, "defval": default, "units": units, "note": name}


def _segment(name: str) -> Answer:
    return {"name": name, "type": "int", "units": "", "protocol": "fits", "dims": "VARxVAR", "note": name}


def _rs_summary(archive: Archive, arguments: dict[str, str]) -> Answer:
    return {"count": len(select(archive, arguments.get("ds", ""))[1])}


def _rs_list(archive: Archive, arguments: dict[str, str]) -> Answer:
    _, records = select(archive, arguments.get("ds", ""), int(arguments.get("n") or 0))
    if not records:
        return {"count": 0}
    every = archive.visible(records[0].series)
    reply: Answer = {"keywords": [], "segments": [], "links": []}
    names = [name for name in arguments.get("key", "").split(",") if name and name != "**NONE**"]
    reply["keywords"] = _columns(records, names, _types(every))
    segments = [name for name in arguments.get("seg", "").split(",") if name and name != "**NONE**"]
    if segments == ["**ALL**"]:
        segments = list(SEGMENTS)
    reply["segments"] = [_paths(records, name) for name in segments]
    if arguments.get("R") == "1":
        reply["recinfo"] = [{"name": record.name, "online": 1} for record in records]
    return {**reply, "count": len(records)}


def _columns(records: list[Record], names: list[str], types: dict[str, str]) -> list[Answer]:
    """A column of text for each keyword; `**ALL**` stands for all of the series."""
    if "**ALL**" in names:
        names = [*types, *(name for name in names if name.startswith("*") and name != "**ALL**")]
    with_segments = any("[" in name for name in names)
    rows = [_row(record, with_segments) for record in records]
    return [{"name": name, "values": [_text(name, row, types) for row in rows]} for name in names]


def _row(record: Record, with_segments: bool) -> Values:
    number = ("longlong", str(record.recnum))
    hidden = {
        "*recnum*": number,
        "*sunum*": number,
        "*size*": ("longlong", str(record.size) if record.files else "NA"),
        "*online*": ("string", "Y"),
        "*recdir*": ("string", directory(record)),
        "RECNUM": number,
    }
    return record.values() | (record.segment_values() if with_segments else {}) | hidden


def _text(name: str, row: Values, types: dict[str, str]) -> str:
    if name not in row:
        return _MISSING.get(types[name], "MISSING") if name in types else NO_KEYWORD
    text = row[name][1]
    if name in HEXADECIMAL:
        return f"0x{_signed(text) & 0xFFFFFFFF:08x}"
    return text


def directory(record: Record) -> str:
    """Where the archive keeps a record's bare files."""
    return f"/SUM{record.recnum % 90 + 1}/D{record.recnum}/S00000"


def _paths(records: list[Record], segment: str) -> Answer:
    if segment not in SEGMENTS:
        return {
            "name": segment,
            "values": [NO_SEGMENT] * len(records),
            "dims": ["NA"] * len(records),
        }
    paths = [_path(record, segment) for record in records]
    return {
        "name": segment,
        "values": paths,
        "dims": [r.axes if segment in r.files else "0x0" for r in records],
    }


def _path(record: Record, segment: str) -> str:
    """Where a file is; only the directory where the record lacks it."""
    name = f"{segment}.fits" if segment in record.files else ""
    return f"{directory(record)}/{name}" if record.files else NO_DIRECTORY
