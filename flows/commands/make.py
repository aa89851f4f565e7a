"""Commands that make things on the side: simulated series, scores, one image doubled, the quickstart."""

from pathlib import Path
from typing import Annotated

import typer

from flows.options import Enhance, LakeOption
from pores.errors import InputError


def register(app: typer.Typer) -> None:
    """Add the commands to the app."""
    for command in (simulate, score, enhance, parameters, demo):
        app.command()(command)
