"""A file from JSOC, whole or not at all: a broken download goes on where it stopped."""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import IO

import httpx

from pores.errors import PorelakeError
from storage.jsoc_http import Fault, Http

PART = ".part"
Progress = Callable[[int, int | None], object]  # bytes done, bytes to expect
_RANGE = re.compile(r"bytes (?:(\d+)-(\d+)|\*)/(\d+|\*)")


def download(
    http: Http,
    url: str,
    target: Path,
    progress: Progress | None = None,
    check: Callable[[Path], str | None] | None = None,
) -> Path:
    """Fetch a file to `target`, by way of `<target>.part`, from which a later call goes on.

    Parameters
    ----------
    check : callable, optional
        Says what is wrong with the whole file, if anything; then it is fetched again from its start.

    Raises
    ------
    UnreachableError
        If it does not come whole after several tries; what came stays in the `.part` file.
    GoneError
        If the server has no such file.
    PorelakeError
        If it can't be written.
    """
    part = target.with_name(target.name + PART)

    def once() -> None:
        _continue(http, url, part, progress or _silent)
        wrong = check(part) if check else None
        if wrong:
            part.unlink()
            raise Fault(wrong)

    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        http.persist(once, lambda: _size(part))
        _settle(part, target)
    except OSError as error:
        raise PorelakeError(f"{target}: can't be written ({error.strerror})") from error
    return target


def _continue(http: Http, url: str, part: Path, progress: Progress) -> None:
    """Get what is missing of a part, and make sure that nothing is."""
    have = _size(part)
    with http.get(url, {"Range": f"bytes={have}-"} if have else {}) as reply:
        have, total = _agreed(reply, part, have)
        if reply.status_code == 416:
            return
        with part.open("ab" if have else "wb") as file:
            have = _append(http, reply, file, have, total, progress)
    if total is not None and have != total:
        if have > total:
            part.unlink()
        raise Fault(f"{have} of {total} bytes came")


def _append(
    http: Http, reply: httpx.Response, file: IO[bytes], have: int, total: int | None, progress: Progress
) -> int:
    progress(have, total)
    for piece in http.pieces(reply):
        file.write(piece)
        have += len(piece)
        progress(have, total)
    return have


def _agreed(reply: httpx.Response, part: Path, have: int) -> tuple[int, int | None]:
    """From which byte the server goes on, and the size of the whole if it says so."""
    if reply.status_code == 200:
        length = reply.headers.get("Content-Length", "")
        return 0, int(length) if length.isdecimal() else None
    match = _RANGE.fullmatch(reply.headers.get("Content-Range", ""))
    first, total = (match[1], match[3]) if match else (None, "*")
    if reply.status_code == 416 and total == str(have):  # the part is the whole, killed before its renaming
        return have, have
    if reply.status_code == 206 and first == str(have):
        return have, None if total == "*" else int(total)
    part.unlink(missing_ok=True)
    raise Fault(f"asked for bytes from {have} on, got {reply.headers.get('Content-Range', 'none')!r}")


def _settle(part: Path, target: Path) -> None:
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(target)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _silent(done: int, total: int | None) -> None:
    """No one watches."""
