"""Whether two ways from a record to rows of pores found the same."""

from collections.abc import Mapping, Sequence

from pores.chain import Columns


def require_agreement(usual: Sequence[Mapping[str, float]], ours: Columns) -> None:
    """The two ways have to find the same, else their times mean nothing.

    Raises
    ------
    AssertionError
        If numbers of features differ by more than 15 %, or total areas or fluxes by 3 %.
    """
    if abs(len(usual) - len(ours["label"])) > 0.15 * len(usual):
        raise AssertionError(f"the usual way finds {len(usual)} features, porelake {len(ours['label'])}")
    for name in ("area_mm2", "flux_mx"):
        theirs, mine = sum(row[name] for row in usual), float(ours[name].sum())
        if abs(mine - theirs) > 0.03 * theirs:
            raise AssertionError(f"total {name}: the usual way {theirs:.4g}, porelake {mine:.4g}")
