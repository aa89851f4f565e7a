"""What a source has that a cube has not seen yet."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from storage import cube_log
from storage.archive import SourceFile
from storage.cubes import Cube
from storage.record_sets import RecordSet

if TYPE_CHECKING:
    from storage.fetch import Archive


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


def new_records(archive: "Archive", cube: Path, what: RecordSet) -> int:
    """How many records of an archive a fetch would change a cube by.

    Parameters
    ----------
    archive : Archive
    cube : Path
        Need not exist: then all records are new.
    what : RecordSet
        Of one HARP; names the segments.

    Raises
    ------
    PorelakeError
        If the archive does not answer.
    """
    from storage.fetch_plan import planned

    had = Cube(cube).standings() if cube.exists() else {}
    plan = planned(what, archive.records(what), had, again=False)
    lost = {lost.name.t_rec for lost in plan.lost}
    return len({file.t_rec for file in plan.wanted} | lost | set(plan.bare))
