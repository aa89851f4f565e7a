"""SQL over the files of a table."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from catalog.formats import SQL_TYPES, file_pattern, literal, quoted
from catalog.schema import TABLES, Table

_COLUMNS = {column.name for table in TABLES.values() for column in table.columns}
_HARP, _RANGE = ("harpnum",), ("first", "last")  # `name=value` of the directories around a file, and a pack


@dataclass(frozen=True)
class PackFile:
    """A file with the rows of many HARPs, less those that are `dead`."""

    file: str
    dead: tuple[int, ...] = ()


def select(table: Table, files: Sequence[str], packs: Sequence[PackFile] = ()) -> str:
    """Return a SELECT over files of single HARPs, and packs of many; each row of them once.

    Over none it is empty and has the types of the table all the same.
    """
    if parts := [*_of_packs(table, packs), *_of_files(table, files)]:
        return " UNION ALL ".join(parts)
    columns = ", ".join(
        f"NULL::{SQL_TYPES[column.type]} AS {quoted(column.name)}" for column in table.columns
    )
    return f"SELECT {columns} FROM range(0)"


def _of_packs(table: Table, packs: Sequence[PackFile]) -> Iterator[str]:
    """SELECTs over packs: one over all those that are shown whole, one over each other."""
    if whole := [pack.file for pack in packs if not pack.dead]:
        yield _of_pack(table, whole)
    for pack in packs:
        if pack.dead:
            yield _of_pack(table, [pack.file], f"harpnum NOT IN ({', '.join(map(str, pack.dead))})")


def _of_pack(table: Table, files: Sequence[str], *conditions: str) -> str:
    """A SELECT over packs that opens only that of the HARP asked for.

    DuckDB passes over packs whose directories don't admit a HARP. It sees that from one comparison of a
    directory's name with the column in a SELECT, the name on the left: so there are two, one in the other.
    """
    if not _partitioned(files[0], _RANGE):
        return " WHERE ".join([_reading(table, files, _RANGE), *conditions])
    condition = " AND ".join(["first <= harpnum", *conditions])
    inner = f"{_reading(table, files, _RANGE, 'last')} WHERE {condition}"
    return f"SELECT {_columns(table)} FROM ({inner}) WHERE last >= harpnum"


def _of_files(table: Table, files: Sequence[str]) -> Iterator[str]:
    if files:
        yield _reading(table, files, _HARP)


def _reading(table: Table, files: Sequence[str], directories: Sequence[str], *more: str) -> str:
    columns = ", ".join([_columns(table), *more])
    paths = ", ".join(literal(file_pattern(file)) for file in files)
    return f"SELECT {columns} FROM read_parquet([{paths}], {_options(files[0], directories)})"


def _columns(table: Table) -> str:
    return ", ".join(quoted(column.name) for column in table.columns)


def _options(file: str, directories: Sequence[str]) -> str:
    """Options by which only the files of the HARPs asked for are opened."""
    if not _partitioned(file, directories):
        return "hive_partitioning = false"
    types = ", ".join(f"'{name}': 'INTEGER'" for name in directories)
    return f"hive_partitioning = true, hive_types = {{{types}}}"


def _partitioned(file: str, directories: Sequence[str]) -> bool:
    """Whether what the directories around a file say of it can be used.

    DuckDB takes every directory `name=value` of a path for a column, before the file's own: not where the
    lake lies below a directory that is named like one of ours.
    """
    above = file.split("/")[: -1 - len(directories)]
    names = {part.partition("=")[0].lower() for part in above if "=" in part}
    return names.isdisjoint(_COLUMNS | {*directories})
