"""What a user asks of a run: a value that the command line, a Prefect form and a test can all make."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from pores.parameters import Parameters

Stage = Literal["ingest", "prepare", "detect", "track", "publish"]
STAGES: tuple[Stage, ...] = get_args(Stage)
Keep = Literal["current", "member", "both"]
SERIES = "hmi.sharp_cea_720s"
JSOC = "jsoc"
LAKE = "lake"


class Selection(BaseModel):
    """Which records of a HARP to fetch from the archive; by default all."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    since: datetime | None = Field(None, description="First T_REC, TAI")
    until: datetime | None = Field(None, description="Last T_REC, TAI")
    look_back: timedelta | None = Field(
        None, description="Only records from so long before the newest of the lake on; none: all"
    )
    cadence: str | None = Field(
        None,
        pattern=r"^[1-9]\d*[smhd]$",
        description="Time from one record to the next, e.g. 1h; none: every one",
    )
    where: tuple[str, ...] = Field((), description="DRMS conditions on keywords, e.g. QUALITY >= 0")
    segments: tuple[str, ...] = Field((), description="Segments; none: those that the chain uses")


class Request(BaseModel):
    """Which HARPs, from where, into which lake, with which science."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    lake: str = Field("lake", description="Directory or URL of the lake")
    source: str | None = Field(
        None, description="`jsoc`, or a directory or .tar of SHARP FITS files; none: what the lake has"
    )
    harpnums: tuple[int, ...] = Field((), description="HARP numbers; none: all that the source has")
    noaa: tuple[int, ...] = Field((), description="NOAA active regions, whose HARPs are meant")
    series: str = Field(SERIES, description="DRMS series")
    selection: Selection = Field(Selection(), description="Which records to fetch from the archive")
    again: bool = Field(False, description="Ask the archive again for files that came damaged three times")
    email: str | None = Field(None, description="Address that is registered at JSOC; none: JSOC_EMAIL")
    parameters: Parameters = Field(Parameters(), description="Every scientific parameter")
    vary: Mapping[str, tuple[int | float | str, ...]] = Field(
        {}, description="Values of parameters, e.g. of detect.threshold: a run with each, kept side by side"
    )
    keep: Keep = Field(
        "current",
        description="What a run is to be: the current one of its HARP, a member of its ensemble, or both",
    )
    store_x2: bool = Field(False, description="Keep the images of doubled resolution as cubes")
    last_stage: Stage = Field("publish", description="Where the chain ends")
    workers: int | None = Field(
        None, ge=1, description="Processes for the frames of a stage; none: all cores"
    )
    cluster: str | None = Field(None, description="Address of a Dask scheduler to spread HARPs over")
