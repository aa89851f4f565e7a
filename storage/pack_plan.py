"""Which runs share a pack: so that there are few files, and yet no row is written more than some times."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from storage.packs import Pack, Run, Wanted


@dataclass(frozen=True)
class Sizes:
    """Runs of packs, which are those of so many HARPs.

    Attributes
    ----------
    least : int
        Runs in no pack that are packed: fewer stay in their own files.
    large : int
        Runs of a large pack, about: small ones that hold as many together become one.
    dead : float
        Share of superseded runs beyond which a pack is given up.
    """

    least: int = 64
    large: int = 512
    dead: float = 0.25


SIZES = Sizes()


def planned(wanted: Wanted, there: Iterable[Pack], form: str, sizes: Sizes) -> list[Pack]:
    """Packs for runs: the good ones of those there, and new ones for what is in none of them."""
    packs = _good(wanted, there, sizes)
    loose: dict[str, list[Run]] = {}
    for series, harpnum, run in wanted - _held(packs, wanted):
        loose.setdefault(series, []).append((harpnum, run))
    for series, runs in loose.items():
        if len(runs) >= sizes.least:
            small = {
                pack: live
                for pack in packs
                if pack.series == series and len(live := pack.live(wanted)) < sizes.large // 2
            }
            joined = sorted([*runs, *(run for live in small.values() for run in live)])
            if len(joined) < sizes.large:
                packs = [*packs, Pack.of(series, form, runs)]
            else:
                new = (Pack.of(series, form, part) for part in _parts(joined, sizes.large))
                packs = [*(pack for pack in packs if pack not in small), *new]
    return sorted(packs, key=lambda pack: (pack.series, pack.runs))


def _good(wanted: Wanted, there: Iterable[Pack], sizes: Sizes) -> list[Pack]:
    """Packs with few dead runs, the larger of those that hold the same."""
    good: list[Pack] = []
    held: set[tuple[str, int, str]] = set()
    for pack in sorted(there, key=lambda pack: (-len(pack.runs), pack.key)):
        live = _held([pack], wanted)
        if len(live) >= max((1 - sizes.dead) * len(pack.runs), 1) and live.isdisjoint(held):
            good.append(pack)
            held |= live
    return good


def _held(packs: Iterable[Pack], wanted: Wanted) -> set[tuple[str, int, str]]:
    """The runs that are wanted and in packs."""
    return {(pack.series, *run) for pack in packs for run in pack.live(wanted)}


def _parts(runs: Sequence[Run], large: int) -> list[Sequence[Run]]:
    """Runs in order of HARPNUM in equal parts, which are about as large as wanted."""
    n, k = len(runs), max(round(len(runs) / large), 1)
    return [runs[i * n // k : (i + 1) * n // k] for i in range(k)]
