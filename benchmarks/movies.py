"""Movies of the simulated HARP: time, size, memory."""

from pathlib import Path

from benchmarks.process import Process, porelake
from benchmarks.record import simulate
from benchmarks.report import Table
from benchmarks.timing import Sample
from storage.lake import Lake
from storage.runs import current_runs

SERIES_SHAPE, SERIES_FRAMES = (300, 500), 60
_LOOKS: dict[str, tuple[object, ...]] = {
    "`porelake movie`": (),
    "`porelake movie --width 1280`": ("--width", 1280),
    "`porelake movie --field grey`": ("--field", "grey"),
    "`porelake movie --intensity raw --field grey`": ("--intensity", "raw", "--field", "grey"),
}


def movie_table(scratch: Path, rounds: int) -> Table:
    """Movies of the lake of a simulated HARP."""
    lake, out = scratch / "filmed", scratch / "movie.mp4"
    simulate(scratch / "series", SERIES_SHAPE, SERIES_FRAMES)
    porelake("run", "--from", scratch / "series", "--lake", lake)
    times: dict[str, list[float]] = {name: [] for name in _LOOKS}
    sizes = {}
    for _ in range(rounds):
        for name, look in _LOOKS.items():
            times[name].append(_movie(lake, out, look).seconds)
            sizes[name] = f"{out.stat().st_size / 1e6:.1f}"
    rows: list[tuple[object, ...]] = [(name, Sample(tuple(times[name])), sizes[name]) for name in _LOOKS]
    peak = _movie(lake, out, (), weigh=True).peak_mb
    rows.append(("peak memory of `porelake movie`, MB", f"{peak:.0f}", ""))
    shape = f"{SERIES_SHAPE[0]} x {SERIES_SHAPE[1]}"
    return Table(
        f"Movie of {SERIES_FRAMES} frames",
        ("", "s", "MB"),
        rows,
        f"A simulated HARP, {shape} pixels, 12 frames a second; whole processes, all cores.",
    )


def _movie(lake: Path, out: Path, look: tuple[object, ...], weigh: bool = False) -> Process:
    harpnum = current_runs(Lake.at(lake))[0].harpnum
    return porelake("movie", "--lake", lake, "--harp", harpnum, "--out", out, *look, weigh=weigh)
