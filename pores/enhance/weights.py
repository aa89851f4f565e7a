"""What a file of weights says, and the enhancer that it makes."""

from dataclasses import dataclass, field
from typing import Literal

from pores.enhance.topologies import Arrays

Topology = Literal["compact", "published"]
Quantity = Literal["intensity", "field"]

OWN_NAME = "porelake-x2"
KILOGAUSS = 1000.0  # the published network for the line-of-sight field was trained in kG


@dataclass(frozen=True, eq=False)
class Weights:
    """The weights of a network.

    Attributes
    ----------
    name : str
        What a product made by it is called.
    topology : str
        Which network they are of.
    quantity : str
        What it doubles: intensity in units of the quiet Sun, or line-of-sight field.
    layers : tuple of arrays
        Of each layer with weights, in order.
    card : dict of str to str
        What is told of them: data, licence, recipe, scores.
    """

    name: str
    topology: Topology
    quantity: Quantity
    layers: tuple[Arrays, ...]
    card: dict[str, str] = field(default_factory=dict)
