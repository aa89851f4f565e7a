"""Replies of the live page, and the parts of them that browsers ask for."""

import html
import json
import re
from dataclasses import dataclass, field
from typing import Any, BinaryIO

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")  # more digits than any size has are no range
_TYPES = {
    "css": "text/css; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "json": "application/json",
    "mp4": "video/mp4",
    "parquet": "application/vnd.apache.parquet",
    "png": "image/png",
    "svg": "image/svg+xml",
    "txt": "text/plain; charset=utf-8",
    "webp": "image/webp",
}
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title><link rel="stylesheet" href="/assets/report.css"></head>
<body><main><h1>{title}</h1><p>{text}</p><p><a href="/">To the overview</a></p></main></body></html>
"""


@dataclass(frozen=True)
class Reply:
    """What is sent: content in memory or in an open file of a size."""

    status: int
    content: bytes | BinaryIO
    type: str
    size: int
    headers: dict[str, str] = field(default_factory=dict)


def content_type(path: str) -> str:
    """The content type of a file by the end of its name."""
    return _TYPES.get(path.rpartition(".")[2], "application/octet-stream")


def reply(content: bytes, type: str, status: int = 200, **headers: str) -> Reply:  # noqa: A002 - HTTP's word
    """A reply with content in memory."""
    return Reply(status, content, type, len(content), {k.replace("_", "-"): v for k, v in headers.items()})


def json_reply(value: Any, status: int = 200) -> Reply:
    """A reply for scripts."""
    return reply(json.dumps(value, separators=(",", ":")).encode(), _TYPES["json"], status)


def error_page(status: int, title: str, text: str) -> Reply:
    """A page that says what is wrong, in words."""
    page = _PAGE.format(title=html.escape(title), text=html.escape(text))
    return reply(page.encode(), _TYPES["html"], status)


def part(whole: Reply, asked: str | None) -> Reply:
    """Return the part of a reply that a Range header asks for: a browser seeks in a movie so.

    Examples
    --------
    >>> part(reply(b"0123456789", "text/plain"), "bytes=2-4").content
    b'234'
    """
    if (
        asked is None
        or not isinstance(whole.content, bytes)
        or not (match := _RANGE.fullmatch(asked.strip()))
    ):
        return whole
    first, last = match.groups()
    if not (first or last):
        return whole
    start = int(first) if first else max(0, whole.size - int(last))
    end = min(int(last) + 1, whole.size) if first and last else whole.size
    if start >= end:
        return Reply(416, b"", whole.type, 0, {"Content-Range": f"bytes */{whole.size}"})
    content = whole.content[start:end]
    told = {**whole.headers, "Content-Range": f"bytes {start}-{end - 1}/{whole.size}"}
    return Reply(206, content, whole.type, len(content), told)
