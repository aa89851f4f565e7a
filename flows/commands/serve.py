"""The command of the live page."""

from typing import Annotated, Any

import typer
from typer.core import TyperCommand
from typer.exceptions import TyperException

from flows.lake_options import LakeOption

_OF_THE_CLOCK = ("--from", "--email", "--workers", "--database", "--config")


class _Serve(TyperCommand):
    """A command that knows what its name stood for before."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the arguments; options of the clock lead to it."""
        for option in (arg.partition("=")[0] for arg in args):
            if option in _OF_THE_CLOCK:
                raise TyperException(
                    f"serve has no option {option}; the service that runs schedules is `porelake clock` now"
                )
        return super().parse_args(ctx, args)


def register(app: typer.Typer) -> None:
    """Add the command to the app."""
    app.command(cls=_Serve)(serve)


def serve(
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Port to listen at; 0: any that is free.")
    ] = 8765,
    host: Annotated[
        str,
        typer.Option(
            "--host", help="Address to listen at. There is no password: on loopback only you reach it."
        ),
    ] = "127.0.0.1",
    lake: LakeOption = "lake",
) -> None:
    """Show the lake as it is now as pages, with a box for questions in SQL; Ctrl-C ends it."""
    from flows.live.server import serve as run
    from storage.lake import Lake

    run(Lake.at(lake), host, port)
