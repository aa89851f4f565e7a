"""Damage to files of which nothing but checksums tells."""

import struct
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq


def change_values(path: Path) -> None:
    """Change a bit of a page so that it is unpacked all the same, into other values."""
    whole, rows, group = path.read_bytes(), pq.read_table(path), pq.read_metadata(path).row_group(0)
    for page in map(group.column, range(group.num_columns)):
        begin = page.data_page_offset
        for at in range(begin + page.total_compressed_size - 1, begin, -1):
            path.write_bytes(whole[:at] + bytes([whole[at] ^ 16]) + whole[at + 1 :])
            with suppress(OSError, pa.ArrowException):
                if not pq.read_table(path).equals(rows):
                    return
    raise AssertionError(f"{path}: whatever is changed is noticed without checksums")


def change_largest(path: Path, column: str, value: float) -> None:
    """Change the largest value of a column as the footer tells it."""
    whole, group = path.read_bytes(), pq.read_metadata(path).row_group(0)
    chunks = map(group.column, range(group.num_columns))
    (largest,) = (chunk.statistics.max for chunk in chunks if chunk.path_in_schema == column)
    footer = len(whole) - 8 - int.from_bytes(whole[-8:-4], "little")
    old, new = struct.pack("<d", largest), struct.pack("<d", value)
    assert old in whole[footer:]
    path.write_bytes(whole[:footer] + whole[footer:].replace(old, new))


def cut_short(path: Path) -> None:
    """Leave the first half of a file."""
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
