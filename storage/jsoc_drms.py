"""The client drms, its requests made by `storage.jsoc_http`, and its errors told as ours."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urljoin

from pores.errors import InputError, PorelakeError
from storage import jsoc_replies as replies
from storage.jsoc_http import Http

_logged = logging.root.handlers[:], logging.root.level
import drms  # noqa: E402 - sets up logging for the whole process, which is undone
from drms.config import ServerConfig  # noqa: E402
from drms.json import HttpJsonClient  # noqa: E402

logging.root.handlers[:], logging.root.level = _logged

RefusedError = drms.DrmsQueryError  # JSOC's answer is that it won't


class _Reply:
    """A reply as drms wants it."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.data = data


class Json(HttpJsonClient):  # type: ignore[misc]  # drms has no types
    """drms' requests, made by `Http`: our user agent, time limits, tries and turns hold for each."""

    def __init__(self, server: ServerConfig, http: Http) -> None:
        super().__init__(server)
        self._http = http

    def _json_request(self, url: str) -> _Reply:
        return _Reply(self._http.json(url))


def client_of(jsoc_url: str, http: Http) -> tuple[drms.Client, Json]:
    """A client of the server at a base URL, and the requests it makes."""
    server = ServerConfig(
        name="JSOC",
        cgi_baseurl=jsoc_url,
        cgi_show_series="show_series",
        cgi_jsoc_info="jsoc_info",
        cgi_jsoc_fetch="jsoc_fetch",
        cgi_check_address="checkAddress.sh",
        http_download_baseurl=urljoin(jsoc_url, "/"),
    )
    client = drms.Client(server)
    client._json = Json(server, http)
    return client, client._json


@contextmanager
def understood(what: object) -> Iterator[None]:
    """Say what was asked where JSOC refuses it, or answers what can't be understood."""
    try:
        yield
    except PorelakeError:
        raise
    except RefusedError as error:
        raise InputError(f"{what}: JSOC refuses it: {replies.one_line(error)}") from error
    except (drms.DrmsError, LookupError, ValueError, TypeError, AttributeError) as error:
        raise PorelakeError(
            f"{what}: JSOC's reply can't be understood ({replies.one_line(error)})"
        ) from error
