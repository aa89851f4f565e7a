"""What to say where a name is unknown: those that are near to it, or all that there are."""

import difflib
from collections.abc import Collection

_MOST = 3


def nearest(name: str, known: Collection[str]) -> str:
    """Return the end of a message on an unknown name.

    Examples
    --------
    >>> nearest("min_ob", ["min_obs", "bin_g"])
    'did you mean min_obs?'
    >>> nearest("x", ["min_obs", "bin_g"])
    'there are bin_g, min_obs'
    """
    small = {other.lower(): other for other in known}
    asked = name.lower()
    holding = [other for other in small if len(asked) > _MOST and asked in other]
    near = dict.fromkeys([*difflib.get_close_matches(asked, small, _MOST, 0.65), *sorted(holding)])
    if near:
        return f"did you mean {' or '.join(small[other] for other in list(near)[:_MOST])}?"
    return f"there are {', '.join(sorted(known))}" if known else "there are none"
