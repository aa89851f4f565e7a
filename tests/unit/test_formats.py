"""The schema in other forms says the same in each."""

import json
import re
from pathlib import Path

import pyarrow as pa
import pytest

from catalog.formats import (
    SQL_TYPES,
    arrow_schema,
    comments,
    data_dictionary,
    file_of,
    file_pattern,
    literal,
    meaning,
    quoted,
)
from catalog.schema import FRAMES, TABLES, Column
from catalog.schema.columns import PRODUCT
from catalog.sql_files import Parameter, sql_file, sql_files
from pores.errors import InputError

DICTIONARY = Path(__file__).parents[2] / "docs" / "data-dictionary.md"


@pytest.mark.parametrize("name", TABLES)
def test_arrow_schema(name: str) -> None:
    table = TABLES[name]
    schema = arrow_schema(table)
    assert schema.names == [column.name for column in table.columns]
    for field, column in zip(schema, table.columns, strict=True):
        assert field.nullable == column.nullable
        assert field.metadata[b"description"].decode() == column.description
        assert field.metadata.get(b"unit") == (None if column.unit is None else column.unit.encode())
    assert tuple(json.loads(schema.metadata[b"order"])) == table.order
    assert tuple(json.loads(schema.metadata[b"key"])) == table.key


def test_arrow_types() -> None:
    schema = arrow_schema(FRAMES)
    assert schema.field("t_rec").type == pa.timestamp("ms")
    assert schema.field("missing_segments").type == pa.list_(pa.string())
    assert schema.field("usable").type == pa.bool_()
    assert schema.field("quality").type == pa.int64()
    assert schema.field("mu_center").type == pa.float64()


def test_key_and_order_of_a_part_of_a_table_are_of_its_columns() -> None:
    schema = arrow_schema(FRAMES.without("run_id", "t_rec"))
    assert json.loads(schema.metadata[b"key"]) == ["harpnum"]
    assert json.loads(schema.metadata[b"order"]) == ["harpnum"]


def test_every_type_has_its_sql_type() -> None:
    assert {column.type for table in TABLES.values() for column in table.columns} <= set(SQL_TYPES)


def test_texts_and_names_in_sql() -> None:
    assert literal("it's") == "'it''s'"
    assert quoted('a"b') == '"a""b"'
    pattern = file_pattern(Path("/a[1]*?{b}'"))
    assert pattern == "/a[[]1][*][?]{b}'"
    assert file_of(pattern) == "/a[1]*?{b}'"


def test_comments() -> None:
    column = Column("flux", "float64", "Sun's flux", "Mx")
    assert meaning(column) == "Sun's flux [Mx]"
    assert comments("v", "what", (column,)) == [
        "COMMENT ON VIEW \"v\" IS 'what'",
        "COMMENT ON COLUMN \"v\".\"flux\" IS 'Sun''s flux [Mx]'",
    ]


def test_the_data_dictionary_is_up_to_date() -> None:
    assert DICTIONARY.read_text() == data_dictionary(), "run `python -m catalog.formats`"


def test_the_data_dictionary_has_everything() -> None:
    text = data_dictionary()
    assert all(f"## `{table.name}`" in text for table in TABLES.values())
    assert all(f"| `{column.name}` |" in text for table in TABLES.values() for column in table.columns)
    assert all(
        f"`{file.name}`" in text for kind in ("views", "macros", "queries") for file in sql_files(kind)
    )


@pytest.mark.parametrize(
    "path",
    sorted((Path(__file__).parents[2] / "sql").glob("*/*.sql")),
    ids=lambda path: f"{path.parent.name}/{path.stem}",
)
def test_sql_files_say_what_a_row_is(path: Path) -> None:
    file = sql_file(path.parent.name, path.stem)
    assert file.description.startswith(("A ", "An ") if path.parent.name == "checks" else "One row per")
    assert "SELECT *" not in file.text
    assert all(len(line) <= 115 for line in file.text.splitlines())
    assert file.text.endswith("\n")
    if path.parent.name in ("views", "macros"):
        kind = {"views": "VIEW", "macros": "MACRO"}[path.parent.name]
        assert f"\nCREATE {kind} {path.stem}" in file.text


def test_header_of_a_query() -> None:
    query = sql_file("queries", "pore_lifetime_vs_mean_br")
    assert query.parameters[0] == Parameter("bin_g", "DOUBLE", "200", "Width of a bin of |mean Br|, G", "> 0")
    assert query.columns[0] == PRODUCT
    assert query.columns[1].unit == "G"
    assert query.columns[1].type == "float64"


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "-inf"])
def test_values_must_be_above_zero_where_the_header_says_so(text: str) -> None:
    with pytest.raises(InputError, match=re.escape(f"--param bin_g={text}: must be a number above 0")):
        Parameter("bin_g", "DOUBLE", "200", "x", "> 0").value(text)


def test_values_must_be_of_a_choice_where_the_header_says_so() -> None:
    births = Parameter("births", "VARCHAR", "seen", "x", "seen, all")
    assert births.value("all") == "all"
    for text in ("null", "some", "seen, all", ""):
        with pytest.raises(InputError, match=f"--param births={text}: must be one of seen, all"):
            births.value(text)
    kind = Parameter("kind", "VARCHAR", "pore", "x", "pore, umbra, null")
    assert (kind.value("umbra"), kind.value("null")) == ("umbra", None)


def test_values_of_parameters() -> None:
    read = {
        kind: Parameter("p", kind, "null", "x").value
        for kind in ("INTEGER", "DOUBLE", "VARCHAR", "TIMESTAMP")
    }
    assert read["INTEGER"]("3") == 3
    assert read["DOUBLE"]("1e3") == 1000.0
    assert read["VARCHAR"]("x' OR 1") == "x' OR 1"
    assert read["TIMESTAMP"]("2011-02-15").isoformat() == "2011-02-15T00:00:00"
    assert read["INTEGER"]("null") is None
    with pytest.raises(InputError, match="--param p=x: not a value of type TIMESTAMP"):
        read["TIMESTAMP"]("x")


def test_unknown_sql_file() -> None:
    with pytest.raises(InputError, match="nothing: no such thing among the views of porelake"):
        sql_file("views", "nothing")
