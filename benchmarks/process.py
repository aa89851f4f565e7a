"""Whole processes: how long `porelake` takes from its start to its end, and how much memory."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PORELAKE = str(Path(sys.executable).with_name("porelake"))
_LOOK_S, _WEIGH_S = 0.002, 0.1


@dataclass(frozen=True)
class Process:
    """What became of a process: seconds to its end, seconds until a file was there, MB at its largest."""

    seconds: float
    until_s: float
    peak_mb: float


def porelake(
    *arguments: object,
    until: Path | None = None,
    weigh: bool = False,
    environment: Mapping[str, str] | None = None,
) -> Process:
    """Run `porelake`.

    Parameters
    ----------
    *arguments
        Of the command.
    until : Path, optional
        The file whose appearance is waited for in `until_s`.
    weigh : bool
        Measure memory, which costs the run a little time.
    environment : mapping, optional
        Variables beside those of this process.

    Raises
    ------
    RuntimeError
        If the command fails.
    """
    command = [PORELAKE, *map(str, arguments)]
    start = time.perf_counter()
    variables = {**os.environ, **(environment or {})}
    pipes = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, env=variables, **pipes) as process:
        until_s, peak_mb = _watched(process, start, until, weigh) if until or weigh else (float("nan"),) * 2
        _, said = process.communicate()
        seconds = time.perf_counter() - start
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)}: {said.decode()}")
    return Process(seconds, until_s, peak_mb)


def _watched(
    process: "subprocess.Popen[bytes]", start: float, until: Path | None, weigh: bool
) -> tuple[float, float]:
    """When the file appeared, and the largest memory, of a running process."""
    until_s, peak, weighed = float("nan"), float("nan"), start
    while process.poll() is None and (weigh or until_s != until_s):
        now = time.perf_counter()
        if until is not None and until_s != until_s and until.exists():
            until_s = now - start
        if weigh and now - weighed > _WEIGH_S:
            peak, weighed = max(memory_mb(process.pid), 0 if peak != peak else peak), now
        time.sleep(_LOOK_S)
    return until_s, peak


def own_peak_mb() -> float:
    """The largest memory that this process has had since its program began (Linux only).

    `ru_maxrss` is no less than that of the process that started this one: Linux keeps it over fork and exec.
    """
    words = _words(Path("/proc/self/status"))
    return int(words[words.index("VmHWM:") + 1]) * 1.024 / 1e3


def memory_mb(pid: int) -> float:
    """Memory of a process and all its descendants, pages that several share counted once (Linux only)."""
    return sum(_shares_kb(process) for process in _family(pid)) / 1e3


def _family(pid: int) -> Iterator[int]:
    yield pid
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in _words(children):
            yield from _family(int(child))


def _shares_kb(pid: int) -> int:
    """Its share of memory: private pages, and of shared ones the part that falls to it."""
    words = _words(Path(f"/proc/{pid}/smaps_rollup"))
    return int(words[words.index("Pss:") + 1]) if "Pss:" in words else 0


def _words(path: Path) -> Sequence[str]:
    try:
        return path.read_text().split()
    except OSError:  # it has just ended
        return []
