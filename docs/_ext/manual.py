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
        """Parse the generated text as if it stood in the page."""
        return self.parse_text_to_nodes(commands_text(), allow_section_headings=True)


def commands() -> Iterator[tuple[str, Any]]:
    """The words and the command of everything that can be called, as `weights fetch`."""
    from typer.main import get_command

    from flows.cli import app

    for name, command in get_command(app).commands.items():  # type: ignore[attr-defined]  # it is a group
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
    rows = [_row(parameter, context) for parameter in command.params]
    if rows:
        parts.append("\n".join(["| | value | default | meaning |", "| --- | --- | --- | --- |", *rows]))
    if command.epilog:
        text = command.epilog.replace("\b", "").strip()
        parts.append(f"```text\n{text}\n```")
    return parts


def _row(parameter: Any, context: Any) -> str:
    is_option = parameter.param_type_name == "option"
    flag = is_option and parameter.is_flag
    names = (
        "/".join(f"`{name}`" for name in [*parameter.opts, *parameter.secondary_opts])
        if is_option
        else (f"`{parameter.name.upper()}`")
    )
    value = "" if flag else f"`{parameter.display_type(context)}`".replace("|", "\\|")
    default = "" if flag or parameter.default is None else f"`{parameter.default}`"
    if parameter.required:
        default = "required"
    meaning = (parameter.help or "").replace("|", "\\|").replace("<", "&lt;")
    if parameter.envvar:
        meaning += f" Environment: `{parameter.envvar}`."
    return f"| {names} | {value} | {default} | {meaning} |"
