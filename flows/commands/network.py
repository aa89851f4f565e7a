"""Commands of the network that doubles resolution: its weights, and how they are made."""

import json
from pathlib import Path
from typing import Annotated

import typer

from flows.lake_options import INTO
from pores.errors import InputError

weights_app = typer.Typer(
    help="Weights of networks that double the resolution.", no_args_is_help=True, rich_markup_mode=None
)


def register(app: typer.Typer) -> None:
    """Add the commands to the app."""
    app.add_typer(weights_app, name="weights")
    app.command("train-enhance")(train_enhance)


@weights_app.command("list")
def list_weights() -> None:
    """List the networks that are known, and which of them this machine has."""
    from pores.enhance.weights import OWN_NAME
    from pores.parameters import OWN_WEIGHTS
    from storage.weights import cached
    from storage.weights_known import KNOWN, SOURCE

    print(f"{OWN_NAME:18} intensity  {OWN_WEIGHTS}  comes with porelake; the default")
    for known in KNOWN.values():
        state = "here" if cached(known.blob).exists() else f"not here: porelake weights fetch {known.name}"
        print(f"{known.name:18} {known.quantity:9}  {known.blob}  {state}")
    for path in sorted(cached("0").parent.glob("*.hdf5")):
        if path.stem not in {known.blob for known in KNOWN.values()}:
            print(f"{'(of your own)':18} {'':9}  {path.stem}  here")
    print(f"enhance-*: {SOURCE}")


@weights_app.command("fetch")
def fetch_weights(
    names: Annotated[
        list[str], typer.Argument(help="Names that `porelake weights list` has.", metavar="NAME")
    ],
) -> None:
    """Fetch published weights from their authors' repository; checked by their git id."""
    from storage.weights import fetch
    from storage.weights_known import KNOWN

    for name in names:
        if name not in KNOWN:
            raise InputError(f"{name}: no published weights; there are {', '.join(KNOWN)}")
    for name in names:
        print(fetch(KNOWN[name]))


@weights_app.command("add")
def add_weights(
    file: Annotated[str, typer.Argument(help="File of weights.", metavar="FILE")],
) -> None:
    """Keep weights in this machine's cache, where runs find them by their git id."""
    from storage.weights import kept

    print(kept(file))


@weights_app.command("check")
def check_weights(
    weights: Annotated[str, typer.Argument(help="File of weights, or a name of the list.", metavar="FILE")],
) -> None:
    """Say what a file of weights is: its network, its git id, what is told of it."""
    from storage.weights import located
    from storage.weights_file import blob_id, read_weights

    path = located(weights)
    found = read_weights(path)
    n_values = sum(array.size for layer in found.layers for array in layer)
    print(
        f"{path}: {found.name}, {found.topology} topology, {n_values} values, for {found.quantity};"
        f" git id {blob_id(path.read_bytes())}"
    )
    for name, text in found.card.items():
        print(f"{name}: {text}")


def train_enhance(
    data: Annotated[
        Path,
        typer.Option(
            "--data", help="Directory with nhmi.fits, nhmio.fits and simulation.npy of HelioML, ch. 3."
        ),
    ],
    out: Annotated[Path, typer.Option("--out", help=f"File of weights to write, {INTO}: HDF5.")],
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", help="What differs from the recipe, e.g. steps=500; the card of the weights has all."
        ),
    ] = None,
) -> None:
    """Train the network that comes with porelake anew: half an hour on two cores, or on a GPU."""
    from pydantic import ValidationError

    from flows.network import make_network
    from pores.enhance.recipe import Recipe

    try:
        recipe = Recipe.model_validate(dict(setting.split("=", 1) for setting in settings or []))
    except ValidationError as error:
        first = error.errors()[0]
        raise InputError(f"--set {first['loc'][0]}: {first['msg']}") from error
    except ValueError as error:
        raise InputError("--set: write name=value, e.g. steps=500") from error
    made = make_network(data, out, recipe, print)
    print(json.dumps(json.loads(made.card["scores"]), indent=1))
    print(out)
