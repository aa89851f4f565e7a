"""What a source has that a cube has not seen yet."""

from collections.abc import Iterable
from pathlib import Path

from storage import cube_log
from storage.archive import SourceFile


def new_files(cube: Path, files: Iterable[SourceFile]) -> list[SourceFile]:
    """Files that were never offered to a cube, by name, size and time of change.

    Parameters
    ----------
    cube : Path
        Need not exist: then all files are new.
    files : iterable of SourceFile
        Of one HARP and series.
    """
    if not cube.exists():
        return list(files)
    with cube_log.reading(cube) as file:
        seen = {
            (row["file"].decode(), int(row["size"]), int(row["mtime_ns"])) for row in cube_log.entries(file)
        }
    return [file for file in files if (str(file.name), file.size, file.mtime_ns) not in seen]
