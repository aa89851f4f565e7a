"""What decides the weights of the project's own network, but for the data."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from pores.enhance.symmetry import ORDER


def _odd(size: int) -> int:
    if size % 2 == 0:
        raise ValueError("a kernel has a middle: its size is odd")
    return size


Odd = Annotated[int, AfterValidator(_odd)]


class Recipe(BaseModel):
    """How the network is built and trained."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int = Field(1, ge=0, description="Of scenes, starting weights and the order of patches")
    channels: int = Field(
        16, ge=ORDER, multiple_of=ORDER, description="Features of a hidden layer: eight turned copies of each"
    )
    hidden: int = Field(4, ge=1, description="Hidden layers")
    first_px: Odd = Field(5, ge=1, description="Size of the first kernel, native pixels")
    linear_px: Odd = Field(13, ge=3, description="Size of the linear kernel, native pixels")
    steps: int = Field(12_000, ge=1, description="Steps of Adam")
    rate: float = Field(1e-3, gt=0, description="Learning rate after warming up; it falls to 0 as a cosine")
    warm_up: int = Field(200, ge=0, description="Steps until that rate is reached")
    clip: float = Field(0.05, gt=0, description="Largest norm of a gradient")
    patch_px: int = Field(32, ge=8, description="Native pixels of a patch along an axis")
    patches: int = Field(16, ge=1, description="Patches of the teacher, and as many of scenes, in a step")
    scenes: int = Field(160, ge=1, description="Random scenes")
    scene_weight: float = Field(
        0.08, ge=0, description="Of squared errors on scenes, relative to those on the teacher"
    )
    held_out: tuple[int, int] = Field(
        (200, 333), description="Rows of the teacher's image that nothing is learnt from"
    )
