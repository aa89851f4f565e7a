"""Commands that make things on the side: simulations, scores, masks, one image doubled, the quickstart."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from flows.lake_options import INTO
from flows.options import JsonOption, LakeOption, WeightsOption
from pores.errors import InputError
from pores.scenarios import BILLS
from storage.outputs import require_writable


class Method(StrEnum):
    """How one image is doubled."""

    NETWORK = "network"
    SPLINE = "spline"


def register(app: typer.Typer) -> None:
    """Add the commands to the app."""
    app.command(epilog=_scenarios())(simulate)
    for command in (score, mask, enhance, parameters, demo):
        app.command()(command)


def _scenarios() -> str:
    """What follows the help of `simulate`: the scenarios, a line each."""
    lines = [f"  {name:13} {bill.says}" for name, bill in BILLS.items()]
    return "\n".join(["\b", "Scenarios:", *lines])


def simulate(
    out: Annotated[Path, typer.Option("--out", help="Directory for the FITS files and `truth/`.")],
    seed: Annotated[int, typer.Option("--seed", min=0, help="Equal seeds give equal files.")] = 1,
    frames: Annotated[
        int | None,
        typer.Option("--frames", min=1, help="Record slots, 12 min apart; default: as the scenario has it."),
    ] = None,
    every: Annotated[
        int, typer.Option("--every", min=1, help="Of the slots only every so many-th has a record.")
    ] = 1,
    harp: Annotated[int, typer.Option("--harp", min=1, help="HARP number of the series.")] = 99001,
    scenario: Annotated[
        str, typer.Option("--scenario", help="What happens; the scenarios are listed below.")
    ] = "clean",
    noise: Annotated[
        float | None,
        typer.Option("--noise", min=0, help="Noise in units of HMI's; default: as the scenario has it."),
    ] = None,
    shape: Annotated[
        tuple[int, int] | None,
        typer.Option(
            "--shape",
            help="Rows and columns of the patch, as in --shape 300 500; default: as the scenario has it.",
        ),
    ] = None,
) -> None:
    """Simulate a SHARP series with known truth, as FITS files as JSOC writes them."""
    require_writable(f"--out {out}", out)
    from flows.simulated import simulate_series

    given = {"n_frames": frames, "noise": noise, "shape": shape}
    chosen = {name: value for name, value in given.items() if value is not None}
    print(simulate_series(out, scenario, {"seed": seed, "harpnum": harp, "every": every, **chosen}))


def score(
    truth: Annotated[
        Path, typer.Argument(help="Directory of truth tables, as `porelake simulate` writes them.")
    ],
    lake: LakeOption = "lake",
    tables: Annotated[
        Path | None,
        typer.Option(
            "--tables",
            help="Score these instead of a lake: directory of pores, links, tracks and events .parquet.",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Compare detections and tracks, the lake's or another tracker's, with truth tables."""
    from flows.scoring import as_numbers, score_directory, score_lake

    def tell(note: str) -> None:
        print(note, file=sys.stderr)

    scores = score_lake(lake, truth, tell) if tables is None else score_directory(tables, truth)
    print(as_numbers(scores) if as_json else scores)


def mask(
    pore_id: Annotated[str, typer.Argument(help="A `pore_id` of the table `pores`.")],
    out: Annotated[
        Path | None, typer.Option("--out", help=f"FITS file to write, {INTO}; default: PORE_ID.fits.")
    ] = None,
    lake: LakeOption = "lake",
) -> None:
    """Write the pixels of one feature as a FITS image with coordinates: 1 in it, 0 elsewhere."""
    from flows.masks import write_mask
    from storage.lake import Lake

    path = out or Path(f"{pore_id}.fits")
    print(f"{path}: {write_mask(Lake.at(lake), pore_id, path)} pixels")


def enhance(
    image: Annotated[Path, typer.Argument(help="FITS file with one 2-D image.")],
    out: Annotated[Path, typer.Option("--out", help=f"FITS file to write, {INTO}.")],
    method: Annotated[
        Method,
        typer.Option(
            "--method", help="network: intensity, into units of the quiet Sun; spline: anything, in its own."
        ),
    ] = Method.NETWORK,
    weights: WeightsOption = None,
    normalised: Annotated[
        bool,
        typer.Option(
            "--normalised",
            help="The image is in units of the quiet Sun; what the network makes of it is left so.",
        ),
    ] = False,
    field: Annotated[
        bool,
        typer.Option(
            "--field", help="The weights are for line-of-sight field, in G; known ones say so themselves."
        ),
    ] = False,
) -> None:
    """Double the resolution of one FITS image; coordinates in the header stay right."""
    from flows.one_image import enhance_by_network, enhance_by_spline

    if method is Method.SPLINE:
        if weights is not None or field:
            raise InputError("--weights, --field: a spline has no weights; they go with --method network")
        enhance_by_spline(image, out)
    else:
        enhance_by_network(image, out, weights, field, normalised)
    print(out)


def parameters() -> None:
    """List every scientific parameter with its default and meaning, as `--set` takes them."""
    from pores.parameters import Parameters

    for stage in ("prepare", "detect", "flow", "track", "peers"):
        fields = type(getattr(Parameters(), stage)).model_fields
        for name, field in fields.items():
            print(f"{f'{stage}.{name}={field.default}':45} {field.description}")


def demo(
    out: Annotated[Path, typer.Option("--out", help="Directory for the demonstration.")] = Path("demo-lake"),
) -> None:
    """Simulate an active region, run the chain as a Prefect flow, and show an answer."""
    require_writable(f"--out {out}", out)
    from flows.demo import run_demo

    run_demo(out)
