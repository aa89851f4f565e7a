"""Files that a lake holds for people: reports and exports. Of a lake in an object store they go there."""

from pathlib import Path

from storage.lake import Lake


def delivered(lake: Lake, path: Path) -> str:
    """Take a file to where the lake is, and say where it is then; one outside the lake stays where it is.

    Raises
    ------
    PorelakeError
        If the store fails.
    """
    if lake.url is None or not path.is_relative_to(lake.root):
        return str(path)
    from storage.store import Store

    name = path.relative_to(lake.root).as_posix()
    Store(lake.url).put({name: path})
    return f"{lake.url}/{name}"
