"""Where weights are: shipped with the package, in this machine's cache, fetched from their publisher."""

import re
from pathlib import Path

import httpx

from pores.enhance.weights import OWN_NAME, Weights
from pores.errors import InputError, PorelakeError, UnreachableError
from pores.parameters import OWN_WEIGHTS
from storage.jsoc_http import user_agent
from storage.lake import atomic
from storage.settings import settings
from storage.weights_file import blob_id, read_weights
from storage.weights_known import KNOWN, OWN_FILE, PublishedWeights

_MOST_BYTES = 50_000_000
_BLOB = re.compile("[0-9a-f]{40}")
_OWN = Path(__file__).with_name(OWN_FILE)


def own_weights() -> Weights:
    """The weights that come with the project."""
    return read_weights(_OWN)


def cached(blob: str) -> Path:
    """Where weights with a git id are kept on this machine."""
    return settings().cache_dir / "weights" / f"{blob}.hdf5"


def weights_of(blob: str) -> Weights:
    """Weights by their git id: the project's own, or what this machine's cache has.

    Raises
    ------
    InputError
        If this machine doesn't have them, or what it has was changed.
    """
    if blob == OWN_WEIGHTS:
        return own_weights()
    path = cached(blob)
    if not path.exists():
        raise InputError(
            f"weights {blob[:12]}: not on this machine; name their file with --weights, or fetch them"
        )
    if not _is_whole(blob):
        raise InputError(f"{path}: damaged; name their file with --weights, or fetch them again")
    return read_weights(path)


def kept(weights: str) -> str:
    """Keep weights, named as on the command line, in this machine's cache; return their git id.

    Parameters
    ----------
    weights : str
        A file, `porelake-x2`, or the name of a published network that has been fetched.

    Raises
    ------
    InputError
        If there is no such file, or it holds no weights.
    """
    path = located(weights)
    read_weights(path)
    content = path.read_bytes()
    blob = blob_id(content)
    if blob != OWN_WEIGHTS and not _is_whole(blob):
        with atomic(cached(blob)) as partial:
            partial.write_bytes(content)
    return blob


def located(weights: str) -> Path:
    """The file that weights on the command line mean.

    Raises
    ------
    InputError
        If they are those of a published network that has not been fetched, or no file.
    """
    if weights == OWN_NAME:
        return _OWN
    if weights in KNOWN:
        path = cached(KNOWN[weights].blob)
        if not _is_whole(KNOWN[weights].blob):
            raise InputError(
                f"weights {weights}: not on this machine yet; `porelake weights fetch {weights}`"
            )
        return path
    if _BLOB.fullmatch(weights) and _is_whole(weights):
        return cached(weights)
    if not Path(weights).is_file():
        names = ", ".join((OWN_NAME, *KNOWN))
        raise InputError(f"weights {weights}: no such file, nor a name of known ones ({names})")
    return Path(weights)


def fetch(known: PublishedWeights) -> Path:
    """Fetch published weights from their authors' repository, unless they are here; checked by git id.

    Raises
    ------
    UnreachableError
        If the publisher can't be reached.
    PorelakeError
        If what came isn't the file; nothing is kept of it then.
    """
    path = cached(known.blob)
    if _is_whole(known.blob):
        return path
    url = settings().weights_url + known.file
    content = _downloaded(url)
    if (found := blob_id(content)) != known.blob:
        raise PorelakeError(f"{url}: not the file that was published (git id {found}, wanted {known.blob})")
    with atomic(path) as partial:
        partial.write_bytes(content)
    return path


def _is_whole(blob: str) -> bool:
    """Whether the cache has weights, and they are what their git id says."""
    path = cached(blob)
    return path.exists() and blob_id(path.read_bytes()) == blob


def _downloaded(url: str) -> bytes:
    try:
        with httpx.stream(
            "GET", url, headers={"User-Agent": user_agent()}, follow_redirects=True, timeout=60
        ) as reply:
            reply.raise_for_status()
            content = b""
            for piece in reply.iter_bytes():
                content += piece
                if len(content) > _MOST_BYTES:
                    raise PorelakeError(f"{url}: longer than any file of weights; nothing was kept")
            return content
    except httpx.HTTPStatusError as error:
        raise PorelakeError(f"{url}: the publisher answers {error.response.status_code}") from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise UnreachableError(f"{url}: can't be reached ({error}); try again later", str(error)) from error
