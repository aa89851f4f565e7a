"""Footers of Parquet files, sealed: a seal in front of a footer has its checksum.

Pages have checksums of their own, as Parquet has them; footers have none. They say where pages lie, and their
smallest and largest values: a changed one lets a question pass over rows, and nothing tells. Readers of
Parquet do not look at what lies between the last page and the footer. There the seal is, 12 bytes:
`porelake`, and the CRC-32 of all that follows, little-endian.
"""

import os
import zlib
from pathlib import Path
from typing import BinaryIO

_NAME = b"porelake"
_SEAL = len(_NAME) + 4  # bytes
_END = 8  # bytes: length of the footer without them, and what Parquet files end with
_MAGIC = b"PAR1"


def seal(path: Path) -> None:
    """Seal the footer of a file that was just written."""
    with path.open("r+b") as file:
        footer = _read(file)[_SEAL:]
        file.seek(-len(footer), os.SEEK_END)
        file.write(_NAME + zlib.crc32(footer).to_bytes(4, "little") + footer)


def is_sealed(path: Path) -> bool:
    """Whether a file's footer has a seal; those of earlier versions have none.

    Only the footer is read.

    Raises
    ------
    ValueError
        If the file has no footer, or another one than was sealed.
    """
    with path.open("rb") as file:
        found = _read(file)
    name, told, footer = found[: len(_NAME)], found[len(_NAME) : _SEAL], found[_SEAL:]
    if name != _NAME:
        return False
    if zlib.crc32(footer).to_bytes(4, "little") != told:
        raise ValueError("its footer does not fit the checksum")
    return True


def _read(file: BinaryIO) -> bytes:
    """The footer of a file to the end, and what lies before it, where a seal is."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(size - _END, 0))
    end = file.read()
    length = int.from_bytes(end[:4], "little") + _END
    if end[4:] != _MAGIC or size - length < len(_MAGIC):
        raise ValueError("no footer at its end")
    file.seek(max(size - length - _SEAL, 0))  # a file without rows may have no room for a seal
    return file.read().rjust(length + _SEAL, b"\0")
