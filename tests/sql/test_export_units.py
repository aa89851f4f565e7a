"""Units that exports write by other standards are the schema's, as astropy reads them."""

import warnings

import pytest
from astropy import units as u
from astropy.io.votable.ucd import check_ucd

from catalog.schema import TABLES, Column
from catalog.sql_files import sql_files
from catalog.units import cds_unit, is_rewritten, vounit

FILES = [file for kind in ("views", "queries") for file in sql_files(kind)]
COLUMNS = {
    f"{name}.{column.name}": column
    for name, columns in [
        *((table.name, table.columns) for table in TABLES.values()),
        *((file.name, file.columns) for file in FILES),
    ]
    for column in columns
}
UNITS = sorted({column.unit for column in COLUMNS.values() if column.unit} | {"1e-6 / d", "Mx / h", "1 / h"})


@pytest.mark.parametrize("unit", UNITS)
def test_vounits_and_those_of_cds_are_read_as_the_same_unit(unit: str) -> None:
    if unit.startswith("dex"):
        assert vounit(unit) is None
        assert cds_unit(unit) is None
        return
    wanted = u.Unit(unit)
    for written, form, data_number in ((vounit(unit), "vounit", u.adu), (cds_unit(unit), "cds", u.ct)):
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # of deprecated units, and of those that a standard does not know
            read = u.Unit(written, format=form)
        if "DN" in unit:
            assert read == wanted / u.DN * data_number
        else:
            assert (1 * read).to_value(wanted) == pytest.approx(1, rel=1e-12)


def test_what_is_rewritten_is_known() -> None:
    assert all(map(is_rewritten, ("Mx", "G / pix", "DN / s", "1e-6", "percent", "dex(Mx)")))
    assert not any(map(is_rewritten, ("km/s", "Mm2", "deg", "mA / m2", "1 / Mm")))


def test_a_unit_of_another_form_is_refused() -> None:
    with pytest.raises(ValueError, match=r"m\^2: not a unit as the schema writes them"):
        vounit("m^2")


@pytest.mark.parametrize("name", COLUMNS)
def test_ucds_are_of_the_vocabulary(name: str) -> None:
    column: Column = COLUMNS[name]
    if column.ucd is not None:
        assert check_ucd(column.ucd, check_controlled_vocabulary=True), column.ucd
    elif name.split(".")[0] in TABLES:
        pytest.fail(f"{name} has no UCD")
