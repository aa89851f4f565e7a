"""SQL that must not be let in: each statement is refused in one line, and nothing on disk changes."""

import re

import duckdb
import pytest

from catalog.query import connect, run_sql
from catalog.reading_only import _catalogue
from pores.errors import InputError
from tests.sql.hostile import HOSTILE, SECRET


@pytest.fixture
def secret(tmp_path):
    path = tmp_path / "secret.csv"
    path.write_text(f"a\n{SECRET}\n")
    return path


@pytest.mark.parametrize("statement", HOSTILE)
def test_refused_in_one_line_without_effect(lake, secret, unchanged, capsys, statement) -> None:
    with pytest.raises(InputError) as caught:
        run_sql(lake, statement.format(lake=lake.root, secret=secret), "csv")
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith("sql: ")
    assert SECRET not in str(caught.value) + capsys.readouterr().out


HARMLESS = [
    'WITH "a/b" AS (SELECT 1) FROM "a/b"',
    "SELECT column_name FROM information_schema.columns WHERE table_name = 'pores'",
    "SELECT random() < 2, uuid() IS NULL",
    "UNPIVOT (SELECT 1 AS a, 2 AS b) ON a, b",
    "SHOW ALL TABLES",
    "SELECT 1 AS one",
    "SELECT 1;",
    "SELECT 1 -- comment",
    "SELECT ';' AS x; -- ; and more ;",
    "/* why */ SELECT 1",
    "VALUES (1), (2)",
    "FROM pores",
    "TABLE tracks",
    "WITH a AS (FROM tracks) SELECT count(*) FROM a",
    "SELECT * FROM range(3) AS t(x)",
    "SELECT unnest([1, 2])",
    "DESCRIBE pores",
    "DESCRIBE SELECT * FROM pores",
    "SHOW TABLES",
    "SUMMARIZE tracks",
    "PIVOT pores ON kind IN ('pore', 'umbra') USING count(*)",
    "FROM pore_life('x')",
    "SELECT kind, median(area_mm2) FROM pores GROUP BY ALL ORDER BY ALL",
    "SELECT comment FROM duckdb_columns() WHERE table_name = 'pores'",
    "SELECT json_extract(config, '$.enhance') FROM runs",
    "SELECT lag(area_mm2) OVER (PARTITION BY track_id ORDER BY t_rec) FROM pores",
    "SELECT lake.main.pores.mu FROM lake.main.pores",
]


@pytest.mark.parametrize("statement", HARMLESS)
@pytest.mark.parametrize("form", ["table", "csv", "json"])
def test_harmless_is_answered(lake, unchanged, capsys, statement, form) -> None:
    run_sql(lake, statement, form)
    assert capsys.readouterr().out


# What DuckDB itself refuses on the connection, should something slip through the check of statements.
LOCKED = [
    "COPY (SELECT 1) TO '{outside}/x.csv'",
    "FROM read_text('{outside}/secret.csv')",
    "FROM glob('/*')",
    "FROM read_text('{lake}/catalog.lock')",
    "ATTACH '{outside}/new.duckdb'",
    "SET enable_external_access = true",
    "SET allowed_directories = ['/']",
    "SET lock_configuration = false",
    "INSTALL httpfs",
    "LOAD httpfs",
    "CREATE VIEW v AS SELECT 1",
    "CREATE PERSISTENT SECRET s (TYPE http)",
    "FROM enable_logging(storage := 'file', storage_config := {{'path': '{outside}/log'}})",
]


@pytest.mark.parametrize("statement", LOCKED)
def test_the_connection_itself_is_locked(lake, secret, unchanged, tmp_path, statement) -> None:
    with (
        connect(lake) as connection,
        pytest.raises(Exception, match=r"(Permission|Invalid Input|Binder) Error"),
    ):
        connection.execute(statement.format(lake=lake.root, outside=tmp_path))


def test_python_variables_are_not_tables(lake) -> None:
    import pyarrow as pa

    some_table = pa.table({"a": [1]})
    with (
        connect(lake) as connection,
        pytest.raises(duckdb.CatalogException, match="some_table does not exist"),
    ):
        connection.execute("FROM some_table")
    assert some_table.num_rows == 1


def test_what_hides_in_a_with_does_not_write_for_want_of_permission(lake, unchanged) -> None:
    """DuckDB itself would write into the directory of the tables."""
    with pytest.raises(InputError, match="only SELECT is possible here, not COPY"):
        run_sql(lake, f"WITH x AS (COPY (SELECT 1) TO '{lake.root}/tables/x.csv') SELECT * FROM x")


DEEP = ["SELECT 1" + "+1" * 900, "SELECT " + "(" * 5000 + "1" + ")" * 5000, "SELECT '\ud800'", "SELECT \0 1"]


@pytest.mark.parametrize("statement", DEEP, ids=["sums", "brackets", "surrogate", "NUL"])
def test_texts_that_are_no_sql(lake, statement) -> None:
    with pytest.raises(InputError, match=r"^sql: ([^\n]+)$"):
        run_sql(lake, statement)


def test_functions_of_this_duckdb_are_known(lake) -> None:
    """No macro of DuckDB itself calls a function that is refused, and none is new with an effect."""
    with connect(lake) as connection:
        effects = _catalogue(connection).effects
        macros = connection.execute(
            "SELECT function_name, macro_definition FROM duckdb_functions()"
            " WHERE function_type = 'macro' AND internal"
        ).fetchall()
    assert effects == {
        *("write_log", "sleep_ms", "pg_sleep", "nextval", "currval", "setval", "setseed", "getenv"),
        *("set_config", "current_setting", "getvariable", "json_serialize_plan", "stats", "vector_type"),
        *("current_connection_id", "current_query", "current_query_id", "current_transaction_id"),
    }
    calling = {name for name, text in macros if effects & set(re.findall(r"\w+(?=\()", text.lower()))}
    assert calling <= effects


def test_progress_is_not_drawn_into_the_answer(lake) -> None:
    with connect(lake) as connection:
        assert connection.execute("SELECT current_setting('enable_progress_bar')").fetchall() == [(False,)]


def test_the_refusal_names_the_kind_of_statement(lake) -> None:
    with pytest.raises(InputError, match="only SELECT is possible here, not COPY"):
        run_sql(lake, "COPY pores TO 'x.csv'")
