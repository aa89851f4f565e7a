"""Loading much at once: the search for garbage rests meanwhile, and only then."""

import gc
import importlib
import sys

import pytest

from flows.loading import loading


def _import_some(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not gc.isenabled()
    monkeypatch.setitem(sys.modules, "just_loaded", None)
    importlib.import_module("no_such_module")


def test_garbage_is_searched_again_after_loading_also_if_it_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = gc.get_freeze_count()
    with pytest.raises(ModuleNotFoundError), loading():
        _import_some(monkeypatch)
    assert gc.isenabled()
    assert gc.get_freeze_count() > kept
    gc.unfreeze()


def test_where_nothing_was_loaded_everything_is_searched() -> None:
    kept = gc.get_freeze_count()
    with loading():
        pass
    assert gc.get_freeze_count() == kept


def test_who_has_turned_the_search_off_keeps_it_off() -> None:
    gc.disable()
    try:
        with loading():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
