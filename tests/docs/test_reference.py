"""The parts of the reference that are made from the code hold all that there is, and pages fetch nothing."""

import sys
from pathlib import Path

import pytest

from tests.docs.pages import ROOT

sys.path.insert(0, str(ROOT / "docs" / "_ext"))
import knobs
import manual
import offline


def test_the_manual_has_every_command_with_its_options() -> None:
    text = manual.commands_text()
    for command in ("run", "sql", "weights fetch", "simulate"):
        assert f"## `porelake {command}`" in text
    for words, command in manual.commands():
        part = text.split(f"## `porelake {words}`\n")[1].split("\n## ")[0]
        for parameter in command.params:
            assert parameter.opts[0] in part or parameter.name.upper() in part, (words, parameter.name)
    assert "Environment: `PORELAKE_LAKE`" in text
    assert "`--enhance` *network, spline or none*\n: " in text


def test_parameters_and_settings_are_said_with_bounds_and_defaults() -> None:
    text = knobs.parameters_text()
    assert "`detect.threshold` = `0.5` (> 0, < 1)\n: Intensity in quiet-Sun units" in text
    assert "`prepare.bad_quality_mask` = `0xffc00000`\n" in text
    assert "`track.tracker` = `porelake` (`porelake`, `nearest`, " in text
    settings = knobs.settings_text()
    assert "| `JSOC_EMAIL` |  | Address registered with JSOC, for exports. |" in settings
    assert "| `PORELAKE_JSOC_RETRIES` | `5` | " in settings


@pytest.mark.parametrize(
    "loads",
    [
        '<script src="https://example.org/x.js"></script>',
        '<link rel="stylesheet" href="https://example.org/x.css">',
        "<img alt='' src='//example.org/x.png'>",
    ],
)
def test_pages_that_fetch_from_the_network_are_found(tmp_path: Path, loads: str) -> None:
    (tmp_path / "fine.html").write_text('<a href="https://example.org">x</a><img src="x.png">')
    assert not offline.fetched(tmp_path)
    (tmp_path / "page.html").write_text(f"<p>{loads}</p>")
    assert [page for page, _ in offline.fetched(tmp_path)] == ["page.html"]


def test_style_sheets_that_fetch_from_the_network_are_found(tmp_path: Path) -> None:
    (tmp_path / "x.css").write_text("@font-face { src: url(https://example.org/f.woff2) }")
    assert offline.fetched(tmp_path) == [("x.css", "https://example.org/f.woff2")]
