"""The pages of the documentation, and what of them can be checked without building them."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    page for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")] if "_build" not in page.parts
)
_FENCE = re.compile(r"^(`{3,}|~{3,}|:{3,})(.*?)\n(.*?)^\1[ ]*$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"!?\[[^\]]*\]\(<?([^)\s>]+)>?\)")
_CODE = re.compile(r"`([^`\n]+)`")
_HEADING = re.compile(r"^#+ +(.*?) *$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A fenced block: its language and its text."""

    page: Path
    language: str
    text: str


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path) -> list[Block]:
    found = _FENCE.findall(page.read_text(encoding="utf-8"))
    return [Block(page, info.strip(), text) for _, info, text in found]


def prose(page: Path) -> str:
    """The page without its blocks."""
    return _FENCE.sub("", page.read_text(encoding="utf-8"))


def links(page: Path) -> list[str]:
    """Targets of links and pictures that are not on the network."""
    found = _LINK.findall(prose(page))
    return [target for target in found if not re.match(r"[a-z]+:", target)]


def codes(page: Path) -> list[str]:
    """Code within the lines of a page."""
    return _CODE.findall(prose(page))


def anchors(page: Path) -> set[str]:
    """Anchors of the headings, as forges and MyST make them."""
    kept = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in _HEADING.findall(prose(page)))
    return {heading.replace(" ", "-") for heading in kept}


def typed(block: Block) -> Iterator[str]:
    """What is typed at the prompts of a console, or is answered; lines go on while a quote is open."""
    if block.language == "{answer}":
        yield block.text.strip()
    command = ""
    for line in block.text.splitlines() if block.language == "console" else ():
        if command:
            command += "\n" + line
        elif line.startswith("$ "):
            command = line[2:]
        if command and _whole(command):
            yield command
            command = ""


def _whole(command: str) -> bool:
    if command.endswith("\\"):
        return False
    try:
        shlex.split(command, comments=True)
    except ValueError:
        return False
    return True


def calls(command: str, program: str) -> Iterator[list[str]]:
    """The arguments of every call of a program in a command line."""
    lexer = shlex.shlex(command.replace("\\\n", " "), posix=True, punctuation_chars=";&|<>")
    lexer.whitespace_split = True
    part: list[str] = []
    for word in [*lexer, ";"]:
        if re.fullmatch(r"[;&|<>]+", word):
            words = [item for i, item in enumerate(part) if "=" not in item or not _only_settings(part[:i])]
            if words and Path(words[0]).name == program:
                yield words[1:]
            part = []
        else:
            part.append(word)


def _only_settings(words: list[str]) -> bool:
    return all(re.match(r"\w+=", word) for word in words)
