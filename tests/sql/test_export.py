"""Exports come back from each format with their values, units, meaning and provenance."""

import csv
import io
import json
import shutil
import subprocess
import warnings
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy import units as u
from astropy.io import fits
from astropy.io.votable import parse
from astropy.table import Table

from catalog.export import FORMATS, export, format_of, write_rows
from catalog.provenance import Rows, Subject, subject
from catalog.provenance import provenance as provenance_of
from catalog.query import Question, connect
from catalog.schema import TABLES
from catalog.sql_files import sql_file, sql_files
from pores.errors import InputError

SUBJECTS = [*TABLES, *(file.name for kind in ("views", "queries") for file in sql_files(kind)), "published"]
# Of queries that mean nothing without it, a life that the lake need not have.
NEEDED = {
    file.name: {
        parameter.name: "1_20110215_000000_001" for parameter in file.parameters if not parameter.default
    }
    for file in sql_files("queries")
}
TOLD = ("pore_lifetime", "pore_lifetime_vs_mean_br")
ASTROPY = ("votable", "fits", "ecsv", "mrt", "parquet")
STILTS = shutil.which("stilts")
_READERS = {"votable": "votable", "ecsv": "ascii.ecsv", "mrt": "ascii.mrt", "parquet": "parquet"}


def read(path, form):
    if form == "fits":
        return Table.read(path, hdu=1)
    return Table.read(path, format=_READERS[form])


def text(value) -> str:
    """A cell as text, empty for null."""
    return "" if value is np.ma.masked or value is None or str(value) == "None" else str(value)


@pytest.fixture(scope="session")
def exported(lake, tmp_path_factory):
    """Gives the file of an export, which is written once; read only."""
    root, there = tmp_path_factory.mktemp("exported"), {}

    def write(name, form, **params):
        if (name, form) not in there:
            there[name, form] = export(lake, name, params, form, root / f"{name}.{form}")[0]
        return there[name, form]

    return write


COLUMNS = {
    **{table.name: table.columns for table in TABLES.values()},
    **{file.name: file.columns for file in map(sql_file, ["views", "queries"], TOLD)},
}


@pytest.mark.parametrize("form", ASTROPY)
@pytest.mark.parametrize("table", COLUMNS)
def test_units_come_back(exported, table, form) -> None:
    found = read(exported(table, form), form)
    whole = form in ("ecsv", "parquet")  # has the schema's units
    assert set(found.colnames) == {column.name for column in COLUMNS[table]}
    for column in COLUMNS[table]:
        unit = found[column.name].unit
        if column.unit in (None, "") or (column.unit == "dex(Mx)" and not whole):
            assert unit is None
        elif column.unit == "DN / s" and not whole:  # no standard knows DN
            assert unit in (u.adu / u.s, u.ct / u.s)
        else:
            assert (1 * unit).to_value(u.Unit(column.unit)) == pytest.approx(1)
        if form != "fits":  # astropy does not read TCOMM
            assert " ".join(found[column.name].description.split()).startswith(column.description)


@pytest.mark.parametrize("form", ["votable", "fits", "ecsv", "parquet"])
def test_ucds_come_back(exported, form) -> None:
    path = exported("pores", form)
    found = read(path, form)
    if form == "fits":
        header = fits.getheader(path, 1)
        ucds = {name: header[f"TUCD{number}"] for number, name in enumerate(found.colnames, 1)}
    else:
        ucds = {name: found[name].meta["ucd"] for name in found.colnames}
    assert ucds == {column.name: column.ucd for column in TABLES["pores"].columns}


@pytest.mark.parametrize("form", ASTROPY)
def test_values_come_back(lake, exported, form) -> None:
    found = read(exported("pores", form), form)
    with connect(lake) as connection:
        rows = connection.execute(
            "SELECT pore_id, t_rec, area_mm2, flux_mx, touches_edge, label FROM pores"
            " ORDER BY harpnum, t_rec, label"
        ).fetchall()
    assert [str(value) for value in found["pore_id"]] == [row[0] for row in rows]
    assert [str(value)[:23] for value in found["t_rec"]] == [
        row[1].isoformat(timespec="milliseconds") for row in rows
    ]
    assert list(found["area_mm2"]) == [row[2] for row in rows]
    assert list(np.ma.filled(found["flux_mx"], np.nan)) == pytest.approx(
        [np.nan if row[3] is None else row[3] for row in rows], nan_ok=True
    )
    assert [str(value)[0] for value in found["touches_edge"]] == [str(row[4])[0] for row in rows]
    assert list(found["label"]) == [row[5] for row in rows]


@pytest.mark.parametrize("form", ASTROPY)
def test_nulls_come_back(exported, form) -> None:
    found = read(exported("frames", form), form)
    n_pores = np.ma.masked_invalid(np.ma.array(found["n_pores"], float))
    assert list(np.ma.getmaskarray(n_pores)) == [*[False] * 11, True, False, False]
    assert [text(reason) for reason in found["reason"] if text(reason)] == ["missing segment"]
    assert {text(value) for value in found["oracle_ok"]} == {""}


def test_mx_is_flux_in_every_format(exported) -> None:
    wanted = np.nansum(pq.read_table(exported("tracks", "parquet"))["mean_area_mm2"].to_numpy())
    assert wanted > 0
    for form in ASTROPY:
        pores = read(exported("pores", form), form)
        flux = u.Quantity(np.nan_to_num(np.ma.filled(pores["flux_mx"], 0)), pores["flux_mx"].unit)
        expected = np.ma.filled(pores["mean_br"], 0) * np.array(pores["area_mm2"])
        np.testing.assert_allclose(flux.to_value(u.G * u.Mm**2), np.abs(np.nan_to_num(expected)), rtol=1e-9)


def test_csv_is_plain_and_a_data_package_tells_of_it(lake, tmp_path) -> None:
    files = export(lake, "harps", {}, "csv", tmp_path / "harps.csv")
    assert [path.name for path in files] == ["harps.csv", "harps.datapackage.json"]
    rows = list(csv.DictReader(io.StringIO(files[0].read_text())))
    assert [row["noaa_ars"] for row in rows] == ["[11158]", "[11158]"]
    assert rows[0]["t_first"] == "2011-02-15T00:00:00.000"
    assert pd.read_csv(files[0])["n_frames"].tolist() == [10, 4]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of what frictionless is made of
@pytest.mark.parametrize("name", ["pores", "frames", "events", "harps", "pore_lifetime_vs_mean_br"])
def test_data_packages_are_valid_and_read(lake, tmp_path, name) -> None:
    from frictionless import Package

    csv_file, descriptor = export(lake, name, {}, "csv", tmp_path / f"{name}.csv")
    package = Package(str(descriptor))
    report = package.validate()
    assert report.valid, report.flatten(["rowNumber", "fieldName", "message"])[:5]
    rows = package.resources[0].read_rows()
    assert len(rows) == len(pd.read_csv(csv_file))
    if name == "frames":
        assert [row["n_pores"] for row in rows].count(None) == 1
        assert rows[0]["t_rec"] == datetime(2011, 2, 15)
        assert rows[0]["usable"] is True
    if name == "events":
        assert isinstance(rows[0]["from_track_ids"], list)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_data_package_finds_what_is_wrong(lake, tmp_path) -> None:
    from frictionless import Package

    csv_file, descriptor = export(lake, "pores", {}, "csv", tmp_path / "pores.csv")
    csv_file.write_text(csv_file.read_text().replace("spline", "spline,1", 1))
    found = {error[0] for error in Package(str(descriptor)).validate().flatten(["type"])}
    assert "hash-count" in found


def test_csv_columns_have_units_and_meaning(lake, tmp_path) -> None:
    told = json.loads(export(lake, "pores", {}, "csv", tmp_path / "p.csv")[1].read_text())
    schema = told["resources"][0]["schema"]
    flux = next(field for field in schema["fields"] if field["name"] == "flux_mx")
    assert flux["unit"] == "Mx"
    assert flux["description"] == "Unsigned radial flux through the mask"
    assert flux["ucd"] == "phys.magField"
    assert schema["primaryKey"] == ["pore_id", "run_id"]
    assert "courtesy of NASA/SDO" in told["rights"]
    assert "licenses" not in told  # the owner's to say


def test_parquet_tells_units_and_provenance_and_is_read_by_others(exported) -> None:
    path = exported("tracks", "parquet")
    schema = pq.read_schema(path)
    assert schema.field("mean_br").metadata[b"unit"] == b"G"
    assert json.loads(schema.metadata[b"provenance"])["title"] == "tracks"
    assert len(pd.read_parquet(path)) == 10
    assert duckdb.sql(f"SELECT count(*) FROM '{path}'").fetchall() == [(10,)]
    assert len(Table.read(exported("links", "parquet"))) == 38


def test_parquet_is_voparquet(exported, tmp_path) -> None:
    path = exported("tracks", "parquet")
    metadata = pq.ParquetFile(path).metadata.metadata
    assert metadata[b"IVOA.VOTable-Parquet.version"] == b"1.0"
    (tmp_path / "fields.vot").write_bytes(metadata[b"IVOA.VOTable-Parquet.content"])
    fields = read(tmp_path / "fields.vot", "votable")
    assert fields.colnames == pq.read_schema(path).names
    assert fields["max_flux_mx"].unit == u.Unit("1e-8 Wb")


@pytest.mark.filterwarnings("ignore:In merged column")  # descriptions tell the unit that VOUnits rewrites
def test_astropy_reads_voparquet_without_times(exported) -> None:
    path = exported("pore_lifetime_vs_mean_br", "parquet")  # with times it fails: it takes them for objects
    found = Table.read(path, format="parquet.votable")
    assert len(found) == pq.ParquetFile(path).metadata.num_rows > 0
    assert found["br_from"].unit == u.Unit("1e-4 T")


def provenance(path, form):
    if form == "csv":
        return json.loads(path.with_name(f"{path.stem}.datapackage.json").read_text())["provenance"]
    if form == "mrt":
        notes = path.read_text().split("-" * 80)[-2].split("Note: ")[1:]
        told = dict(note.split(":", 1) for note in notes)
        about = {name: " ".join(value.split()) for name, value in told.items()}
        about |= {name: json.loads(about[name]) for name in ("runs", "configs", "parameters")}
        return about | {"description": path.read_text().split("Authors:")[0]}
    if form == "parquet":
        return json.loads(pq.read_schema(path).metadata[b"provenance"])
    if form == "ecsv":
        return Table.read(path, format="ascii.ecsv").meta
    if form == "fits":
        return json.loads(fits.getdata(path, "PROVENANCE")["json"][0])
    infos = {info.name: info.value for info in parse(path).resources[0].infos}
    assert infos["citation"] == json.loads(infos["provenance"])["citation"]
    return json.loads(infos["provenance"])


@pytest.mark.parametrize("form", FORMATS)
def test_provenance_is_inside(exported, form) -> None:
    about = provenance(exported("longest_lives", form, rows="2"), form)
    assert [run["run_id"] for run in about["runs"]] == ["aaaa", "bbbb"]
    assert about["configs"][about["runs"][0]["config_hash"]] == {"enhance": "spline"}
    assert about["parameters"]["rows"] == "2"
    assert "Bobra" in about["citation"]
    assert "courtesy of NASA/SDO" in about["acknowledgement"]
    assert "SELECT" in about["sql"]
    assert "One row per" in about["description"]


@pytest.mark.parametrize("form", FORMATS)
def test_every_table_view_and_query_in_every_format(lake, tmp_path, form) -> None:
    path = tmp_path / f"out.{form}"
    with connect(lake, path) as connection:
        for name in set(SUBJECTS) - set(COLUMNS):  # those are looked at closely
            what = subject(connection, name, NEEDED.get(name, {}))
            path.unlink(missing_ok=True)
            write_rows(connection, what, provenance_of(connection, what), form, path)
            assert path.stat().st_size > 0, name


@pytest.mark.parametrize("form", ASTROPY)
@pytest.mark.parametrize("name", ["pores", "frames", "events"])
def test_tables_without_rows_keep_their_columns_and_types(lake, empty_lake, tmp_path, form, name) -> None:
    empty, full = (
        read(export(of, name, {}, form, tmp_path / of.root.name)[0], form) for of in (empty_lake, lake)
    )
    assert len(empty) == 0
    assert empty.colnames == full.colnames
    # empty columns of text in FITS; with nulls, astropy reads integers of Parquet as floats
    kinds = {"U": "S"} if form != "parquet" else {"i": "f", "O": "b"}
    assert [kinds.get(empty[c].dtype.kind, empty[c].dtype.kind) for c in empty.colnames] == [
        kinds.get(full[c].dtype.kind, full[c].dtype.kind) for c in full.colnames
    ]


@pytest.mark.parametrize("name", [*TABLES, *TOLD, "published"])
def test_votables_are_valid(exported, empty_lake, tmp_path, name) -> None:
    paths = exported(name, "votable"), export(empty_lake, name, {}, "votable", tmp_path / "empty.vot")[0]
    for path in paths:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert len(parse(path, verify="exception").resources[0].tables[0].fields) > 1


@pytest.mark.skipif(STILTS is None, reason="stilts is not installed")
def test_topcats_validator_finds_nothing(exported, empty_lake, tmp_path) -> None:
    paths = [exported("frames", "votable"), exported("events", "votable")]
    paths.append(export(empty_lake, "frames", {}, "votable", tmp_path / "empty.vot")[0])
    assert [votlint(path) for path in paths] == ["", "", ""]
    spoilt = tmp_path / "spoilt.vot"
    spoilt.write_text(paths[0].read_text().replace('datatype="double"', 'datatype="dodo"', 1))
    assert "Unknown datatype 'dodo'" in votlint(spoilt)  # so it does look


def votlint(path) -> str:
    command = [STILTS, "votlint", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout + done.stderr


def test_times_of_votables_say_their_scale(exported) -> None:
    path = exported("frames", "votable")
    assert {system.ID: system.timescale for system in parse(path).resources[0].time_systems} == {
        "TAI": "TAI",
        "UTC": "UTC",
    }
    fields = {field.name: field for field in parse(path).resources[0].tables[0].fields}
    assert (fields["t_rec"].ref, fields["t_obs"].ref, fields["usable"].ref) == ("TAI", "UTC", None)
    header = fits.getheader(exported("frames", "fits"), 1)
    assert (header["TCTYP2"], header["TCTYP3"]) == ("TAI", "UTC")


@pytest.mark.parametrize("name", [*TABLES, *TOLD])
def test_fits_keeps_to_its_standard(exported, empty_lake, tmp_path, name) -> None:
    for path in (exported(name, "fits"), export(empty_lake, name, {}, "fits", tmp_path / "empty.fits")[0]):
        with fits.open(path, checksum=True) as hdus:  # a wrong checksum is a warning, which is an error here
            hdus.verify("exception")
            assert [hdu.name for hdu in hdus] == ["PRIMARY", name.upper(), "PROVENANCE"]
            assert all("CHECKSUM" in hdu.header for hdu in hdus)


HARD = [
    *("x", "", None, "Šárka & <Br> \"'", "a\x01b", " padded ", "two\nlines", "1e5", "ý" * 300, "'"),
    *("nan", "-"),
]
REAL = [0.1, None, 1e-300, -1.7976931348623157e308, 1 / 3, 0.0, -0.0, 1e22, 2.0, 3.5, 4.0, 5.0]
WHOLE = [1, None, 2**62, -(2**53) - 1, 0, 7, -5, 3, 4, 5, 6, 8]


@pytest.mark.parametrize("form", [*ASTROPY, "csv"])
def test_hard_values_come_back(form, tmp_path) -> None:
    values = {
        "word": pa.array(HARD),
        "whole": pa.array(WHOLE, pa.int64()),
        "real": pa.array(
            [0.1, None, 1e-300, -1.7976931348623157e308, 1 / 3, 0.0, -0.0, 1e22, 2.0, 3.5, 4, 5]
        ),
        "truth": pa.array([True, None, False] * 4),
        "several": pa.array([["é", 'q"'], [], ["a"]] * 4),
    }
    found = written(pa.table(values), form, tmp_path)
    assert [None if np.ma.is_masked(x) or x is None or x != x else float(x) for x in found["real"]] == values[
        "real"
    ].to_pylist()
    whole = [None if np.ma.is_masked(x) or x is None or x != x else int(x) for x in found["whole"]]
    exact = form != "parquet"  # astropy makes floats of integers with nulls
    assert whole == WHOLE if exact else whole[:2] == WHOLE[:2]
    truths = {"t": True, "1": True, "f": False, "0": False}
    assert [truths.get(str(value)[0].lower()) for value in found["truth"]] == values["truth"].to_pylist()
    assert [text(value) for value in found["word"]] == [in_form(word, form) for word in HARD]
    if form != "parquet":
        wanted = [json.dumps(item) for item in values["several"].to_pylist()]
        assert [json.loads(str(x)) for x in found["several"]] == [json.loads(item) for item in wanted]


def in_form(word: str | None, form: str) -> str:
    """What a format can hold of a text."""
    if word is None:
        return ""
    if form == "votable":
        word = word.replace("\x01", "\ufffd")
    if form in ("fits", "mrt"):
        word = word.encode("ascii", "backslashreplace").decode()
    if form == "mrt":
        word = " ".join(word.splitlines())
    if form == "fits":
        return word.rstrip()
    return word if form == "parquet" else word.strip()  # as astropy reads the others


def written(rows: pa.Table, form: str, directory) -> Table:
    """A table without meaning, through a format and back."""
    what, path = Subject("hard", "Hard values", Question("", {}), {}), directory / f"hard.{form}"
    about = dict.fromkeys(("software", "published", "citation", "acknowledgement", "sql"), "x") | {"runs": []}
    connection = duckdb.connect()
    connection.register("hard", rows)
    what = replace(what, question=Question("SELECT * FROM hard", {}))
    write_rows(connection, what, about, form, path)
    if form == "csv":
        return Table.read(path, format="ascii.csv", fill_values=[("", "0")], encoding="utf-8")
    return read(path, form)


def test_some_rows_of_a_table(lake, tmp_path) -> None:
    out = tmp_path / "p.parquet"
    export(lake, "pores", {}, "parquet", out, Rows((1,), "area_px > 300 AND kind = 'pore' OR FALSE"))
    found = pq.read_table(out).to_pandas()
    assert len(found) == 10
    assert set(found.harpnum) == {1}
    assert (found.area_px > 300).all()
    about = json.loads(pq.read_schema(out).metadata[b"provenance"])
    assert "area_px > 300" in about["sql"]
    assert [run["harpnum"] for run in about["runs"]] == [1]


@pytest.mark.parametrize(
    ("name", "rows", "said"),
    [
        ("pores", Rows(where="area > 5"), '"area" not found'),
        ("pores", Rows(where="1) UNION SELECT * FROM read_csv('/etc/passwd') --"), "sql: "),
        ("pores", Rows(where="TRUE; DROP VIEW pores"), "sql: "),
        ("published", Rows((1,)), "--harp: published has no column harpnum"),
        ("pores", Rows((1, 5)), "--harp 5: the lake has no such HARP"),
        ("longest_lives", Rows(where="TRUE"), "choose rows of tables and views, not of a query"),
    ],
)
def test_wrong_rows(lake, tmp_path, name, rows, said) -> None:
    with pytest.raises(InputError, match=said):
        export(lake, name, {}, "csv", tmp_path / "x.csv", rows)
    assert list(tmp_path.iterdir()) == []


def test_formats_by_name() -> None:
    named = {
        "a.csv": "csv",
        "a.parquet": "parquet",
        "a.vot": "votable",
        "a.xml": "votable",
        "a.votable": "votable",
    }
    named |= {"a.FITS": "fits", "a.ecsv": "ecsv", "a.mrt": "mrt", "a.txt": "mrt"}
    assert {name: format_of(Path(name)) for name in named} == named
    with pytest.raises(
        InputError, match=r"--out a\.xlsx: the name tells no format; add --format csv\|parquet"
    ):
        format_of(Path("a.xlsx"))


def test_equal_catalogues_give_equal_files(lake, exported, tmp_path) -> None:
    for form in FORMATS:
        one, two = exported("pores", form), export(lake, "pores", {}, form, tmp_path / "two")[0]
        assert one.read_bytes() == two.read_bytes(), form


@pytest.mark.parametrize(
    ("name", "params", "form", "said"),
    [
        ("pores", {}, "xlsx", "--format xlsx: the formats are csv, parquet, votable, fits, ecsv, mrt"),
        ("pore", {}, "csv", "pore: no such table or query; did you mean pores"),
        ("pores", {"a": "1"}, "csv", "--param a: pores is a table, which has no parameters"),
        ("longest_lives", {"a": "1"}, "csv", "--param a: no parameter of longest_lives"),
        ("longest_lives", {"rows": "x"}, "csv", "--param rows=x: not a value of type INTEGER"),
        ("pores; DROP VIEW pores", {}, "csv", "no such table"),
    ],
)
def test_wrong_requests(lake, tmp_path, name, params, form, said) -> None:
    with pytest.raises(InputError, match=said):
        export(lake, name, params, form, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []
