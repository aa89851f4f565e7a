"""Style and scripts of the report: our own, and libraries from the installed packages."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import distribution, version
from importlib.resources import files

from pores.errors import PorelakeError

_EXPORT = re.compile(r"export\s*\{([^}]*)\};?")
_NAMED = re.compile(r"([\w$]+) as ([\w$]+)")


@dataclass(frozen=True)
class Library:
    """A library that the report ships: what it is for, and the package that brings it."""

    name: str
    purpose: str
    package: str
    licence: str
    home: str

    @property
    def version(self) -> str:
        """Version of the package."""
        return version(self.package)

    @property
    def licence_file(self) -> str:
        """Where the report keeps the text of the licence."""
        return f"assets/licence-{self.package}.txt"


LIBRARIES = (
    Library("plotly.js", "plots", "plotly", "MIT", "https://plotly.com/javascript/"),
    Library(
        "DataTables with jQuery, in the bundle of ITables",
        "tables that sort and filter",
        "itables",
        "MIT",
        "https://datatables.net/",
    ),
)


def asset(path: str) -> bytes:
    """Return an asset by its path in the report; KeyError if there is none."""
    return ASSETS[path]()


def _own(name: str) -> Callable[[], bytes]:
    return lambda: files("flows.report").joinpath(name).read_bytes()


def _installed(package: str, name: str) -> Callable[[], bytes]:
    return lambda: files(package).joinpath(name).read_bytes()


def _licence(library: Library) -> Callable[[], bytes]:
    def read() -> bytes:
        found = [path for path in distribution(library.package).files or () if "LICENSE" in path.name]
        return found[0].read_binary() if found else f"{library.name}: {library.licence}\n".encode()

    return read


def tables_script() -> bytes:
    """Return DataTables as a plain script: browsers load no module from disk."""
    text = files("itables").joinpath("html/dt_bundle.js").read_text("utf-8")
    return classic_script(text).encode()


def classic_script(module: str) -> str:
    """Return a module as a script whose default export is `window.DataTable`.

    Raises
    ------
    PorelakeError
        If the module does not end in one export that has a default.
    """
    exports = list(_EXPORT.finditer(module))
    names = {theirs: ours for ours, theirs in _NAMED.findall(exports[-1][1])} if exports else {}
    if "default" not in names:
        raise PorelakeError(
            f"itables {version('itables')}: its bundle has no default export; use another version"
        )
    end = exports[-1]
    body = f"{module[: end.start()]}window.DataTable={names['default']};{module[end.end() :]}"
    return f'(function(){{"use strict";{body}\n}})();\n'


ASSETS: dict[str, Callable[[], bytes]] = {
    "assets/report.css": _own("report.css"),
    "assets/report.js": _own("report.js"),
    "assets/tables.js": tables_script,
    "assets/tables.css": _installed("itables", "html/dt_bundle.css"),
    "assets/plotly.js": _installed("plotly", "package_data/plotly.min.js"),
    **{library.licence_file: _licence(library) for library in LIBRARIES},
}
