"""The pore tracking challenge: simulated series with known truth, the same detections for every tracker."""

import ast
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from inspect import ismodule
from pathlib import Path
from typing import Any, get_args

from flows.challenge_folder import Made, forget, is_made, write_series
from flows.challenge_rules import RULES
from flows.pool import ordered_map
from flows.progress import progress_bars
from flows.progress import track as progress
from flows.simulated import simulation
from flows.words import say
from pores.errors import PorelakeError
from pores.parameters import Parameters
from pores.scenarios import Scenario
from pores.simulate.parameters import SimulationParameters
from pores.simulate.sighted import look, looked_at, sightings
from storage.lake import atomic

SEEDS = tuple(range(1001, 1011))  # the challenge's own: nothing may be tuned on them
SCENARIOS: tuple[str, ...] = tuple(name for name in get_args(Scenario) if name not in ("demo", "faults"))
THINNED = ("clean", "interactions", "crowd")
CADENCES = {1: "", 5: "-1h", 10: "-2h"}  # every so manieth record of 12 min
FORMAT = 2
_TRUTH_KNOBS = {"max_gap_h", "contact_h", "max_step_h", "min_polarity_g"}
# What these say is told by parameters, or is of trackers alone.
_NOT_OF_DETECTIONS = ("pores.parameters", "pores.series", "pores.sightings", "pores.motion", "pores.errors")


@dataclass(frozen=True)
class Series:
    """A series of the challenge; `changed` are parameters of the simulation that differ from its scenario."""

    scenario: str
    seed: int
    every: int = 1
    changed: tuple[tuple[str, Any], ...] = ()

    @property
    def name(self) -> str:
        """Its folder."""
        return f"{self.scenario}-{self.seed}{CADENCES[self.every]}"

    def simulation(self) -> SimulationParameters:
        """What to simulate."""
        thin = {"every": self.every} if self.every > 1 else {}
        values = {"seed": self.seed, **thin, **dict(self.changed)}
        return simulation(self.scenario, values)


def series_of(
    scenarios: Sequence[str], seeds: Sequence[int], changed: tuple[tuple[str, Any], ...] = ()
) -> list[Series]:
    """The series of some scenarios and seeds, thinned ones last.

    Raises
    ------
    InputError
        If there is no such scenario, or a parameter is wrong.
    """
    names = list(dict.fromkeys(scenarios))
    kinds = [(name, 1) for name in names]
    kinds += [(name, every) for every in CADENCES for name in names if every > 1 and name in THINNED]
    series = [Series(name, seed, every, changed) for name, every in kinds for seed in seeds]
    for one in series:
        one.simulation()
    return series


def make_challenge(out: Path, series: Sequence[Series], workers: int | None = None) -> str:
    """Make every series that is not there yet, and the rules; what was done, in words.

    Raises
    ------
    PorelakeError
        If a series can't be made, once all others are.
    """
    made, failed = 0, []
    with progress_bars():
        for group in _groups(series):
            try:
                if new := make_series(out, group, workers):
                    say(f"{group[0].name}: made, {new} series")
                made += new
            except Exception as error:  # whatever it is, the others are made
                failed.append(f"{group[0].name}: {error or type(error).__name__}")
                say(f"{failed[-1]}: not made")
    with atomic(out / "README.md") as partial:
        partial.write_text(RULES)
    if failed:
        raise PorelakeError(f"{out}: {len(failed)} of the series can't be made; {failed[0]}")
    return f"{out}: {made} series made, {len(series) - made} there already"


def make_series(out: Path, group: Sequence[Series], workers: int | None = None) -> int:
    """Make the folders of a series and its thinned ones below a directory; how many were not there."""
    science = Parameters(enhance="spline")  # one set of detections for all trackers, whatever the default is
    wanted = [(one, one.simulation()) for one in sorted(group, key=lambda one: one.every)]
    wanted = [(one, sim) for one, sim in wanted if not is_made(out / one.name, _made_of(sim, science))]
    if not wanted:
        return 0
    label = wanted[0][0].name
    for one, _ in wanted:
        forget(out / one.name)

    def over(work: Any, items: Sequence[Any]) -> Iterator[Any]:
        return progress(ordered_map(work, items, workers), label, len(items))

    looks = looked_at(wanted[0][1], science, over)
    for one, sim in wanted:
        left = [look for look in looks if look.true.frame in sim.slots]
        write_series(out / one.name, Made(left, sightings(left, science, over), sim), _made_of(sim, science))
    return len(wanted)


def _groups(series: Sequence[Series]) -> list[list[Series]]:
    """Series of the same records: one and those thinned from it."""
    groups: dict[Series, list[Series]] = {}
    for one in series:
        groups.setdefault(replace(one, every=1), []).append(one)
    return list(groups.values())


def _made_of(simulation: SimulationParameters, science: Parameters) -> dict[str, Any]:
    """All that decides a series: parameters, and the code that simulates and detects."""
    return {
        "format": FORMAT,
        "simulation": simulation.model_dump(mode="json"),
        "science": science.model_dump(mode="json", include={"enhance", "prepare", "detect", "flow"}),
        "truth": science.track.model_dump(mode="json", include=_TRUTH_KNOBS),
        "code": _code(),
    }


@cache
def _code() -> str:
    """Digest of the modules that make a series of what its parameters say."""
    digest, found, todo = hashlib.sha256(), set(_NOT_OF_DETECTIONS), [look.__module__]
    while todo:
        name = todo.pop()
        if name in found:
            continue
        found.add(name)
        text = _source(name)
        digest.update(text.encode())
        todo += _imported(text)
    return digest.hexdigest()[:16]


def _source(module: str) -> str:
    return Path(str(import_module(module).__file__)).read_text()


def _imported(text: str) -> Iterator[str]:
    """The modules of the physics that a source imports, also those that it takes from a package."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and str(node.module).partition(".")[0] == "pores":
            package = import_module(str(node.module))
            yield package.__name__
            yield from (value.__name__ for one in node.names if ismodule(value := getattr(package, one.name)))
