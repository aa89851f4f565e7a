"""Stages over blocks of frames: a block's result is keyed by what it was made from, so done is done.

A block is twelve hours of a series, aligned in time: frames that arrive later change only the blocks they
fall in, and a killed run loses at most the block in hand.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from storage.keys import stage_key

BLOCK = np.timedelta64(12, "h")
_EPOCH = np.datetime64("1993-01-01T00:00:00.000", "ms")


@dataclass(frozen=True)
class Block:
    """Frames that are worked on and stored together, and the key of a stage's result for them."""

    t_rec: tuple[np.datetime64, ...]
    key: str

    def then(self, stage: str, version: int, parameters: Any) -> "Block":
        """Return the same frames with the key of a stage that works on this one's result."""
        return Block(self.t_rec, stage_key(stage, version, parameters, [self.key]))


def blocks(
    stage: str, version: int, parameters: Any, t_rec: NDArray[np.datetime64], frame_keys: Sequence[str]
) -> list[Block]:
    """Split sorted frames into blocks with their keys for a stage.

    Parameters
    ----------
    stage, version, parameters
        What is done: enters the key.
    t_rec : ndarray of datetime64[ms], (time,), sorted
    frame_keys : sequence of str
        Content key of each frame.
    """
    pairs = zip(t_rec, frame_keys, strict=True)
    grouped = [list(group) for _, group in groupby(pairs, key=lambda pair: (pair[0] - _EPOCH) // BLOCK)]
    return [
        Block(
            tuple(t for t, _ in group),
            stage_key(stage, version, parameters, [f"{t}={key}" for t, key in group]),
        )
        for group in grouped
    ]
