"""What was measured, one JSON file per group: the page is written from it, the guard compares with it."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.report import Group, Machine, Table
from benchmarks.timing import Sample

STORED = Path(__file__).resolve().parent / "stored"
_DIGITS = 4


def save(group: Group, path: Path) -> None:
    """Write a group; the page takes all that are in `STORED`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {
        "group": group.name,
        "record": group.record,
        "machine": asdict(group.machine),
        "tables": [_table(table) for table in group.tables],
    }
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def load(path: Path) -> Group:
    """Read a group, its cells as text."""
    content = json.loads(path.read_text())
    tables = [
        Table(
            each["title"],
            tuple(each["head"]),
            [tuple(row) for row in each["rows"]],
            each["note"],
            {name: Sample(tuple(values)) for name, values in each["figures"].items()},
        )
        for each in content["tables"]
    ]
    return Group(content["group"], Machine(**content["machine"]), tables, content["record"])


def stored(directory: Path = STORED) -> dict[str, Group]:
    """All groups that there are, by name."""
    return {path.stem: load(path) for path in sorted(directory.glob("*.json"))}


def _table(table: Table) -> dict[str, Any]:
    rows = [[str(cell) for cell in row] for row in table.rows]
    figures = {name: [_rounded(value) for value in sample.values] for name, sample in table.figures.items()}
    return {"title": table.title, "head": table.head, "rows": rows, "note": table.note, "figures": figures}


def _rounded(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")
