"""The model of the download queue: times reckoned by hand, limits, faults; the planner's requests."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.studies.mission import Chunk, Harp, Mission, requested
from benchmarks.studies.queue_clock import Clock, Lane
from benchmarks.studies.queue_model import LOOKS, Archive, fetched, settings_with
from storage.record_sets import MOST_TIMES

SETTINGS = settings_with()
PLAIN = Archive(
    bytes_s=1e6,
    answer_s=1,
    listed_bytes=1000,
    prepare_s=30,
    prepare_s_gb=0,
    silent=0,
    broken_gb=0,
    damaged=0,
    ingest_s_gb=100,
)
HARP = Harp(100, (Chunk(100, 1_000_000),))


class TestOneProcess:
    def test_time_is_the_sum_of_its_parts(self):
        looks = LOOKS * (1 + 100 * 1000 / 1e6)
        polls = 3 * (10 + 1)  # looked at every 10 s, each look takes 1 s: it is there at the third
        seconds, queue = fetched([HARP], PLAIN, SETTINGS)
        assert seconds == pytest.approx(looks + 1 + polls + (1 + 100) + 10)
        assert queue.seen["requests"] == 1
        assert queue.seen["exchanges"] == LOOKS + 1 + 3 + 1
        assert queue.size == pytest.approx(100e6 + LOOKS * 100e3)

    def test_few_files_come_one_by_one(self):
        harp = Harp(1, (Chunk(1, 1_000_000),))
        _, queue = fetched([harp], PLAIN, SETTINGS)
        assert queue.seen["exchanges"] == LOOKS + 1 + 3 + PLAIN.segments

    def test_keywords_of_records_without_files_are_asked_for(self):
        plain, bare = (fetched([harp], PLAIN, SETTINGS)[1] for harp in (HARP, replace(HARP, bare_queries=3)))
        assert bare.seen["exchanges"] == plain.seen["exchanges"] + 3


class TestFaults:
    def test_what_fails_is_tried_again_and_takes_longer(self):
        without, _ = fetched([HARP] * 20, PLAIN, SETTINGS)
        seconds, queue = fetched([HARP] * 20, replace(PLAIN, silent=0.3), SETTINGS)
        assert queue.seen["faults"] > 40
        assert seconds > without + 20 * SETTINGS.jsoc_timeout_s

    def test_after_the_last_try_the_harp_is_put_off_and_fetched_later(self):
        settings = settings_with(jsoc_retries=0)
        _, queue = fetched([HARP] * 20, replace(PLAIN, silent=0.1), settings)
        assert queue.seen["put off"] > 0
        assert queue.size >= 20 * 100e6

    def test_damaged_files_are_asked_for_once_more_by_segment(self):
        _, queue = fetched([HARP] * 20, replace(PLAIN, damaged=0.002), SETTINGS)  # two of a HARP's files
        assert 40 < queue.seen["requests"] <= 62


class TestManyProcesses:
    def test_the_user_has_one_pending_request(self):
        archive = replace(PLAIN, prepare_s=300)
        alone, _ = fetched([HARP] * 8, archive, SETTINGS)
        seconds, queue = fetched([HARP] * 8, archive, SETTINGS, workers=4)
        assert queue.seen["busy"] > 0
        assert 8 * 300 < seconds < alone

    def test_the_connection_is_never_shared(self):
        archive = replace(PLAIN, prepare_s=0)
        seconds, queue = fetched([HARP] * 8, archive, SETTINGS, workers=4)
        assert seconds > queue.connection.busy_s > 8 * 100

    def test_a_lane_goes_to_who_waited_longest(self):
        clock, lane, order = Clock(), Lane(), []

        def process(name):
            yield lane
            order.append((name, clock.now))
            yield 2.0
            clock.leave(lane)

        for name in "abc":
            clock.start(process(name))
        assert clock.run() == 6
        assert order == [("a", 0), ("b", 2), ("c", 4)]
        assert lane.busy_s == 6


class TestPlan:
    def test_every_record_with_files_once_and_no_request_too_large(self):
        settings = settings_with(jsoc_request_records=50, jsoc_request_bytes=30_000_000)
        there = np.random.default_rng(0).random(1000) > 0.2
        harp = Harp.planned(there, 1_000_000, settings)
        assert sum(chunk.n_records for chunk in harp.chunks) == there.sum()
        assert max(chunk.n_records for chunk in harp.chunks) == 30
        assert harp.bare_queries >= (~there).sum() / 50

    def test_never_more_times_than_jsoc_takes(self):
        made = requested(range(0, 400, 2), range(400), 1, SETTINGS)
        assert {chunk.n_times for chunk in made} == {MOST_TIMES}
        assert sum(chunk.n_records for chunk in made) == 200

    def test_mission_is_as_large_as_stated(self):
        mission = Mission(n_harps=2000)
        harps = mission.planned(SETTINGS)
        chunks = [chunk for harp in harps for chunk in harp.chunks]
        assert np.mean([harp.n_records for harp in harps]) == pytest.approx(667, rel=0.05)
        pixels = sum(chunk.size for chunk in chunks) / mission.bytes_per_pixel
        assert pixels / sum(chunk.n_records for chunk in chunks) == pytest.approx(115_000, rel=0.15)
        assert harps == mission.planned(SETTINGS)
