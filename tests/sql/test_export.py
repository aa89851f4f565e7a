"""Exports come back from each format with their values, units, meaning and provenance."""

import csv
import io
import json
import os
import subprocess
import sys

import duckdb
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from astropy import units as u
from astropy.io import fits
from astropy.io.votable import parse
from astropy.table import Table
from astropy.utils.exceptions import AstropyUserWarning

from catalog.export import FORMATS, export
from catalog.query import connect
from catalog.schema import TABLES
from catalog.sql_files import sql_files
from pores.errors import InputError

SUBJECTS = [*TABLES, *(file.name for kind in ("views", "queries") for file in sql_files(kind)), "published"]


def read(path, form):
    if form == "fits":
        return Table.read(path, hdu=1)
    return Table.read(path, format={"votable": "votable", "ecsv": "ascii.ecsv"}[form])


@pytest.fixture
def exported(lake, tmp_path):
    def write(name, form, **params):
        return export(lake, name, params, form, tmp_path / f"{name}.{form}")[0]

    return write


@pytest.mark.parametrize("form", ["votable", "fits", "ecsv"])
@pytest.mark.parametrize("table", ["pores", "tracks", "frames"])
def test_units_come_back(exported, table, form) -> None:
    found = read(exported(table, form), form)
    for column in TABLES[table].columns:
        unit = found[column.name].unit
        if column.unit in (None, "") or (column.unit == "dex(Mx)" and form != "ecsv"):
            assert unit is None
        elif column.unit == "DN / s" and form != "ecsv":  # neither standard knows DN
            assert unit in (u.adu / u.s, u.ct / u.s)
        else:
            assert (1 * unit).to_value(u.Unit(column.unit)) == pytest.approx(1)
        if form != "fits":  # astropy does not read TCOMM
            assert " ".join(found[column.name].description.split()).startswith(column.description)


@pytest.mark.parametrize("form", ["votable", "fits", "ecsv"])
def test_values_come_back(lake, exported, form) -> None:
    found = read(exported("pores", form), form)
    with connect(lake) as connection:
        rows = connection.execute(
            "SELECT pore_id, t_rec, area_mm2, flux_mx, touches_edge, label FROM pores"
            " ORDER BY harpnum, t_rec, label"
        ).fetchall()
    assert [str(value) for value in found["pore_id"]] == [row[0] for row in rows]
    assert [str(value) for value in found["t_rec"]] == [
        row[1].isoformat(timespec="milliseconds") for row in rows
    ]
    assert list(found["area_mm2"]) == [row[2] for row in rows]
    assert list(np.ma.filled(found["flux_mx"], np.nan)) == pytest.approx(
        [np.nan if row[3] is None else row[3] for row in rows], nan_ok=True
    )
    assert list(found["touches_edge"]) == [row[4] for row in rows]
    assert list(found["label"]) == [row[5] for row in rows]


@pytest.mark.parametrize("form", ["votable", "fits", "ecsv"])
def test_nulls_come_back(exported, form) -> None:
    found = read(exported("frames", form), form)
    n_pores = found["n_pores"]
    assert list(np.ma.getmaskarray(n_pores)) == [*[False] * 11, True, False, False]
    reasons = np.ma.filled(found["reason"].astype(str), "") if form != "fits" else found["reason"].astype(str)
    assert [str(reason) for reason in reasons if str(reason) not in ("", "--")] == ["missing segment"]
    assert np.all(np.ma.getmaskarray(found["oracle_ok"]))


def test_mx_is_flux_in_every_format(exported) -> None:
    wanted = np.nansum(pq.read_table(exported("tracks", "parquet"))["mean_area_mm2"].to_numpy())
    assert wanted > 0
    for form in ("votable", "fits", "ecsv"):
        pores = read(exported("pores", form), form)
        flux = u.Quantity(np.ma.filled(pores["flux_mx"], 0), pores["flux_mx"].unit)
        expected = np.ma.filled(pores["mean_br"], 0) * np.array(pores["area_mm2"])
        np.testing.assert_allclose(flux.to_value(u.G * u.Mm**2), np.abs(np.nan_to_num(expected)), rtol=1e-9)


ROWS_OF_ALL_LENGTHS = """
import sys
from pathlib import Path
import pyarrow as pa
from catalog.export_astropy import write_votable
from catalog.provenance import Subject
from catalog.query import Question

text = pa.table({"text": ["x" * n for n in range(600)]})
write_votable(text.to_reader(), Subject("x", "x", Question("", {}), {}), {}, Path(sys.argv[1]))
"""


def test_no_row_of_a_votable_breaks_memory(tmp_path) -> None:
    checked = {**os.environ, "PYTHONMALLOC": "debug"}  # dies of what is written beyond a buffer
    out = tmp_path / "x.vot"
    subprocess.run([sys.executable, "-c", ROWS_OF_ALL_LENGTHS, str(out)], check=True, env=checked)
    assert [len(text) for text in read(out, "votable")["text"]] == list(range(600))


def test_csv_is_plain_and_told_beside(lake, tmp_path) -> None:
    files = export(lake, "harps", {}, "csv", tmp_path / "harps.csv")
    assert [path.name for path in files] == ["harps.csv", "harps.csv-metadata.json"]
    rows = list(csv.DictReader(io.StringIO(files[0].read_text())))
    assert [row["noaa_ars"] for row in rows] == ["[11158]", "[11158]"]
    told = json.loads(files[1].read_text())
    assert told["url"] == "harps.csv"
    assert [column["name"] for column in told["tableSchema"]["columns"]] == list(rows[0])
    assert pd.read_csv(files[0])["n_frames"].tolist() == [10, 4]


def test_csv_columns_have_units_and_meaning(lake, tmp_path) -> None:
    told = json.loads(export(lake, "pores", {}, "csv", tmp_path / "p.csv")[1].read_text())
    flux = next(column for column in told["tableSchema"]["columns"] if column["name"] == "flux_mx")
    assert flux["schema:unitText"] == "Mx"
    assert flux["dc:description"] == "Unsigned radial flux through the mask"
    assert flux["dc:identifier"] == "ucd:phys.magField"


def test_parquet_tells_units_and_provenance_and_is_read_by_others(exported) -> None:
    path = exported("tracks", "parquet")
    schema = pq.read_schema(path)
    assert schema.field("mean_br").metadata[b"unit"] == b"G"
    assert json.loads(schema.metadata[b"provenance"])["title"] == "tracks"
    assert len(pd.read_parquet(path)) == 10
    assert duckdb.sql(f"SELECT count(*) FROM '{path}'").fetchall() == [(10,)]
    with pytest.warns(AstropyUserWarning, match="No table::len"):  # a key of astropy's own
        assert len(Table.read(exported("links", "parquet"))) == 38


def provenance(path, form):
    if form == "csv":
        return json.loads(path.with_name(f"{path.name}-metadata.json").read_text())["dc:provenance"]
    if form == "parquet":
        return json.loads(pq.read_schema(path).metadata[b"provenance"])
    if form == "ecsv":
        return Table.read(path, format="ascii.ecsv").meta
    if form == "fits":
        return json.loads(fits.getdata(path, "PROVENANCE")["json"][0])
    return json.loads(parse(path).resources[0].infos[0].value)


@pytest.mark.parametrize("form", FORMATS)
def test_provenance_is_inside(exported, form) -> None:
    about = provenance(exported("pore_lifetime_vs_mean_br", form, bin_g="100"), form)
    assert [run["run_id"] for run in about["runs"]] == ["aaaa", "bbbb"]
    assert about["configs"][about["runs"][0]["config_hash"]] == {"enhance": "spline"}
    assert about["parameters"]["bin_g"] == "100.0"
    assert "Bobra" in about["citation"]
    assert "censored" in about["description"]


@pytest.mark.parametrize("form", FORMATS)
def test_every_table_view_and_query_in_every_format(lake, tmp_path, form) -> None:
    for name in SUBJECTS:
        for path in export(lake, name, {}, form, tmp_path / f"{name}.{form}"):
            assert path.stat().st_size > 0


@pytest.mark.parametrize("form", ["votable", "fits", "ecsv"])
@pytest.mark.parametrize("name", ["pores", "frames", "events"])
def test_tables_without_rows_keep_their_columns_and_types(lake, empty_lake, tmp_path, form, name) -> None:
    empty, full = (
        read(export(of, name, {}, form, tmp_path / of.root.name)[0], form) for of in (empty_lake, lake)
    )
    assert len(empty) == 0
    assert empty.colnames == full.colnames
    kinds = {"U": "S"}  # the empty string columns of FITS
    assert [kinds.get(empty[c].dtype.kind, empty[c].dtype.kind) for c in empty.colnames] == [
        kinds.get(full[c].dtype.kind, full[c].dtype.kind) for c in full.colnames
    ]


def test_equal_catalogues_give_equal_files(lake, tmp_path) -> None:
    for form in ("csv", "parquet", "ecsv", "fits"):
        one, two = (export(lake, "pores", {}, form, tmp_path / f"{i}")[0] for i in (1, 2))
        assert one.read_bytes() == two.read_bytes(), form


@pytest.mark.parametrize(
    ("name", "params", "form", "said"),
    [
        ("pores", {}, "xlsx", "--format xlsx: the formats are csv, parquet, votable, fits, ecsv"),
        ("pore", {}, "csv", "pore: no such table or query; there are .*pores"),
        ("pores", {"a": "1"}, "csv", "--param a: pores is a table, which has no parameters"),
        ("longest_lives", {"a": "1"}, "csv", "--param a: the query longest_lives has no such parameter"),
        ("longest_lives", {"rows": "x"}, "csv", "--param rows=x: not a value of type INTEGER"),
        ("pores; DROP VIEW pores", {}, "csv", "no such table"),
    ],
)
def test_wrong_requests(lake, tmp_path, name, params, form, said) -> None:
    with pytest.raises(InputError, match=said):
        export(lake, name, params, form, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []
