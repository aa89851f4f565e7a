"""The README of a bundle: what is in it, how it is read, how it is cited."""

from typing import Any

from catalog.schema import TABLES

README = "README.md"


def selection_in_words(selection: dict[str, Any]) -> str:
    """What was chosen, in a sentence.

    >>> selection_in_words({"noaa": [11158], "since": "2011-02-13T00:00:00", "clean": True})
    'Chosen: NOAA 11158; from 2011-02-13T00:00:00 TAI; frames with QUALITY 0 only.'
    """
    parts = []
    for name, said in (("harps", "HARP"), ("noaa", "NOAA")):
        if name in selection:
            parts.append(f"{said} {', '.join(map(str, selection[name]))}")
    for name, said in (("since", "from"), ("until", "until")):
        if name in selection:
            parts.append(f"{said} {selection[name]} TAI")
    if "kind" in selection:
        parts.append(f"features of kind {selection['kind']}")
    if "clean" in selection:
        parts.append("frames with QUALITY 0 only")
    return f"Chosen: {'; '.join(parts) or 'all that the lake has'}."


def readme(
    selection: dict[str, Any], rows: dict[str, int], harps: tuple[int, ...], about: dict[str, Any]
) -> str:
    """The text of the README."""
    tables = "\n".join(
        f"| `tables/{name}.parquet` | {number} | {TABLES[name].description} |"
        for name, number in rows.items()
    )
    first = harps[0]
    return _TEXT.format(
        chosen=selection_in_words(selection),
        harps=", ".join(map(str, harps)),
        tables=tables,
        first=first,
        software=about["software"],
        published=about["published"],
        citation=about["citation"],
        acknowledgement=about["acknowledgement"],
    )


_TEXT = """# Solar pores from SDO/HMI: a selection

{chosen}
HARPs with features in it: {harps}. Made by {software} from the catalogue of {published}.

## What is here

| file | rows | what a row is |
| --- | --- | --- |
{tables}

- `images/harp_<number>.h5`: every feature of a HARP cut out of its frame, 10 pixels around it: prepared
  `intensity`, `br` where the archive has it, and the `mask`. Attributes hold what the tables say of the
  feature, those of an image the FITS keywords that place it on the Sun.
- `datapackage.json`: columns, types, units and meaning of the tables (data package, version 2).
- `selection.json`: what was chosen, and the SQL that chose it.
- `ro-crate-metadata.json`: the same for repositories and machines (RO-Crate 1.1).
- `manifest-sha256.txt`: digests of all files; `sha256sum -c manifest-sha256.txt` checks them, `porelake
  verify DIRECTORY` checks the tables and masks, too.

A life in `tracks` is told whole, even where only a part of its frames was chosen; `frames` has frames without
features, and such as could not be used, with the reason.

## How it is read

```python
from astropy.table import QTable
import h5py

pores = QTable.read("tables/pores.parquet")  # units and descriptions come with it
print(pores["flux_mx"].to("Wb")[:3], pores["area_msh"][:3])
with h5py.File("images/harp_{first}.h5") as file:
    pore = file[pores["pore_id"][pores["harpnum"] == {first}][0]]
    intensity, mask = pore["intensity"][:], pore["mask"][:]
    keywords = {{name: value for name, value in pore["mask"].attrs.items() if name.isupper()}}
```

`astropy.wcs.WCS(keywords)` gives Carrington longitude and latitude of its pixels.

Also `pandas.read_parquet`, `duckdb`, `polars`, TOPCAT.

Times are TAI unless a description says UTC. 1 Mx = 1e-8 Wb, 1 G = 1e-4 T; `area_msh` is in millionths of a
solar hemisphere, unit 1e-6. The mask is on the working grid of the detection, `grid_scale` of its pixels to a
native one along an axis.

## How to cite

{citation}

{acknowledgement}
"""
