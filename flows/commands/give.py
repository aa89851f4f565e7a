"""Commands that give the catalogue away, and that check what was given: exports, bundles, verification."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from flows.commands.ask import ParamOption, pairs
from flows.lake_options import INTO, LakeOption
from flows.option_values import moment
from flows.words import counted
from pores.errors import InputError, PorelakeError
from storage.extras import require_chain
from storage.lake import Lake


class Kind(StrEnum):
    """Kinds of features."""

    PORE = "pore"
    UMBRA = "umbra"


BundleOption = Annotated[
    Path | None,
    typer.Option("--bundle", help="Directory to make: all tables of a selection with masks and cut-outs."),
]
FormatOption = Annotated[
    str | None,
    typer.Option(
        "--format",
        help="csv, parquet, votable, fits, ecsv or mrt; default: by the name of the file. In a bundle: the"
        " format of tables beside Parquet.",
    ),
]
WhereOption = Annotated[
    str | None, typer.Option("--where", help="Condition on rows of a table, in SQL: 'area_mm2 > 5'.")
]
_WHEN = "TAI, as 2011-02-13 or 2011-02-13T12:00, of a bundle."


def register(app: typer.Typer) -> None:
    """Add the commands to the app."""
    for command in (export, verify):
        app.command()(command)


def export(
    table: Annotated[str | None, typer.Argument(help="Table, view or named query.")] = None,
    form: FormatOption = None,
    out: Annotated[Path | None, typer.Option("--out", help=f"File to write, {INTO}.")] = None,
    param: ParamOption = None,
    where: WhereOption = None,
    harp: Annotated[
        list[int] | None, typer.Option("--harp", help="Only of this HARP; may be repeated.")
    ] = None,
    bundle: BundleOption = None,
    noaa: Annotated[
        list[str] | None, typer.Option("--noaa", help="Of a bundle: HARPs of this region; may be repeated.")
    ] = None,
    since: Annotated[str | None, typer.Option("--since", help=f"First T_REC, {_WHEN}")] = None,
    until: Annotated[str | None, typer.Option("--until", help=f"Last T_REC, {_WHEN}")] = None,
    kind: Annotated[Kind | None, typer.Option("--kind", help="Of a bundle: pores or umbrae only.")] = None,
    clean: Annotated[
        bool, typer.Option("--clean", help="Of a bundle: only usable frames whose QUALITY is 0.")
    ] = False,
    lake: LakeOption = "lake",
) -> None:
    """Write a table, or a bundle of all, for collaborators, with units, descriptions and provenance."""
    if bundle is not None:
        if table or out or param or where:
            raise InputError(
                "--bundle: holds all tables, with names of its own; TABLE, --out, --param and --where"
                " are for one table"
            )
        require_chain("--bundle")
        from catalog.selection import Selection
        from flows.bundle import write_bundle
        from storage.ar_lists import region_numbers

        times = moment("--since", since), moment("--until", until)
        chosen = Selection(
            tuple(harp or ()), tuple(region_numbers(noaa or (), "--noaa")), *times, kind and kind.value, clean
        )
        files = write_bundle(Lake.at(lake), chosen, bundle, [form] if form else [])
        print(f"{bundle}: {len(files)} files; `porelake verify {bundle}` checks them")
        return
    if noaa or since or until or kind or clean:
        raise InputError(
            "--noaa, --since, --until, --kind and --clean choose what is in a --bundle; a table has --where"
        )
    if table is None or out is None:
        raise InputError("name a TABLE and a file with --out, or a directory with --bundle")
    from catalog.export import export as write
    from catalog.export import format_of
    from catalog.provenance import Rows

    rows = Rows(tuple(harp or ()), where) if harp or where else None
    for path in write(Lake.at(lake), table, pairs(param), form or format_of(out), out, rows):
        print(path)


def verify(
    place: Annotated[
        Path | None, typer.Argument(help="Directory of a bundle, or of a lake; default: the lake.")
    ] = None,
    lake: LakeOption = "lake",
) -> None:
    """Check a lake (cubes, stages, tables, links, header oracle) or a bundle. Exit 1 if anything is wrong."""
    from catalog.bundle_check import is_bundle, verify_bundle

    if place is not None and is_bundle(place):
        found, notes = verify_bundle(place)
    elif place is not None and not Lake.at(place).catalog.exists():
        raise InputError(f"{place}: neither a bundle nor a lake with a catalogue")
    else:
        require_chain("`porelake verify` of a lake")
        from catalog.check import look_through

        found, notes = look_through(Lake.at(place or lake))
    print(*found, *notes, sep="\n", end="\n" if found or notes else "")
    if found:
        raise PorelakeError(f"{place or lake}: {counted(len(found), 'finding')}")
    print(f"{place or lake}: nothing wrong found")
