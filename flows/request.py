"""What a user asks of a run: a value that the command line, a Prefect form and a test can all make."""

from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from pores.parameters import Parameters

Stage = Literal["ingest", "prepare", "detect", "track", "publish"]
STAGES: tuple[Stage, ...] = get_args(Stage)
SERIES = "hmi.sharp_cea_720s"


class Request(BaseModel):
    """Which HARPs, from where, into which lake, with which science."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    lake: str = Field("lake", description="Directory of the lake")
    source: str | None = Field(
        None, description="Directory or .tar of SHARP FITS files; none: what the lake has"
    )
    harpnums: tuple[int, ...] = Field((), description="HARP numbers; none: all that the source has")
    series: str = Field(SERIES, description="DRMS series")
    parameters: Parameters = Field(Parameters(), description="Every scientific parameter")
    store_x2: bool = Field(False, description="Keep the images of doubled resolution as cubes")
    last_stage: Stage = Field("publish", description="Where the chain ends")
    workers: int | None = Field(
        None, ge=1, description="Processes for the frames of a stage; none: all cores"
    )
