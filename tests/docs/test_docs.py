"""What the pages say is so: commands, options, queries, columns, links and pictures exist."""

import re
from pathlib import Path
from typing import Any

import pytest
from typer.core import TyperGroup
from typer.exceptions import TyperException
from typer.main import get_command

from catalog.build import publish
from catalog.query import connect, named
from flows.cli import command_line
from storage.lake import Lake
from tests.docs.pages import PAGES, ROOT, anchors, blocks, calls, codes, links, name, typed

FIGURE_BYTES = 400_000
COMMAND = get_command(command_line())
TYPED = [(page, command) for page in PAGES for block in blocks(page) for command in typed(block)]
CALLS = [(name(page), words) for page, command in TYPED for words in calls(command, "porelake")]
IN_LINE = [
    (name(page), words)
    for page in PAGES
    for code in codes(page)
    if code.startswith("porelake ") or " porelake " in code
    for words in calls(code.replace("...", ""), "porelake")
]


def parsed(words: list[str]) -> Any:
    """The command and the values that its options get; TyperException if a word is wrong."""
    return _parsed(COMMAND, words, None)


def _parsed(command: Any, words: list[str], parent: Any) -> Any:
    context = command.make_context("porelake", list(words), parent=parent)
    if not isinstance(command, TyperGroup) or not words or words[0].startswith("-"):
        return command, context.params
    child = command.get_command(context, words[0])
    if child is None:
        raise TyperException(f"no command {words[0]}")
    return _parsed(child, words[1:], context)


def test_there_is_much_to_check() -> None:
    assert len(PAGES) > 30
    assert len(CALLS) > 30
    assert len(IN_LINE) > 40


@pytest.mark.parametrize(("page", "words"), CALLS, ids=[f"{page}: {' '.join(w)[:60]}" for page, w in CALLS])
def test_commands_of_the_pages_are_understood(page: str, words: list[str]) -> None:
    command, values = parsed(words)
    if command.name == "query" and values["name"]:
        named(values["name"], dict(param.split("=", 1) for param in values["param"] or []))


def test_commands_within_lines_are_known() -> None:
    wrong = []
    for page, words in IN_LINE:
        command: Any = COMMAND
        rest = list(words)
        while rest and isinstance(command, TyperGroup) and rest[0] in command.commands:
            command = command.commands[rest.pop(0)]
        known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
        if isinstance(command, TyperGroup) and rest and not rest[0].startswith("-"):
            wrong.append(f"{page}: no command {rest[0]}")
        options = [_option(word) for word in rest]
        wrong += [f"{page}: {' '.join(words)}" for option in options if option and option not in known]
    assert not wrong


def _option(word: str) -> str:
    found = re.match(r"--[a-z][\w-]*", word)
    return found[0] if found else ""


def test_make_targets_and_modules_of_the_pages_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    said = [
        words[0]
        for page in PAGES
        for code in codes(page)
        if code.startswith("make ")
        for words in calls(code, "make")
        if words
    ]
    said += [words[0] for _, command in TYPED for words in calls(command, "make") if words]
    assert said
    assert {word for word in said if "=" not in word} <= targets
    everything = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    modules = set(re.findall(r"python -m ((?:benchmarks|catalog|flows|pores)[\w.]*\w)", everything))
    assert modules
    missing = [module for module in modules - {"benchmarks.studies.NAME"} if not _is_module(module)]
    assert not missing


def _is_module(module: str) -> bool:
    place = ROOT / module.replace(".", "/")
    return place.with_suffix(".py").exists() or (place / "__main__.py").exists()


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    for link in links(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_figures_are_light_and_shown() -> None:
    figures = [path for path in (ROOT / "docs" / "figures").rglob("*") if path.is_file()]
    assert figures
    assert not [name(path) for path in figures if path.stat().st_size >= FIGURE_BYTES]
    shown = {(page.parent / link).resolve() for page in PAGES for link in links(page)}
    assert not [name(path) for path in figures if path not in shown]


def test_sql_of_the_pages_is_answered(tmp_path: Path) -> None:
    lake = Lake.at(tmp_path)
    publish(lake)
    said = [(page, parsed(words)[1]["statement"]) for page, words in CALLS if words[:1] == ["sql"]]
    said += [(name(page), block.text) for page in PAGES for block in blocks(page) if block.language == "sql"]
    said += [(name(page), code) for page in PAGES for code in codes(page) if code.startswith("SELECT ")]
    assert len(said) > 3
    with connect(lake) as connection:
        for page, statement in said:
            if "..." not in statement:
                assert connection.sql(statement).fetchall() is not None, page
