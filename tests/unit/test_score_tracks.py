"""Each damage to a catalogue moves the figures that are about it, as much as told by hand, and no other."""

from dataclasses import replace

import numpy as np
import pytest

from pores.score import score
from tests.unit.stories import STORY, Life, altered, linked, told, when, without

TRUTH = told()
PERFECT = score(TRUTH, TRUTH).rows()
WHOLE = 10 * 76 + 1.5 * 72  # what it costs to make the graph from nothing
CHOTA = {"chota", "chota_forward", "chota_backward"}  # tested with the graphs


def moved(found, truth=TRUTH):
    """What a catalogue's figures are that are not as those of the truth against itself."""
    perfect = PERFECT if truth is TRUTH else score(truth, truth).rows()
    return {
        name: value
        for name, value in score(found, truth).rows().items()
        if name not in CHOTA and value != perfect[name] and not np.isnan([value, perfect[name]]).all()
    }


def f1(true, right, found):
    return 2 * right / (true + found)


def lives(**changes):
    """The story with some lives told otherwise."""
    return [replace(life, **changes.get(life.name, {})) for life in STORY]


def test_a_lost_link():
    lost = without(TRUTH, "links", (TRUTH["links"]["from_pore_id"] == "a5"))
    assert moved(lost) == pytest.approx({
        "links_recall": 71 / 72, "links_f1": f1(72, 71, 71), "links_found": 71,
        "tra": 1 - 1.5 / WHOLE, "lnk": 1 - 1.5 / 108, "aogm": 1.5,
    })  # fmt: skip


def test_a_link_between_opposite_polarities():
    """It makes a merge of what was a plain link, which is wrong too."""
    assert moved(linked(TRUTH, "d6", "f7")) == pytest.approx({
        "links_precision": 72 / 73, "links_f1": f1(72, 72, 73), "links_found": 73, "opposite_links": 1,
        "tra": 1 - 2 / WHOLE, "lnk": 1 - 2 / 108, "aogm": 2,
    })  # fmt: skip


@pytest.mark.parametrize(("br", "opposite"), [(-50.0, 1), (-49.0, 0), (50.0, 0), (np.nan, 0)])
def test_weak_polarities_may_link(br, opposite):
    found = altered(
        TRUTH, "pores", mean_br=np.where(TRUTH["pores"]["pore_id"] == "a5", br, TRUTH["pores"]["mean_br"])
    )
    # links a4-a5 and a5-a6
    assert score(found, TRUTH).figures["opposite_links"] == 2 * opposite


@pytest.mark.parametrize(("source", "too_long"), [("f8", 0), ("f7", 1)])
def test_a_link_over_a_longer_time_than_an_hour_and_a_frame(source, too_long):
    assert score(linked(TRUTH, source, "f14"), TRUTH).figures["long_links"] == too_long


def test_identities_exchanged():
    """a and g exchange their names for the last four and two features: a switch each."""
    names, late = TRUTH["pores"]["track_id"], TRUTH["pores"]["t_rec"] >= when([14])
    swapped = np.where(late & (names == "a"), "g", np.where(late & (names == "g"), "a", names))
    assert moved(altered(TRUTH, "pores", track_id=swapped.astype(object))) == pytest.approx(
        {"idf1": 70 / 76, "identity_switches_per_100": 100 * 2 / 9}
    )


def test_a_track_broken_in_two():
    """f ends before its gap and is born again after it."""
    halves = Life("f", 5, 8, 80, 20), Life("F", 10, 14, 80, 20)
    broken = told([*(life for life in STORY if life.name != "f"), *halves])
    births = {f"births_precision_{n}": 6 / 7 for n in range(3)}
    births |= {f"births_f1_{n}": f1(6, 6, 7) for n in range(3)}
    deaths = {f"deaths_precision_{n}": 5 / 6 for n in range(3)}
    deaths |= {f"deaths_f1_{n}": f1(5, 5, 6) for n in range(3)}
    assert moved(broken) == pytest.approx(births | deaths | {
        "births_found": 7, "deaths_found": 6,
        "tracks_precision": 9 / 10, "tracks_f1": f1(9, 9, 10), "tracks_found": 10,
        "links_recall": 71 / 72, "links_f1": f1(72, 71, 71), "links_found": 71,
        "tra": 1 - 1.5 / WHOLE, "lnk": 1 - 1.5 / 108, "aogm": 1.5,
        "idf1": 72 / 76, "identity_switches_per_100": 100 / 9,
        "lifetimes_right": 6 / 7, "lifetime_mean_h": -1.0 / 7,  # f has 0.8 h of 1.8 h
        "lifetime_ks": 4 / 8 - 2 / 7,  # of 8 lives four are of 0.8 h or less, of the true 7 two
    })  # fmt: skip


def test_a_false_track():
    false = told([*STORY, Life("z", 3, 5, 150, 150)])
    events = {f"births_precision_{n}": 6 / 7 for n in range(3)} | {
        f"births_f1_{n}": f1(6, 6, 7) for n in range(3)
    }
    events |= {f"deaths_precision_{n}": 5 / 6 for n in range(3)} | {
        f"deaths_f1_{n}": f1(5, 5, 6) for n in range(3)
    }
    assert moved(false) == pytest.approx(events | {
        "births_found": 7, "deaths_found": 6,
        "features_precision": 76 / 79, "features_f1": f1(76, 76, 79), "features_found": 79,
        "tracks_precision": 9 / 10, "tracks_f1": f1(9, 9, 10), "tracks_found": 10,
        "tra": 1 - 3 / WHOLE, "det": 1 - 3 / 760, "aogm": 3, "idf1": f1(76, 76, 79),
        "lifetime_ks": 2 / 8 - 1 / 7,  # lives of 0.4 h
    })  # fmt: skip


def test_a_missed_track():
    """h is missed, and with it the merge of two; links to it take no part, but cost as missed ones."""
    gone = told([life for life in STORY if life.name != "h"])
    now = moved(gone)
    assert now["aogm"] == 7 * 10 + 7 * 1.5 + 1.0  # the link g9-g10 is no merge's any more
    assert now["lifetimes_right"] == pytest.approx(6 / 7)
    assert (now["merges_recall_0"], now["tracks_recall"], now["births_recall_2"]) == (0.5, 8 / 9, 5 / 6)
    assert "links_f1" not in now
    assert "censoring_right" not in now


def test_a_wrong_arity():
    events = TRUTH["events"]
    assert moved(altered(TRUTH, "events", n_from=np.minimum(events["n_from"], 2))) == {
        "merge_arity_right": 0.5, "merge3_arity_right": 0,
    }  # fmt: skip
    assert moved(altered(TRUTH, "events", n_to=np.where(events["kind"] == "split", 3, events["n_to"]))) == {
        "split_arity_right": 0,
    }  # fmt: skip


@pytest.mark.parametrize("late", [1, 2, 3, -1, -2])
@pytest.mark.parametrize("kind", ["merge", "split"])
def test_events_are_found_within_the_frames_that_the_name_says(kind, late):
    events = TRUTH["events"]
    found = altered(
        TRUTH, "events", t_rec=events["t_rec"] + (events["kind"] == kind) * late * np.timedelta64(720, "s")
    )
    parts = {
        f"{kind}s_{part}_{n}": 0.0 for n in range(min(abs(late), 3)) for part in ("precision", "recall", "f1")
    }
    now = moved(found)
    assert {name for name, value in now.items() if np.isnan(value)} == (
        {f"{kind}_arity_right"} | ({"merge3_arity_right"} if kind == "merge" else set())
        if abs(late) > 1
        else set()
    )
    assert {name: value for name, value in now.items() if not np.isnan(value)} == parts


def test_events_must_be_in_place():
    near, far = (altered(TRUTH, "events", x_px=TRUTH["events"]["x_px"] + by) for by in (9.9, 10.1))
    assert moved(near) == {}
    assert score(far, TRUTH).events["merges"][2].recall == 0


def test_an_event_counts_once():
    """Two found beside one true, two frames off, and one found between two true."""
    births = [[Life("p", 5, 9, 50, 50)], [Life("p", 3, 9, 50, 50), Life("q", 7, 9, 59, 50)]]
    assert score(told(births[1]), told(births[0])).events["births"][2].right == 1
    assert score(told(births[0]), told(births[1])).events["births"][2].recovered == 1


def test_as_many_events_as_can_be_are_paired():
    """The nearest in time is not to be taken where another has nothing else."""
    true, found = (
        [Life(name, i, 19, 50, 50) for name, i in zip("pq", at, strict=True)] for at in ((5, 7), (3, 5))
    )
    assert score(told(found), told(true)).events["births"][2].recovered == 2


def test_wrong_censoring():
    """d, there from the first frame, is said to be born in it: a false birth and a false life of 1.2 h."""
    now = moved(told(lives(d={"birth": "emerged"})))
    births = {f"births_precision_{n}": 6 / 7 for n in range(3)} | {
        f"births_f1_{n}": f1(6, 6, 7) for n in range(3)
    }
    ks = 5 / 8 - 4 / 7  # lives up to 1.2 h
    assert now == pytest.approx(births | {"births_found": 7, "censoring_right": 8 / 9, "lifetime_ks": ks})


def test_an_end_wrongly_known():
    """e, still there in the last frame, is said to have decayed."""
    figures = score(told(lives(e={"death": "decayed"})), TRUTH).figures
    assert figures["censoring_right"] == pytest.approx(8 / 9)
    both = score(
        told(lives(e={"death": "decayed"}, d={"birth": "emerged", "death": "censored"})), TRUTH
    ).figures
    assert both["censoring_right"] == pytest.approx(7 / 9)  # d wrong at both ends is one track


@pytest.mark.parametrize(("shorter", "right"), [(1, 1), (2, 6 / 7)])
def test_lifetimes_may_be_wrong_by_a_frame(shorter, right):
    figures = score(told(lives(f={"last": 14 - shorter})), TRUTH).figures
    assert figures["lifetimes_right"] == pytest.approx(right)
    assert figures["lifetime_mean_h"] == pytest.approx(-0.2 * shorter / 7)


def test_passing_pieces_have_no_lifetime():
    truth = told(lives(k={"passing": True}))
    scores = score(told(lives(k={"passing": True, "last": 19})), truth)
    assert scores.figures["lifetimes_right"] == 1
    assert scores.figures["lifetimes_compared"] == 6
    assert scores.figures["lifetime_ks"] == 0
    plain = {name: values for name, values in truth["tracks"].items() if name != "passing"}
    assert score(truth | {"tracks": plain}, truth | {"tracks": plain}).figures["lifetimes_compared"] == 7


def test_a_gap_over_a_missed_feature_is_a_right_link():
    found = told(lives(g={"unseen": (5,)}))
    scores = score(found, TRUTH)
    assert scores.rates["links"].f1 == 1
    assert scores.rates["features"].recall == 75 / 76
    assert scores.figures["aogm"] == 10 + 2 * 1.5 + 1  # strictly, two links are missed and the gap is false


def test_features_too_small_to_have_a_true_track_take_no_part():
    small = Life("s", 3, 9, 150, 20, area=0.5)
    found = told([*STORY, small])
    of_small = np.char.startswith(found["links"]["from_pore_id"].astype(str), "s")
    names = np.where(found["pores"]["track_id"] == "s", None, found["pores"]["track_id"])
    truth = without(altered(without(found, "links", of_small), "pores", track_id=names), "tracks", [9])
    rows = score(found, truth).rows()
    assert [rows[name] for name in ("links_f1", "idf1", "tra", "chota")] == [1] * 4


def test_a_link_across_a_small_feature_is_the_true_gap():
    """f is below the limit in frame 9, without a track; found it is, and linked on both sides."""
    found = told(lives(f={"unseen": ()}))
    names = np.where(found["pores"]["pore_id"] == "f9", None, found["pores"]["track_id"])
    truth = TRUTH | {"pores": found["pores"] | {"track_id": names}}
    rows = score(found, truth).rows()
    assert [rows[name] for name in ("links_f1", "idf1", "tra", "chota")] == [1] * 4


def test_tracks_are_paired_to_share_most_in_all():
    """p shares 5 features with P, 6 with Q, and q 6 with Q only: greedily p takes Q and q has none."""
    truth = told([Life("p", 0, 10, 50, 50), Life("q", 0, 5, 90, 50)])
    names = truth["pores"]["track_id"].copy()
    p, frame = truth["pores"]["track_id"] == "p", truth["pores"]["t_rec"]
    names[p] = np.where(frame[p] < when([5]), "P", "Q")
    names[~p] = "Q"
    tracks = {name: values.copy() for name, values in truth["tracks"].items()}
    tracks["track_id"] = np.array(["P", "Q"], object)
    found = truth | {"pores": truth["pores"] | {"track_id": names}, "tracks": tracks}
    assert score(found, truth).figures["idf1"] == pytest.approx(11 / 17)
