"""What a check of a lake or of a bundle finds."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """Something wrong: which check found it, in which record, and what it is."""

    check: str
    record: str
    detail: str

    def __str__(self) -> str:
        return f"{self.check}: {self.record}: {self.detail}"


def by_run(harpnum: int) -> str:
    """Say what makes files of a run again that are not there."""
    return f"`porelake run --from lake --harp {harpnum}` makes it again, given the same parameters"
