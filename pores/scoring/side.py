"""One catalogue as a score sees it: features, links and tracks by number, whatever order the rows came in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from pores.errors import InputError
from pores.series import DEFAULT_CADENCE_S, NONE, Bools, Ints, nominal_cadence_s

Table = Mapping[str, NDArray[Any]]

_NEEDED = {
    "pores": ("pore_id", "track_id", "harpnum", "t_rec", "x_px", "y_px", "area_mm2", "mean_br"),
    "links": ("from_pore_id", "to_pore_id"),
    "tracks": ("track_id", "birth", "death", "lifetime_h"),
    "events": ("harpnum", "kind", "cause", "t_rec", "x_px", "y_px", "n_from", "n_to"),
}
_NUMBERS = {"harpnum", "x_px", "y_px", "area_mm2", "mean_br", "lifetime_h", "n_from", "n_to"}


@dataclass(frozen=True, eq=False)
class Side:
    """What was found, or what is true.

    Attributes
    ----------
    pores, tracks, events : Table
        Features by HARP, time and place; tracks by their first feature; events by HARP, time and place.
    links : ndarray of int, (n_links, 2)
        Source and target of each link, rows of `pores`; each once.
    track : ndarray of int, (n_pores,)
        Track of each feature, a row of `tracks`; -1 without.
    """

    pores: Table
    tracks: Table
    events: Table
    links: Ints
    track: Ints

    @classmethod
    def of(cls, tables: Mapping[str, Table], name: str) -> Self:
        """The tables in order.

        Raises
        ------
        InputError
            If a table or column is missing, a number is none, a row tells of a feature or track that is
            not there, or a link does not lead forward in time.
        """
        _check(tables, name)
        tables = {table: _with_numbers(tables[table], f"{name} table {table}") for table in _NEEDED}
        pores, events = (_in_place(tables[table]) for table in ("pores", "events"))
        ends = [_rows_of(pores["pore_id"], tables["links"][end]) for end in ("from_pore_id", "to_pore_id")]
        _all_there(ends, tables["links"], f"{name} table links: no pore")
        track = _rows_of(tables["tracks"]["track_id"], pores["track_id"])
        _tracks_there(track, pores["track_id"], name)
        order, track = _by_first(track, len(tables["tracks"]["track_id"]))
        links = np.unique(np.column_stack(ends), axis=0).astype(np.intp)
        _forward(links, pores, name)
        return cls(pores, rows(tables["tracks"], order), events, links, track)

    def __len__(self) -> int:
        return len(self.track)

    @property
    def seconds(self) -> NDArray[np.float64]:
        """Time of each feature, s."""
        return seconds(self.pores)

    @property
    def followed(self) -> Bools:
        """Which features have a track."""
        return np.asarray(self.track != NONE)

    @property
    def passing(self) -> Bools:
        """Which tracks are flagged as pieces that part and rejoin at once; none without such a column."""
        none = np.zeros(len(self.tracks["track_id"]), bool)
        return np.asarray(self.tracks.get("passing", none)).astype(bool)


def rows(table: Table, which: NDArray[Any]) -> dict[str, NDArray[Any]]:
    """Some rows of a table."""
    return {name: np.asarray(values)[which] for name, values in table.items()}


def seconds(table: Table) -> NDArray[np.float64]:
    """Time of each row, s."""
    return np.asarray(table["t_rec"], "datetime64[ms]").astype(np.int64) / 1000


def cadence_s(table: Table) -> float:
    """Nominal time between frames, s: that of most HARPs in a table of records or of features in them."""
    _check_columns(table, ("harpnum", "t_rec"), "true table frames")
    harps = np.unique(table["harpnum"])
    cadences = [nominal_cadence_s(table["t_rec"][table["harpnum"] == harp]) for harp in harps]
    values, counts = np.unique(cadences or [DEFAULT_CADENCE_S], return_counts=True)
    return float(values[np.argmax(counts)])


def _check(tables: Mapping[str, Table], name: str) -> None:
    for table, columns in _NEEDED.items():
        if table not in tables:
            raise InputError(f"{name} tables: no table {table}")
        _check_columns(tables[table], columns, f"{name} table {table}")


def _check_columns(table: Table, columns: Sequence[str], where: str) -> None:
    missing = [column for column in columns if column not in table]
    if missing:
        raise InputError(f"{where}: no column {', '.join(missing)}")


def _with_numbers(table: Table, where: str) -> Table:
    """The table with numbers as floats, whatever they came as; NaN for null."""
    numbers = {}
    for column in _NUMBERS & table.keys():
        try:
            numbers[column] = np.asarray(table[column], float)
        except (TypeError, ValueError) as error:
            raise InputError(f"{where}: column {column} holds what is no number: {error}") from error
    return {**table, **numbers}


def _in_place(table: Table) -> dict[str, NDArray[Any]]:
    return rows(table, np.lexsort((table["x_px"], table["y_px"], seconds(table), table["harpnum"])))


def _rows_of(among: NDArray[Any], ids: NDArray[Any]) -> Ints:
    """Where each id is in a column (the first, if twice), -1 for nowhere."""
    place = {name: i for i, name in reversed(list(enumerate(among)))}
    return np.array([place.get(name, NONE) for name in ids], np.intp)


def _all_there(ends: list[Ints], links: Table, complaint: str) -> None:
    for place, column in zip(ends, ("from_pore_id", "to_pore_id"), strict=True):
        for i in np.flatnonzero(place == NONE)[:1]:
            raise InputError(f"{complaint} {links[column][i]}, which {column} names")


def _forward(links: Ints, pores: Table, name: str) -> None:
    backward = np.diff(seconds(pores)[links], axis=1)[:, 0] <= 0
    for source, target in pores["pore_id"][links[backward]][:1]:
        raise InputError(
            f"{name} table links: the link from {source} to {target} does not lead forward in time"
        )


def _tracks_there(track: Ints, names: NDArray[Any], name: str) -> None:
    for i in np.flatnonzero(track == NONE):
        if names[i] is not None and names[i] == names[i]:  # null, or NaN where a column holds nothing else
            raise InputError(f"{name} table tracks: no track {names[i]}, which table pores names")


def _by_first(track: Ints, n: int) -> tuple[Ints, Ints]:
    """Tracks in the order of their first features, and the track of each feature in that order."""
    first = np.full(n, len(track), np.intp)
    followed = np.flatnonzero(track != NONE)
    np.minimum.at(first, track[followed], followed)
    order = np.argsort(first, kind="stable")
    place = np.empty(n, np.intp)
    place[order] = np.arange(n)
    renamed = np.full(len(track), NONE, np.intp)
    renamed[followed] = place[track[followed]]
    return order, renamed
