"""How DuckDB reaches the tables of a lake: in its directory, or in its object store through fsspec."""

from pathlib import Path

import duckdb

from catalog.formats import file_pattern, literal
from catalog.limits import Limits
from storage.lake import Lake


def place(lake: Lake, path: Path) -> str:
    """Where a file of the lake is, as DuckDB opens it; in an object store not in the mirror."""
    return str(path) if lake.url is None else f"{lake.url}/{path.relative_to(lake.root).as_posix()}"


def register_tables(connection: duckdb.DuckDBPyConnection, lake: Lake) -> None:
    """Let a connection read the tables of a lake in an object store."""
    if lake.url is not None:
        from storage.table_files import TableFiles  # fsspec, which a lake in a directory does not need

        connection.register_filesystem(TableFiles(lake.url))


def bound(connection: duckdb.DuckDBPyConnection, limits: Limits) -> None:
    """Keep a connection within limits of memory, threads and disk; before it is locked."""
    connection.execute("SET temp_directory = ''")
    connection.execute(f"SET memory_limit = '{limits.memory_mib}MiB'; SET threads = {limits.threads}")


def views_of(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Every table and view of an open catalogue, with what its rows are."""
    return dict(connection.execute(_VIEWS).fetchall())


_VIEWS = """
SELECT view_name, coalesce(comment, '') FROM duckdb_views()
WHERE database_name = 'lake' AND NOT internal ORDER BY view_name"""


def lock(connection: duckdb.DuckDBPyConnection, lake: Lake, writes: Path | None) -> None:
    """Leave a connection nothing but the tables and one file; nothing of it can be undone."""
    rooms = [place(lake, lake.root / room) for room in ("tables", "packs")]
    readable = [literal(name) for room in rooms for name in (room, file_pattern(room))]
    connection.execute(f"SET allowed_directories = [{', '.join(readable)}]")
    connection.execute(f"SET allowed_paths = [{literal(str(writes)) if writes else ''}]")
    # It is drawn on stdout, whatever that is; in Jupyter without ipywidgets it is off, and must not be named.
    if connection.execute("SELECT current_setting('enable_progress_bar')").fetchone() == (True,):
        connection.execute("SET enable_progress_bar = false")
    connection.execute("SET parquet_metadata_cache = true")  # footers, for as long as a catalogue is open
    connection.execute("SET enable_external_access = false; SET lock_configuration = true")
