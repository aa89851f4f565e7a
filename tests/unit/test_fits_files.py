"""SHARP files: names, pixels as stored, headers whole, and every kind of damage noticed."""

import re
import warnings
from collections.abc import Callable

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pores.errors import Reason
from storage.fits_blocks import UnreadableFile
from storage.fits_cards import image_header, keywords, values
from storage.fits_files import FileName, SegmentImage, parse_name, physical, read_segment

T = np.datetime64("2011-02-15T02:00:00.000", "ms")
BR = FileName("hmi.sharp_cea_720s", 377, T, "Br")
RECORD = (("HARPNUM", 377), ("T_REC", "2011.02.15_02:00:00_TAI"), ("QUALITY", 0))
SCALED = (
    "BSCALE  =                 0.01",
    "BZERO   =                   0.",
    "BLANK   =          -2147483648",
)
MakeFits = Callable[..., bytes]
quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def noise(shape: tuple[int, int] = (20, 30), seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(-200_000, 200_000, shape).astype(np.int32)


def same(a: SegmentImage, b: SegmentImage) -> bool:
    return a.header == b.header and a.stored.dtype == b.stored.dtype and np.array_equal(a.stored, b.stored)


# --- names


@given(
    harpnum=st.integers(1, 99_999),
    seconds=st.integers(0, 20 * 365 * 86_400),
    segment=st.sampled_from(["Br", "Br_err", "conf_disambig", "continuum", "x"]),
    series=st.sampled_from(["hmi.sharp_cea_720s", "hmi.sharp_cea_720s_nrt", "su_me.test"]),
)
def test_names_come_back(harpnum: int, seconds: int, segment: str, series: str) -> None:
    t = np.datetime64("2010-05-01", "ms") + np.timedelta64(seconds, "s")
    name = FileName(series, harpnum, t, segment)
    assert parse_name(str(name)) == name


@pytest.mark.parametrize(
    "name",
    [
        "hmi.sharp_cea_720s.377.20110215_020000_TAI.Br.fits.gz",
        "hmi.sharp_cea_720s.377.20110215_020000_UTC.Br.fits",
        "hmi.sharp_cea_720s.377.20111315_020000_TAI.Br.fits",
        "hmi.ic_45s.20110215_020000_TAI.2.continuum.fits",
        "../hmi.sharp_cea_720s.377.20110215_020000_TAI.Br.fits",
        "readme.txt",
    ],
)
def test_other_names_are_none(name: str) -> None:
    assert parse_name(name) is None


# --- pixels


@pytest.mark.parametrize("compressed", [True, False])
@pytest.mark.parametrize("dtype", ["uint8", "int16", "int32"])
def test_integers_come_back_as_stored(fits_bytes: MakeFits, compressed: bool, dtype: str) -> None:
    stored = (noise() % 120).astype(dtype)
    image = read_segment(BR, fits_bytes(stored, RECORD, compressed))
    assert image.stored.dtype == np.dtype(dtype)
    assert image.stored.dtype.isnative
    np.testing.assert_array_equal(image.stored, stored)


def test_scaling_is_left_to_the_reader(fits_bytes: MakeFits) -> None:
    stored = noise()
    stored[3, 4] = -(2**31)
    image = read_segment(BR, fits_bytes(stored, RECORD, raw=SCALED))
    np.testing.assert_array_equal(image.stored, stored)
    assert (image.bscale, image.bzero, image.blank) == (0.01, 0.0, -(2**31))
    field = image.physical()
    assert field.dtype == np.float32
    assert np.argwhere(np.isnan(field)).tolist() == [[3, 4]]
    exact = (stored * 0.01).astype(np.float32)
    np.testing.assert_array_equal(np.delete(field, 3 * 30 + 4), np.delete(exact, 3 * 30 + 4))


def test_continuum_has_an_offset(fits_bytes: MakeFits) -> None:
    scaled = ("BSCALE  =                   3.", "BZERO   =               97304.", SCALED[2])
    name = FileName(BR.series, BR.harpnum, T, "continuum")
    image = read_segment(
        name, fits_bytes(np.array([[-30_000, 0], [-(2**31), 7]], np.int32), RECORD, raw=scaled)
    )
    np.testing.assert_array_equal(image.physical(), np.array([[7304, 97304], [np.nan, 97325]], np.float32))


def test_bit_images_stay_integers() -> None:
    old = np.array([[-32768, 1, 2, 33, 34]], np.int16)
    new = np.array([[0, 129, 130, 161, 162]], np.uint8)  # BZERO -128, BLANK 0: today's exports
    for image in (physical("bitmap", old, (1.0, 0.0, -32768)), physical("bitmap", new, (1.0, -128.0, 0))):
        assert image.dtype == np.int16
        assert image.tolist() == [[0, 1, 2, 33, 34]]


def test_floats_keep_their_nan(fits_bytes: MakeFits) -> None:
    stored = noise().astype(np.float32)
    stored[0, 0] = np.nan
    image = read_segment(BR, fits_bytes(stored, RECORD, compressed=False))
    assert image.blank is None
    np.testing.assert_array_equal(image.physical(), stored)


# --- headers


def test_header_is_whole(fits_bytes: MakeFits) -> None:
    raw = ("R_VALUE = nan", "CRDER1  = 'nan     '", "GWILL   =                      / [Mm] (MISSING)")
    content = fits_bytes(noise(), [*RECORD, ("HISTORY", "as it was"), ("LONG", "x" * 150)], raw=raw)
    image = read_segment(BR, content)
    assert len(image.header) % 80 == 0
    assert image.header in content
    for card in raw:
        assert card.ljust(80).encode() in image.header
    plain = keywords(image.header)
    assert plain["LONG"] == "x" * 150
    assert [plain[name] for name in ("R_VALUE", "CRDER1", "GWILL")] == [None, None, None]
    header = image_header(image.header)
    assert (header["NAXIS1"], header["NAXIS2"], header["BITPIX"]) == (30, 20, 32)
    assert header["HARPNUM"] == 377
    assert not [name for name in header if name.startswith(("Z", "TFORM"))]


TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=100)
VALUE = st.one_of(
    TEXT,
    st.integers(-(2**31) + 1, 2**31 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
)


@given(value=VALUE)
@example(value="it's / a 'trap'")
@example(value="&")
@example(value="ends with &")
@settings(max_examples=300, deadline=None)
def test_values_agree_with_astropy(value: str | float | bool) -> None:
    header = fits.Header([("BEFORE", 1), ("KEY", value, "a comment / with a slash"), ("AFTER", "z")])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # long values leave no room for the comment
        cards = header.tostring().encode()
        expected = fits.Header.fromstring(cards)["KEY"]
    found = values(cards)
    assert found["BEFORE"] == 1
    assert found["AFTER"] == "z"
    if isinstance(expected, str) and expected.strip().lower() in (
        "",
        "nan",
        "inf",
        "-inf",
        "+inf",
        "-nan",
        "missing",
    ):
        expected = None
    assert found["KEY"] == expected
    assert type(found["KEY"]) is type(expected)


@pytest.mark.parametrize(
    ("card", "name", "value"),
    [
        ("QUALITY =          -2147483648", "QUALITY", 0x80000000),
        ("QUALITY = '0x80000400'", "QUALITY", 0x80000400),
        ("NOAA_AR =          -2147483648", "NOAA_AR", None),
        ("_BUNIT  = 'Mx/cm^2 '", "BUNIT", "Mx/cm^2"),
        ("_DATAMIN=                  -1.5", "DATAMIN", -1.5),
        ("USFLUX  = 2.714760D+22", "USFLUX", 2.714760e22),
        ("MISSING1= 'MISSING'", "MISSING1", None),
        ("OVER    = 1e999", "OVER", None),
    ],
)
def test_values_of_the_archive(card: str, name: str, value: object) -> None:
    assert keywords(card.ljust(80).encode())[name] == value


def test_quality_is_unsigned(fits_bytes: MakeFits) -> None:
    image = read_segment(BR, fits_bytes(noise(), [("QUALITY", -(2**31))]))
    assert image.quality == 0x80000000
    assert read_segment(BR, fits_bytes(noise())).quality is None


# --- damage


@pytest.fixture(scope="module", params=[True, False], ids=["rice", "plain"])
def sound(request: pytest.FixtureRequest, fits_bytes: MakeFits) -> bytes:
    return fits_bytes(noise(), RECORD, request.param)


@quick
@given(data=st.data())
def test_any_truncation_is_noticed(sound: bytes, data: st.DataObject) -> None:
    whole = read_segment(BR, sound)
    size = data.draw(st.integers(0, len(sound) - 1))
    if not sound[size:].strip(b"\0"):  # only padding is gone
        assert same(read_segment(BR, sound[:size]), whole)
        return
    with pytest.raises(UnreadableFile, match=r"^\S+\.Br\.fits: [^\n]+$") as caught:
        read_segment(BR, sound[:size])
    assert caught.value.reason == Reason.UNREADABLE_FILE


@quick
@given(data=st.data())
def test_any_flipped_bit_is_noticed(sound: bytes, data: st.DataObject) -> None:
    content = bytearray(sound)
    names = {m.start() + i for m in re.finditer(b"CHECKSUM= ", sound) for i in range(10)}
    # Without the name of this card nobody can tell that there was a sum.
    at = data.draw(st.integers(0, len(content) - 1).filter(lambda at: at not in names))
    content[at] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(UnreadableFile, match=r"Br\.fits: "):
        read_segment(BR, bytes(content))


@pytest.mark.parametrize("compressed", [True, False])
def test_truncation_without_checksums(fits_bytes: MakeFits, compressed: bool) -> None:
    content = fits_bytes(noise(), compressed=compressed, raw=("KEEP    =                    1",)).rstrip(
        b"\0"
    )
    with pytest.raises(UnreadableFile, match="truncated"):
        read_segment(BR, content[:-8])


def test_the_sum_of_the_data_counts_alone(fits_bytes: MakeFits) -> None:
    content = bytearray(fits_bytes(noise(), compressed=False).replace(b"CHECKSUM=", b"CHECKNUM="))
    read_segment(BR, bytes(content))
    content[2880 + 100] ^= 1
    with pytest.raises(UnreadableFile, match="DATASUM"):
        read_segment(BR, bytes(content))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty file"),
        (b"<html>not found</html>", "no FITS"),
        (b"SIMPLE  =                    T".ljust(2880), "without END"),
        (b"\x1f\x8b" + bytes(5000), "no FITS"),
    ],
)
def test_no_fits_at_all(content: bytes, words: str) -> None:
    with pytest.raises(UnreadableFile, match=words):
        read_segment(BR, content)


def test_file_without_image(fits_bytes: MakeFits) -> None:
    header_only = fits_bytes(noise(), compressed=True)[:2880]
    with pytest.raises(UnreadableFile, match="no image"):
        read_segment(BR, header_only)


@pytest.mark.parametrize("size", ["99999999999", "-5", "0", "1E5", "'7'", "5000"])
@pytest.mark.parametrize("axis", ["NAXIS1  =", "ZNAXIS1 =", "ZNAXIS2 =", "PCOUNT  ="])
def test_absurd_sizes_are_refused(fits_bytes: MakeFits, axis: str, size: str) -> None:
    content = fits_bytes(noise(), RECORD, raw=("KEEP    =                    1",))
    at = content.rindex(axis.encode())
    broken = content[:at] + f"{axis} {size:>20}".ljust(80).encode() + content[at + 80 :]
    with pytest.raises(UnreadableFile):
        read_segment(BR, broken)


@pytest.mark.parametrize(
    "card", [("HARPNUM", 378), ("T_REC", "2011.02.15_02:12:00_TAI"), ("T_REC", "yesterday")], ids=str
)
def test_header_of_another_record(fits_bytes: MakeFits, card: tuple[str, object]) -> None:
    content = fits_bytes(noise(), [*(c for c in RECORD if c[0] != card[0]), card])
    with pytest.raises(UnreadableFile, match=str(card[1])) as caught:
        read_segment(BR, content)
    assert caught.value.reason == Reason.HEADER_MISMATCH


def test_milliseconds_in_t_rec_are_the_same_record(fits_bytes: MakeFits) -> None:
    read_segment(BR, fits_bytes(noise(), [("T_REC", "2011.02.15_02:00:00.000_TAI")]))


def test_user_keeps_their_warning_filters(fits_bytes: MakeFits) -> None:
    before = list(warnings.filters)
    image = read_segment(BR, fits_bytes(noise(), RECORD, raw=("R_VALUE = nan",)))
    image_header(image.header)
    with pytest.raises(UnreadableFile):
        read_segment(BR, b"")
    assert list(warnings.filters) == before
