"""Packages that an install with some extras has, by what the installed ones say they need."""

import re
from collections.abc import Collection, Iterable
from importlib.metadata import PackageNotFoundError, distributions, requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

LOCK = Path(__file__).resolve().parents[1] / "requirements.lock"
_PIN = re.compile(r"^([\w.-]+)==(?:.*\\\n)*.*\n", re.MULTILINE)


def closure(extras: Iterable[str] = ()) -> set[str]:
    """Names of all packages that porelake with some extras needs, itself not among them."""
    found = {("porelake", extra) for extra in ("", *extras)}
    asked = set(found)
    while asked:
        asked = {each for name, extra in asked for each in _wanted(name, extra)} - found
        found |= asked
    return {name for name, _ in found} - {"porelake"}


def pins(names: Collection[str], lock: Path = LOCK) -> str:
    """Their part of the lock file, with hashes."""
    found = _PIN.finditer(lock.read_text())
    return "".join(pin[0] for pin in found if canonicalize_name(pin[1]) in names)


def sizes_mb(site_packages: Path) -> dict[str, float]:
    """Size of each package in a directory, with what Python compiled of it, MB, the largest first."""
    found = {}
    for package in distributions(path=[str(site_packages)]):
        paths = (Path(str(file.locate())) for file in package.files or [])
        found[canonicalize_name(package.name)] = sum(p.stat().st_size for p in paths if p.exists()) / 1e6
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def _wanted(name: str, extra: str) -> set[tuple[str, str]]:
    """What a package with an extra asks for, each with an extra; what isn't installed asks for nothing."""
    try:
        asked = [Requirement(line) for line in requires(name) or []]
    except PackageNotFoundError:
        return set()
    return {
        (canonicalize_name(each.name), more)
        for each in asked
        if each.marker is None or each.marker.evaluate({"extra": extra})
        for more in ("", *each.extras)
    }
