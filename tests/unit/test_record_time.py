"""Record times against astropy, and the forms JSOC writes."""

import numpy as np
import pytest
from astropy.time import Time
from hypothesis import given
from hypothesis import strategies as st

from pores.errors import InputError
from pores.record_time import (
    format_compact,
    format_t_rec,
    parse_compact,
    parse_t_rec,
    tai_to_utc,
    utc_to_tai,
)

times = st.integers(0, 1_500_000_000_000).map(
    lambda ms: np.datetime64("1972-01-02", "ms") + np.timedelta64(ms, "ms")
)


@pytest.mark.parametrize(
    "text", ["2025.07.27_15:00:00_TAI", "2025.07.27_15:00:00.000_TAI", " 2025.07.27_15:00:00_TAI "]
)
def test_both_styles_of_t_rec_are_the_same_time(text):
    assert parse_t_rec(text) == np.datetime64("2025-07-27T15:00:00.000")
    assert parse_t_rec(text).dtype == np.dtype("datetime64[ms]")


@given(times)
def test_t_rec_survives_writing_and_reading(t):
    assert parse_t_rec(format_t_rec(t)) == t


@given(times)
def test_compact_form_survives_to_the_second(t):
    second = t.astype("datetime64[s]").astype("datetime64[ms]")
    assert parse_compact(format_compact(second)) == second
    assert len(format_compact(second)) == 15


def test_identifiers_of_two_times_are_never_the_same():
    with pytest.raises(InputError, match="whole second"):
        format_compact(np.datetime64("2011-02-15T02:00:00.500"))


@pytest.mark.parametrize(
    "text", ["", "2011.02.15_02:00:00_UTC", "2011-02-15T02:00:00", "2011.02.30_02:00:00_TAI", "nan"]
)
def test_what_is_no_t_rec_is_named(text):
    with pytest.raises(InputError, match="is no time") as error:
        parse_t_rec(text)
    assert repr(text) in str(error.value)


@pytest.mark.parametrize("text", ["20110215_0200", "20110215_020000_TAI", "20111315_020000"])
def test_what_is_no_compact_time_is_named(text):
    with pytest.raises(InputError, match="is no time"):
        parse_compact(text)


@given(times)
def test_utc_is_astropys(t):
    expected = Time(str(t), scale="tai").utc.isot
    if ":60." not in expected:  # a leap second, which datetime64 can't name
        assert str(tai_to_utc(t)) == expected


@given(times)
def test_tai_and_utc_are_inverse(utc):
    assert tai_to_utc(utc_to_tai(utc)) == utc


def test_the_leap_second_of_2016_begins_and_ends_where_it_should():
    utc = np.array(
        ["2016-12-31T23:59:59.999", "2017-01-01T00:00:00", "2017-01-01T00:00:00.001"], "datetime64[ms]"
    )
    tai = np.array(
        ["2017-01-01T00:00:35.999", "2017-01-01T00:00:37", "2017-01-01T00:00:37.001"], "datetime64[ms]"
    )
    np.testing.assert_array_equal(utc_to_tai(utc), tai)
    np.testing.assert_array_equal(tai_to_utc(tai), utc)


def test_a_fraction_is_written_only_where_there_is_one():
    assert format_t_rec(np.datetime64("2025-07-27T15:00:00.000")) == "2025.07.27_15:00:00_TAI"
    assert format_t_rec(np.datetime64("2025-07-27T15:00:07.664")) == "2025.07.27_15:00:07.664_TAI"


def test_arrays_keep_their_shape_and_missing_times():
    t = np.array([["2011-02-15T02:00", "2025-07-27T15:00"], ["NaT", "2016-12-31T23:59:59"]], "datetime64[ms]")
    lag = (t - tai_to_utc(t)) / np.timedelta64(1, "s")
    np.testing.assert_array_equal(lag, [[34, 37], [np.nan, 36]])


def test_times_before_leap_seconds_are_refused():
    with pytest.raises(InputError, match="1972"):
        utc_to_tai(np.datetime64("1971-12-31T00:00"))
