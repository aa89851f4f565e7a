"""Which run of a HARP is the current one: a small pointer per HARP, moved when a run's tables are whole."""

import json
from dataclasses import asdict, dataclass, field

from storage.lake import Lake, atomic


@dataclass(frozen=True)
class CurrentRun:
    """The run whose rows the views show for a HARP, and the product of its features if it has any."""

    series: str
    harpnum: int
    run_id: str
    product: str | None = field(default=None, compare=False)  # what the rows say, so that none need be read


def set_current(lake: Lake, run: CurrentRun) -> None:
    """Make a run the current one of its HARP."""
    with atomic(lake.pointer(run.series, run.harpnum)) as partial:
        partial.write_text(json.dumps(asdict(run)) + "\n")


def current_run(lake: Lake, series: str, harpnum: int) -> CurrentRun | None:
    """The current run of a HARP as this machine has it, None before the first."""
    pointer = lake.pointer(series, harpnum)
    return CurrentRun(**json.loads(pointer.read_text())) if pointer.exists() else None


def current_runs(lake: Lake) -> list[CurrentRun]:
    """The current run of every HARP, by series and HARPNUM; in an object store as it is told there."""
    if lake.url is None:
        texts = [path.read_text() for path in lake.pointers()]
    else:
        from storage.remote_files import pointer_texts

        texts = pointer_texts(lake)
    runs = [CurrentRun(**json.loads(text)) for text in texts]
    return sorted(runs, key=lambda run: (run.series, run.harpnum))
