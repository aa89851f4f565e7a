"""The schema in other forms: Arrow schemas, SQL types and comments, the data dictionary."""

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from catalog.schema import ENSEMBLES, TABLES, Column, Table, Type
from catalog.sql_files import SqlFile, sql_files

if TYPE_CHECKING:
    import pyarrow as pa

SQL_TYPES: dict[Type, str] = {
    "string": "VARCHAR",
    "int32": "INTEGER",
    "int64": "BIGINT",
    "float64": "DOUBLE",
    "bool": "BOOLEAN",
    "timestamp": "TIMESTAMP",
    "list<string>": "VARCHAR[]",
    "list<int64>": "BIGINT[]",
}


def arrow_schema(table: Table) -> "pa.Schema":
    """Arrow schema of a table; meaning, unit and UCD are in the metadata of its fields."""
    import pyarrow as pa

    fields = [
        pa.field(column.name, _arrow_type(column.type), column.nullable, field_metadata(column))
        for column in table.columns
    ]
    names = {column.name for column in table.columns}
    metadata = {
        "table": table.name,
        "description": table.description,
        "key": json.dumps([name for name in table.key if name in names]),
        "order": json.dumps([name for name in table.order if name in names]),
    }
    return pa.schema(fields, metadata)


def field_metadata(column: Column) -> dict[str, str]:
    """Description, and unit and UCD where the column has them."""
    known = {"description": column.description, "unit": column.unit, "ucd": column.ucd}
    return {name: value for name, value in known.items() if value is not None}


def _arrow_type(kind: Type) -> "pa.DataType":
    import pyarrow as pa

    if kind.startswith("list<"):
        return pa.list_(_arrow_type(kind[5:-1]))  # type: ignore[arg-type]  # what the brackets hold is a Type
    if kind == "timestamp":
        return pa.timestamp("ms")
    return pa.type_for_alias("bool" if kind == "bool" else kind)


def literal(text: str) -> str:
    """A text as SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def file_pattern(path: str | Path) -> str:
    """A path as DuckDB's reading functions take it, which see patterns in `*`, `?` and `[`."""
    return re.sub(r"[*?[]", r"[\g<0>]", str(path))


def file_of(pattern: str) -> str:
    """The path that `file_pattern` made a pattern of."""
    return re.sub(r"\[([*?[])\]", r"\1", pattern)


def quoted(name: str) -> str:
    """A name as SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def meaning(column: Column) -> str:
    """What a column holds, with its unit."""
    return f"{column.description} [{column.unit}]" if column.unit else column.description


def comments(view: str, description: str, columns: tuple[Column, ...]) -> list[str]:
    """SQL statements that attach the meaning of a view and of its columns to it."""
    statements = [f"COMMENT ON VIEW {quoted(view)} IS {literal(description)}"]
    for column in columns:
        place = f"{quoted(view)}.{quoted(column.name)}"
        statements.append(f"COMMENT ON COLUMN {place} IS {literal(meaning(column))}")
    return statements


def data_dictionary() -> str:
    """Every table, column, view, macro and query as Markdown: the text of `docs/data-dictionary.md`."""
    parts = ["# Data dictionary", _INTRODUCTION]
    parts += [
        _section(table.name, table.description, _keys(table), table.columns) for table in TABLES.values()
    ]
    parts.append("# Ensembles")
    parts += [
        _section(table.name, table.description, _keys(table), table.columns) for table in ENSEMBLES.values()
    ]
    parts.append("# Views made from the tables")
    parts += [_section(view.name, view.description, "", view.columns) for view in sql_files("views")]
    parts += ["# Macros", _listing(sql_files("macros")), "# Named queries", _listing(sql_files("queries"))]
    return "\n\n".join(part for part in parts if part) + "\n"


_INTRODUCTION = """Made from `catalog/schema/` and `sql/` by `python -m catalog.formats`; do not edit.

`t_rec` and the other times are TAI without zone unless the description says UTC. Pixels are 0-based, on the
native SHARP grid. An empty unit is a pure number; 1e-6 is millionths of a solar hemisphere."""


def _keys(table: Table) -> str:
    return f"Key: {', '.join(f'`{name}`' for name in table.key)}."


def _section(name: str, description: str, note: str, columns: tuple[Column, ...]) -> str:
    head = [f"## `{name}`", f"{description}. {note}".strip()]
    rows = [
        f"| `{column.name}` | {SQL_TYPES[column.type]} | {column.unit or ''} | {_cell(column.description)}"
        f" | {'yes' if column.nullable else ''} | {column.ucd or ''} |"
        for column in columns
    ]
    table = [
        "| column | type | unit | meaning | null | UCD |",
        "| --- | --- | --- | --- | --- | --- |",
        *rows,
    ]
    return "\n\n".join([*head, "\n".join(table)])


def _cell(text: str) -> str:
    """A text as Markdown's tables take it."""
    return text.replace("|", "\\|")


def _listing(files: list[SqlFile]) -> str:
    lines = []
    for file in files:
        lines.append(f"- `{file.name}`: {file.description}.{_called(file)}")
        for p in file.parameters:
            default = f", default {p.default}" if p.default else ""
            lines.append(f"    - `{p.name}` ({p.type}{default}): {p.description}")
    return "\n".join(lines)


def _called(file: SqlFile) -> str:
    return f" Called as `{file.example}`." if file.example else ""


if __name__ == "__main__":
    (Path(__file__).parents[1] / "docs" / "data-dictionary.md").write_text(data_dictionary())
