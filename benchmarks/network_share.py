"""What doubling by network adds to a frame inside the chain, beside the spline."""

import shutil
from pathlib import Path

from benchmarks.long_harp import LongHarp
from benchmarks.report import Table
from benchmarks.timing import in_turns, seconds
from flows import stages
from flows.enhancement import network
from flows.request import Request
from pores.parameters import OWN_WEIGHTS, Parameters
from storage.lake import Lake

RECORDS = 10
_METHODS = ("spline", "network")


def network_table(harp: LongHarp, scratch: Path, rounds: int) -> Table:
    """Time the stage `detect` by spline and by network, and what a process takes to make the network."""
    lake = harp.lake(scratch / "network", RECORDS)
    start = seconds(lambda: network(OWN_WEIGHTS))
    requests = {
        name: Request(lake=str(lake), workers=1, parameters=Parameters(enhance=name)) for name in _METHODS
    }
    stages.prepare(requests["spline"], harp.harpnum)

    def detect(request: Request) -> None:
        shutil.rmtree(Lake.at(lake).root / "labels", ignore_errors=True)
        stages.detect(request, harp.harpnum)

    times = in_turns({name: lambda name=name: detect(requests[name]) for name in _METHODS}, rounds)
    per_frame = {name: time.scaled(1 / RECORDS) for name, time in times.items()}
    by_spline, by_network = (per_frame[name] for name in _METHODS)
    added = by_network - by_spline
    rows = [
        ("by spline", by_spline.scaled(1e3)),
        ("by network", by_network.scaled(1e3)),
        ("the network adds", added.scaled(1e3)),
        ("once in a process: weights read, network made", f"{1e3 * start:.0f}"),
    ]
    note = f"{RECORDS} simulated records with a large sunspot: more of them has to be doubled than of most."
    return Table(
        "Detection by network, a frame",
        ("stage `detect`", "ms"),
        rows,
        note,
        {"enhance.network_adds_s": added},
    )
