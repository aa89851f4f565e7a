"""How lineage plots look: what is shown, fonts, colours, symbols."""

from dataclasses import dataclass
from typing import Any

from matplotlib.patheffects import withStroke

from flows.lineage_layout import Layout

STYLE: dict[str, Any] = {
    "font.family": "STIXGeneral",
    "mathtext.fontset": "stix",
    "font.size": 9,
    "axes.linewidth": 0.6,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "savefig.dpi": 220,
    "pdf.fonttype": 42,
    "hatch.linewidth": 0.6,
    "svg.hashsalt": "porelake",
}
COLOURS = "RdBu_r"
NO_FIELD = "#b9b9b9"
BAND = "#ececec"
LINE = "#444444"
FAINT: dict[str, Any] = {"facecolor": "white", "edgecolor": "#777777", "hatch": "||||||", "linewidth": 0.4}
UMBRA: dict[str, Any] = {"facecolor": "none", "edgecolor": "#ffffff90", "hatch": "////", "linewidth": 0}
BR_STEP_G = 500.0
HALO = withStroke(linewidth=1.6, foreground="white")
GAP: dict[str, Any] = {
    "color": "#333333",
    "linewidth": 0.9,
    "linestyle": (0, (3, 2)),
    "path_effects": [HALO],
}


@dataclass(frozen=True)
class Picture:
    """What is drawn of a layout.

    Attributes
    ----------
    layout : Layout
    title, subtitle : str
    subject : int or None
        Track to be emphasised.
    numbered : tuple of int
        Tracks that get their number.
    marks : frozenset of str
        Kinds of events that get a symbol.
    longitude : bool
        Carrington longitude as a second axis; positions are west.
    """

    layout: Layout
    title: str
    subtitle: str
    subject: int | None
    numbered: tuple[int, ...]
    marks: frozenset[str]
    longitude: bool = False


@dataclass(frozen=True)
class Symbol:
    """How an event looks, and what it is called in the key."""

    look: dict[str, Any]
    name: str


def _open(marker: str, size: float = 4.5) -> dict[str, Any]:
    return {"marker": marker, "ms": size, "mfc": "white", "mec": "black", "mew": 0.7, "ls": "none"}


def _filled(marker: str) -> dict[str, Any]:
    return {"marker": marker, "ms": 5, "mfc": "black", "mec": "white", "mew": 0.5, "ls": "none"}


SYMBOLS = {
    "emerged": Symbol(_open("o"), "emerged"),
    "decayed": Symbol(_open("s"), "decayed"),
    "censored": Symbol(_open("D", 3.8), "birth or death not seen"),
    "merge": Symbol(_filled(">"), "merge (of 2, or as numbered)"),
    "split": Symbol(_filled("<"), "split (into 2, or as numbered)"),
}
