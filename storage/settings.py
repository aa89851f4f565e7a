"""Deployment settings from the environment, prefix `PORELAKE_`; science is in `pores.parameters`."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Where the lake is and how much of the machine a run may use."""

    model_config = SettingsConfigDict(env_prefix="PORELAKE_", frozen=True)

    lake: str = Field("lake", description="Directory of the lake")
    workers: int | None = Field(
        None, ge=1, description="Processes for the frames of a stage; all cores by default"
    )
