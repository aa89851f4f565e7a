"""The options of commands that ask a lake; apart from the others, which need the models of parameters."""

from pathlib import Path
from typing import Annotated

import typer

LakeOption = Annotated[
    str, typer.Option("--lake", envvar="PORELAKE_LAKE", help="Directory or URL (s3://...) of the lake.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Write JSON, for machines.")]
# What every --out of a file says: a directory that is not there is most often a slip.
INTO = "in a directory that is there"
OutOption = Annotated[Path | None, typer.Option("--out", help=f"File to write, {INTO}.")]
