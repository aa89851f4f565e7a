"""Which entry of a cube's log counts for a T_REC and segment."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Row: TypeAlias = np.void
Key = tuple[int, str]  # T_REC in ms, as the log has it, and segment


@dataclass(frozen=True)
class Standing:
    """What decides of an entry whether it counts.

    Attributes
    ----------
    version : str
        The archive's, of the record; empty for a file of a directory.
    reason : str
        Why there is no image; empty where there is one.
    """

    version: str
    reason: str

    @classmethod
    def of(cls, row: Row) -> "Standing":
        """That of a row of the log."""
        return cls(row["version"].decode(), row["reason"].decode())

    def displaces(self, other: "Standing") -> bool:
        """Whether a later entry takes the place of another one.

        Another version does, image or not: the archive made the record anew, and what was is no longer true.
        Otherwise an image does, and a problem takes the place of a problem only.
        """
        if self.version and self.version != other.version:
            return True
        return not self.reason or bool(other.reason)


def in_use(log: NDArray[np.void]) -> dict[Key, Row]:
    """The entry that counts of each T_REC and segment, in the order in which they were first met."""
    found: dict[Key, tuple[Standing, Row]] = {}
    for row in log:
        key, standing = (int(row["t_rec"]), row["segment"].decode()), Standing.of(row)
        if key not in found or standing.displaces(found[key][0]):
            found[key] = standing, row
    return {key: row for key, (_, row) in found.items()}
