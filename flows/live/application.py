"""What the live page answers: pages by their paths, and questions."""

import json
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from catalog.asking import Answers, BusyError
from catalog.limits import Limits
from flows.live.ask_page import OWN, own_asset
from flows.live.contents import ASK, Contents
from flows.live.replies import Reply, content_type, error_page, json_reply, reply
from flows.report.places import OVERVIEW, NoPageError
from pores.errors import InputError, PorelakeError
from storage.lake import Lake

_FILES = ("csv", "json", "parquet")
_FRESH = "no-cache"  # browsers ask whether what they have is still so


class Application:
    """Answers requests, whoever brings them.

    Parameters
    ----------
    lake : Lake
    answers : Answers
    limits : Limits
    """

    def __init__(self, lake: Lake, answers: Answers, limits: Limits) -> None:
        self._contents = Contents(lake, limits)
        self._answers = answers

    def get(self, target: str, known: str | None = None) -> Reply:
        """Return a page.

        Parameters
        ----------
        target : str
            Path, and what follows a question mark.
        known : str, optional
            Hash of the page that the browser has.
        """
        try:
            path = _path(target)
            if path in OWN:
                return reply(own_asset(path), content_type(path), Cache_Control=_FRESH)
            page = self._contents.page(path)
        except NoPageError:
            return error_page(404, "Not here", "There is no such page in the report of this lake.")
        except InputError as error:
            return error_page(503, "Not possible now", str(error))
        except PorelakeError as error:
            return error_page(500, "This failed", str(error))
        if page.etag == known:
            return reply(b"", "", 304, ETag=page.etag, Cache_Control=_FRESH)
        form = content_type("ask.html" if path == ASK else path)
        return reply(page.data, form, ETag=page.etag, Cache_Control=_FRESH, Accept_Ranges="bytes")

    def ask(self, body: bytes) -> Reply:
        """Answer a question in JSON: `sql`; and `query`, `params`, `form` (rows, csv, json, parquet)."""
        try:
            question = _question(body)
            form = question.pop("form")
            return (
                self._file(form, **question) if form in _FILES else json_reply(self._answers.rows(**question))
            )
        except BusyError as error:
            return json_reply({"error": str(error)}, 503)
        except InputError as error:
            return json_reply({"error": str(error).removeprefix("--param ")}, 400)
        except PorelakeError as error:
            return json_reply({"error": str(error)}, 500)

    def _file(self, form: str, **question: Any) -> Reply:
        with tempfile.TemporaryDirectory(prefix="porelake-") as directory:
            out = Path(directory) / f"answer.{form}"
            self._answers.file(out, form, **question)
            name = f"{question['query'] or 'answer'}.{form}"
            told = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
            return Reply(200, out.open("rb"), content_type(out.name), out.stat().st_size, told)


def _path(target: str) -> str:
    """The path of a page, of what stands in a request; NoPageError if none does."""
    try:
        path = unquote(urlsplit(target).path).removeprefix("/")
    except ValueError:
        raise NoPageError(target) from None
    return f"{path}{OVERVIEW}" if not path or path.endswith("/") else path


def _question(body: bytes) -> dict[str, Any]:
    """A question with everything of the type it should be."""
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InputError("a question is JSON with a text `sql`") from error
    known = {"sql": str, "query": str | None, "params": dict, "form": str}
    found = {"query": None, "params": {}, "form": "rows", **asked} if isinstance(asked, dict) else {}
    if found.keys() != known.keys() or not all(isinstance(found[key], known[key]) for key in known):
        raise InputError("a question is JSON with a text `sql`, and maybe `query`, `params` and `form`")
    if not all(isinstance(value, str) for value in found["params"].values()):
        raise InputError("params: values are texts")
    if found["form"] not in ("rows", *_FILES):
        raise InputError(f"form {found['form']}: rows, {', '.join(_FILES)}")
    return found
