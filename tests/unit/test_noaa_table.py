"""The table of HARPs and NOAA regions is read by its columns."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pores.errors import InputError
from storage.noaa_list import shipped
from storage.noaa_table import Regions, parse, read_text

HARPS = st.integers(1, 99999)
NOAA = st.integers(10000, 99999)


def regions(text: str) -> Regions:
    pairs, wrong = parse(text)
    assert wrong == ()
    return Regions(pairs, "a test")


@given(pairs=st.frozensets(st.tuples(HARPS, NOAA), max_size=40), gap=st.sampled_from([" ", "\t", "   ", ","]))
def test_what_is_written_in_either_form_is_read(pairs: frozenset[tuple[int, int]], gap: str) -> None:
    known = Regions(pairs, "a test")
    one_row_each = "".join(f"{h}{gap}{n}\r\n" for h, n in pairs)
    one_row_per_harp = "".join(
        f"{h}{gap}{','.join(map(str, held))}\n" for h, held in known.regions_of.items()
    )
    assert parse(one_row_each) == (pairs, ())
    assert parse(f"HARPNUM NOAA_ARS\n\n# so\n{one_row_per_harp}") == (pairs, ())


@given(pairs=st.frozensets(st.tuples(HARPS, NOAA), min_size=1, max_size=40))
def test_both_ways_say_the_same(pairs: frozenset[tuple[int, int]]) -> None:
    known = Regions(pairs, "a test")
    assert {(h, n) for n, harps in known.harps_of.items() for h in harps} == pairs
    assert {(h, n) for h, held in known.regions_of.items() for n in held} == pairs
    for noaa in known.harps_of:
        beside = known.beside(noaa)
        assert all(noaa not in others and others for others in beside.values())
        assert {(h, n) for h, others in beside.items() for n in others} == {
            (h, n) for h, n in pairs if n != noaa and (h, noaa) in pairs
        }


def test_a_region_number_is_never_a_harp_number() -> None:
    known = regions("377 11158\n11158 13280\n")
    assert known.harps_of[11158] == (377,)
    assert known.regions_of[11158] == (13280,)


def test_wrong_rows_are_reported_by_line_and_right_ones_kept() -> None:
    good = "HARPNUM NOAA_ARS\n377 11158\n\n"
    pairs, wrong = parse(
        good + "11158 377\n284 11133,1113x\n285\nnot a row\n286 11133, 11134 # two\n0 11158\n"
    )
    assert pairs == {(377, 11158), (286, 11133), (286, 11134)}
    assert wrong == (
        "line 4: '11158 377'",
        "line 5: '284 11133,1113x'",
        "line 6: '285'",
        "line 7: 'not a row'",
        "line 9: '0 11158'",
    )


@pytest.mark.parametrize(
    "row", ["377 ١١١٥٨", "377 1115", "377 111580", "-377 11158", "377 11158 MISSING", "3.77 11158"]
)
def test_what_is_no_number_of_its_kind_is_wrong(row: str) -> None:
    assert parse(row) == (frozenset(), (f"line 1: {row!r}",))


def test_a_page_of_something_else_has_no_row() -> None:
    pairs, wrong = parse("<html><body>\n<h1>503 Service Unavailable</h1>\n</body></html>\n")
    assert pairs == frozenset()
    assert len(wrong) == 3


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_end_of_line_and_byte_order_mark(encoding: str, end: str, tmp_path: Path) -> None:
    path = tmp_path / "table"
    path.write_bytes(f"# für mich{end}377 11158{end}9 11159 7{end}".encode(encoding))
    assert parse(read_text(path, "--table")) == ({(377, 11158)}, ("line 3: '9 11159 7'",))


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=f"--table {tmp_path}/none: no such file"):
        read_text(tmp_path / "none", "--table")
    with pytest.raises(InputError, match=f"--table {tmp_path}: is a directory"):
        read_text(tmp_path, "--table")


def test_the_copy_shipped_is_the_whole_list() -> None:
    known = shipped()
    assert (len(known.regions_of), len(known.harps_of), len(known.pairs)) == (2217, 2804, 2975)
    assert sum(len(held) > 1 for held in known.regions_of.values()) == 444
    assert sum(len(harps) > 1 for harps in known.harps_of.values()) == 163
    assert known.harps_of[11923] == (3481,)
    assert known.harps_of[11158] == (377,)
    assert known.harps_of[11253] == (700, 705, 734)
    assert known.beside(11133) == {284: (11134,)}
    assert 11158 not in known.regions_of[11158]  # a HARP of that number there is, of another region


def test_the_copy_shipped_says_how_old_it_is() -> None:
    assert shipped().date == "2025-02"
    assert shipped().origin.startswith("the copy in this package, of 2025-02, ")
    assert shipped().origin.endswith(" months old")


def test_the_copy_shipped_has_the_pairs_of_the_archives_list(real_data: Path) -> None:
    pairs, wrong = parse((real_data / "noaa" / "all_harps_with_noaa_ars.txt").read_text())
    assert wrong == ()
    assert shipped().pairs == pairs
