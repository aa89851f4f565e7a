"""How much a question of somebody else may take: time, memory, rows, and how many are answered at once."""

from dataclasses import dataclass

_MIB = 2**20


@dataclass(frozen=True)
class Limits:
    """What a question may take; whoever asks at the command line has no limits but the machine's.

    Attributes
    ----------
    seconds : float
        Time for an answer.
    memory_mib : int
        Memory in MiB; nothing is put on disk beyond it.
    threads : int
        Threads of one question.
    rows : int
        Rows of an answer that is looked at; more are left out, which the answer says.
    answer_mib : int
        Size of such an answer in MiB; what is beyond is left out as well.
    file_mib : int
        Size of an answer that is kept as a file, in MiB; a larger one is refused.
    characters : int
        Length of a statement.
    at_once : int
        Questions that are answered at once; others wait their turn.
    patience_s : float
        How long they wait.
    """

    seconds: float = 10.0
    memory_mib: int = 1024
    threads: int = 2
    rows: int = 10_000
    answer_mib: int = 16
    file_mib: int = 256
    characters: int = 50_000
    at_once: int = 2
    patience_s: float = 10.0

    @property
    def answer_bytes(self) -> int:
        """Size of an answer that is looked at."""
        return self.answer_mib * _MIB

    @property
    def file_bytes(self) -> int:
        """Size of an answer that is kept as a file."""
        return self.file_mib * _MIB

    @property
    def memory_bytes(self) -> int:
        """Memory."""
        return self.memory_mib * _MIB

    @property
    def too_long(self) -> str:
        """What somebody is told whose question took too long."""
        return (
            f"sql: stopped after {self.seconds:g} s; ask for less, or with `porelake sql`, which has no limit"
        )

    @property
    def too_much(self) -> str:
        """What somebody is told whose question took too much memory."""
        return (
            f"sql: stopped, for it takes more than {self.memory_mib} MiB of memory;"
            " ask for less, or with `porelake sql`, which has no limit"
        )

    @property
    def too_large(self) -> str:
        """What somebody is told whose answer makes too large a file."""
        return (
            f"sql: stopped, for the file grows larger than {self.file_mib} MiB;"
            " ask for less, or with `porelake sql`, which has no limit"
        )
