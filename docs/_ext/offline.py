"""Refuses a build whose pages would fetch anything from the network: they are read from disk, too."""

import re
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.util import logging

logger = logging.getLogger(__name__)
TAG = re.compile(
    r"<(?:script|img|iframe|video|source|audio|embed|object)\b[^>]*?\b(?:src|data)=[\"']?(\S+?)[\"'\s>]"
)
LINK = re.compile(r"<link\b[^>]*>")
HREF = re.compile(r"\bhref=[\"']?(\S+?)[\"'\s>]")
FETCHED = re.compile(r"\brel=[\"']?(?:stylesheet|icon|shortcut icon|preload|modulepreload|preconnect)\b")
CSS = re.compile(r"(?:url\(|@import\s+)[\"']?((?:https?:)?//[^)\"']+)")


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect to Sphinx."""
    app.connect("build-finished", _look)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _look(app: Sphinx, failed: Exception | None) -> None:
    if failed is None and app.builder.format == "html":
        for page, address in fetched(Path(app.outdir)):
            logger.warning("%s would fetch %s", page, address)


def fetched(site: Path) -> list[tuple[str, str]]:
    """Page and address of everything that the pages and style sheets of a site load from the network."""
    found = []
    for path in sorted([*site.rglob("*.html"), *site.rglob("*.css")]):
        text = path.read_text(encoding="utf-8")
        name = path.relative_to(site).as_posix()
        addresses = CSS.findall(text) if path.suffix == ".css" else _loaded(text)
        found += [(name, address) for address in addresses if re.match(r"(?:https?:)?//", address)]
    return found


def _loaded(page: str) -> list[str]:
    links = [HREF.search(tag) for tag in LINK.findall(page) if FETCHED.search(tag)]
    return [*TAG.findall(page), *(link[1] for link in links if link)]
