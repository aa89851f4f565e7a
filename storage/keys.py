"""Content and parameter keys: what a result was made from decides its name."""

import hashlib
import json
from collections.abc import Iterable
from typing import Any

SHORT = 16  # hexadecimal digits of a key in file names and `run_id`: 64 bits


def json_key(value: Any) -> str:
    """SHA-256, hexadecimal, of a JSON-serialisable value in canonical form."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def stage_key(stage: str, version: int, parameters: Any, inputs: Iterable[str]) -> str:
    """Key of a stage's result: stage, its version, its parameters (JSON) and the keys of its inputs."""
    return json_key({"stage": stage, "version": version, "parameters": parameters, "inputs": list(inputs)})[
        :SHORT
    ]
