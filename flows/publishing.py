"""The catalogue of a lake, built anew over its current runs: the last stage, and a command of its own."""

from flows.request import Request
from storage.lake import Lake


def publish(request: Request) -> str:
    """Rebuild the catalogue of the request's lake over the current runs; return what was done, in a line."""
    from catalog.build import publish as build

    return str(build(Lake.at(request.lake)))
