"""Whose requests are answered, and what browsers may do with the answers."""

import ipaddress
from email.message import Message
from urllib.parse import urlsplit

MOST_BYTES = 200_000  # of the body of a request

# Everything comes from here. Styles of elements are set by DataTables, by plotly and by the pages themselves.
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "media-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def refused(headers: Message, host: str) -> str:
    """Return why a request is refused by its Host, or nothing.

    A page of another site can make its own name lead here (DNS rebinding), but not an address, nor our name.

    Parameters
    ----------
    headers : Message
    host : str
        What the server was told to listen at.
    """
    asked = headers.get_all("Host") or []
    if len(asked) != 1:
        return "a request has one Host"
    name = _name(asked[0])
    if not (name in ("localhost", host.lower()) or _is_address(name)):
        return "this server has another name"
    return ""


def refused_question(headers: Message) -> str:
    """Return why a question is refused by where it comes from, or nothing: pages of other sites don't ask."""
    origin = headers.get("Origin")
    if origin is not None and _place(origin) != str(headers.get("Host")).lower():
        return "questions come from the page of this server only"
    if headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        return "questions come from the page of this server only"
    if headers.get_content_type() != "application/json":
        return "a question is JSON: Content-Type: application/json"
    return ""


def _place(origin: str) -> str:
    """Name and port of an Origin; nothing if it has none."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""


def _name(host: str) -> str:
    """The name in a Host, less its port; nothing if it is none."""
    if set(host) & set("/?#@\\ "):
        return ""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
