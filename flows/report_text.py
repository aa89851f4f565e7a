"""The report of a run as Markdown, for Prefect, and as a page of HTML that needs nothing else."""

import base64
from collections.abc import Sequence
from html import escape
from pathlib import Path

from flows.run_report import RunReport
from flows.words import counted
from storage.lake import Lake, atomic


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
