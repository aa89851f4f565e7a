"""What a scheduled run did, for people: a table, and a page of HTML that needs nothing else."""

import base64
import io
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from PIL import Image

from flows.outcome import Outcome
from flows.pictures import busiest, draw, frame_scene
from flows.words import counted
from pores.errors import PorelakeError
from storage.lake import Lake, atomic
from storage.runs import CurrentRun, current_run
from storage.tables import read_table

PICTURE_WIDTH = 1100  # pixels; the picture goes into the page and into Prefect's database
HEADINGS = ("HARP", "NOAA", "done", "frames", "unusable", "features", "tracks")


@dataclass(frozen=True)
class HarpRow:
    """What a run did for one HARP, and what the lake has of it now."""

    harpnum: int
    said: str
    failed: str = ""
    noaa: tuple[int, ...] = ()
    frames: int = 0
    unusable: Mapping[str, int] = field(default_factory=dict)
    features: int = 0
    tracks: int = 0

    def cells(self) -> tuple[str, ...]:
        """Texts for `HEADINGS`."""
        why = ", ".join(f"{n} {reason}" for reason, n in sorted(self.unusable.items()))
        done = f"failed: {self.failed}" if self.failed else self.said
        regions = " ".join(map(str, self.noaa))
        counts = f"{self.frames}", why or "none", f"{self.features}", f"{self.tracks}"
        return (str(self.harpnum), regions, done, *counts)


@dataclass(frozen=True)
class RunReport:
    """A run, told.

    Attributes
    ----------
    title : str
        Name of the run.
    lake : str
        As the user names it.
    started, finished : datetime
        UTC.
    asked : mapping
        What was asked of the run, in words.
    notes : sequence of str
    headings, rows : sequence
        The table; every row as long as the headings.
    picture : bytes or None
        JPEG.
    """

    title: str
    lake: str
    started: datetime
    finished: datetime
    asked: Mapping[str, str]
    notes: Sequence[str]
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    picture: bytes | None = None


def harp_rows(lake: Lake, series: str, outcome: Outcome) -> list[HarpRow]:
    """A row for every HARP that a run worked on or failed at."""
    harpnums = {done.harpnum for done in outcome.done} | set(outcome.failed)
    return [_harp_row(lake, current_run(lake, series, n), n, outcome) for n in sorted(harpnums)]


def _harp_row(lake: Lake, run: CurrentRun | None, harpnum: int, outcome: Outcome) -> HarpRow:
    said, failed = outcome.said(harpnum), outcome.failed.get(harpnum, "")
    if run is None:
        return HarpRow(harpnum, said, failed)

    def rows(table: str, *columns: str) -> dict[str, NDArray[Any]]:
        return read_table(lake.table(table, harpnum, run.run_id), list(columns))

    frames = rows("frames", "usable", "reason")
    reasons = (str(why) for usable, why in zip(frames["usable"], frames["reason"], strict=True) if not usable)
    return HarpRow(
        harpnum,
        said,
        failed,
        tuple(rows("harps", "noaa_ars")["noaa_ars"][0]),
        len(frames["usable"]),
        Counter(reasons),
        len(rows("pores", "pore_id")["pore_id"]),
        len(rows("tracks", "track_id")["track_id"]),
    )


def picture(lake: Lake, runs: Iterable[CurrentRun]) -> bytes | None:
    """The frame with most features among runs, as a JPEG; None if no frame can be drawn."""
    try:
        scene = frame_scene(lake, *busiest(lake, list(runs)))
    except PorelakeError:
        return None
    with tempfile.TemporaryDirectory() as place:
        drawn = Path(place) / "frame.png"
        draw(scene, drawn)
        with Image.open(drawn) as image:
            image.thumbnail((PICTURE_WIDTH, 4 * PICTURE_WIDTH))
            out = io.BytesIO()
            image.convert("RGB").save(out, "JPEG", quality=85)
    return out.getvalue()


def data_uri(jpeg: bytes) -> str:
    """A JPEG as an address that holds it."""
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"


def markdown(report: RunReport) -> str:
    """The table of a run, with its notes."""
    lines = [_row(report.headings), _row(["---"] * len(report.headings)), *map(_row, report.rows)]
    table = "\n".join(lines) if report.rows else "Nothing was to be done."
    return "\n\n".join([table, *(_plain(note) for note in report.notes)])


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(map(_plain, cells)) + " |"


def _plain(text: str) -> str:
    """Text that Markdown takes as it is."""
    marked = "".join(f"\\{letter}" if letter in r"\`*_[]|#" else letter for letter in " ".join(text.split()))
    return marked.replace("<", "&lt;").replace(">", "&gt;") if set(text) != {"-"} else text


def html(report: RunReport) -> str:
    """A page that holds all it needs."""
    took = counted(round((report.finished - report.started).total_seconds()), "second")
    facts = {"started": f"{report.started:%Y-%m-%d %H:%M:%S} UTC", "took": took, **report.asked}
    parts = [
        f"<h1>{escape(report.title)}</h1>",
        "<dl>" + "".join(f"<dt>{escape(k)}</dt><dd>{escape(v)}</dd>" for k, v in facts.items()) + "</dl>",
        _table(report),
        *(f"<p>{escape(note)}</p>" for note in report.notes),
        _figure(report.picture),
        _ask(report.lake),
    ]
    return _PAGE.format(title=escape(report.title), style=_STYLE, body="\n".join(filter(None, parts)))


def _table(report: RunReport) -> str:
    if not report.rows:
        return "<p>Nothing was to be done.</p>"
    head = "".join(f"<th>{escape(name)}</th>" for name in report.headings)
    rows = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>\n" for row in report.rows
    )
    return f"<table><thead><tr>{head}</tr></thead>\n<tbody>{rows}</tbody></table>"


def _figure(jpeg: bytes | None) -> str:
    if jpeg is None:
        return ""
    caption = "The frame with most features: intensity and radial field, pores and umbrae outlined."
    return f'<figure><img alt="{caption}" src="{data_uri(jpeg)}"><figcaption>{caption}</figcaption></figure>'


def _ask(lake: str) -> str:
    commands = (
        f'porelake sql --lake {lake} "SELECT kind, count(*) FROM tracks GROUP BY kind"',
        f"porelake query --lake {lake}",
        f'porelake sql --lake {lake} "SELECT harpnum, t_rec, reason FROM frames WHERE NOT usable"',
    )
    return "<h2>Ask more</h2>\n<pre>" + escape("\n".join(commands)) + "</pre>"


def write_report(lake: Lake, name: str, report: RunReport) -> Path:
    """Write the page to the lake's reports."""
    path = lake.root / "reports" / f"{name}.html"
    with atomic(path) as partial:
        partial.write_text(html(report), encoding="utf-8")
    return path


_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #1c2430; max-width: 70rem; margin: 2rem auto;
  padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; }
dt { color: #5a6675; } dd { margin: 0; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; vertical-align: top; padding: .35rem .7rem; border-bottom: 1px solid #d7dde5; }
th { color: #5a6675; font-weight: 600; }
figure { margin: 1.5rem 0; } img { max-width: 100%; height: auto; }
figcaption { color: #5a6675; font-size: .9rem; }
pre { background: #f3f5f8; padding: .8rem 1rem; overflow-x: auto; border-radius: .4rem; }
"""
_PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title><style>{style}</style></head>
<body>
{body}
</body>
</html>
"""
