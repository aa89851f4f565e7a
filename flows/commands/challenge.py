"""The command that makes the pore tracking challenge."""

import re
from pathlib import Path
from typing import Annotated

import typer

from pores.errors import InputError
from storage.outputs import require_writable

_SEEDS = re.compile(r"(\d+)(?:\.\.(\d+))?")


def register(app: typer.Typer) -> None:
    """Add the command to the app."""
    app.command()(challenge)


def challenge(
    out: Annotated[Path, typer.Option("--out", help="Directory for the series and the rules.")],
    scenario: Annotated[
        list[str] | None, typer.Option("--scenario", help="Scenario; may be given again. Default: all.")
    ] = None,
    seeds: Annotated[
        str | None, typer.Option("--seeds", help="Seeds, as 1..5 or 7. Default: the challenge's own.")
    ] = None,
    frames: Annotated[
        int | None, typer.Option("--frames", min=1, help="Records of each series. Default: the scenario's.")
    ] = None,
    shape: Annotated[
        tuple[int, int] | None, typer.Option("--shape", help="Rows and columns of the patch.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option("--workers", min=1, help="Processes. Default: all cores.")
    ] = None,
) -> None:
    """Make simulated series with known truth and the same detections for every tracker.

    Series that are there already are not made again.
    """
    from flows.challenge import SCENARIOS, SEEDS, make_challenge, series_of

    changed = {"n_frames": frames, "shape": shape}
    given = tuple((name, value) for name, value in changed.items() if value is not None)
    require_writable(f"--out {out}", out)
    series = series_of(scenario or SCENARIOS, range_of(seeds) if seeds else SEEDS, given)
    print(make_challenge(out, series, workers))


def range_of(text: str) -> tuple[int, ...]:
    """Seeds that a text means.

    Examples
    --------
    >>> range_of("3..5"), range_of("7")
    ((3, 4, 5), (7,))

    Raises
    ------
    InputError
        If it means none.
    """
    match = _SEEDS.fullmatch(text)
    if match is None or int(match[2] or match[1]) < int(match[1]):
        raise InputError(f"--seeds {text}: no seeds; write one, or the first and the last as 1..5")
    return tuple(range(int(match[1]), int(match[2] or match[1]) + 1))
