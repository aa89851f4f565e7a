"""What is in a catalogue, and what its columns mean, from the comments in it."""

from catalog.query import connect
from catalog.sql_files import sql_files
from pores.errors import InputError
from storage.lake import Lake


def describe(lake: Lake, table: str | None = None) -> str:
    """Return the columns of a table or view with types, units and meaning; without a name, what there is.

    Raises
    ------
    InputError
        If there is no lake, or no such table in it.
    """
    with connect(lake) as connection:
        views = dict(connection.execute(_VIEWS).fetchall())
        if table is None:
            return _contents(views)
        if table not in views:
            raise InputError(f"{table}: no such table; there are {', '.join(views)}")
        rows = connection.execute(_COLUMNS, [table]).fetchall()
    widths = [max(len(str(row[i])) for row in rows) for i in (0, 1)]
    lines = [f"{name:{widths[0]}}  {kind:{widths[1]}}  {comment}" for name, kind, comment in rows]
    return "\n".join([f"{table}: {views[table]}", "", *lines])


_VIEWS = """
SELECT view_name, coalesce(comment, '') FROM duckdb_views()
WHERE database_name = 'lake' AND NOT internal ORDER BY view_name"""
_COLUMNS = """
SELECT column_name, data_type, coalesce(comment, '') FROM duckdb_columns()
WHERE database_name = 'lake' AND table_name = ? ORDER BY column_index"""


def _contents(views: dict[str, str]) -> str:
    """The views, macros and named queries with what their rows are."""
    macros = {file.name: file.description for file in sql_files("macros")}
    queries = {file.name: file.description for file in sql_files("queries")}
    parts = []
    for title, things in (("Tables and views", views), ("Macros", macros), ("Named queries", queries)):
        width = max(map(len, things))
        parts.append(
            "\n".join(
                [title, *(f"  {name:{width}}  {what.partition('. ')[0]}" for name, what in things.items())]
            )
        )
    return "\n\n".join(parts)
