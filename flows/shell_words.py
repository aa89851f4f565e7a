"""What Tab proposes in `porelake shell`: commands, tables, columns of tables that are named, SQL's words."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from prompt_toolkit.completion import CompleteEvent, Completer, Completion, PathCompleter
from prompt_toolkit.document import Document

from catalog.session import Names

_WORD = re.compile(r"[\w.$]*$")
_IN_TEXT = re.compile(r"\w+")
_ALIAS = re.compile(r"\b(\w+)(?=\s+(?:AS\s+)?(\w+)\b)", re.IGNORECASE)


class Words(Completer):
    """Proposals for the word at the cursor.

    Parameters
    ----------
    names : callable
        What there is to name; asked at the first Tab.
    commands : mapping
        The shell's own commands and what they do.
    formats : iterable of str
    """

    def __init__(
        self, names: Callable[[], Names], commands: Mapping[str, str], formats: Iterable[str]
    ) -> None:
        self._names, self._commands, self._formats = names, commands, formats

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:
        """Yield what the word before the cursor may become."""
        before = document.text_before_cursor
        if before.startswith(".out "):
            rest = before.removeprefix(".out ")
            yield from PathCompleter(expanduser=True).get_completions(Document(rest), complete_event)
            return
        found = _WORD.search(before)
        word = found[0] if found else ""
        known = self._of_command(before) if before.startswith(".") else self._of_statement(document, word)
        for name, meaning in known.items():
            if name.lower().startswith(word.lower()):
                yield Completion(name, -len(word), display_meta=meaning)

    def _of_command(self, before: str) -> Mapping[str, str]:
        command, space, rest = before.partition(" ")
        names = self._names()
        if not space:
            return self._commands
        if command == ".describe":
            return {**names.tables, **names.macros, **names.queries}
        if command == ".format":
            return dict.fromkeys(self._formats, "")
        if command == ".query":
            query, space, _ = rest.partition(" ")
            given = names.parameters.get(query, {}) if space else None
            return names.queries if given is None else {f"{name}=": told for name, told in given.items()}
        return {}

    def _of_statement(self, document: Document, word: str) -> Mapping[str, str]:
        names = self._names()
        tables = {name.lower() for name in _IN_TEXT.findall(document.text)} & names.columns.keys()
        owner, dot, _ = word.rpartition(".")
        if dot:
            columns = names.columns.get(_table_of(owner, document.text, names), {})
            return {f"{owner}.{name}": meaning for name, meaning in columns.items()}
        columns = {name: told for table in sorted(tables) for name, told in names.columns[table].items()}
        return {**columns, **names.tables, **names.macros, **(names.keywords if word else {})}


def _table_of(owner: str, text: str, names: Names) -> str:
    """The table that a name before a dot stands for: itself, or the one whose alias it is."""
    pairs = [(table.lower(), alias.lower()) for table, alias in _ALIAS.findall(text)]
    aliases = {alias: table for table, alias in pairs if table in names.columns}
    return owner.lower() if owner.lower() in names.columns else aliases.get(owner.lower(), "")
