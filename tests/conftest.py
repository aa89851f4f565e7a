"""What all tests share."""

from pathlib import Path

import pytest

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test that asks for real records is marked `real`."""
    for item in items:
        if "real_data" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.real)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Directory of real SHARP records beside the clone (`sharp/`, `broken/`, ...)."""
    if not DATA.is_dir():
        pytest.skip(f"no real records: {DATA} does not exist")
    return DATA
