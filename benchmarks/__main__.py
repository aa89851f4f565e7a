"""Measure everything, or some groups anew, say it and write docs/performance.md: `python -m benchmarks`."""

import argparse
from collections.abc import Mapping
from pathlib import Path

from benchmarks.aims import aims_table
from benchmarks.groups import GROUPS, ON_REQUEST, bench, measured
from benchmarks.report import Group, page
from benchmarks.stored import STORED, save, stored

PAGE = Path(__file__).resolve().parents[1] / "docs" / "performance.md"


def main() -> None:
    options = _options()
    with bench(options.rounds, options.stored) as given:
        for name in options.only:
            group = measured(name, given)
            print(*group.tables, sep="\n\n", end="\n\n")
            save(group, options.stored / f"{name}.json")
    options.out.write_text(text(stored(options.stored)))
    print(options.out)


def text(found: Mapping[str, Group]) -> str:
    """The page of everything that was measured, now or before."""
    groups = [found[name] for name in (*GROUPS, *sorted(set(found) - set(GROUPS))) if name in found]
    figures = {name: sample for group in groups for name, sample in group.figures.items()}
    return page(aims_table(figures), groups)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--out", type=Path, default=PAGE, help="page to write")
    parser.add_argument("--stored", type=Path, default=STORED, help="directory of what was measured")
    parser.add_argument("--rounds", type=int, default=7, help="rounds of short work; fewer of long work")
    usual = [name for name in GROUPS if name not in ON_REQUEST]
    said = f"groups, of {', '.join(GROUPS)}; others stay as they are; none: write the page again"
    parser.add_argument("--only", type=_names, default=usual, help=said)
    return parser.parse_args()


def _names(value: str) -> list[str]:
    names = [] if value == "none" else value.split(",")
    if unknown := [name for name in names if name not in GROUPS]:
        raise argparse.ArgumentTypeError(f"no group {unknown[0]}; there are {', '.join(GROUPS)}")
    return names


if __name__ == "__main__":
    main()
