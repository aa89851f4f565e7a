"""Settings come from the environment, and the guide lists them all."""

from pathlib import Path

import pytest

from pores.errors import InputError
from storage.settings import EMAIL, PREFIX, Settings, settings

GUIDE = Path(__file__).parents[2] / "docs" / "archive.md"


def test_the_guide_lists_every_setting_with_its_default() -> None:
    lines = GUIDE.read_text().splitlines()
    for name, field in Settings.model_fields.items():
        variable = str(field.validation_alias or PREFIX + name.upper())
        (line,) = (line for line in lines if line.startswith(f"| `{variable}` |"))
        assert str(field.description).rstrip(".") in line
        if field.default_factory is None and field.default is not None:
            assert f"| `{field.default}` |" in line


def test_the_environment_is_read_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORELAKE_JSOC_RETRIES", "2")
    assert settings().jsoc_retries == 2
    monkeypatch.setenv("PORELAKE_JSOC_RETRIES", "3")
    assert settings().jsoc_retries == 3
    monkeypatch.setenv(EMAIL, " ")
    assert settings().jsoc_email is None


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PORELAKE_JSOC_RETRIES", "many"),
        ("PORELAKE_JSOC_URL", "jsoc.stanford.edu"),
        ("PORELAKE_JSOC_TIMEOUT_S", "0"),
    ],
)
def test_a_wrong_value_is_told_by_its_variable(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(InputError, match=variable):
        settings()
