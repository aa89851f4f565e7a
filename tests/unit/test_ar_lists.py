"""Lists of active regions as people keep them."""

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pores.errors import InputError
from storage.ar_lists import Row, ar_list, disagreements, notes, region_numbers, rows
from storage.noaa_list import shipped

LIST = """#AR NOAA    Beginning       end          ID                   HARPs
11132       3.12.2010       5.12.2010    JSOC_20180919_341    0285

  11134\t12.12.2010\t13.12.2010\tJSOC_20180919_342\t0283
11132   # again
11158
11156       8.2.2011        13.2.2011
# the end
"""


@pytest.fixture
def written(tmp_path: Path) -> Path:
    path = tmp_path / "AR_LIST"
    path.write_text(LIST)
    return path


def test_the_first_column_counts_and_each_region_once(written: Path) -> None:
    assert ar_list(written) == [11132, 11134, 11158, 11156]
    assert rows(written) == [
        Row(2, 11132, 285),
        Row(4, 11134, 283),
        Row(5, 11132, None),
        Row(6, 11158, None),
        Row(7, 11156, None),
    ]


def test_another_harp_in_the_last_column_is_told_by_line(written: Path) -> None:
    assert disagreements(rows(written), shipped()) == [
        f"line 4: AR 11134 is HARP 284 by {shipped().origin}, not HARP 283"
    ]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_as_other_systems_write_it(encoding: str, end: str, tmp_path: Path) -> None:
    path = tmp_path / "list"
    path.write_bytes(LIST.replace("\n", end).encode(encoding))
    assert ar_list(path) == [11132, 11134, 11158, 11156]


def test_all_wrong_rows_are_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "list"
    path.write_text("11158\n1923 x\n\nNOAA 11923\n# fine\n111580\n11159\n")
    with pytest.raises(InputError) as refused:
        ar_list(path)
    said = str(refused.value)
    assert said.startswith(f"--list {path}: ")
    assert said.endswith("line 2: '1923'; line 4: 'NOAA'; line 6: '111580'")


@pytest.mark.parametrize("apart", [",", ";", ", "])
def test_a_table_with_names_of_columns(apart: str, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    lines = (("NOAA_AR", "date", "HARP"), ("11158", "2011-02-13", "377"), ('"AR11134"', "", "283"))
    path.write_text("\n".join(apart.join(line) for line in lines))
    assert rows(path) == [Row(2, 11158, 377), Row(3, 11134, 283)]
    head, other = notes(path, shipped())
    assert head == "line 1: taken for names of columns"
    assert other.startswith("line 3: AR 11134 is HARP 284")


@pytest.mark.parametrize("first", ["NOAA 11923", "1923 HARP"])
def test_a_first_row_with_a_number_is_no_head(first: str, tmp_path: Path) -> None:
    path = tmp_path / "list"
    path.write_text(f"{first}\n11158\n")
    with pytest.raises(InputError, match="line 1"):
        ar_list(path)


def test_numbers_as_people_write_them() -> None:
    assert region_numbers(["AR11158", "noaa11133,11134", "1"]) == [11158, 11133, 11134, 1]
    for wrong in ("11158x", "AR11158x", "11133,11158x"):
        with pytest.raises(InputError, match=r"^--noaa 11158x: not a NOAA number"):
            region_numbers([wrong], "--noaa")
    with pytest.raises(InputError, match=r"^AR AR: not a NOAA number"):
        region_numbers(["AR"])


def test_a_list_of_nothing_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "list"
    path.write_text("# nothing yet\n\n")
    with pytest.raises(InputError, match="no region in it"):
        ar_list(path)
    with pytest.raises(InputError, match="none: no such file"):
        ar_list(tmp_path / "none")


def test_a_file_that_is_no_list_is_refused_in_few_words(tmp_path: Path) -> None:
    path = tmp_path / "image.fits"
    path.write_bytes(bytes(range(256)) * 2000)
    with pytest.raises(InputError) as refused:
        ar_list(path)
    assert len(str(refused.value)) < 5000
    assert "more" in str(refused.value)


@given(content=st.binary(max_size=200))
def test_whatever_a_file_holds_it_is_read_or_refused(
    content: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "any"
    path.write_bytes(content)
    found = []
    with contextlib.suppress(InputError):
        found = ar_list(path)
    assert all(10000 <= noaa <= 99999 for noaa in found)


def test_the_list_of_the_archive_notes(real_data: Path) -> None:
    found = rows(real_data / "noaa" / "AR_LIST.txt")
    assert len(found) == 19
    assert (found[0], found[-1]) == (Row(2, 11067, 1), Row(20, 11167, 403))
    known = shipped()
    assert all(row.noaa in known.harps_of for row in found)
    assert disagreements(found, known) == []
