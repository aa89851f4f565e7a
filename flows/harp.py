"""One HARP of a request: its files at the source, its places in the lake, its blocks of frames."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from catalog.schema import FAINT, FRAMES, PORES, VELOCITIES, Table
from flows.blocks import Block, blocks
from flows.request import JSOC, Request
from flows.words import counted, first_of
from pores.chain import USED_SEGMENTS
from pores.errors import InputError
from pores.parameters import Parameters
from storage.archive import Source, SourceFile, open_source
from storage.cubes import Cube
from storage.keys import stage_key
from storage.lake import Lake

PREPARE_VERSION = 2
DETECT_VERSION = 3
FLOW_VERSION = 1

PREPARED = FRAMES.without("n_pores", "labels_file", "run_id")
DETECTED = PORES.without("track_id", "run_id")
FAINTLY = FAINT.without("track_id", "run_id")
MOVED = VELOCITIES.without("run_id")


@dataclass(frozen=True)
class Harp:
    """One HARP of a request: where its things are in the lake."""

    request: Request
    harpnum: int

    @property
    def lake(self) -> Lake:
        """The lake of the request."""
        return Lake.at(self.request.lake)

    @property
    def cube(self) -> Path:
        """The cube of the HARP."""
        return self.lake.cube(self.request.series, self.harpnum)

    def stage(self, stage: str, block: Block) -> Path:
        """A stage's rows for a block of frames."""
        return self.lake.stage(self.request.series, self.harpnum, stage, block.key)

    def labels(self, block: Block) -> Path:
        """The label images of a block of frames."""
        return self.lake.labels(self.request.series, self.harpnum, block.key)

    def frame_keys(self) -> list[str]:
        """Content keys of all frames, with their times."""
        with Cube(self.cube) as cube:
            return [f"{t}={cube.frame_key(t, USED_SEGMENTS)}" for t in cube.t_rec]

    def prepare_blocks(self) -> list[Block]:
        """Blocks of all frames, with the keys of their prepared rows."""
        with Cube(self.cube) as cube:
            keys = [cube.frame_key(t, USED_SEGMENTS) for t in cube.t_rec]
            asked = {"science": self.request.parameters.prepare.model_dump(mode="json"), **_columns(PREPARED)}
            return blocks("prepare", PREPARE_VERSION, asked, cube.t_rec, keys)

    def detect_blocks(self, prepared: Sequence[Block]) -> list[Block]:
        """Return the blocks that `prepare_blocks` gave, with the keys of their features."""
        science = {
            **enhancing(self.request.parameters),
            "detect": self.request.parameters.detect.model_dump(mode="json"),
        }
        asked = {"science": science, **_columns(DETECTED), "faint": _columns(FAINTLY)}
        return [block.then("detect", DETECT_VERSION, asked) for block in prepared]

    def flow_blocks(self, detected: Sequence[Block]) -> list[Block]:
        """Return the blocks that `detect_blocks` gave, with the keys of the motion of their features.

        What is next to a block in time counts, too: the frames at its ends are compared with it.
        """
        parameters = self.request.parameters
        science = {"flow": parameters.flow.model_dump(mode="json"), "max_step_h": parameters.track.max_step_h}
        keys = ["", *(block.key for block in detected), ""]
        asked = {"science": science, **_columns(MOVED)}
        return [
            Block(block.t_rec, stage_key("flow", FLOW_VERSION, asked, keys[i : i + 3]))
            for i, block in enumerate(detected)
        ]

    def missing(self, stage: str, plan: Sequence[Block]) -> list[Block]:
        """Blocks for which a stage has no result yet, or not all of it."""
        return [block for block in plan if not all(path.exists() for path in self._results(stage, block))]

    def _results(self, stage: str, block: Block) -> list[Path]:
        work = self.stage(stage, block)
        return [work, self.stage("faint", block), self.labels(block)] if stage == "detect" else [work]


def enhancing(parameters: Parameters) -> dict[str, str]:
    """What of the parameters decides the doubled intensity."""
    named = {"enhance": parameters.enhance, "weights": parameters.weights}
    return {name: value for name, value in named.items() if value}


def _columns(table: Table) -> dict[str, list[str]]:
    """Columns as part of a key: rows without a new one are made again."""
    return {"columns": [column.name for column in table.columns]}


def harps_of(request: Request) -> tuple[list[int], list[str]]:
    """The HARPs of a request, and notes on them; all that its source (or lake) has if it names none.

    Raises
    ------
    InputError
        If a HARP that the request names is not there, or there is none.
    """
    resolved, notes = _of_regions(request)
    asked = set(request.harpnums) | resolved
    if request.source == JSOC:
        if not asked:
            raise InputError("--from jsoc: name what to fetch with --harp, --noaa or --list")
        return sorted(asked), notes
    there = _there(request, bool(asked))
    where = f"{request.source or f'the lake {request.lake}'} has no file of series {request.series}"
    if missing := sorted(set(request.harpnums) - there):
        raise InputError(f"{where} for HARP {', '.join(map(str, missing))}{_others(request)}")
    if not (there & asked if asked else there):
        raise InputError(where + _others(request))
    notes += [f"{where} for HARP {harpnum}: passed over" for harpnum in sorted(asked - there)]
    return sorted(asked & there if asked else there), notes


def _of_regions(request: Request) -> tuple[set[int], list[str]]:
    """HARPs of the request's NOAA regions."""
    if not request.noaa:
        return set(), []
    from storage.noaa import resolve

    resolution = resolve(request.noaa, request.series)
    return set(resolution.harpnums), list(resolution.notes)


def _there(request: Request, named: bool) -> set[int]:
    """HARPs that the source has; with those of the lake where the request names some, or no source."""
    in_source = set(source_files(request.source, request.series)) if request.source else set()
    if request.source and not named:
        return in_source
    return in_source | set(Lake.at(request.lake).cubes(request.series))


def _others(request: Request) -> str:
    """What else there is where a request found nothing."""
    if there := sorted(_there(request, named=False)):
        return f"; it has HARP{'s'[: len(there) > 1]} {first_of(there)}"
    if not request.source:
        return "; name a directory or .tar of SHARP files with --from"
    series = source(request.source).series()
    if series:
        return f"; it has files of {', '.join(sorted(series))}"
    others = source(request.source).listing.others
    example = f"{request.series}.377.20110215_020000_TAI.continuum.fits"
    return f"; {counted(others, 'file')} of other names or kinds: SHARP files are named like {example}"


@lru_cache(maxsize=1)
def source(text: str) -> Source:
    """Return a source, listed once for a run (`forget_sources` begins a new one)."""
    return open_source(text)


def forget_sources() -> None:
    """Look anew what sources hold."""
    source.cache_clear()
    source_files.cache_clear()


@lru_cache(maxsize=2)
def source_files(text: str, series: str) -> dict[int, list[SourceFile]]:
    """Files of a source by HARP."""
    listed: dict[int, list[SourceFile]] = {}
    for file in source(text).files(None, series):
        listed.setdefault(file.name.harpnum, []).append(file)
    return listed
