"""All trackers on the pore tracking challenge: `python -m benchmarks.challenge` writes docs/tracking.md.

With `--trackers porelake --seeds 1..5 --mistakes` it is a quick look at what a tracker gets wrong.
"""

import argparse
import os
from pathlib import Path
from typing import get_args

_ONE_THREAD = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "tracking.md"


def main() -> None:
    """Make what is not there, run and score all trackers, write page and figures; fail if a run failed."""
    os.environ.update(dict.fromkeys(_ONE_THREAD, "1"))  # before numpy is loaded
    from benchmarks.contest import Result, results, saved
    from benchmarks.contest_page import page, summary
    from flows.challenge import SCENARIOS, SEEDS, make_challenge, series_of
    from flows.commands.challenge import range_of
    from pores.errors import PorelakeError
    from pores.parameters import Tracker

    options = _options()
    trackers = options.trackers or get_args(Tracker)
    given = tuple((name, getattr(options, name)) for name in ("n_frames",) if getattr(options, name))
    seeds = range_of(options.seeds) if options.seeds else SEEDS
    series = series_of(options.scenarios or SCENARIOS, seeds, given)
    try:
        print(make_challenge(options.out, series), flush=True)
    except PorelakeError as error:
        print(error, flush=True)
    every: list[Result] = []
    for done in results(options.out, series, trackers):
        every += done
        print(f"{done[0].series.name}: " + summary(done), flush=True)
        if options.mistakes:
            print("".join(f"  {wrong}\n" for wrong in done[0].mistakes), end="", flush=True)
    saved(options.out / "scores.json", every)
    whole = not (options.seeds or options.scenarios or options.trackers or given)
    path = options.page or (PAGE if whole else options.out / "tracking.md")
    path.write_text(page(every))
    failed = sum(bool(one.error) for one in every)
    print(f"{path}; {failed} of {len(every)} runs failed")
    raise SystemExit(bool(failed))


def _options() -> argparse.Namespace:
    from pores.parameters import Tracker

    parser = argparse.ArgumentParser(prog="python -m benchmarks.challenge", description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "challenge", help="folder of the series")
    parser.add_argument("--page", type=Path, help="page to write; default: docs/tracking.md of a whole run")
    parser.add_argument("--seeds", help="as 1..5; default: the challenge's own")
    parser.add_argument("--scenarios", nargs="+", help="default: all")
    parser.add_argument("--trackers", nargs="+", choices=get_args(Tracker), help="default: all")
    parser.add_argument("--frames", dest="n_frames", type=int, help="records of each series")
    parser.add_argument("--mistakes", action="store_true", help="list every mistake of the first tracker")
    return parser.parse_args()


if __name__ == "__main__":
    main()
