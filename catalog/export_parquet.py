"""Parquet that tells what its columns mean to whoever opens it.

Arrow's fields have description, unit and UCD in their metadata, as the lake's own tables do. The file's
metadata have the provenance, the fields as a VOTable without data (VOParquet, IVOA note of 2025: TOPCAT), and
as the header of an ECSV table, which is what astropy reads units and descriptions of Parquet from.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from catalog.formats import field_metadata, quoted
from catalog.provenance import Subject
from catalog.sql_files import Value
from catalog.votable_xml import votable

BATCH = 100_000  # rows that are in memory at a time


def write_parquet(
    connection: duckdb.DuckDBPyConnection,
    sql: str,
    values: Mapping[str, Value],
    what: Subject,
    about: dict[str, Any],
    path: Path,
) -> None:
    """Write the rows of a checked statement batch by batch: memory does not grow with their number."""
    lengths = _text_lengths(connection, sql, values)
    rows = connection.sql(sql, params=values).to_arrow_reader(BATCH)
    schema = described(rows.schema, what, about, lengths)
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for batch in rows:
            writer.write_batch(pa.RecordBatch.from_arrays(batch.columns, schema=schema))


def described(schema: pa.Schema, what: Subject, about: dict[str, Any], lengths: dict[str, int]) -> pa.Schema:
    """Return the schema with the meaning of fields and file in its metadata.

    Parameters
    ----------
    schema : pyarrow.Schema
    what : Subject
    about : dict
        Provenance.
    lengths : dict of int
        Longest text of the columns of text; astropy asks for it.
    """
    fields = [
        field.with_metadata(field_metadata(what.columns[field.name])) if field.name in what.columns else field
        for field in schema
    ]
    metadata = {
        "title": what.name,
        "description": what.description,
        "provenance": json.dumps(about),
        "IVOA.VOTable-Parquet.version": "1.0",
        "IVOA.VOTable-Parquet.content": "".join(votable(schema, what, about, lengths)),
        "table_meta_yaml": json.dumps(_ecsv_header(schema, what, about)),  # JSON is YAML
        **{f"table::len::{name}": str(length) for name, length in lengths.items()},
    }
    return pa.schema(fields, metadata)


def _ecsv_header(schema: pa.Schema, what: Subject, about: dict[str, Any]) -> dict[str, Any]:
    columns = []
    for field in schema:
        known = what.columns.get(field.name)
        column: dict[str, Any] = {"name": field.name, "datatype": str(field.type)}
        if known:
            column["description"] = known.description
            column |= {"unit": known.unit} if known.unit else {}
            column |= {"meta": {"ucd": known.ucd}} if known.ucd else {}
        columns.append(column)
    return {"datatype": columns, "meta": about}


def _text_lengths(
    connection: duckdb.DuckDBPyConnection, sql: str, values: Mapping[str, Value]
) -> dict[str, int]:
    """Longest text of each column of text, or of lists of it; at least 1."""
    described = connection.execute(f"DESCRIBE (\n{sql}\n)", values).fetchall()
    terms = {name: _LENGTH[kind].format(quoted(name)) for name, kind, *_ in described if kind in _LENGTH}
    if not terms:
        return {}
    row = connection.execute(f"SELECT {', '.join(terms.values())} FROM (\n{sql}\n)", values).fetchall()[0]
    return {name: max(length or 1, 1) for name, length in zip(terms, row, strict=True)}


_LENGTH = {
    "VARCHAR": "max(length({}))",
    "VARCHAR[]": "max(list_max(list_transform({}, lambda text: length(text))))",
}
