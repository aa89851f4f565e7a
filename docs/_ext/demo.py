"""Gives the pages that are executed a lake: the one `PORELAKE_LAKE` names, else that of the quickstart."""

import os
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.util import logging

logger = logging.getLogger(__name__)


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect to Sphinx."""
    app.connect("builder-inited", _offer_lake)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _offer_lake(app: Sphinx) -> None:
    if app.builder.format == "html" and "PORELAKE_LAKE" not in os.environ:
        os.environ["PORELAKE_LAKE"] = str(demo_lake(Path(app.srcdir) / "_build" / "demo"))


def demo_lake(place: Path) -> Path:
    """The lake of `porelake demo` under `place`; what is there already is not made again."""
    from catalog.build import publish
    from flows.demo import HARP, SERIES
    from flows.pipeline import PLAIN, process
    from flows.request import Request
    from flows.simulated import simulate_series
    from pores.parameters import Parameters
    from storage.lake import Lake

    fits, lake = place / "fits", Lake.at(place / "lake")
    if not (fits / "truth" / "script.json").exists():
        logger.info("simulating a region for the pages ...")
        simulate_series(fits, "demo", dict(SERIES))
    logger.info("taking it through the chain ...")
    science = Parameters(enhance="spline")
    process(Request(lake=str(lake.root), source=str(fits), harpnums=(HARP,), parameters=science), PLAIN)
    publish(lake)
    return Path(lake.root)
