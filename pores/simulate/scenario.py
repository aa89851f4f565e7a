"""Which acts a scenario has, and the script that comes of them."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial

from pores.scenarios import Scenario
from pores.simulate import crowds, encounters, groups, meetings, movers
from pores.simulate.acts import grey, single, spot
from pores.simulate.parameters import SimulationParameters
from pores.simulate.script import Pore
from pores.simulate.stage import Stage

Act = Callable[[Stage], list[Pore]]
STANDARD_MM2 = 20_000  # of the patch for which the numbers of acts are meant

TOGETHER: list[Act] = [
    meetings.triple,
    *[meetings.merge] * 2,
    *[meetings.split] * 2,
    *[meetings.flicker] * 3,
]


def script(parameters: SimulationParameters) -> tuple[Pore, ...]:
    """The pores of a series, numbered."""
    stage = Stage.of(parameters)
    pores: list[Pore] = []
    for act in _programme(parameters, stage):
        pores += act(stage)
    return tuple(replace(pore, number=number) for number, pore in enumerate(pores, 1))


def _programme(parameters: SimulationParameters, stage: Stage) -> Iterable[Act]:
    """Acts in the order in which they choose their places: those that need most room first."""
    plenty = stage.area_mm2 / STANDARD_MM2
    alone = partial(single, scale_h=parameters.lifetime_h, generations=parameters.generations)
    singles: list[Act] = [alone for _ in range(max(2, round(22 * plenty)))]
    singles += [grey for _ in range(max(1, round(12 * plenty)))]
    programmes: dict[Scenario, Callable[[], Iterable[Act]]] = {
        "interactions": lambda: TOGETHER + singles,
        "gaps": lambda: [*encounters.mixed(plenty), *TOGETHER, *singles],
        "noisy": lambda: [*encounters.mixed(plenty), *TOGETHER, *singles],
        "demo": lambda: [spot, *[meetings.edge] * 3, *TOGETHER, *singles],
        "crowd": partial(crowds.crowd, plenty),
        "flicker": partial(encounters.flickering, plenty),
        "opposite": partial(encounters.opposites, plenty),
        "fast": lambda: [movers.lanes],
        "edges": lambda: [movers.crossings, *singles],
        "emerging": lambda: [groups.emergence],
        "limb": partial(groups.old_group, plenty),
    }
    return programmes.get(parameters.scenario, lambda: singles)()
