"""SQL that must not be let in: each statement is refused in one line, and nothing on disk changes."""

import re

import duckdb
import pytest

from catalog.query import connect, run_sql
from catalog.reading_only import _catalogue
from pores.errors import InputError

SECRET = "for-no-eyes"
HOSTILE = [
    # not one statement
    "",
    "-- only a comment",
    ";",
    "SELECT 1; SELECT 2",
    "SELECT 1; DROP VIEW pores",
    "SELECT 1; COPY pores TO 'x.csv'",
    "SELECT 1) TO 'x.csv'; --",
    "SELECT 1\n) TO 'x.csv' (FORMAT csv); SELECT (1",
    "SELEC 1",
    # writing
    "COPY (SELECT 1) TO 'x.csv'",
    "COPY pores TO '{lake}/tables/x.csv'",
    "COPY pores TO '{lake}/tables/pores/harpnum=1/aaaa.parquet' (FORMAT parquet)",
    "EXPORT DATABASE '{lake}/tables/dump'",
    "IMPORT DATABASE '{lake}'",
    "CREATE TABLE t (a INTEGER)",
    "CREATE TEMP TABLE t AS SELECT 1",
    "CREATE OR REPLACE VIEW pores AS SELECT 1",
    "CREATE MACRO m() AS 1",
    "CREATE SECRET s (TYPE http)",
    "CREATE SCHEMA s",
    "CREATE SEQUENCE s",
    "CREATE TYPE t AS ENUM ('a')",
    "DROP VIEW pores",
    "ALTER VIEW pores RENAME TO p",
    "COMMENT ON VIEW pores IS 'x'",
    "INSERT INTO pores VALUES (1)",
    "UPDATE pores SET mu = 0",
    "DELETE FROM pores",
    "TRUNCATE pores",
    "MERGE INTO pores USING tracks ON true WHEN MATCHED THEN DELETE",
    "WITH x AS (INSERT INTO pores VALUES (1) RETURNING *) SELECT * FROM x",
    "WITH x AS (DELETE FROM pores RETURNING *) SELECT * FROM x",
    "PIVOT pores ON kind USING count(*)",
    "WITH x AS (COPY (SELECT 1) TO '{lake}/tables/x.csv') SELECT * FROM x",
    "WITH x AS MATERIALIZED (COPY pores TO '{lake}/tables/x.parquet' (FORMAT parquet)) FROM x",
    "FROM (WITH x AS (COPY (SELECT 1) TO '{lake}/tables/x.csv') FROM x)",
    "SELECT 1 WHERE 1 IN (WITH x AS (COPY (SELECT 1) TO '{lake}/tables/x.csv') FROM x)",
    "WITH x AS (UPDATE pores SET mu = 0 RETURNING *) FROM x",
    # the session
    "ATTACH '{lake}/tables/new.duckdb'",
    "ATTACH ':memory:' AS m",
    "DETACH lake",
    "USE memory",
    "SET threads = 1",
    "SET enable_external_access = true",
    "RESET lock_configuration",
    "SET VARIABLE a = 1",
    "PRAGMA enable_profiling",
    "PRAGMA database_list",
    "CALL pragma_version()",
    "CHECKPOINT",
    "FORCE CHECKPOINT",
    "VACUUM",
    "ANALYZE",
    "BEGIN",
    "COMMIT",
    "PREPARE p AS SELECT 1",
    "EXECUTE p",
    "INSTALL httpfs",
    "LOAD httpfs",
    "EXPLAIN ANALYZE COPY (SELECT 1) TO 'x.csv'",
    # files
    "SELECT * FROM '{secret}'",
    "FROM '{secret}'",
    'FROM "{secret}"',
    "FROM read_csv('{secret}')",
    "FROM read_csv_auto('{secret}')",
    "FROM read_text('{secret}')",
    "FROM read_blob('{secret}')",
    "FROM read_json('{secret}')",
    "FROM sniff_csv('{secret}')",
    "FROM read_parquet('{lake}/../*/*.parquet')",
    "FROM parquet_scan('{lake}/tables/pores/harpnum=1/aaaa.parquet')",
    "FROM parquet_metadata('{lake}/tables/pores/harpnum=1/aaaa.parquet')",
    "FROM read_text('{lake}/tables/../catalog.lock')",
    "FROM read_duckdb('{lake}/catalog.duckdb')",
    "FROM glob('/*')",
    "FROM glob('{lake}/tables/*/*')",
    "FROM 'http://127.0.0.1:9/x.parquet'",
    "FROM read_csv('/dev/stdin')",
    "SELECT (SELECT content FROM read_text('{secret}'))",
    "SELECT 1 WHERE EXISTS (FROM glob('/*'))",
    "SELECT * FROM range(3) JOIN LATERAL (FROM glob('/*')) ON true",
    "DESCRIBE FROM read_csv('{secret}')",
    "SUMMARIZE FROM read_csv('{secret}')",
    "SELECT count(*) FROM pores UNION ALL SELECT size FROM read_blob('{secret}')",
    "FROM query('FROM read_text(''{secret}'')')",
    "FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))",
    "FROM query_table('{secret}')",
    "FROM '{lake}/tables/../../secret.csv'",
    "FROM '{lake}/tables/pores/harpnum=1/aaaa.parquet'",
    "FROM secret.csv",
    "FROM lake.secret.csv",
    'FROM "secret.csv"',
    "DESCRIBE '{secret}'",
    "SUMMARIZE '{secret}'",
    "SELECT * FROM pores JOIN '{secret}' ON true",
    "SELECT (FROM '{secret}')",
    "PIVOT '{secret}' ON a IN ('x')",
    "FROM histogram('{secret}', a)",
    "FROM memory.main.pores",
    "FROM repeat('x', 3), LATERAL (FROM read_text('{secret}'))",
    # the machine
    "FROM pragma_database_list",
    "FROM duckdb_databases",
    "FROM duckdb_databases()",
    "FROM duckdb_settings()",
    "FROM duckdb_logs",
    "FROM duckdb_temporary_files()",
    "FROM duckdb_external_file_cache()",
    "FROM pg_catalog.pg_settings",
    "FROM sqlite_master",
    "SELECT current_setting('temp_directory')",
    "SELECT getvariable('x')",
    "SELECT json_serialize_plan('FROM read_text(''{secret}'')')",
    "SELECT list_transform(['HOME'], lambda x: getenv(x))",
    "SELECT COLUMNS(lambda c: write_log(c) IS NULL) FROM pores",
    "SELECT system.main.getenv('HOME')",
    # functions with effects
    "SELECT getenv('HOME')",
    "SELECT write_log('x')",
    "SELECT 'x'.write_log()",
    "SELECT [write_log(x) FOR x IN ['a']]",
    "SELECT main.write_log('x')",
    "SELECT 1 ORDER BY write_log('x')",
    "SELECT sleep_ms(100000)",
    "SELECT nextval('s')",
    "SELECT setseed(0.5)",
    "FROM enable_logging(storage := 'file', storage_config := {{'path': '{lake}/tables/log'}})",
    "FROM enable_profiling(save_location := '{lake}/tables/profile.json')",
    "FROM checkpoint()",
    "FROM force_checkpoint('lake')",
    "FROM duckdb_secrets()",
    "FROM which_secret('s3://x', 's3')",
]


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
