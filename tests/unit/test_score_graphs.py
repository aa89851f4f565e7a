"""TRA, LNK, DET and CHOTA: by hand, and as traccuracy has them on random graphs with merges and splits."""

import numpy as np
import pytest

from pores.scoring.graphs import Graph, aogm_figures, chota
from pores.scoring.matching import Matches


def graph(n, *edges):
    return Graph(n, np.array(edges, np.intp).reshape(-1, 2))


def matched(*pairs):
    return Matches(*np.array(pairs, np.intp).reshape(-1, 2).T)


def random_graph(rng, times, per_frame):
    """Nodes by time, edges to the next frame or the one after, merges and splits among them."""
    edges = []
    for source in np.flatnonzero(times < times.max()):
        ahead = np.flatnonzero((times > times[source]) & (times <= times[source] + rng.choice([1, 1, 1, 2])))
        n = rng.choice([0, 1, 1, 1, 1, 2, 3])
        edges += [
            (source, target) for target in rng.permutation(ahead)[:n] if rng.random() < 3 / per_frame + 0.4
        ]
    return graph(len(times), *edges)


def random_case(seed, n_frames=8, per_frame=5):
    """Two graphs over nearly the same nodes, the second with nodes and edges missing and added."""
    rng = np.random.default_rng(seed)
    times = np.repeat(np.arange(n_frames), per_frame)
    truth = random_graph(rng, times, per_frame)
    kept = np.flatnonzero(rng.random(len(times)) < 0.9)
    found_times = np.concatenate((times[kept], rng.integers(0, n_frames, 3)))
    place = np.full(len(times), -1)
    place[kept] = np.arange(len(kept))
    edges = place[truth.edges]
    edges = edges[(edges >= 0).all(axis=1) & (rng.random(len(edges)) < 0.85)]
    more = random_graph(rng, found_times, per_frame).edges
    edges = np.unique(np.concatenate((edges, more[rng.random(len(more)) < 0.1])), axis=0)
    found = Graph(len(found_times), edges.astype(np.intp))
    return found, found_times, truth, times, Matches(np.arange(len(kept)), kept)


def test_a_perfect_graph():
    g = graph(4, (0, 1), (1, 2), (1, 3))
    same = matched((0, 0), (1, 1), (2, 2), (3, 3))
    assert aogm_figures(g, g, same) == {"aogm": 0, "tra": 1, "det": 1, "lnk": 1}
    assert chota(g, g, same) == 1


def test_nothing():
    figures = aogm_figures(graph(0), graph(0), matched())
    assert np.isnan(
        [figures["tra"], figures["det"], figures["lnk"], chota(graph(0), graph(0), matched())]
    ).all()
    assert chota(graph(0), graph(3, (0, 1)), matched()) == 0


def test_chota_of_a_track_cut_in_two():
    """Each half overlaps with its whole by a half: the root of 1/2."""
    same = matched((0, 0), (1, 1), (2, 2), (3, 3))
    whole, halves = graph(4, (0, 1), (1, 2), (2, 3)), graph(4, (0, 1), (2, 3))
    assert chota(halves, whole, same) == pytest.approx(np.sqrt(1 / 2))


def test_chota_follows_where_a_tracklet_comes_from():
    """One that divides in two, of which one piece is not linked.

    Forward, the parent shares 2 of the 3 nodes of its trajectory, the linked piece all 2, the other 1 of 2.
    Backward, nothing divides: the true graph is one tracklet of 3 nodes; the two found share 2 and 1 of them.
    """
    same = matched((0, 0), (1, 1), (2, 2))
    truth, found = graph(3, (0, 1), (0, 2)), graph(3, (0, 1))
    assert chota(found, truth, same) == pytest.approx(np.sqrt((2 / 3 + 2 / 2 + 1 / 2) / 3))
    assert chota(found.reversed, truth.reversed, same) == pytest.approx(np.sqrt((2 / 3 + 2 / 3 + 1 / 3) / 3))


def test_an_edge_at_a_merge_has_another_meaning_than_a_plain_one():
    same = matched((0, 0), (1, 1), (2, 2))
    figures = aogm_figures(graph(3, (0, 2)), graph(3, (0, 2), (1, 2)), same)
    assert figures["aogm"] == 1.5 + 1
    assert figures["lnk"] == pytest.approx(1 - 2.5 / 3)
    assert aogm_figures(graph(3, (2, 0)), graph(3, (2, 0), (2, 1)), same) == figures


def theirs(found, found_times, truth, times, pairs, backward):
    """The figures of traccuracy; its nodes count from 1."""
    import networkx as nx
    from traccuracy import TrackingGraph
    from traccuracy.matchers import Matched
    from traccuracy.metrics import CHOTAMetric, CTCMetrics

    def tracking_graph(graph, when):
        g = nx.DiGraph()
        g.add_nodes_from((i + 1, {"t": int(-t if backward else t)}) for i, t in enumerate(when))
        g.add_edges_from((int(a) + 1, int(b) + 1) for a, b in (graph.reversed if backward else graph).edges)
        return TrackingGraph(g)

    pairs = [(int(t) + 1, int(f) + 1) for f, t in zip(pairs.found, pairs.truth, strict=True)]
    figures = {}
    for metric in (CTCMetrics(), CHOTAMetric()):
        both = tracking_graph(truth, times), tracking_graph(found, found_times)
        figures |= metric.compute(Matched(*both, pairs, {})).results
    return figures


@pytest.mark.parametrize("seed", range(12))
def test_another_program_finds_the_same(seed):
    found, found_times, truth, times, pairs = random_case(seed)
    ours = aogm_figures(found, truth, pairs)
    assert (np.bincount(truth.edges[:, 1]) > 1).any()
    assert (np.bincount(truth.edges[:, 0]) > 2).any()
    assert 0 < ours["tra"] < 1
    assert 0 < ours["lnk"] < 1
    for backward in (False, True):
        their = theirs(found, found_times, truth, times, pairs, backward)
        assert {name: their[name.upper()] for name in ours} == pytest.approx(ours)
        sides = (found.reversed, truth.reversed) if backward else (found, truth)
        assert their["CHOTA"] == pytest.approx(chota(*sides, pairs))
