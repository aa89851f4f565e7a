"""Seals of footers: of whatever Parquet file, and without a trace for those who read it."""

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from storage.footers import is_sealed, seal

ROWS = pa.table({"x": [1.0, 2.0]})


@pytest.fixture(params=["rows", "no row groups", "of DuckDB, no rows"])
def path(request, tmp_path):
    path = tmp_path / "x.parquet"
    if request.param == "rows":
        pq.write_table(ROWS, path)
    elif request.param == "no row groups":
        pq.ParquetWriter(path, ROWS.schema).close()
    else:
        duckdb.execute(f"COPY (SELECT 1.0::DOUBLE AS x WHERE false) TO '{path}'")
    return path


def test_a_sealed_file_reads_as_before(path) -> None:
    before = pq.read_table(path)
    assert not is_sealed(path)
    seal(path)
    assert is_sealed(path)
    assert pq.read_table(path).equals(before)
    assert duckdb.execute(f"SELECT count(*) FROM '{path}'").fetchall() == [(len(before),)]


def test_a_changed_footer_is_told(path) -> None:
    seal(path)
    whole = path.read_bytes()
    length = int.from_bytes(whole[-8:-4], "little")
    for at in range(len(whole) - 8 - length, len(whole) - 8, 7):  # readers notice another length
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(ValueError, match="footer"):
            assert not is_sealed(path)


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1\xff\xff\xff\xffPAR1", b"not a Parquet file"])
def test_what_has_no_footer_is_told(path, content) -> None:
    path.write_bytes(content)
    with pytest.raises(ValueError, match="no footer"):
        is_sealed(path)
