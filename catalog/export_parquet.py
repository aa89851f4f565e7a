"""Parquet with the meaning of columns in their fields and the provenance in the file's metadata."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from catalog.formats import field_metadata
from catalog.provenance import Subject


def write_parquet(rows: pa.RecordBatchReader, what: Subject, about: dict[str, Any], path: Path) -> None:
    """Write rows batch by batch, so that memory does not grow with their number."""
    schema = described(rows.schema, what, about)
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for batch in rows:
            writer.write_batch(pa.RecordBatch.from_arrays(batch.columns, schema=schema))


def described(schema: pa.Schema, what: Subject, about: dict[str, Any]) -> pa.Schema:
    """Return the schema with description, unit and UCD in its fields, and provenance in its metadata."""
    fields = [
        field.with_metadata(field_metadata(what.columns[field.name])) if field.name in what.columns else field
        for field in schema
    ]
    return pa.schema(
        fields, {"title": what.name, "description": what.description, "provenance": json.dumps(about)}
    )
