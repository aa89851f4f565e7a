"""The prompt of `porelake shell`: history, proposals by Tab, statements over several lines."""

from prompt_toolkit import PromptSession
from prompt_toolkit.auto_suggest import AutoSuggestFromHistory
from prompt_toolkit.history import FileHistory, InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.lexers import PygmentsLexer
from pygments.lexers.sql import SqlLexer  # type: ignore[import-untyped]

from catalog.answers import FORMATS
from catalog.session import Session
from flows.shell import HELP, Shell, complete, history_file, tell
from flows.shell_words import Words
from pores.errors import PorelakeError

_PROMPT = "porelake> "


def converse(session: Session, shell: Shell) -> None:
    """Read and do until Ctrl-D or `.quit`; what is wrong is told, and the prompt comes again."""
    prompt = _prompt(session)
    while not shell.ended:
        try:
            text = prompt.prompt(_PROMPT)
        except KeyboardInterrupt:  # what was being typed is dropped
            continue
        except EOFError:
            return
        try:
            shell.do(text)
        except KeyboardInterrupt:
            print("stopped", flush=True)
        except PorelakeError as error:
            tell(error)


def _prompt(session: Session) -> PromptSession[str]:
    path = history_file()
    return PromptSession(
        history=InMemoryHistory() if path is None else FileHistory(path),
        completer=Words(session.names, HELP, FORMATS),
        complete_while_typing=False,
        lexer=PygmentsLexer(SqlLexer),
        multiline=True,
        prompt_continuation=lambda width, *_: "...> ".rjust(width),
        key_bindings=_keys(),
        auto_suggest=AutoSuggestFromHistory(),
    )


def _keys() -> KeyBindings:
    """Enter ends what is complete, and begins a new line in what is not."""
    keys = KeyBindings()

    @keys.add("enter")
    def _(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        if buffer.complete_state:
            buffer.complete_state = None
        elif complete(buffer.text):
            buffer.validate_and_handle()
        else:
            buffer.insert_text("\n")

    return keys
