"""What the benchmark rests on: samples, turns, memory, and that two ways agree before they are compared."""

import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest

from benchmarks.agreement import require_agreement
from benchmarks.process import memory_mb, own_peak_mb, porelake
from benchmarks.timing import Sample, in_turns


class TestTiming:
    def test_ratio_is_taken_round_by_round(self):
        ratio = Sample((2.0, 8.0, 3.0)) / Sample((1.0, 2.0, 3.0))
        assert ratio.values == (2.0, 4.0, 1.0)
        assert str(ratio) == "2.00 (1.00-4.00)"
        assert str(Sample((0.25,))) == "0.25"

    @pytest.mark.parametrize(
        ("value", "said"),
        [(0.00031234, "0.000312"), (0.0099, "0.00990"), (0.051, "0.05"), (12.34, "12.3"), (123.4, "123")],
    )
    def test_small_figures_keep_their_digits(self, value, said):
        assert str(Sample((value,))) == said
        assert str(Sample((-value,))) == f"-{said}"

    def test_nothing_is_nothing(self):
        assert str(Sample((0,))) == "0"

    def test_rate_and_unit(self):
        sample = Sample((0.5, 0.25))
        assert sample.scaled(1e3).values == (500.0, 250.0)
        assert sample.per(10).values == (20.0, 40.0)

    def test_work_takes_turns_and_the_first_round_does_not_count(self):
        calls = []
        times = in_turns({name: lambda name=name: calls.append(name) for name in "ab"}, 3)
        assert "".join(calls) == "abababab"
        assert [len(times[name].values) for name in "ab"] == [3, 3]


class TestAgreement:
    rows = ({"area_mm2": 10.0, "flux_mx": 1e20}, {"area_mm2": 2.0, "flux_mx": 1e19})

    def columns(self, area=12.0, flux=1.1e20, n=2):
        return {"label": np.arange(n), "area_mm2": np.full(n, area / n), "flux_mx": np.full(n, flux / n)}

    def test_equal_results_pass(self):
        require_agreement(self.rows, self.columns())

    @pytest.mark.parametrize(
        ("change", "said"), [({"area": 12.5}, "area"), ({"flux": 1e20}, "flux"), ({"n": 3}, "3")]
    )
    def test_others_do_not(self, change, said):
        with pytest.raises(AssertionError, match=said):
            require_agreement(self.rows, self.columns(**change))


class TestProcess:
    def test_memory_of_this_process(self):
        before = memory_mb(os.getpid())
        block = np.ones(64 * 2**20, np.uint8)
        assert memory_mb(os.getpid()) - before == pytest.approx(block.nbytes / 1e6, rel=0.2)

    def test_the_peak_is_not_that_of_the_parent(self):
        block = np.ones(128 * 2**20, np.uint8)
        with ProcessPoolExecutor(1, get_context("spawn")) as pool:
            child = pool.submit(own_peak_mb).result()
        assert own_peak_mb() > block.nbytes / 1e6
        assert child < block.nbytes / 1e6

    def test_a_process_that_is_gone_has_none(self):
        assert memory_mb(2**22 - 1) == 0

    def test_a_command_that_fails_is_told(self):
        with pytest.raises(RuntimeError, match="no-such-command"):
            porelake("no-such-command")
