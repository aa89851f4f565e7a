"""Templates to pages: all text escaped."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from flows.report import places
from flows.report.wording import FILTERS


@cache
def environment() -> Environment:
    """Templates with the filters of the pages; what is not marked as safe is escaped."""
    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(FILTERS)
    made.filters["inert"] = lambda value: Markup(inert_json(value))
    return made


def render(template: str, path: str, **context: Any) -> bytes:
    """Return a page as UTF-8; templates know `root`, which leads to the folder of the report."""
    made = environment().get_template(template)
    return made.render(root=places.root(path), path=path, places=places, **context).encode()


def inert_json(value: Any) -> str:
    """JSON that ends no script element, whatever is in it."""
    text = json.dumps(value, separators=(",", ":"), default=str, allow_nan=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
