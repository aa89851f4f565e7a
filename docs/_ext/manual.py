"""`commands` directive: every command of `porelake` with its arguments and options, from the app itself."""

from collections.abc import Iterator
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect to Sphinx."""
    app.add_directive("commands", CommandsDirective)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


class CommandsDirective(SphinxDirective):
    """A section per command."""

    def run(self) -> list[nodes.Node]:
        """Parse the generated text as if it stood in the page, at every build."""
        self.env.note_reread()
        return self.parse_text_to_nodes(commands_text(), allow_section_headings=True)


def commands() -> Iterator[tuple[str, Any]]:
    """The words and the command of everything that can be called, as `weights fetch`."""
    from typer.main import get_command

    from flows.cli import command_line

    for name, command in get_command(command_line()).commands.items():  # type: ignore[attr-defined]  # it is a group
        if not hasattr(command, "commands"):
            yield name, command
        for child, below in getattr(command, "commands", {}).items():
            yield f"{name} {child}", below


def commands_text() -> str:
    """Every command as Markdown."""
    return "\n\n".join("\n\n".join(_section(words, command)) for words, command in commands())


def _section(words: str, command: Any) -> list[str]:
    context = command.context_class(command, info_name=words)
    usage = " ".join(["porelake", words, *command.collect_usage_pieces(context)])
    parts = [f"## `porelake {words}`", command.help or "", f"```text\n{usage}\n```"]
    parts += [_entry(parameter, context) for parameter in command.params]
    if command.epilog:
        parts.append("```text\n" + command.epilog.replace("\b", "").strip() + "\n```")
    return parts


def _entry(parameter: Any, context: Any) -> str:
    """What a parameter is called and takes, and below it what it means."""
    option = parameter.param_type_name == "option"
    flag = option and parameter.is_flag
    names = ", ".join(f"`{name}`" for name in [*parameter.opts, *parameter.secondary_opts])
    kind = "" if flag else f" *{_kind(parameter, context)}*"
    meaning = " ".join([(parameter.help or "").replace("<", "&lt;"), *_notes(parameter, flag)])
    return f"{names if option else f'`{parameter.name.upper()}`'}{kind}\n: {meaning}"


def _kind(parameter: Any, context: Any) -> str:
    """What may be given, in words: `int`, `path`, `network, spline or none`."""
    kind = str(parameter.display_type(context)).strip("<>[]").removeprefix("list[")
    *others, last = kind.split("|")
    return f"{', '.join(others)} or {last}" if others else last


def _notes(parameter: Any, flag: bool) -> Iterator[str]:
    if parameter.required:
        yield "Required."
    elif not flag and parameter.default is not None:
        yield f"Default: `{parameter.default}`."
    if parameter.envvar:
        yield f"Environment: `{parameter.envvar}`."
