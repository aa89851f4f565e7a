"""The enhancer that parameters mean, made once in a process: TensorFlow takes seconds to start."""

import multiprocessing
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import TYPE_CHECKING

from pores.enhancers import Enhancer, simple_enhancer
from pores.errors import InputError
from pores.parameters import Parameters

if TYPE_CHECKING:
    from pores.enhance.doubler import Network
    from pores.enhance.weights import Weights


def enhancer_of(parameters: Parameters) -> Enhancer:
    """The enhancer of a run's parameters.

    Raises
    ------
    InputError
        If it is a network whose weights this machine doesn't have, or that isn't for intensity.
    """
    if parameters.enhance != "network":
        return simple_enhancer(parameters.enhance)
    return network(parameters.weights)


def require_enhancer(parameters: Parameters) -> None:
    """Refuse parameters whose enhancer can't be had here, without starting TensorFlow.

    Raises
    ------
    InputError
        If so; it names what is missing.
    """
    if parameters.enhance == "network":
        from storage.settings import settings

        settings()  # those of the network are read in workers otherwise
        if _intensity_weights(parameters.weights).topology == "published":
            _require_tensorflow()


def packages_of(parameters: Parameters) -> tuple[str, ...]:
    """Packages that doubling depends on beside those that all need."""
    if parameters.enhance != "network" or _intensity_weights(parameters.weights).topology == "compact":
        return ()
    return ("keras", *filter(_installed, ("tensorflow", "tensorflow-cpu")))


@lru_cache(maxsize=2)
def network(blob: str) -> "Network":
    """The network of weights with a git id, as the settings of this machine have it work."""
    from storage.settings import settings

    return made_of(_intensity_weights(blob), settings().network_tiles == "all")


def made_of(weights: "Weights", everywhere: bool = False) -> "Network":
    """The network of weights; TensorFlow is started only for the published topology."""
    from pores.enhance.doubler import Network

    if weights.topology == "published":
        _start_tensorflow()
    return Network.of(weights, everywhere)


def _start_tensorflow() -> None:
    """Start it with the threads of the settings; by default 1 in a worker process, else all cores."""
    from pores.enhance.engine import start
    from storage.settings import settings

    beside_others = multiprocessing.parent_process() is not None
    start(settings().network_threads or (1 if beside_others else None))


def _installed(package: str) -> bool:
    try:
        version(package)
    except PackageNotFoundError:
        return False
    return True


def _intensity_weights(blob: str) -> "Weights":
    from storage.weights import weights_of

    weights = weights_of(blob)
    if weights.quantity != "intensity":
        raise InputError(f"weights {weights.name}: for the line-of-sight field; pores are found in intensity")
    return weights


def _require_tensorflow() -> None:
    if find_spec("tensorflow") is None:
        raise InputError(
            "--weights of the published network: install porelake[tensorflow], or use those that come with"
            " porelake"
        )
