"""What pages that are executed need: a lake to ask, the command, and a place for the kernel's own files.

The lake is that of the quickstart, made under `docs/_build/`.
"""

import os
import sys
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

logger = logging.getLogger(__name__)


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect to Sphinx."""
    app.connect("builder-inited", _prepare)
    app.connect("env-get-outdated", _executed)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _prepare(app: Sphinx) -> None:
    if app.builder.format != "html":
        return
    build = Path(app.srcdir) / "_build"
    _settle_kernel(build / "ipython")
    os.environ["PYTHONWARNINGS"] = "ignore:IProgress not found"  # tqdm's wish for a widget
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    os.environ["PORELAKE_LAKE"] = str(demo_lake(build / "demo"))


def _executed(_app: Sphinx, env: BuildEnvironment, *_changes: set[str]) -> list[str]:
    """Pages with code: what they show hangs on more than their text."""
    return [page for page, told in env.metadata.items() if told.get("file_format") == "mystnb"]


def _settle_kernel(place: Path) -> None:
    """Keep IPython out of the home directory; of its log only errors are of interest."""
    profile = place / "profile_default"
    profile.mkdir(parents=True, exist_ok=True)
    (profile / "ipython_kernel_config.py").write_text("get_config().Application.log_level = 40\n")
    os.environ["IPYTHONDIR"] = str(place)


def demo_lake(place: Path) -> Path:
    """The lake of `porelake demo` under `place`; what is there already is not made again."""
    from catalog.build import publish
    from flows.chain import PLAIN
    from flows.demo import HARP, SERIES
    from flows.pipeline import process
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
