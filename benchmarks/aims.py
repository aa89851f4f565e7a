"""What speed and size are to reach, in nine rows, and how near the measured figures come."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from benchmarks.report import Cells, markdown
from benchmarks.timing import Sample

Figures = Mapping[str, Sample]
_NAMED = re.compile(r"\{([\w.]+)\}")
_HEAD = ("", "what", "target", "measured", "", "floor", "peers beside it", "command")


@dataclass(frozen=True)
class Aim:
    """One figure and what it is to be; `floor` and `peers` may hold other figures, as `{name}`.

    `why` says that docs/speed.md tells why it is missed.
    """

    what: str
    figure: str
    unit: str = ""
    at_least: float | None = None
    at_most: float | None = None
    floor: str = ""
    peers: str = ""
    why: bool = False

    @property
    def target(self) -> str:
        """In words."""
        words = (("at least", self.at_least), ("at most", self.at_most))
        said = [f"{word} {bound:g} {self.unit}".strip() for word, bound in words if bound is not None]
        return "; ".join(said) or "stated"

    def met(self, measured: Sample) -> bool:
        """Whether the median reaches the target."""
        median = measured.median
        return not (
            (self.at_least is not None and median < self.at_least)
            or (self.at_most is not None and median > self.at_most)
        )


@dataclass(frozen=True)
class Row:
    """Aims that belong together, and what measures them."""

    name: str
    command: str
    aims: tuple[Aim, ...]


_CHUNKS = "reading the four chunks: {chain.chunks_ms} ms"
_DECODING = "decoding the four Rice files by astropy: {chain.decode_ms} ms"
_USUAL = "the usual way: {chain.usual_ms} ms"


def _peers(figure: str) -> str:
    """The times of other programs with the same question."""
    names = ("SQLite", "pandas", "polars")
    return ", ".join(f"{name} {{mission.{figure}_{name.lower()}_s}} s" for name in names)


ROWS = (
    Row(
        "Frame chain",
        "make bench ONLY=chain",
        (
            Aim(
                "FITS files to rows, times faster than the usual way",
                "chain.usual_over_fits",
                at_least=8,
                peers=_USUAL,
            ),
            Aim("FITS files to rows, times its floor", "chain.fits_over_floor", at_most=2, floor=_DECODING),
            Aim(
                "cube to rows, times faster than the usual way",
                "chain.usual_over_cube",
                at_least=25,
                peers=_USUAL,
            ),
            Aim("cube to rows, times its floor", "chain.cube_over_floor", floor=_CHUNKS),
        ),
    ),
    Row(
        "All cores",
        "make bench ONLY=runs",
        (
            Aim("a HARP, one worker / two", "cores.one_over_two", at_least=1.8, floor="2"),
            Aim("the same, from FITS files", "cores.fresh_one_over_two", at_least=1.8, floor="2"),
            Aim("peak memory, 1500 records of 377 x 744", "cores.peak_mb", "MB", at_most=1000),
        ),
    ),
    Row(
        "Ingest",
        "make bench ONLY=ingest",
        (
            Aim("writing to the cube / astropy's decoding", "ingest.writing_over_decoding", at_most=0.25),
            Aim("all of the stage / astropy's decoding", "ingest.stage_over_decoding", floor="1, by astropy"),
        ),
    ),
    Row(
        "Enhancement",
        "make bench ONLY=runs",
        (Aim("what the network adds to a frame", "enhance.network_adds_s", "s", at_most=0.15),),
    ),
    Row(
        "Orchestration",
        "make bench ONLY=runs",
        (
            Aim("Prefect's share of 1500 records", "run.prefect_share", at_most=0.05, why=True),
            Aim("`porelake run`, one frame, from the shell", "run.one_frame_s", "s", at_most=5),
            Aim("`porelake sql`, warm", "sql.select_1_s", "s", at_most=0.6),
        ),
    ),
    Row(
        "Catalogue at mission scale",
        "python -m benchmarks.mission LAKE --json benchmarks/stored/mission.json",
        (
            Aim("lifetime against Br", "mission.headline_s", "s", at_most=2, peers=_peers("headline")),
            Aim("survival curves", "mission.survival_s", "s", at_most=5, peers=_peers("survival")),
            Aim(
                "everything about one HARP",
                "mission.one_harp_s",
                "s",
                at_most=0.1,
                peers=f"six columns of its features: {_peers('one_harp')}",
                why=True,
            ),
            Aim(
                "about one pore",
                "mission.one_pore_s",
                "s",
                at_most=0.1,
                peers=f"six columns: {_peers('one_pore')}",
            ),
            Aim(
                "size of a row of `pores`",
                "mission.bytes_per_pore_row",
                "bytes",
                peers="SQLite with six columns: {mission.bytes_per_pore_row_sqlite} bytes",
            ),
            Aim(
                "publishing one more HARP",
                "mission.publish_one_s",
                "s",
                floor="in a lake of 150: {mission.publish_one_of_150_s} s",
            ),
        ),
    ),
    Row(
        "Tracking",
        "make bench ONLY=tracking",
        (
            Aim(
                "time for twice the frames / twice the time",
                "tracking.linearity",
                at_most=1.1,
                floor="1",
                why=True,
            ),
            Aim("memory for twice the frames / twice the memory", "tracking.memory_linearity", at_most=1.1),
            Aim("porelake / laptrack, 1200 frames of 40 features", "tracking.over_laptrack_40", at_most=1),
            Aim("porelake / laptrack, 500 features in a frame", "tracking.over_laptrack_500"),
            Aim("1200 frames of 500 features", "tracking.s_1200_500", "s", at_most=20),
        ),
    ),
    Row(
        "Installation",
        "make bench ONLY=install",
        (
            Aim("base install, site-packages", "install.base_mb", "MB", at_most=1000),
            Aim("base install, from wheels at hand", "install.base_s", "s"),
        ),
    ),
    Row(
        "Guard",
        "make bench ONLY=guard",
        (Aim("figures said to drift where nothing changed", "guard.drifting", at_most=0),),
    ),
)


def aims_table(figures: Figures) -> str:
    """The nine rows as markdown."""
    lines = (line for number, row in enumerate(ROWS, 1) for line in _lines(number, row, figures))
    return markdown([_HEAD, *lines], left=len(_HEAD))


def figure_names(text: str) -> list[str]:
    """Figures that a floor or peers name."""
    return _NAMED.findall(text)


def _lines(number: int, row: Row, figures: Figures) -> Iterator[Cells]:
    for index, aim in enumerate(row.aims):
        name, command = (f"{number}. {row.name}", f"`{row.command}`") if index == 0 else ("", "")
        measured = figures.get(aim.figure)
        said = f"{measured} {aim.unit}".strip() if measured else "not measured"
        floor, peers = (_filled(text, figures) for text in (aim.floor, aim.peers))
        verdict = _verdict(f"{number}-{row.name}", aim, measured)
        yield name, aim.what, aim.target, said, verdict, floor, peers, command


def _verdict(section: str, aim: Aim, measured: Sample | None) -> str:
    if measured is None or aim.target == "stated":
        return ""
    if aim.met(measured):
        return "met"
    return f"missed: [why](speed.md#{section.lower().replace(' ', '-')})" if aim.why else "missed"


def _filled(text: str, figures: Figures) -> str:
    """Medians in the place of the names of figures; what has one that was not measured is left out."""
    parts = [part for part in text.split(", ") if all(name in figures for name in figure_names(part))]
    return ", ".join(_NAMED.sub(lambda found: _median(figures[found[1]]), part) for part in parts)


def _median(figure: Sample) -> str:
    return str(Sample((figure.median,)))
