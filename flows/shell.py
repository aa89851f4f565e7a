"""`porelake shell`: SQL and the shell's own commands, from a terminal or from a file."""

import contextlib
import os
import shlex
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from catalog.answers import BY_ENDING, FORMATS
from catalog.describe import contents, described, everything, list_queries
from catalog.layout import WIDTH, listing
from catalog.near import nearest
from catalog.query import Question, answer, named
from catalog.session import Session, blank, split
from flows.words import terminal_width
from pores.errors import InputError

HELP = {
    ".tables": "tables, views and macros",
    ".describe": "NAME: columns and units of a table, view, macro or query",
    ".queries": "the questions that porelake ships",
    ".query": "NAME [PARAMETER=VALUE ...]: ask one of them",
    ".format": f"{'|'.join(FORMATS)}: how answers are written",
    ".out": "FILE: the next answer goes there, as its ending or .format says",
    ".help": "this list",
    ".quit": "end; so does Ctrl-D",
}
_WORDS = {"help": ".help", "exit": ".quit", "quit": ".quit"}  # what people try, without a dot


class Shell:
    """What is done with what is typed; `form` is how answers are written."""

    def __init__(self, session: Session, form: str) -> None:
        self.ended = False
        self._session, self._form = session, form
        self._out: Path | None = None
        self._commands: dict[str, Callable[[list[str]], None]] = {
            ".tables": self._tables,
            ".describe": self._describe,
            ".queries": lambda _: print(list_queries(terminal_width())),
            ".query": self._query,
            ".format": self._set_format,
            ".out": self._set_out,
            ".help": lambda _: print(help_text()),
            ".quit": lambda _: self._end(),
        }

    def do(self, text: str) -> None:
        """Do what a command or statements say.

        Raises
        ------
        PorelakeError
            If something is wrong with them.
        """
        text = _WORDS.get(text.strip().lower(), text)
        if text.lstrip().startswith("."):
            self._command(text.strip())
            return
        statements, rest = split(text)
        for statement in [*statements, *([] if blank(rest) else [rest])]:
            self._ask(Question(statement, {}))

    def read(self, lines: Iterable[str]) -> None:
        """Do what the lines of a file say, up to the first thing that is wrong."""
        waiting = ""
        for line in lines:
            if blank(waiting) and _is_command(line):
                self.do(line)
                if self.ended:
                    return
                continue
            waiting += line
            statements, rest = split(waiting)
            if statements:
                self.do(";".join([*statements, ""]))
                waiting = rest
        self.do(waiting)

    def _command(self, text: str) -> None:
        try:
            name, *words = shlex.split(text)
        except ValueError as error:
            raise InputError(f"{text}: {str(error).lower()}") from error
        if name not in self._commands:
            raise InputError(f"{name}: no such command; {nearest(name, HELP)}")
        self._commands[name](words)

    def _ask(self, question: Question) -> None:
        if self._out is None:
            self._session.ask(question, self._form)
            return
        out, self._out = self._out, None
        print(answer(self._session.lake, question, BY_ENDING.get(out.suffix, self._form), out)[0])

    def _query(self, words: list[str]) -> None:
        if not words:
            raise InputError(".query NAME [PARAMETER=VALUE ...]; .queries lists them")
        pairs = [word.partition("=") for word in words[1:]]
        if wrong := [name for name, equals, _ in pairs if not equals]:
            raise InputError(f"{wrong[0]}: write PARAMETER=VALUE")
        self._ask(named(words[0], {name: value for name, _, value in pairs}))

    def _describe(self, words: list[str]) -> None:
        lake, width = self._session.lake, terminal_width()
        if not words:
            print(contents(everything(lake), width))
        for name in words:
            print(*(what.text(width) for what in described(lake, name)), sep="\n\n")

    def _tables(self, _: list[str]) -> None:
        there = everything(self._session.lake)
        print(contents([what for what in there if what.kind != "query"], terminal_width()))

    def _set_format(self, words: list[str]) -> None:
        if len(words) != 1 or words[0] not in FORMATS:
            raise InputError(f".format {' '.join(words)}: the formats are {', '.join(FORMATS)}")
        self._form = words[0]

    def _set_out(self, words: list[str]) -> None:
        if len(words) != 1:
            raise InputError(".out FILE: name one file")
        self._out = Path(words[0])

    def _end(self) -> None:
        self.ended = True


def help_text() -> str:
    """The shell's own commands."""
    said = listing([(f"  {name}", what) for name, what in HELP.items()], terminal_width() or WIDTH)
    return "\n".join(["SQL ends with a semicolon: SELECT kind, count(*) FROM pores GROUP BY kind;", *said])


def complete(text: str) -> bool:
    """Whether what was typed can be done: a command, nothing, or statements that a semicolon ends."""
    return _is_command(text) or blank(text) or blank(split(text)[1])


def _is_command(text: str) -> bool:
    return text.lstrip().startswith(".") or text.strip().lower() in _WORDS


def tell(error: Exception) -> None:
    """Say in a line what is wrong."""
    print(f"porelake: {' '.join(str(error).split())}", file=sys.stderr, flush=True)


def history_file() -> Path | None:
    """The file of what was typed, which only its user can read; None where there can be none."""
    state = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    path = state / "porelake" / "history"
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
        path.chmod(0o600)
        return path
    return None
