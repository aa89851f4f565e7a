"""The trackers, by name: each says which features are linked; what links mean is told elsewhere, for all."""

from collections.abc import Callable

from pores.link import Links
from pores.parameters import TrackParameters
from pores.series import Features, Watch
from pores.sightings import Sightings

Linker = Callable[[Features, Watch, Sightings, TrackParameters], Links]


def linker(name: str) -> Linker:
    """The tracker of a name, imported only now: the others may not be installed."""
    if name == "porelake":
        from pores.follow import linked

        return linked
    raise NotImplementedError(f"tracker {name}")
