"""Paths of the pages of a report, relative to its folder."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

OVERVIEW, TRACKS, PLOTS, ABOUT = "index.html", "tracks.html", "plots.html", "about.html"
TRACK_ROWS = "data/tracks.js"
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,80}")


class NoPageError(LookupError):
    """There is no page of that path."""


def harp_folders(harps: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Folder of each HARP by its run: `harp-377`; with the run where two series have the HARP."""
    rows = list(harps)
    often = Counter(row["harpnum"] for row in rows)
    return {
        row["run_id"]: f"harp-{row['harpnum']}"
        + (f"-{name(row['run_id'])}" if often[row["harpnum"]] > 1 else "")
        for row in rows
    }


def name(text: str) -> str:
    """Return the text where it may be the name of a file, else a hash of it."""
    return text if _PLAIN.fullmatch(text) else hashlib.sha256(text.encode()).hexdigest()[:16]


def card(track_id: str) -> str:
    """The evidence card of a track, in the folder of its HARP."""
    return f"{name(track_id)}.html"


def sprite(track_id: str) -> str:
    """The cut-outs of a track, in the folder of its HARP."""
    return f"{name(track_id)}.webp"


def rows_file(query: str) -> str:
    """The rows of a query."""
    return f"data/{query}.csv"


def root(path: str) -> str:
    """What leads from a page to the folder of the report."""
    return "../" * path.count("/")
