"""The description of a bundle as an RO-Crate (Research Object Crate 1.1): JSON-LD that repositories read."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from catalog.data_package import digest
from catalog.provenance import ACKNOWLEDGEMENT, CITATION

METADATA = "ro-crate-metadata.json"
_SPEC = "https://w3id.org/ro/crate/1.1"
_RULES = "https://sdo.gsfc.nasa.gov/data/rules.php"
_PAPER = "https://doi.org/10.1007/s11207-014-0529-3"
_SOFTWARE, _ACTION, _SOURCE = "#porelake", "#export", "#source"
_FORMATS = {
    ".parquet": "application/vnd.apache.parquet",
    ".csv": "text/csv",
    ".h5": "application/x-hdf5",
    ".md": "text/markdown",
    ".json": "application/json",
    ".txt": "text/plain",
    ".votable": "application/x-votable+xml",
    ".fits": "application/fits",
    ".ecsv": "text/plain",
    ".mrt": "text/plain",
}


@dataclass(frozen=True)
class Told:
    """What a crate says beside its files: title, selection in words, software, series, time of making."""

    title: str
    selection: str
    software: str
    series: tuple[str, ...]
    made: str


def crate(root: Path, files: dict[str, str], told: Told, undigested: str) -> dict[str, Any]:
    """Return the metadata of a crate.

    Parameters
    ----------
    root : Path
    files : dict
        What each file below the root is, by its path.
    told : Told
    undigested : str
        The file that holds digests of the others, this description among them: none can be given of it.
    """
    parts = [{"@id": name} for name in files]
    entities = [
        {
            "@id": METADATA,
            "@type": "CreativeWork",
            "about": {"@id": "./"},
            "conformsTo": {"@id": _SPEC},
        },
        {
            "@id": "./",
            "@type": "Dataset",
            "name": told.title,
            "description": f"{told.title}: tables, masks and cut-outs. {told.selection}",
            "datePublished": told.made,
            "license": {"@id": _RULES},
            "citation": {"@id": _PAPER},
            "creditText": CITATION,
            "hasPart": parts,
            "mentions": {"@id": _ACTION},
        },
        *(_file(root, name, meaning, name != undigested) for name, meaning in files.items()),
        *_context(told, parts),
    ]
    return {"@context": f"{_SPEC}/context", "@graph": entities}


def _file(root: Path, name: str, meaning: str, digested: bool) -> dict[str, Any]:
    path = root / name
    entity: dict[str, Any] = {
        "@id": name,
        "@type": "File",
        "name": path.name,
        "description": meaning,
        "encodingFormat": _FORMATS[path.suffix],
    }
    if digested:
        entity |= {"contentSize": str(path.stat().st_size), "sha256": digest(path)}
    return entity


def _context(told: Told, parts: list[dict[str, str]]) -> list[dict[str, Any]]:
    """What is not a file: software, what it did with what, the paper of the data, the rules of their use."""
    name, _, version = told.software.partition(" ")
    return [
        {"@id": _SOFTWARE, "@type": "SoftwareApplication", "name": name, "softwareVersion": version},
        {
            "@id": _SOURCE,
            "@type": "Dataset",
            "name": f"SDO/HMI series {', '.join(told.series)}",
            "url": "http://jsoc.stanford.edu/",
            "citation": {"@id": _PAPER},
        },
        {
            "@id": _ACTION,
            "@type": "CreateAction",
            "name": "porelake export --bundle",
            "description": told.selection,
            "endTime": told.made,
            "instrument": {"@id": _SOFTWARE},
            "object": {"@id": _SOURCE},
            "result": parts,
        },
        {
            "@id": _PAPER,
            "@type": "ScholarlyArticle",
            "name": "The Helioseismic and Magnetic Imager (HMI) Vector Magnetic Field Pipeline: SHARPs",
            "author": "Bobra, M. G.; Sun, X.; Hoeksema, J. T.; et al.",
            "datePublished": "2014",
        },
        {
            "@id": _RULES,
            "@type": "CreativeWork",
            "name": "SDO data: rights and rules for use",
            "description": ACKNOWLEDGEMENT,
        },
    ]
