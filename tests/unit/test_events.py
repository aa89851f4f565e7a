"""Events: when, where, how many, and between which tracks."""

import pytest

from tests.unit.scenes import CADENCE, START, Disc, Scene, pore, still, table

WHEN = ("kind", "cause", "t_rec", "n_from", "n_to")


def time(slot):
    return (START + slot * CADENCE).item()


def of_kind(scene, kind, *names):
    return [row[1:] for row in table(scene.track().events, "kind", *names) if row[0] == kind]


def test_a_life_has_a_birth_and_a_death():
    events = Scene([[], [Disc(40, 60)], [Disc(41, 60)], []]).track().events
    assert table(events, *WHEN) == [("birth", "emerged", time(1), 0, 1), ("death", "decayed", time(2), 1, 0)]
    assert table(events, "event_id") == [(f"birth_{pore(1)}",), (f"death_{pore(2)}",)]
    assert table(events, "from_track_ids", "to_track_ids") == [([], [pore(1)]), ([pore(1)], [])]
    assert list(events["x_px"]) == [19.75, 20.25]
    assert list(events["y_px"]) == [29.75, 29.75]
    assert events["lat"] == pytest.approx([15.0, 15.0], abs=0.03)


def test_what_is_there_all_along_has_censored_events():
    events = Scene(still(3, Disc(40, 60))).track().events
    assert table(events, "kind", "cause") == [("birth", "censored"), ("death", "censored")]


def test_three_into_one_is_one_event():
    apart = [Disc(60, 60, 6), Disc(48, 60, 4), Disc(71, 60, 3)]
    joined = [Disc(60, 60, 6), Disc(51, 60, 4), Disc(69, 60, 3)]
    scene = Scene([apart, apart, joined, joined])
    largest, second, third = pore(0, 1), pore(0, 2), pore(0, 3)
    assert of_kind(
        scene, "merge", "event_id", "t_rec", "n_from", "n_to", "from_track_ids", "to_track_ids"
    ) == [(f"merge_{pore(2)}", time(2), 3, 1, [largest, second, third], [largest])]
    assert [row[0] for row in of_kind(scene, "death", "from_track_ids")] == [[largest]]


def test_one_into_three_is_one_event_where_the_largest_piece_is():
    whole = [Disc(60, 60, 6), Disc(51, 60, 4), Disc(69, 60, 3)]
    parts = [Disc(60, 60, 6), Disc(48, 60, 4), Disc(71, 60, 3)]
    scene = Scene([whole, whole, parts, parts])
    found = of_kind(
        scene, "split", "event_id", "t_rec", "n_from", "n_to", "from_track_ids", "to_track_ids", "x_px"
    )
    assert found == [(f"split_{pore(1)}", time(2), 1, 3, [pore(0)], [pore(0), pore(2, 2), pore(2, 3)], 29.75)]
    assert len(of_kind(scene, "birth", "event_id")) == 1


def test_two_mergers_one_after_the_other_are_two_events():
    apart = [Disc(60, 60, 6), Disc(48, 60, 4), Disc(71, 60, 3)]
    two = [Disc(60, 60, 6), Disc(51, 60, 4), Disc(71, 60, 3)]
    one = [Disc(60, 60, 6), Disc(51, 60, 4), Disc(69, 60, 3)]
    assert of_kind(Scene([apart, two, one]), "merge", "t_rec", "n_from") == [(time(1), 2), (time(2), 2)]
