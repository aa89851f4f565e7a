"""Freed memory of the size of an image is kept: pages are cleared once, not for every image."""

import subprocess
import sys

import pytest

FAULTS = """
import resource
import numpy as np
from storage.memory import keep_freed
{call}
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
def work():
    return [np.ones(2**20 + 2**17, np.uint8) for _ in range(6)]
for _ in range(3):
    work()
before = faults()
for _ in range(20):
    work()
print(faults() - before)
"""


def faults(call: str) -> int:
    """Pages that the system had to give while images were made and freed 20 times."""
    told = subprocess.run(
        [sys.executable, "-c", FAULTS.format(call=call)], check=True, capture_output=True, text=True
    )
    return int(told.stdout)


WHOLE_SERIES = """
import resource
import numpy as np
from storage.memory import all_freed_kept
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
def held_mb():
    with open("/proc/self/statm") as told:
        return int(told.read().split()[1]) * resource.getpagesize() / 1e6
def work():
    return [np.ones(2**17 + 2**10) for _ in range(200)]  # together more than is kept otherwise
def taken():
    work()
    before = faults()
    for _ in range(5):
        work()
    return faults() - before
usual, at_first = taken(), held_mb()
with all_freed_kept():
    kept = taken()
print(usual, kept, held_mb() - at_first, taken())
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the C library is glibc on Linux only")
def test_pages_are_cleared_once() -> None:
    assert faults("keep_freed()") < 0.05 * faults("")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the C library is glibc on Linux only")
def test_all_is_kept_for_a_while_then_given_back() -> None:
    told = subprocess.run([sys.executable, "-c", WHOLE_SERIES], check=True, capture_output=True, text=True)
    usual, kept, more_mb, afterwards = map(float, told.stdout.split())
    assert kept < 0.05 * usual
    assert more_mb < 20
    assert afterwards > 0.5 * usual
