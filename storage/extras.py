"""What the base install can't do: said first of all, not in the midst of it by the name of some package."""

from importlib.util import find_spec

from pores.errors import MissingPackageError

# Of the extra `chain`; what is made by it, or made of images, needs most of them sooner or later.
_OF_CHAIN = ("astropy", "h5py", "pydantic_settings", "scipy")


def require_chain(what: str) -> None:
    """Refuse what the base install has no packages for.

    Parameters
    ----------
    what : str
        What is asked for, as the user wrote it.

    Raises
    ------
    MissingPackageError
        If the extra is not installed.
    """
    if any(find_spec(package) is None for package in _OF_CHAIN):
        raise missing(what)


def missing(what: str) -> MissingPackageError:
    """The error of what needs the extra."""
    return MissingPackageError(f"{what} needs more than the base install: pip install 'porelake[chain]'")
