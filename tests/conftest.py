"""What all tests share."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import settings

# A loaded machine is no failure.
settings.register_profile("porelake", deadline=None, derandomize=True)  # the same cases in every run
settings.load_profile("porelake")

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test that asks for real records is marked `real`."""
    for item in items:
        if "real_data" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.real)


@pytest.fixture(autouse=True)
def own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory for what is cached of the archive; no test touches the user's."""
    directory = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("PORELAKE_CACHE_DIR", str(directory))
    return directory


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Directory of real SHARP records beside the clone (`sharp/`, `broken/`, ...)."""
    if not DATA.is_dir():
        pytest.skip(f"no real records: {DATA} does not exist")
    return DATA


@pytest.fixture(scope="session")
def fits_bytes() -> Callable[..., bytes]:
    """Make the bytes of a FITS file that holds an image, written by astropy with checksums.

    `fits_bytes(image, cards=(), compressed=True, raw=())`: `cards` are (keyword, value); `raw` are cards put
    in as they are, which leaves the file without checksums.
    """
    return _fits_bytes


def _fits_bytes(
    image: np.ndarray, cards: Any = (), compressed: bool = True, raw: tuple[str, ...] = ()
) -> bytes:
    from astropy.io import fits

    header = fits.Header([*cards, *((f"PLACE{i}", i) for i in range(len(raw)))])
    if compressed:
        hdu = fits.CompImageHDU(image, header, compression_type="RICE_1", tile_shape=(1, image.shape[1]))
    else:
        hdu = fits.PrimaryHDU(image, header)
    units = [fits.PrimaryHDU(), hdu] if compressed else [hdu]
    buffer = io.BytesIO()
    fits.HDUList(units).writeto(buffer, checksum=not raw)
    content = buffer.getvalue()
    for i, card in enumerate(raw):
        content = content.replace(str(fits.Card(f"PLACE{i}", i)).encode(), card.ljust(80).encode())
    return content
