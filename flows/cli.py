"""The `porelake` command. Heavy things are imported inside the command that needs them."""

import importlib.metadata
import sys
from typing import Annotated

import typer
from typer.exceptions import TyperException

from flows.commands import (
    ask,
    chain,
    challenge,
    clock,
    give,
    look,
    make,
    network,
    regions,
    report,
    serve,
    shell,
)
from pores.errors import InputError, PorelakeError

INTERRUPTED = 130  # with this typer ends a command at Ctrl-C

app = typer.Typer(
    name="porelake",
    help="A data lake of solar pores: SHARP series in, a queryable catalogue out.",
    invoke_without_command=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _say_version(asked: bool) -> None:
    if asked:
        print(f"porelake {importlib.metadata.version('porelake')}")
        raise typer.Exit


@app.callback()
def _options(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Say the version and end.")
    ] = False,
) -> None:
    if context.invoked_subcommand is None:
        print(context.get_help())


chain.register(app)
clock.register(app)
ask.register(app)
give.register(app)
make.register(app)
look.register(app)
report.register(app)
challenge.register(app)
regions.register(app)
network.register(app)
serve.register(app)
shell.register(app)


def main() -> None:
    """Run the command line; exit 2 for wrong usage or input, 1 for a failure at run time."""
    try:
        sys.exit(app(standalone_mode=False) or 0)
    except SystemExit as end:
        if end.code == INTERRUPTED:
            _end("stopped; run again to go on", INTERRUPTED)
        raise
    except TyperException as error:
        said = error.format_message().replace("Value error, ", "").rstrip(".")
        _end(f"{said}; `porelake --help` says what there is", 2)
    except InputError as error:
        _end(error, 2)
    except PorelakeError as error:
        _end(error, 1)
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] in ("flows", "catalog", "storage", "pores"):
            raise
        _end(f"this command needs the package {error.name}; install porelake[chain]", 1)
    except BrokenPipeError:  # the reader of a pipe, such as `head`, has seen enough
        sys.stderr.close()
        sys.exit(0)
    except OSError as error:
        _end(error, 1)


def _end(message: object, code: int) -> None:
    print(f"porelake: {' '.join(str(message).split())}", file=sys.stderr)
    sys.exit(code)
