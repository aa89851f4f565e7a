"""What became of the HARPs of a run, in words and as the error to raise."""

from dataclasses import dataclass, field

from flows.stages import Done
from flows.words import counted
from pores.errors import InputError, PorelakeError


@dataclass
class Outcome:
    """What a run did: lines for people, and the HARPs that failed.

    Attributes
    ----------
    done : list of Done
    failed : dict
        HARPNUM to why, by the member of its ensemble; the name of what failed for the whole HARP is empty.
    also_failed : dict
        What failed besides HARPs, to why: followed regions whose HARPs could not be asked, the catalogue.
    wrong_input : bool
        Whether all that failed did so for what was asked.
    unreachable : bool
        Whether the last HARP failed because the archive did not answer.
    published, notes : str
        Lines about the catalogue and about the whole run.
    """

    done: list[Done] = field(default_factory=list)
    failed: dict[int, dict[str, str]] = field(default_factory=dict)
    also_failed: dict[str, str] = field(default_factory=dict)
    wrong_input: bool = True
    unreachable: bool = False
    published: str = ""
    notes: str = ""

    def __str__(self) -> str:
        return "\n".join(filter(None, [self.notes, *self.lines, self.published]))

    @property
    def lines(self) -> list[str]:
        """What became of each HARP, a line for each member of its ensemble that something was done for."""
        return [
            f"{' '.join(filter(None, [f'HARP {harp}', member]))}: {'; '.join(words)}"
            for harp in self.harpnums
            for member, words in self._words(harp).items()
        ]

    @property
    def harpnums(self) -> list[int]:
        """HARPs that the run worked on or failed at."""
        return sorted({done.harpnum for done in self.done} | set(self.failed))

    def add(self, other: "Outcome") -> None:
        """Take over what became of other HARPs, or of the same in later stages."""
        self.done += other.done
        for harpnum, whys in other.failed.items():
            self.failed.setdefault(harpnum, {}).update(whys)
        self.also_failed |= other.also_failed
        self.unreachable = other.unreachable
        self.wrong_input &= other.wrong_input

    def fail(self, harpnum: int, why: str, wrong_input: bool = False, member: str = "") -> "Outcome":
        """Note that a HARP failed, or a member of its ensemble."""
        self.failed.setdefault(harpnum, {})[member] = why
        self.wrong_input &= wrong_input
        return self

    def why(self, harpnum: int) -> str:
        """Why a HARP failed, with the members of its ensemble that did; nothing if none did."""
        whys = self.failed.get(harpnum, {})
        return "; ".join(": ".join(filter(None, told)) for told in whys.items())

    def said(self, harpnum: int) -> str:
        """What a run did for a HARP, in words."""
        words = self._words(harpnum)
        return "; ".join(": ".join(filter(None, [name, "; ".join(said)])) for name, said in words.items())

    def _words(self, harpnum: int) -> dict[str, list[str]]:
        """What was done for the members of a HARP's ensemble, or for the HARP, whose name is empty."""
        words: dict[str, list[str]] = {}
        for done in (done for done in self.done if done.harpnum == harpnum):
            told = [done.said] if done.said else []
            told += [f"not to be had: {what}" for what in done.missing]
            if told:
                words.setdefault(done.member, []).extend(told)
        for member in self.failed.get(harpnum, {}):
            words.setdefault(member, []).append("failed")
        return words or {"": ["up to date"]}


class RunError(PorelakeError):
    """Some HARPs of a run failed or lack something asked for; `outcome` says what became of all."""

    def __init__(self, outcome: Outcome) -> None:
        by_reason: dict[str, list[int]] = {}
        for harpnum in outcome.failed:
            by_reason.setdefault(outcome.why(harpnum), []).append(harpnum)
        lines = [f"HARP {', '.join(map(str, harps))}: {why}" for why, harps in by_reason.items()]
        lines += [f"{what}: {why}" for what, why in outcome.also_failed.items()]
        lacking = [done for done in outcome.done if done.missing]
        lines += [
            f"HARP {done.harpnum}: {counted(len(done.missing), 'file')} not to be had: {done.missing[0]}"
            for done in lacking
        ]
        super().__init__("; ".join(lines))
        self.outcome = outcome


class WrongRequestError(RunError, InputError):
    """A run of which HARPs failed, all of them because the request is wrong."""


def failure(outcome: Outcome) -> RunError | None:
    """The error to raise for what a run could not do; None if it did all."""
    incomplete = bool(outcome.also_failed) or any(done.missing for done in outcome.done)
    if not (outcome.failed or incomplete):
        return None
    return (WrongRequestError if outcome.wrong_input and not incomplete else RunError)(outcome)
