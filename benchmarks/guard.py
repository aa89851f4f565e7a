"""Measure the quick ratios again and compare them with the stored ones: `python -m benchmarks.guard`.

Exits 0 with the report, whatever has drifted, for a machine that is busy must not stop anything; 1 if
something could not be measured.
"""

import argparse
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from benchmarks.drift import Drift, drift_table, drifts
from benchmarks.groups import QUICK, bench, measured
from benchmarks.report import Group
from benchmarks.stored import STORED, stored
from benchmarks.timing import Sample

Figures = Mapping[str, Sample]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.guard", description=__doc__)
    parser.add_argument("--out", type=Path, help="file of the report, beside standard output")
    parser.add_argument("--rounds", type=int, default=7, help="of short work; fewer of long work")
    options = parser.parse_args()
    with bench(options.rounds) as given:
        found, failed = guard(QUICK, stored(STORED), lambda name: measured(name, given).figures)
    text = report(found, failed)
    print(text)
    if options.out:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text(text)
    sys.exit(bool(failed))


def guard(
    names: Sequence[str], before: Mapping[str, Group], measure: Callable[[str], Figures]
) -> tuple[list[Drift], dict[str, str]]:
    """Figures of some groups as stored and as measured, and why a group could not be measured.

    Groups in which something seems to drift are measured again when all others were: what else kept the
    machine busy may be over then. It drifts if it does so in all rounds of both.
    """
    found: dict[str, list[Drift]] = {}
    failed: dict[str, str] = {}

    def look(name: str, compare: Callable[[Figures], list[Drift]]) -> None:
        try:
            found[name] = compare(measure(name))
        except Exception as error:  # the other groups are measured all the same
            traceback.print_exc()
            failed[name] = " ".join(f"{type(error).__name__}: {error}".split())

    for name in names:
        look(name, partial(drifts, before[name].figures if name in before else {}))
    for name, drifting in list(found.items()):
        if any(each.seems for each in drifting):
            look(name, partial(_confirmed, drifting))
    return [each for drifting in found.values() for each in drifting], failed


def _confirmed(found: Sequence[Drift], again: Figures) -> list[Drift]:
    return [each.with_more(again.get(each.name)) if each.seems else each for each in found]


def report(found: Sequence[Drift], failed: Mapping[str, str]) -> str:
    """What has drifted, in words and as a table."""
    drifting = [each.name for each in found if each.seems]
    missing = [each.name for each in found if each.measured is None]
    lines = [
        f"Drift of {', '.join(drifting)}: slower or faster than stored, in every round of two measurements."
        if drifting
        else "No drift.",
        f"Not measured, though stored: {', '.join(missing)}." if missing else "",
        *(f"The benchmark failed: {name}: {why}." for name, why in failed.items()),
        str(drift_table(found)),
    ]
    return "# Drift\n\n" + "\n\n".join(filter(None, lines)) + "\n"


if __name__ == "__main__":
    main()
