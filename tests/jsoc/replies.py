"""A reply before it is sent: bytes or a file, and how they are called."""

import io
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO


@dataclass
class Reply:
    """What an undisturbed server would send."""

    body: BinaryIO
    size: int
    status: int = 200
    kind: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    answer: dict[str, Any] | None = None  # of a JSON reply

    @classmethod
    def of_json(cls, answer: dict[str, Any]) -> "Reply":
        content = json.dumps(answer, separators=(",", ":")).encode() + b"\n"
        return cls(io.BytesIO(content), len(content), answer=answer)

    @classmethod
    def of_bytes(cls, content: bytes, status: int = 200, kind: str = "text/html") -> "Reply":
        return cls(io.BytesIO(content), len(content), status, kind)

    @classmethod
    def of_file(cls, path: Path, kind: str = "application/octet-stream") -> "Reply":
        return cls(path.open("rb"), path.stat().st_size, 200, kind)

    @classmethod
    def error(cls, status: int, words: str) -> "Reply":
        page = f"<html><head><title>{status} {words}</title></head><body><h1>{words}</h1></body></html>\n"
        return cls.of_bytes(page.encode(), status)

    def close(self) -> None:
        self.body.close()
