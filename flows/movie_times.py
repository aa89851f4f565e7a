"""The moments that a movie shows: evenly spaced, so that a gap in the record lasts in the movie, too."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from flows.words import counted

NO_RECORD = "no record"
LONGEST_GAP = 12  # pictures: a longer gap is cut to so many, which tell how long it is
_HOUR = np.timedelta64(1, "h")
_HMI = np.timedelta64(720, "s")  # the cadence of the series, where one frame tells none


@dataclass(frozen=True)
class Moment:
    """One picture's time, and why there are no features in it.

    Attributes
    ----------
    t_rec : numpy.datetime64
        TAI; in a gap what T_REC would be.
    reason : str
        Empty if features were looked for.
    detail : str
        More of the reason, for small letters.
    where : str
        Where the patch is, and what was found.
    """

    t_rec: np.datetime64
    reason: str = ""
    detail: str = ""
    where: str = ""

    @property
    def recorded(self) -> bool:
        """Whether the archive has a record of this time."""
        return self.reason != NO_RECORD


def cadence(t_rec: NDArray[np.datetime64]) -> np.timedelta64:
    """Usual time between records, sorted by time."""
    if len(t_rec) < 2:
        return _HMI
    steps, counts = np.unique(np.diff(t_rec), return_counts=True)
    usual: np.timedelta64 = steps[np.argmax(counts)]
    return usual


def moments(frames: Mapping[str, NDArray[Any]], every: int = 1) -> list[Moment]:
    """The moments of frames and of the gaps between them.

    Parameters
    ----------
    frames : mapping of ndarray
        Columns of frames, by time.
    every : int
        Only each n-th.
    """
    step = cadence(frames["t_rec"])
    found: list[Moment] = []
    for index, t_rec in enumerate(frames["t_rec"]):
        if found:
            found += _gap(found[-1].t_rec, t_rec, step)
        row = {name: values[index] for name, values in frames.items()}
        reason = "" if row["usable"] else str(row["reason"])
        detail = "" if row["usable"] else _detail(row["detail"], reason)
        found.append(Moment(t_rec, reason, detail, _where(row)))
    return found[::every]


def _gap(before: np.datetime64, after: np.datetime64, step: np.timedelta64) -> list[Moment]:
    missing = round(float((after - before) / step)) - 1
    if missing <= LONGEST_GAP:
        return [Moment(before + (i + 1) * step, NO_RECORD) for i in range(missing)]
    part = (after - before) / (LONGEST_GAP + 1)
    told = f"for {(after - before) / _HOUR:.1f} h, shortened"
    return [Moment(before + (i + 1) * part, NO_RECORD, told) for i in range(LONGEST_GAP)]


def _where(row: Mapping[str, Any]) -> str:
    """Latitude and distance from the central meridian of the patch's centre, mu there, and features.

    Examples
    --------
    >>> _where({"crval1": 200.0, "crval2": -18.0, "crln_obs": 212.0, "mu_center": 0.92, "n_pores": 1})
    'S18 E12 · μ = 0.92 · 1 feature'
    """
    said = []
    if np.isfinite(row["crval1"] + row["crval2"] + row["crln_obs"]):
        west = (row["crval1"] - row["crln_obs"] + 180) % 360 - 180
        said.append(f"{_side(row['crval2'], 'NS')} {_side(west, 'WE')}")
    if np.isfinite(row["mu_center"]):
        said.append(f"μ = {row['mu_center']:.2f}")
    if row["n_pores"] is not None:
        said.append(counted(row["n_pores"], "feature"))
    return " · ".join(said)


def _side(degrees: float, names: str) -> str:
    return f"{names[int(degrees < 0)]}{abs(degrees):02.0f}"


def _detail(detail: str | None, reason: str) -> str:
    """What the table tells of a reason beyond it."""
    return (detail or "").removeprefix(reason).lstrip(" :;(").removesuffix(")")
