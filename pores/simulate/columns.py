"""Rows of true tables as columns, with the types that trackers' tables have."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pores.simulate.tables import Rows

_TIMES = ("t_rec", "from_t", "to_t", "t_birth", "t_death")
_WORDS = ("kind", "cause", "birth", "death", "product")
# Columns that a table has also where it has no rows.
COLUMNS = {
    "pores": ("harpnum", "t_rec", "pore_id", "track_id", "product", "x_px", "y_px", "lon", "lat", "mu",
              "area_mm2", "mean_br", "kind", "touches_edge"),
    "links": ("harpnum", "from_pore_id", "to_pore_id", "from_t", "to_t", "kind"),
    "tracks": ("harpnum", "track_id", "family_id", "product", "t_birth", "t_death", "lifetime_h", "n_obs",
               "birth", "death", "parent_track_id", "child_track_id", "mean_br", "max_area_mm2",
               "mean_area_mm2", "kind"),
    "events": ("harpnum", "product", "kind", "cause", "t_rec", "x_px", "y_px", "lon", "lat", "n_from",
               "n_to", "from_track_ids", "to_track_ids"),
}  # fmt: skip


def as_columns(table: str, rows: Rows) -> dict[str, NDArray[Any]]:
    """Columns of the rows of a table, null where a row says nothing: NaN, NaT or None."""
    names = list(dict.fromkeys(name for row in rows for name in row)) or COLUMNS[table]
    return {name: _column(name, [row.get(name) for row in rows]) for name in names}


def _column(name: str, values: list[Any]) -> NDArray[Any]:
    if name in _TIMES:
        return np.array(values, "datetime64[ms]")
    known = next((value for value in values if value is not None), None)
    if name in _WORDS or name.endswith(("_id", "_ids")) or isinstance(known, str | list):
        column = np.empty(len(values), object)
        column[:] = [None if value is None else value for value in values]
        return column
    if isinstance(known, bool | int | np.integer) and None not in values:
        return np.array(values)
    return np.array([np.nan if value is None else value for value in values], float)
