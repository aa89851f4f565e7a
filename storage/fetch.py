"""Fetching what a cube lacks of a HARP's records: only that, whole, and labelled with its version."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pores.errors import InputError
from storage.cube_writer import held
from storage.fetch_job import Archive, Job, Progress
from storage.fetch_plan import Plan, chunks, planned
from storage.fetch_staging import Staging
from storage.record_sets import RecordSet

__all__ = ["Archive", "Fetched", "fetch"]

ROUNDS = 3  # looks at the archive in a run: what changed while it was fetched is fetched as well


@dataclass(frozen=True)
class Fetched:
    """What became of the records asked for.

    Attributes
    ----------
    added : int
        Files put into the cube, and those of `unusable`.
    unchanged : int
        Files the cube had.
    unusable : tuple of str
        A line for each file that this run recorded as absent at the archive or unusable.
    missing : tuple of str
        A line for each file that the archive has and that could not be had whole, in this or an earlier run.
    n_records : int
        Records the archive has.
    """

    added: int = 0
    unchanged: int = 0
    unusable: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    n_records: int = 0


def fetch(
    archive: Archive,
    cube: Path,
    staging: Path,
    what: RecordSet,
    progress: Progress | None = None,
    again: bool = False,
) -> Fetched:
    """Bring a cube up to what the archive has of a HARP.

    What an earlier run left in `staging` is finished first. Then files that the cube lacks, or has of another
    version, are asked for in chunks; each is read and checked before it counts, a bad one asked for again
    (three times in all, over all runs), and then recorded as unusable. What the archive has no longer
    stays in the cube.

    Parameters
    ----------
    archive : Archive
    cube : Path
        Made if need be.
    staging : Path
        Directory for what is being fetched; of this HARP alone.
    what : RecordSet
        Of one HARP; names the segments.
    progress : callable, optional
        Called with the bytes done and to expect.
    again : bool
        Ask anew for files recorded as unusable.

    Raises
    ------
    InputError
        If `what` names no HARP or no segments, or the archive refuses it.
    PorelakeError
        If the archive does not answer (what it has begun is resumed by the next run), or another process
        fetches this HARP.
    """
    if what.harpnum is None or not what.segments:
        raise InputError(f"{what}: a fetch is of one HARP and of named segments")
    with held(staging, "another process is fetching this HARP; wait for it"):
        job = Job(archive, cube, Staging(staging), progress or (lambda *_: None))
        job.finish()
        asked: set[tuple[np.datetime64, str, str]] = set()
        for turn in range(ROUNDS):
            plan = planned(what, archive.records(what), job.standings(), again and not turn)
            new = [file for file in plan.wanted if (file.t_rec, file.segment, file.version) not in asked]
            asked |= {(file.t_rec, file.segment, file.version) for file in new}
            if turn == 0:
                job.unchanged += max(plan.unchanged - job.added, 0)  # less what a killed run had left
            job.note(what, plan)
            if not new:
                break
            job.get(chunks(what, new, plan.there, job.settings))
        job.staging.remove()
        return _fetched(job, plan)


def _fetched(job: Job, last: Plan) -> Fetched:
    """What it came to."""
    missing = dict(job.missing)
    for name in map(str, last.given_up):
        missing.setdefault(name, f"{name}: unusable at the archive in an earlier run; --again asks anew")
    added = job.added + len(job.unusable)
    return Fetched(added, job.unchanged, tuple(job.unusable), tuple(missing.values()), len(last.there))
