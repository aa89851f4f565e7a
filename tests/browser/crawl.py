"""The links of a folder of pages, by Python's own parser of HTML."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

_ADDRESSES = ("href", "src", "poster", "action", "data")


@dataclass
class Page(HTMLParser):
    """What a page refers to: addresses with the element, and the ids in it."""

    links: list[tuple[str, str]] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    headings: list[int] = field(default_factory=list)
    images_without_alt: int = 0

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        self.links += [(tag, known[name] or "") for name in _ADDRESSES if name in known]
        self.ids |= {known["id"] or ""} if "id" in known else set()
        if len(tag) == 2 and tag[0] == "h" and tag[1].isdigit():
            self.headings.append(int(tag[1]))
        self.images_without_alt += tag == "img" and "alt" not in known


def parsed(path: Path) -> Page:
    page = Page()
    page.feed(path.read_text())
    return page


def broken(folder: Path) -> Iterator[str]:
    """Links of all pages that lead to nothing, out of the folder, or to a network without saying so."""
    pages = {path: parsed(path) for path in folder.rglob("*.html")}
    for path, page in pages.items():
        for tag, link in page.links:
            parts = urlsplit(link)
            if parts.scheme:
                if not (link == "data:," or (tag == "a" and parts.scheme == "https")):
                    yield f"{path.name}: {tag} {link}"
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not (target.is_file() and target.is_relative_to(folder.resolve())):
                yield f"{path.name}: {tag} {link}"
            elif parts.fragment and parts.fragment not in pages[target].ids:
                yield f"{path.name}: no {link}"


def reached(folder: Path) -> set[Path]:
    """Files that links lead to from the overview, directly or not."""
    todo, found = [folder / "index.html"], set()
    while todo:
        path = todo.pop().resolve()
        if path in found:
            continue
        found.add(path)
        if path.suffix == ".html":
            links = (urlsplit(link) for _, link in parsed(path).links)
            todo += [path.parent / unquote(link.path) for link in links if link.path and not link.scheme]
    return found
