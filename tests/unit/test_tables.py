"""Parquet tables: what is written comes back, what does not fit is refused, equal rows give equal bytes."""

import json
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.tables import TableError, read_schema, read_table, write_table

SCHEMA = pa.schema(
    [
        pa.field("i", pa.int32(), nullable=False, metadata={"unit": "pix"}),
        pa.field("f", pa.float64()),
        pa.field("g", pa.float64(), nullable=False),
        pa.field("s", pa.string()),
        pa.field("b", pa.bool_()),
        pa.field("t", pa.timestamp("ms"), nullable=False),
        pa.field("l", pa.list_(pa.string()), nullable=False),
        pa.field("n", pa.int64()),
    ],
    {"order": json.dumps(["i", "t"]), "description": "things"},
)


def objects(*items: Any) -> np.ndarray:
    array = np.empty(len(items), object)
    array[:] = items
    return array


def columns(**changes: Any) -> dict[str, Any]:
    good = {
        "i": np.array([3, 1, 2]),
        "f": np.array([0.5, np.nan, -0.0]),
        "g": np.array([1, 2, 3], np.float32),
        "s": np.array(["a", None, "ü"], object),
        "b": np.array([True, None, False], object),
        "t": np.array(["2011-02-15T02:00:00.123", "2011-02-15", "1970-01-01"], "datetime64[ms]"),
        "l": objects(["x", "y"], [], np.array(["z"])),
        "n": np.array([2**40, None, 0], object),
    }
    return {**good, **changes}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "new" / "table.parquet"


def test_comes_back_sorted_with_nulls(path: Path) -> None:
    write_table(path, columns(), SCHEMA)
    back = read_table(path)
    assert list(back) == SCHEMA.names
    assert back["i"].tolist() == [1, 2, 3]
    np.testing.assert_array_equal(back["f"], [np.nan, 0, 0.5])
    assert back["s"].tolist() == [None, "ü", "a"]
    assert back["b"].tolist() == [None, False, True]
    assert back["t"].astype(str).tolist()[2] == "2011-02-15T02:00:00.123"
    assert [list(item) for item in back["l"]] == [[], ["z"], ["x", "y"]]
    assert back["n"].tolist() == [None, 0, 2**40]


def test_types_are_the_schemas(path: Path) -> None:
    write_table(path, columns(), SCHEMA)
    back = read_schema(path)
    assert back.equals(SCHEMA)
    assert back.metadata == SCHEMA.metadata
    assert back.field("i").metadata[b"unit"] == b"pix"
    described = duckdb.sql(f"DESCRIBE FROM '{path}'").fetchall()
    assert [row[1] for row in described] == [
        "INTEGER", "DOUBLE", "DOUBLE", "VARCHAR", "BOOLEAN", "TIMESTAMP", "VARCHAR[]", "BIGINT",
    ]  # fmt: skip


def test_nan_is_null_to_sql(path: Path) -> None:
    write_table(path, columns(), SCHEMA)
    assert duckdb.sql(f"SELECT f FROM '{path}' ORDER BY i").fetchall() == [(None,), (0.0,), (0.5,)]


def test_no_rows_keep_their_types(path: Path) -> None:
    write_table(path, {name: [] for name in SCHEMA.names}, SCHEMA)
    back = read_table(path)
    assert {name: array.dtype.kind for name, array in back.items()} == dict(
        zip("ifgsbtln", "iffObMOi", strict=True)
    )
    assert all(len(array) == 0 for array in back.values())


def test_order_of_rows_and_columns_does_not_change_the_bytes(path: Path) -> None:
    write_table(path, columns(), SCHEMA)
    other = path.with_name("other.parquet")
    turned = {name: values[::-1] for name, values in reversed(columns().items())}
    write_table(other, turned, SCHEMA)
    assert path.read_bytes() == other.read_bytes()


def test_order_of_the_caller(path: Path) -> None:
    write_table(path, columns(), SCHEMA, order=["g"])
    assert read_table(path)["i"].tolist() == [3, 1, 2]


def test_some_columns(path: Path) -> None:
    write_table(path, columns(), SCHEMA)
    assert list(read_table(path, ["s", "i"])) == ["s", "i"]
    with pytest.raises(TableError, match=r"table\.parquet: no column x"):
        read_table(path, ["x"])


def test_plain_sequences_will_do(path: Path) -> None:
    write_table(path, {name: list(values) for name, values in columns().items()}, SCHEMA)
    assert read_table(path)["i"].tolist() == [1, 2, 3]


WRONG = {
    "float for integer": (
        {"i": np.array([1.0, 2.0, 3.0])},
        "column i does not fit int32: values of dtype float64",
    ),
    "float among integers": (
        {"n": np.array([1.5, None, 2], object)},
        "column n does not fit int64: a float stands",
    ),
    "too large": ({"i": np.array([2**31, 1, 2])}, "column i does not fit int32"),
    "text for number": ({"f": np.array(["1", "2", "3"])}, "column f does not fit double"),
    "number for text": ({"s": np.array([1, 2, 3])}, "column s does not fit string"),
    "integer for bool": ({"b": np.array([1, 0, 1])}, "column b does not fit bool"),
    "integer for time": ({"t": np.array([1, 2, 3])}, "column t does not fit timestamp"),
    "time between milliseconds": (
        {"t": np.array([1, 2, 3], "datetime64[us]")},
        "column t does not fit timestamp",
    ),
    "text for list": (
        {"l": np.array(["ab", "c", "d"], object)},
        "column l does not fit list.*a string stands",
    ),
    "two dimensions": ({"f": np.ones((3, 2))}, "column f does not fit double: an array of 2 dimensions"),
    "null": (
        {"i": np.array([1, None, 2], object)},
        "column i is null in row 1, but is declared without nulls",
    ),
    "NaN": ({"g": np.array([1, 2, np.nan])}, "column g is null in row 2"),
    "NaT": ({"t": np.array(["2011", "2012", "NaT"], "datetime64[ms]")}, "column t is null in row 2"),
    "no list": ({"l": objects(["a"], None, [])}, "column l is null in row 1"),
    "length": ({"i": np.array([1, 2])}, "columns differ in length"),
    "unknown": ({"z": np.array([1, 2, 3])}, "unknown column z"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_does_not_fit_is_refused_and_nothing_is_written(path: Path, name: str) -> None:
    changes, said = WRONG[name]
    with pytest.raises(TableError, match=rf"table\.parquet: .*{said}"):
        write_table(path, columns(**changes), SCHEMA)
    assert not path.exists()


def test_missing_columns_are_named(path: Path) -> None:
    with pytest.raises(TableError, match="missing column g, t"):
        write_table(path, {name: v for name, v in columns().items() if name not in "gt"}, SCHEMA)


def test_a_failed_write_leaves_the_file_that_was_there(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_table(path, columns(), SCHEMA)
    before = path.read_bytes()

    def half(table: pa.Table, where: Path, **_: object) -> None:
        where.write_bytes(b"PAR1")
        raise OSError("no space left on device")

    monkeypatch.setattr(pq, "write_table", half)
    with pytest.raises(OSError, match="no space"):
        write_table(path, columns(i=np.array([7, 8, 9])), SCHEMA)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("content", [b"", b"PAR1", b"x" * 5000])
def test_broken_files_are_named(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(TableError, match=r"table\.parquet: not a readable Parquet file"):
        read_table(path)


def test_absent_files_are_named(path: Path) -> None:
    with pytest.raises(TableError, match=r"table\.parquet: not a readable"):
        read_table(path)


rows = st.lists(
    st.tuples(
        st.integers(-(2**31), 2**31 - 1),
        st.floats(allow_infinity=True) | st.none(),
        st.text() | st.none(),
        st.booleans() | st.none(),
        st.integers(-(10**13), 10**13),
        st.lists(st.text(max_size=3), max_size=3),
        st.integers(-(2**63), 2**63 - 1) | st.none(),
    ),
    max_size=8,
)


@settings(deadline=None, max_examples=25)
@given(rows)
def test_any_rows_come_back(tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[Any, ...]]) -> None:
    path = tmp_path_factory.mktemp("any") / "table.parquet"
    fields = list(zip(*rows, strict=True)) or [()] * 7
    i, f, s, b, t, lists, n = (objects(*field) for field in fields)
    times = np.array(fields[4], "int64").view("datetime64[ms]")
    table = {"i": i, "f": f, "g": np.zeros(len(i)), "s": s, "b": b, "t": times, "l": lists, "n": n}
    write_table(path, table, SCHEMA, order=[])
    back = read_table(path)
    assert back["i"].tolist() == i.tolist()
    np.testing.assert_array_equal(back["f"], [np.nan if x is None else x for x in f])
    assert back["s"].tolist() == s.tolist()
    assert back["b"].tolist() == b.tolist()
    assert back["t"].view("int64").tolist() == t.tolist()
    assert [list(item) for item in back["l"]] == lists.tolist()
    assert back["n"].tolist() == n.tolist()
