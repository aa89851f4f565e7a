"""The trackers, by name: each says which features are linked; what links mean is told elsewhere, for all."""

from collections.abc import Callable
from functools import partial
from importlib import import_module
from importlib.util import find_spec

from pores.errors import InputError
from pores.features import Features
from pores.parameters import PeerParameters, TrackParameters
from pores.series import Watch
from pores.sightings import Sightings
from pores.tracking.link import Links

Linker = Callable[[Features, Watch, Sightings, TrackParameters], Links]

_OWN = "porelake"
# Module and package that a tracker needs.
_NEEDS = {
    "dbscan": ("sklearn", "scikit-learn"),
    "laptrack": ("laptrack", "laptrack"),
    "trackpy": ("trackpy", "trackpy"),
}


def linker(name: str, peers: PeerParameters) -> Linker:
    """The tracker of a name, imported only now: the others may not be installed.

    Raises
    ------
    InputError
        If the package that it needs isn't installed.
    """
    if name == _OWN:
        from pores.tracking.follow import linked

        return linked
    require(name)
    return partial(import_module(f"pores.trackers.{name}").linked, peers=peers)


def require(name: str) -> None:
    """Refuse a tracker whose package isn't installed.

    Raises
    ------
    InputError
        If so; it says what to install.
    """
    module, package = _NEEDS.get(name, ("", ""))
    if module and find_spec(module) is None:
        raise InputError(f"tracker {name}: the package {package} isn't installed; install porelake[trackers]")


def packages(name: str) -> tuple[str, ...]:
    """Packages that a tracker's result depends on beside those that all need."""
    return (_NEEDS[name][1],) if name in _NEEDS else ()
