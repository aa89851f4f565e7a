"""The processes of the clock: commands of Prefect, each on a leash and with a log."""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from flows.leash import GRACE_S, LEASH, Leash
from pores.errors import PorelakeError

COMMAND_LIMIT_S = 180.0


@dataclass
class Children:
    """The processes that were started, in order, each with its log."""

    environment: dict[str, str]
    logs: Path
    started: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str, held: Leash, *arguments: str) -> subprocess.Popen[bytes]:
        """Start a command of Prefect on a leash; it is named after its log file."""
        self.logs.mkdir(parents=True, exist_ok=True)
        with (self.logs / f"{name}.log").open("a") as log:
            self.started[name] = subprocess.Popen(
                [sys.executable, "-m", "flows.leash", *arguments],
                env={**self.environment, LEASH: str(held.path)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for this process, which ends the others in order
            )
        return self.started[name]

    def run(self, name: str, held: Leash, *arguments: str) -> None:
        """Run a command to its end.

        Raises
        ------
        PorelakeError
            If it fails, or does not end in time.
        """
        command = f"`prefect {' '.join(arguments)}`"
        try:
            code = self.start(name, held, *arguments).wait(COMMAND_LIMIT_S)
        except subprocess.TimeoutExpired as error:
            raise PorelakeError(
                f"{command} did not end in {COMMAND_LIMIT_S:.0f} s: {self.last_line(name)}"
            ) from error
        del self.started[name]
        if code:
            raise PorelakeError(f"{command} failed: {self.last_line(name)}")

    def require_alive(self) -> None:
        """Raise PorelakeError if one has ended."""
        for name, child in self.started.items():
            if child.poll() is not None:
                raise PorelakeError(f"the {name} ended ({child.returncode}): {self.last_line(name)}")

    def last_line(self, name: str) -> str:
        """Where the log of a child is, and how it ends."""
        path = self.logs / f"{name}.log"
        lines = [line for line in path.read_text(errors="replace").splitlines() if line.strip(" │╰╭─╯")]
        return f"{lines[-1].strip() if lines else 'no word'} ({path})"

    def end(self, names: Sequence[str]) -> None:
        """End children: asked first, killed after the time of grace."""
        for name in names:
            self.started[name].terminate()
        for name in names:
            try:
                self.started[name].wait(GRACE_S + 5)
            except subprocess.TimeoutExpired:
                self.started[name].kill()
                self.started[name].wait()
