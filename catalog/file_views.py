"""SQL over the files of a table."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from catalog.formats import SQL_TYPES, file_pattern, literal, quoted
from catalog.schema import TABLES, Table


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
        yield _reading(table, whole, "hive_partitioning = false")
    for pack in packs:
        if pack.dead:
            reading = _reading(table, [pack.file], "hive_partitioning = false")
            yield f"{reading} WHERE harpnum NOT IN ({', '.join(map(str, pack.dead))})"


def _of_files(table: Table, files: Sequence[str]) -> Iterator[str]:
    if files:
        yield _reading(table, files, _partitions(files[0]))


def _reading(table: Table, files: Sequence[str], options: str) -> str:
    columns = ", ".join(quoted(column.name) for column in table.columns)
    paths = ", ".join(literal(file_pattern(file)) for file in files)
    return f"SELECT {columns} FROM read_parquet([{paths}], {options})"


def _partitions(file: str) -> str:
    """Options by which only the files of the HARPs asked for are opened.

    DuckDB takes every directory `name=value` of a path for a column, before the file's own: not where the
    lake lies below a directory that is named like one of ours.
    """
    names = {part.partition("=")[0].lower() for part in file.split("/")[:-2] if "=" in part}
    if names & {column.name for table in TABLES.values() for column in table.columns}:
        return "hive_partitioning = false"
    return "hive_partitioning = true, hive_types = {'harpnum': 'INTEGER'}"
