"""Keys name results by what they were made from."""

import hashlib
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.keys import SHORT, json_key, stage_key

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(value=st.dictionaries(st.text(), JSON))
def test_order_of_names_does_not_matter(value: dict[str, object]) -> None:
    assert json_key(dict(reversed(value.items()))) == json_key(value)


@given(a=JSON, b=JSON)
def test_different_values_have_different_keys(a: object, b: object) -> None:
    assert (json_key(a) == json_key(b)) == (repr(a) == repr(b) or (a == b and not differs_in_type(a, b)))


def differs_in_type(a: object, b: object) -> bool:
    """JSON tells 1 from 1.0 and True, which Python calls equal."""
    import json

    return json.dumps(a, sort_keys=True) != json.dumps(b, sort_keys=True)


def test_what_is_no_json_is_refused() -> None:
    with pytest.raises(ValueError, match="Out of range float"):
        json_key({"threshold": math.nan})


def test_keys_do_not_change_from_version_to_version() -> None:
    assert json_key({"b": [1, 2.5], "a": None}) == hashlib.sha256(b'{"a":null,"b":[1,2.5]}').hexdigest()
    assert (
        stage_key("detect", 1, {"threshold": 0.5}, ["k"])
        == (
            hashlib.sha256(
                b'{"inputs":["k"],"parameters":{"threshold":0.5},"stage":"detect","version":1}'
            ).hexdigest()[:SHORT]
        )
    )


def test_everything_enters_a_stage_key() -> None:
    keys = [
        stage_key("detect", 1, {"threshold": 0.5}, ["a", "b"]),
        stage_key("track", 1, {"threshold": 0.5}, ["a", "b"]),
        stage_key("detect", 2, {"threshold": 0.5}, ["a", "b"]),
        stage_key("detect", 1, {"threshold": 0.45}, ["a", "b"]),
        stage_key("detect", 1, {"threshold": 0.5}, ["b", "a"]),
        stage_key("detect", 1, {"threshold": 0.5}, ["ab"]),
    ]
    assert len(set(keys)) == len(keys)
