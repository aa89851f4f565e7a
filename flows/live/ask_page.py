"""The page for questions in SQL."""

from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader

from catalog.describe import Described
from catalog.limits import Limits
from catalog.schema import TABLES
from flows.report import places
from flows.report.rendering import environment
from flows.report.site import Site
from flows.report.wording import unit

OWN = {"assets/ask.css": "ask.css", "assets/ask.js": "ask.js"}  # beside those of the report
_HERE = Path(__file__).parent
_TOLD = ("sql", "name", "description")


def ask_page(site: Site, there: list[Described], limits: Limits) -> bytes:
    """Return the page, which knows all tables, macros and named queries."""
    report = environment()
    loader = FileSystemLoader([_HERE, Path(places.__file__).parent])
    template = report.overlay(loader=loader).get_template("ask.html")
    page = template.render(
        root="",
        path="ask",
        places=places,
        there=[_known(what) for what in there],
        limits=limits,
        **site.around,
    )
    return page.encode()


def own_asset(path: str) -> bytes:
    """Return style or script of the page; KeyError if the path is none of them."""
    return (_HERE / OWN[path]).read_bytes()


def _known(what: Described) -> dict[str, Any]:
    """What the script of the page is told of a table, macro or query."""
    columns = [
        {
            "name": column.name,
            "unit": column.unit or "",
            "shown": unit(column),
            "description": column.description,
        }
        for column in what.columns
    ]
    params = [
        {"name": p.name, "type": p.type, "default": p.default, "description": p.description}
        for p in what.parameters
    ]
    told = {name: getattr(what, name) for name in _TOLD}
    kind = "view" if what.kind == "table" and what.name not in TABLES else what.kind
    return {**told, "kind": kind, "columns": columns, "params": params}
