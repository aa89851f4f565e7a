"""`parameters` and `settings` directives: the scientific knobs and the environment, from their models."""

from collections.abc import Iterator
from typing import Any

from docutils import nodes
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect to Sphinx."""
    app.add_directive("parameters", ParametersDirective)
    app.add_directive("settings", SettingsDirective)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


class ParametersDirective(SphinxDirective):
    """Every scientific parameter, a section per stage."""

    def run(self) -> list[nodes.Node]:
        """Parse the generated text as if it stood in the page, at every build."""
        self.env.note_reread()
        return self.parse_text_to_nodes(parameters_text(), allow_section_headings=True)


class SettingsDirective(SphinxDirective):
    """Every variable of the environment."""

    def run(self) -> list[nodes.Node]:
        """Parse the generated text as if it stood in the page, at every build."""
        self.env.note_reread()
        return self.parse_text_to_nodes(settings_text())


def parameters_text() -> str:
    """The parameters as Markdown: those of the whole run, then a section per stage."""
    from pores.parameters import Parameters

    defaults = Parameters()
    parts, own = [], []
    for name, field in Parameters.model_fields.items():
        value = getattr(defaults, name)
        if isinstance(value, BaseModel):
            parts += [f"## `{name}`", type(value).__doc__ or "", *_entries(f"{name}.", type(value))]
        else:
            own.append(_entry(name, field))
    return "\n\n".join(["## Of the whole run", *own, *parts])


def _entries(prefix: str, model: type[BaseModel]) -> list[str]:
    return [_entry(prefix + name, field) for name, field in model.model_fields.items()]


def _entry(name: str, field: FieldInfo) -> str:
    default = hex(field.default) if name.endswith("_mask") else str(field.default)
    allowed = ", ".join(_bounds(field)) or _choices(field.annotation)
    given = " = ".join(filter(None, [f"`{name}`", default and f"`{default}`"]))
    return f"{given}{f' ({allowed})' if allowed else ''}\n: {field.description}"


def _bounds(field: FieldInfo) -> Iterator[str]:
    signs = {"gt": ">", "ge": "≥", "lt": "<", "le": "≤"}
    for bound in field.metadata:
        for name, sign in signs.items():
            value = getattr(bound, name, None)
            if value is not None:
                yield f"{sign} {value:g}"


def _choices(annotation: Any) -> str:
    return ", ".join(f"`{choice}`" for choice in getattr(annotation, "__args__", ()))


def settings_text() -> str:
    """The settings as a Markdown table."""
    from storage.settings import PREFIX, Settings

    rows = [
        f"| `{field.validation_alias or PREFIX + name.upper()}` | {_default(field)} | {field.description} |"
        for name, field in Settings.model_fields.items()
    ]
    return "\n".join(["| variable | default | meaning |", "| --- | --- | --- |", *rows])


def _default(field: FieldInfo) -> str:
    """The default as code; where it depends on the machine, the description says what it is."""
    return "" if field.default is None or field.default_factory else f"`{field.default}`"
