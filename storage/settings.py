"""What the environment says about the archive, this machine and its cache: `PORELAKE_...`."""

import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from pores.errors import InputError

PREFIX = "PORELAKE_"
EMAIL = "JSOC_EMAIL"
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Settings(BaseSettings):
    """Deployment settings; none of them changes a result."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore", populate_by_name=True)

    jsoc_url: str = Field("http://jsoc.stanford.edu/cgi-bin/ajax/", description="Base URL of JSOC's CGIs.")
    jsoc_email: str | None = Field(
        None, validation_alias=EMAIL, description="Address registered with JSOC, for exports."
    )
    cache_dir: Path = Field(
        default_factory=lambda: _cache_home() / "porelake",
        description="Directory of what can be fetched again, and of the lock on the connection to JSOC.",
    )
    mirror_bytes: int = Field(
        20_000_000_000,
        ge=0,
        description="Images kept in this machine's mirror of a lake in an object store, bytes.",
    )
    jsoc_timeout_s: Seconds = Field(60, gt=0, description="To connect, and between two pieces of a reply, s.")
    jsoc_floor_bytes_s: float = Field(
        100, ge=0, description="A reply that comes slower than this is cut off, B/s."
    )
    jsoc_turn_limit_s: Seconds = Field(
        12 * 3600, description="Longest wait for another process of this user to leave the connection, s."
    )
    jsoc_retries: int = Field(5, ge=0, le=20, description="Tries after the first one, for network faults.")
    jsoc_backoff_s: Seconds = Field(
        2, description="Longest pause before the second try, s; doubles with each, up to two minutes."
    )
    jsoc_poll_s: Seconds = Field(
        10,
        description="Pause between two looks at an export, s; JSOC's own wish is heard up to 12 of these.",
    )
    jsoc_pending_limit_s: Seconds = Field(
        6 * 3600, description="An export that takes longer is left to the next run, s."
    )
    jsoc_lost_limit_s: Seconds = Field(
        180, description="An export JSOC does not know after this is asked for again, s."
    )
    jsoc_request_bytes: int = Field(20_000_000_000, gt=0, description="Most bytes of an export request.")
    jsoc_request_records: int = Field(400, gt=0, description="Most records of an export request.")
    jsoc_tar_from: int = Field(20, gt=0, description="Files from which an export is asked for as one tar.")
    jsoc_protocol: Literal["fits", "as-is"] = Field(
        "fits", description="`as-is` exports carry no keywords; they are joined from a query."
    )

    weights_url: str = Field(
        "https://raw.githubusercontent.com/cdiazbas/enhance/master/network/",
        description="Where published weights are fetched from.",
    )
    network_threads: int | None = Field(
        None,
        ge=1,
        description="Threads of a published network; default: 1 in each of several processes, else all.",
    )
    network_tiles: Literal["needed", "all"] = Field(
        "needed", description="What a network doubles for detection; the features found are the same."
    )

    @field_validator("jsoc_url", "weights_url")
    @classmethod
    def _http(cls, url: str) -> str:
        if not url.startswith(("http://", "https://")):
            raise ValueError("must begin with http:// or https://")
        return url if url.endswith("/") else url + "/"

    @field_validator("cache_dir")
    @classmethod
    def _one_place(cls, path: Path) -> Path:
        """The same directory, and so the same lock, wherever a process is started."""
        home = path.expanduser()
        if not home.is_absolute():
            raise ValueError("must be a whole path, from / or ~ on: it holds a lock for all processes")
        return home

    @field_validator("jsoc_email")
    @classmethod
    def _address(cls, address: str | None) -> str | None:
        return (address or "").strip() or None


def settings() -> Settings:
    """The settings as the environment has them now.

    Raises
    ------
    InputError
        If a variable's value is not allowed; the message names the variable.
    """
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        variable = name if name == EMAIL else PREFIX + name.upper()
        raise InputError(
            f"{variable}={first['input']}: {first['msg'].removeprefix('Value error, ')}"
        ) from error


def _cache_home() -> Path:
    """XDG's directory for caches; a relative one is to be ignored (XDG Base Directory Specification)."""
    named = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return named if named.is_absolute() else Path.home() / ".cache"
