"""VOTable 1.4: the fields of a table with units, UCDs and time scales, and its rows as they come.

Units are those of VOUnits (`catalog.units`). Times are ISO 8601 text with the scale in a TIMESYS element,
lists are JSON. VOTable has one null for all types, the empty cell, which is also the empty text.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import pyarrow as pa
import pyarrow.compute as pc

from catalog.provenance import Subject
from catalog.schema import Column
from catalog.units import is_rewritten, vounit

_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_OPEN = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<VOTABLE version="1.4" xmlns="http://www.ivoa.net/xml/VOTable/v1.3"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    ' xsi:schemaLocation="http://www.ivoa.net/xml/VOTable/v1.3 http://www.ivoa.net/xml/VOTable/v1.3">\n'
    '<RESOURCE type="results">\n'
)
_TYPES = {"int32": "int", "int64": "long", "double": "double", "bool": "boolean"}
_INFOS = ("software", "published", "citation", "acknowledgement", "sql")
_DATA = "<DATA><TABLEDATA>\n", "</TABLEDATA></DATA>\n"


def write_votable(rows: pa.RecordBatchReader, what: Subject, about: dict[str, Any], path: Path) -> None:
    """Write a VOTable batch by batch, so that memory does not grow with the number of rows."""
    head, tail = votable(rows.schema, what, about)
    with path.open("w", encoding="utf-8") as file:
        file.write(head + _DATA[0])
        for batch in rows:
            file.writelines(_rows(batch))
        file.write(_DATA[1] + tail)


def votable(
    schema: pa.Schema, what: Subject, about: dict[str, Any], lengths: Mapping[str, int] | None = None
) -> tuple[str, str]:
    """What comes before the data of a VOTable and what after it; together they are one without data.

    `lengths` are those of the longest texts of columns, where they are known beforehand.
    """
    columns = [what.columns.get(field.name) for field in schema]
    scales = sorted({timescale(column) for column in columns if column and column.type == "timestamp"})
    parts = [_OPEN, _element("DESCRIPTION", what.description)]
    infos = {name: about[name] for name in _INFOS} | {"provenance": json.dumps(about)}
    parts += [f"<INFO name={quoteattr(name)} value={_quoted(value)}/>\n" for name, value in infos.items()]
    parts += [f'<TIMESYS ID="{scale}" timescale="{scale}" refposition="UNKNOWN"/>\n' for scale in scales]
    parts.append(f"<TABLE name={quoteattr(what.name)}>\n{_element('DESCRIPTION', what.description)}")
    parts += [
        _field(field, column, (lengths or {}).get(field.name))
        for field, column in zip(schema, columns, strict=True)
    ]
    return "".join(parts), "</TABLE>\n</RESOURCE>\n</VOTABLE>\n"


def timescale(column: Column) -> str:
    """Scale of a column of times: UTC where its description says so, else TAI."""
    return "UTC" if "UTC" in column.description else "TAI"


def told(column: Column) -> str:
    """Meaning of a column, with the schema's unit where the format writes another one."""
    rewritten = column.unit and is_rewritten(column.unit)
    return f"{column.description} [{column.unit}]" if rewritten else column.description


def _field(field: pa.Field, column: Column | None, length: int | None) -> str:
    attributes = {"name": field.name, **_type(field.type)}
    if length is not None and not pa.types.is_list(field.type):
        attributes["arraysize"] = str(length)
    if column:
        attributes["unit"] = vounit(column.unit or "") or ""
        attributes["ucd"] = column.ucd or ""
        if column.type == "timestamp":
            attributes["ref"] = timescale(column)
    text = " ".join(f"{name}={quoteattr(value)}" for name, value in attributes.items() if value)
    return (
        f"<FIELD {text}>{_element('DESCRIPTION', told(column))}</FIELD>\n" if column else f"<FIELD {text}/>\n"
    )


def _type(kind: pa.DataType) -> dict[str, str]:
    if pa.types.is_timestamp(kind):
        return {"datatype": "char", "arraysize": "*", "xtype": "timestamp"}
    if str(kind) in _TYPES:
        return {"datatype": _TYPES[str(kind)]}
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return {"datatype": "long" if pa.types.is_integer(kind) else "double"}
    return {"datatype": "unicodeChar", "arraysize": "*"}


def _element(name: str, text: str) -> str:
    return f"<{name}>{escape(_legal(text))}</{name}>\n"


def _quoted(text: str) -> str:
    return quoteattr(_legal(text))


def _legal(text: str) -> str:
    """The text without what no XML file can hold."""
    return _NOT_IN_XML.sub("\ufffd", text)


def _rows(batch: pa.RecordBatch) -> Iterator[str]:
    cells = [texts(column) for column in batch.columns]
    for row in zip(*cells, strict=True):
        yield "<TR>" + "".join(f"<TD>{'' if cell is None else _cell(cell)}</TD>" for cell in row) + "</TR>\n"


def _cell(text: str) -> str:
    return escape(_legal(text)) if not text.isalnum() else text


def texts(column: pa.Array) -> list[str | None]:
    """Values of a column as text, None for null: numbers in full, ISO 8601 times, lists as JSON."""
    kind = column.type
    if pa.types.is_timestamp(kind):
        return pc.strftime(column.cast(pa.timestamp("ms")), "%Y-%m-%dT%H:%M:%S").to_pylist()  # type: ignore[no-any-return]
    values = column.to_pylist()
    if pa.types.is_floating(kind):
        return [None if value is None or value != value else repr(value) for value in values]
    if pa.types.is_list(kind):
        return [None if value is None else json.dumps(value, default=str) for value in values]
    if pa.types.is_boolean(kind):
        return [None if value is None else "T" if value else "F" for value in values]
    return [None if value is None else str(value) for value in values]
