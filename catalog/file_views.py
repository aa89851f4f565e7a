"""SQL over the files of a table."""

from collections.abc import Sequence

from catalog.formats import SQL_TYPES, file_pattern, literal, quoted
from catalog.schema import TABLES, Table


def select(table: Table, files: Sequence[str]) -> str:
    """Return a SELECT over files; over none it is empty and has the types of the table all the same."""
    if files:
        columns = ", ".join(quoted(column.name) for column in table.columns)
        paths = ", ".join(literal(file_pattern(file)) for file in files)
        return f"SELECT {columns} FROM read_parquet([{paths}], {_partitions(files[0])})"
    columns = ", ".join(
        f"NULL::{SQL_TYPES[column.type]} AS {quoted(column.name)}" for column in table.columns
    )
    return f"SELECT {columns} FROM range(0)"


def _partitions(file: str) -> str:
    """Options by which only the files of the HARPs asked for are opened.

    DuckDB takes every directory `name=value` of a path for a column, before the file's own: not where the
    lake lies below a directory that is named like one of ours.
    """
    names = {part.partition("=")[0].lower() for part in file.split("/")[:-2] if "=" in part}
    if names & {column.name for table in TABLES.values() for column in table.columns}:
        return "hive_partitioning = false"
    return "hive_partitioning = true, hive_types = {'harpnum': 'INTEGER'}"
