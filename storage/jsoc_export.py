"""Exports of JSOC: asked for once, waited for, fetched, and gone on with by the next run if this one ends.

A run killed between asking and noting JSOC's answer has asked for an export that nobody will fetch: JSOC
then says that the user has a pending request (status 7) until that one is made, and it is asked for again.
"""

from dataclasses import dataclass
from pathlib import Path

from pores.errors import InputError, PorelakeError
from storage.archive import TarSource
from storage.jsoc_client import Jsoc
from storage.jsoc_download import PART, Progress, download
from storage.jsoc_http import GoneError
from storage.jsoc_journal import DONE, READY, Journal, Request
from storage.jsoc_replies import ExportFile, ExportState
from storage.jsoc_wait import LostError, TooLargeError, ready
from storage.record_sets import RecordSet

ASKED_AT_MOST = 3  # times per run for one export that gets lost or expires


def export(
    jsoc: Jsoc, what: RecordSet, n_files: int, into: Path, progress: Progress | None = None
) -> list[Path]:
    """Have a record set exported, and fetch its files.

    Whatever of it is in `into` already, be it a request that pends or a file that is whole, is used. A file
    that is removed from there is fetched again by the next call.

    Parameters
    ----------
    n_files : int
        About how many to expect: many come as one tar.
    progress : callable, optional
        Gets the bytes done, and those to expect once that is known.

    Returns
    -------
    list of Path
        FITS files, or tars of such.

    Raises
    ------
    InputError
        If there is no address registered with JSOC.
    PorelakeError
        If JSOC does not make the export, or not in time; what is there is kept for the next run.
    """
    method, protocol = _how(jsoc, n_files)
    journal = Journal.open(into, what, method, protocol)
    tally = _Tally(progress)
    found: list[Path] = []
    at = 0
    while at < len(journal.requests):
        request = journal.requests[at]
        try:
            found += _bring(jsoc, journal, request, tally)
        except TooLargeError as error:
            halves = request.what.halves(jsoc.t_recs(request.what))
            if halves is None:
                raise PorelakeError(f"{error}; it is a single record") from error
            journal.split(request, halves)
        else:
            at += 1
    return found


def _how(jsoc: Jsoc, n_files: int) -> tuple[str, str]:
    """Method and protocol of an export."""
    if jsoc.settings.jsoc_protocol == "as-is":
        return "url_quick", "as-is"
    return ("url-tar" if n_files >= jsoc.settings.jsoc_tar_from else "url"), "fits"


def _bring(jsoc: Jsoc, journal: Journal, request: Request, tally: "_Tally") -> list[Path]:
    """Files of one request; asked for again where JSOC lost it."""
    into = journal.path.parent
    if request.state == DONE and request.files and all((into / name).exists() for name in request.files):
        return [into / name for name in request.files]
    why = ""
    for _ in range(ASKED_AT_MOST):
        try:
            return _fetch(jsoc, journal, request, ready(jsoc, journal, request), tally)
        except (LostError, GoneError) as error:
            why = str(error)
            request.forget()
            journal.save()
    raise PorelakeError(f"{request.record_set}: JSOC lost it {ASKED_AT_MOST} times ({why}); try later")


@dataclass
class _Tally:
    """Bytes over all files of an export."""

    progress: Progress | None
    before: int = 0

    def of_file(self, alone: bool) -> Progress:
        """What to call while a file comes; where it is all there is, its size is the total."""
        before = self.before

        def tell(done: int, total: int | None) -> None:
            self.before = before + done
            if self.progress is not None:
                self.progress(self.before, total if alone and not before else None)

        return tell


def _fetch(jsoc: Jsoc, journal: Journal, request: Request, state: ExportState, tally: _Tally) -> list[Path]:
    """Download what is not there; what came from elsewhere under the same name is made anew."""
    into = journal.path.parent
    for file in state.files:
        if request.files.get(file.name) != file.url:
            (into / file.name).unlink(missing_ok=True)
            (into / (file.name + PART)).unlink(missing_ok=True)
    request.files = {file.name: file.url for file in state.files}
    request.state = READY
    journal.save()
    alone = len(state.files) == 1 and len(journal.requests) == 1
    paths = [_one(jsoc, file, into, tally.of_file(alone)) for file in state.files]
    request.state = DONE
    journal.save()
    return paths


def _one(jsoc: Jsoc, file: ExportFile, into: Path, progress: Progress) -> Path:
    path = into / file.name
    if path.exists():
        size = path.stat().st_size
        progress(size, size)
        return path
    check = _tar_fault if path.suffix == ".tar" else None
    return download(jsoc.http, file.url, path, progress, check)


def _tar_fault(path: Path) -> str | None:
    """What is wrong with a tar: one cut short by a server that told no size, for the most part."""
    try:
        TarSource(path).listing  # noqa: B018 - reads it
    except InputError as error:
        return str(error)
    return None
