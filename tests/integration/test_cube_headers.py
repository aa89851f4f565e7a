"""Headers of a record that are parsed when asked for say what all of them say together."""

import pytest

from storage.cube_headers import Headers, Merged
from storage.fits_cards import as_cards


def headers(**segments: dict[str, object]) -> Headers:
    return Headers({name: as_cards(values) for name, values in segments.items()})


def test_the_first_header_that_has_a_value_gives_it() -> None:
    merged = Merged(headers(continuum={"A": 1, "B": "MISSING"}, Br={"A": 2, "B": 3, "C": None}, Bp={"D": 4}))
    assert [merged[name] for name in "ABD"] == [1, 3, 4]
    assert merged["C"] is None
    assert merged.get("E", "none") == "none"
    assert dict(merged) == {"A": 1, "B": 3, "C": None, "D": 4}
    assert len(merged) == 4
    with pytest.raises(KeyError):
        merged["E"]


def test_only_what_is_asked_for_is_parsed(monkeypatch) -> None:
    parsed = []
    monkeypatch.setattr("storage.cube_headers.keywords", lambda cards: parsed.append(cards) or {"A": 1})
    several = Headers({"continuum": b"1", "Br": b"2"})
    merged = Merged(several)
    assert (merged["A"], merged["A"], several.of({"continuum": None})["continuum"]["A"]) == (1, 1, 1)
    assert parsed == [b"1"]
    assert list(several) == ["continuum", "Br"]
    assert parsed == [b"1"]
