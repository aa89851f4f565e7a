"""The chain without TensorFlow: the project's own network works, the published one says what to install."""

import sys
from types import ModuleType

import numpy as np
import pytest

from benchmarks.doubling import published_weights
from flows import enhancement
from flows.enhancement import made_of, require_enhancer
from pores.enhance import engine
from pores.errors import InputError
from pores.parameters import Parameters
from storage.weights import own_weights


@pytest.fixture(autouse=True)
def absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow", None)  # type: ignore[arg-type]
    monkeypatch.setattr(engine, "_started", list[ModuleType]())
    monkeypatch.setattr(enhancement, "find_spec", lambda _: None)


def test_the_own_network_works() -> None:
    require_enhancer(Parameters(enhance="network"))
    image = np.ones((40, 50), np.float32)
    image[18:22, 20:24] = 0.4
    (doubled,) = made_of(own_weights()).all_of([image])
    assert doubled.shape == (80, 100)
    assert 0.1 < doubled[36:44, 40:48].mean() < 0.4  # sharper, and so darker
    assert doubled[:10].mean() == pytest.approx(1, abs=0.02)


def test_the_published_one_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match=r"tensorflow: install porelake\[tensorflow\]"):
        made_of(published_weights())
    monkeypatch.setattr("storage.weights.weights_of", lambda _: published_weights())
    with pytest.raises(InputError, match=r"install porelake\[tensorflow\]"):
        require_enhancer(Parameters(enhance="network"))
