"""Putting an object into S3 on the condition that another one, or none, is there still."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from pores.errors import PorelakeError

PART = 32 * 1024 * 1024  # bytes of a part of a large upload
ANY = "*"  # whatever version is there
_CHANGED = (
    *("PreconditionFailed", "412", "ConditionalRequestConflict", "409", "NoSuchKey", "404"),
    "NoSuchUpload",  # an earlier try may have completed it, its reply lost: the object is to be looked at
)


class ChangedError(PorelakeError):
    """An object is not the one that was to be replaced."""


def put_s3(fs: Any, at: str, path: Path, version: str | None, require: Callable[[], None]) -> str:
    """Put a file in the place of one version of an object, None for none; return the new version.

    The server itself refuses to replace another version (If-Match, If-None-Match). Not every server hears
    that on the last call of an upload in parts: `require` looks before it, too.

    Raises
    ------
    ChangedError
        If another version is there.
    """
    match = {"IfNoneMatch": "*"} if version is None else {} if version == ANY else {"IfMatch": version}
    bucket, _, key = at.partition("/")
    try:
        if path.stat().st_size <= PART:
            reply = fs.call_s3("put_object", Bucket=bucket, Key=key, Body=path.read_bytes(), **match)
        else:
            reply = _in_parts(fs, {"Bucket": bucket, "Key": key}, path, match, require)
    except OSError as error:
        cause: Any = error.__cause__
        if getattr(cause, "response", {}).get("Error", {}).get("Code") in _CHANGED:
            raise ChangedError(at) from error
        raise
    return str(reply["ETag"])


def _in_parts(
    fs: Any, where: dict[str, str], path: Path, match: dict[str, str], require: Callable[[], None]
) -> Any:
    """Upload a large file in parts: the object is there once the last call succeeds, else nothing is left."""
    upload = {**where, "UploadId": fs.call_s3("create_multipart_upload", **where)["UploadId"]}
    parts: list[dict[str, object]] = []
    try:
        with path.open("rb") as file:
            while data := file.read(PART):
                number = len(parts) + 1
                reply = fs.call_s3("upload_part", **upload, PartNumber=number, Body=data)
                parts.append({"PartNumber": number, "ETag": reply["ETag"]})
        require()
        return fs.call_s3("complete_multipart_upload", **upload, MultipartUpload={"Parts": parts}, **match)
    except BaseException:
        with suppress(Exception):  # what failed first is what to tell
            fs.call_s3("abort_multipart_upload", **upload)
        raise
