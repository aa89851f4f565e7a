"""The Prefect server that is configured, found without loading Prefect."""

import os
import tomllib
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

from pores.errors import PorelakeError


def require_server(address: str) -> None:
    """Ask the Prefect server whether it is well; one clear error if it does not answer."""
    try:
        with urlopen(f"{address.rstrip('/')}/health", timeout=10):
            pass
    except HTTPError:  # it is there; what it wants, such as a key, Prefect knows
        pass
    except (OSError, ValueError) as error:
        raise PorelakeError(
            f"no Prefect server answers at {address} ({error}); start it, or unset PREFECT_API_URL"
        ) from error


def prefect_api() -> str | None:
    """Address of the Prefect server that the environment or the active profile names, Prefect not loaded."""
    if address := os.environ.get("PREFECT_API_URL"):
        return address
    home = Path(os.environ.get("PREFECT_HOME", "~/.prefect")).expanduser()
    try:
        profiles = tomllib.loads((home / "profiles.toml").read_text())
    except (OSError, tomllib.TOMLDecodeError):
        return None
    active = os.environ.get("PREFECT_PROFILE", profiles.get("active", ""))
    address = profiles.get("profiles", {}).get(active, {}).get("PREFECT_API_URL")
    return str(address) if address else None
