"""Events in time: processes that share what one at a time can have."""

import heapq
from collections import deque
from collections.abc import Generator
from dataclasses import dataclass, field
from itertools import count


@dataclass
class Lane:
    """What one process at a time can have, first come first served; who has it has to `leave` it."""

    taken: bool = False
    queue: "deque[Process]" = field(default_factory=deque)
    since: float = 0.0
    busy_s: float = 0.0


Process = Generator[float | Lane, None, None]  # yields seconds to wait, or a lane it wants


@dataclass
class Clock:
    """Runs processes in the order of their events."""

    now: float = 0.0
    _events: list[tuple[float, int, Process]] = field(default_factory=list)
    _numbers: "count[int]" = field(default_factory=count)

    def start(self, process: Process) -> None:
        """Begin a process now."""
        self._at(self.now, process)

    def leave(self, lane: Lane) -> None:
        """Give a lane to the next who waits for it."""
        lane.busy_s += self.now - lane.since
        lane.taken, lane.since = bool(lane.queue), self.now
        if lane.queue:
            self._at(self.now, lane.queue.popleft())

    def run(self) -> float:
        """Until nothing is left to do; the time then."""
        while self._events:
            self.now, _, process = heapq.heappop(self._events)
            wait = next(process, None)
            if isinstance(wait, Lane):
                self._enter(wait, process)
            elif wait is not None:
                self._at(self.now + wait, process)
        return self.now

    def _enter(self, lane: Lane, process: Process) -> None:
        if lane.taken:
            lane.queue.append(process)
        else:
            lane.taken, lane.since = True, self.now
            self._at(self.now, process)

    def _at(self, when: float, process: Process) -> None:
        heapq.heappush(self._events, (when, next(self._numbers), process))
