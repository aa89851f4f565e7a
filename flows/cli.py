"""The `porelake` command. Heavy things are imported inside the command that needs them."""

import importlib
import sys
from functools import cache
from typing import Annotated

import typer
from typer.exceptions import TyperException

from pores.errors import InputError, PorelakeError
from storage.extras import missing, require_chain

INTERRUPTED = 130  # with this typer ends a command at Ctrl-C

# Commands by the module of `flows.commands` that has them; their order is that of the help.
MODULES = {
    "chain": ("run", "ingest", "prepare", "detect", "track", "publish"),
    "clock": ("watch", "clock"),
    "ask": ("sql", "query", "describe"),
    "shell": ("shell",),
    "give": ("export", "verify"),
    "make": ("simulate", "score", "mask", "enhance", "parameters", "demo"),
    "look": ("lineage", "movie"),
    "report": ("report",),
    "serve": ("serve",),
    "challenge": ("challenge",),
    "regions": ("resolve", "follow", "unfollow", "following"),
    "network": ("train-enhance", "weights"),
}

# Those of the base install; `publish`, `export` and `verify` ask for more where they need it.
BASE = frozenset(
    (
        "publish",
        "sql",
        "query",
        "describe",
        "shell",
        "export",
        "verify",
        "parameters",
        "following",
        "unfollow",
    )
)


@cache
def command_line(asked: str = "") -> typer.Typer:
    """Return the command line; of one command alone if it is asked for, so that no other is imported."""
    made = typer.Typer(
        name="porelake",
        help="A data lake of solar pores: SHARP series in, a queryable catalogue out.",
        invoke_without_command=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    made.callback()(_options)
    alone = [module for module, commands in MODULES.items() if asked in commands]
    for module in alone or MODULES:
        importlib.import_module(f"flows.commands.{module}").register(made)
    return made


def _say_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        print(f"porelake {version('porelake')}")
        raise typer.Exit


def _options(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Say the version and end.")
    ] = False,
) -> None:
    command = context.invoked_subcommand
    if command is None:
        print(context.get_help())
    elif command not in BASE and "--help" not in sys.argv:
        require_chain(f"`porelake {command}`")


def main() -> None:
    """Run the command line; exit 2 for wrong usage or input, 1 for a failure at run time."""
    try:
        sys.exit(command_line(*sys.argv[1:2])(standalone_mode=False) or 0)
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
        _end(f"{missing('this command')} (no package {error.name})", 1)
    except BrokenPipeError:  # the reader of a pipe, such as `head`, has seen enough
        sys.stderr.close()
        sys.exit(0)
    except OSError as error:
        _end(error, 1)


def _end(message: object, code: int) -> None:
    from flows.pool import end_workers

    end_workers()
    print(f"porelake: {' '.join(str(message).split())}", file=sys.stderr)
    sys.exit(code)
