"""Blocks: twelve hours each, named by what is in them."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from flows.blocks import BLOCK, blocks

START = np.datetime64("2011-02-14T20:00:00.000", "ms")
CADENCE = np.timedelta64(720, "s")
SLOTS = st.sets(st.integers(0, 400), min_size=1).map(sorted)


def made(slots: list[int], science: object = None, **other: str) -> list:
    times = START + np.array(slots) * CADENCE
    return blocks("prepare", 1, science, times, [other.get(f"s{slot}", f"key {slot}") for slot in slots])


@given(slots=SLOTS)
def test_every_frame_is_in_one_block_in_order(slots: list[int]) -> None:
    found = made(slots)
    assert [t for block in found for t in block.t_rec] == list(START + np.array(slots) * CADENCE)
    assert len({block.key for block in found}) == len(found)
    for block in found:
        assert block.t_rec[-1] - block.t_rec[0] < BLOCK
    firsts = [(block.t_rec[0] - np.datetime64("2011-02-14", "ms")) // BLOCK for block in found]
    assert len(set(firsts)) == len(found)


@given(slots=SLOTS, new=st.integers(0, 400))
def test_a_new_frame_changes_only_its_block(slots: list[int], new: int) -> None:
    before, after = made(slots), made(sorted({*slots, new}))
    time = START + new * CADENCE
    kept = {block.key for block in before} & {block.key for block in after}
    assert all((block.key in kept) == (new in slots or time not in block.t_rec) for block in after)


def test_a_block_begins_at_noon_and_midnight() -> None:
    found = made([19, 20, 79, 80])  # 23:48, 00:00, 11:48, 12:00
    assert [len(block.t_rec) for block in found] == [1, 2, 1]


def test_content_and_science_change_the_key() -> None:
    (one,), (other,), (changed,) = made([0, 1]), made([0, 1], s1="new content"), made([0, 1], {"mu_min": 0.3})
    assert len({one.key, other.key, changed.key}) == 3


def test_equal_content_at_another_time_is_another_block() -> None:
    (one,), (other,) = made([0], s0="same"), made([1], s1="same")
    assert one.key != other.key


def test_a_later_stage_has_the_same_frames_and_a_key_of_its_own() -> None:
    (one,) = made([0, 1])
    later = one.then("detect", 1, {"threshold": 0.5})
    assert later.t_rec == one.t_rec
    keys = {
        one.key,
        later.key,
        one.then("detect", 1, {"threshold": 0.4}).key,
        one.then("detect", 2, {"threshold": 0.5}).key,
    }
    assert len(keys) == 4
