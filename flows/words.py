"""Words for people: numbers with their nouns, bytes in their units, said at once."""

import shutil
import sys
from collections.abc import Sequence


def counted(n: int, what: str) -> str:
    """Return a number with its noun."""
    return f"{n} {what}{'' if n == 1 else 's'}"


def first_of(numbers: Sequence[int], most: int = 10) -> str:
    """Return the first of some numbers, and how many more there are.

    Examples
    --------
    >>> first_of([377, 401, 750], most=2)
    '377, 401 and 1 more'
    """
    more = f" and {len(numbers) - most} more" if len(numbers) > most else ""
    return ", ".join(map(str, numbers[:most])) + more


def size(n_bytes: float) -> str:
    """Return a number of bytes in the unit that people would use, decimal.

    Examples
    --------
    >>> size(2_940_000_000)
    '2.9 GB'
    """
    units = ["B", "kB", "MB", "GB", "TB"]
    while n_bytes >= 999.5 and len(units) > 1:
        n_bytes /= 1000
        units.pop(0)
    return f"{n_bytes:.0f} {units[0]}" if n_bytes >= 99.5 or units[0] == "B" else f"{n_bytes:.2g} {units[0]}"


def say(text: str) -> None:
    """Print lines at once, also into a file or a pipe that somebody watches; nothing if there are none."""
    if text:
        print(text, flush=True)


def terminal_width() -> int | None:
    """Columns of the terminal that stdout is; None where it is none."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None
