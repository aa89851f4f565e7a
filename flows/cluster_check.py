"""Whether a Dask cluster can do the work: a scheduler, and workers with our software that see the lake."""

import asyncio
import os
import platform
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from distributed import Client, Security
from distributed.comm import connect

from flows.enhancement import packages_of
from flows.harp import DETECT_VERSION, FLOW_VERSION, PREPARE_VERSION
from flows.products import STORE_VERSION
from flows.request import JSOC, Request
from flows.tracking import SOFTWARE, TRACK_VERSION
from pores.errors import InputError, PorelakeError
from pores.parameters import Parameters
from storage.lake import PARTIAL, Lake

CONNECT_S = 8.0  # until a scheduler answers
JOIN_S = 30.0  # until the first worker is there


def require_scheduler(address: str) -> None:
    """Ask whether a scheduler is there: Dask's client of one that is not takes its time and makes noise.

    Raises
    ------
    InputError
        If this is no address.
    PorelakeError
        If no scheduler answers there.
    """

    async def ask() -> None:
        comm = await connect(address, timeout=CONNECT_S, **Security().get_connection_args("client"))
        comm.abort()

    try:
        asyncio.run(ask())
    except ValueError as error:
        raise InputError(f"--cluster {address}: {error}; write e.g. tcp://host:8786") from error
    except (OSError, TimeoutError) as error:
        raise PorelakeError(
            f"no Dask scheduler answers at {address} ({CONNECT_S:.0f} s); start one with `dask scheduler`"
        ) from error


@lru_cache(maxsize=1)
def code_versions() -> dict[str, str]:
    """What must be the same in every process for results that are the same to the bit."""
    stages = {
        "prepare": PREPARE_VERSION,
        "store": STORE_VERSION,
        "detect": DETECT_VERSION,
        "flow": FLOW_VERSION,
        "track": TRACK_VERSION,
    }
    packages = {name: _version(name) for name in ("porelake", *SOFTWARE, *packages_of(Parameters()))}
    return {"Python": _python(sys.version), **packages, **{f"stage {k}": str(v) for k, v in stages.items()}}


def differences(theirs: Mapping[str, str], ours: Mapping[str, str]) -> str:
    """Say in what a worker's software differs from ours; nothing if it does not."""
    return ", ".join(
        f"{name} {theirs.get(name, 'missing')} (here {ours[name]})"
        for name in ours
        if theirs.get(name) != ours[name]
    )


def require_able(client: Client, address: str, request: Request) -> None:
    """Ask every worker for its software, and whether it sees the lake and the source.

    Workers that join later are asked for their software with every HARP.

    Raises
    ------
    PorelakeError
        If there is no worker, or one that can't do the work.
    """
    try:
        client.wait_for_workers(1, timeout=JOIN_S)
    except TimeoutError as error:
        raise PorelakeError(
            f"no worker joined the Dask scheduler at {address} within {JOIN_S:.0f} s;"
            f" start some with `dask worker {address} --nthreads 1`"
        ) from error
    _require_importable(client)
    with _probe(request) as probe:
        for worker, view in client.run(seen, request.lake, probe, request.source, on_error="return").items():
            if why := str(view) if isinstance(view, Exception) else trouble(view, request):
                raise PorelakeError(f"Dask worker {worker}: {why}")


def _require_importable(client: Client) -> None:
    """Before any of our code goes to a worker: it has porelake, and the Python that this is."""
    for worker, has in client.get_versions(packages=["porelake"])["workers"].items():
        theirs = {
            "Python": _python(has["host"]["python"]),
            "porelake": has["packages"].get("porelake") or "missing",
        }
        ours = {name: code_versions()[name] for name in theirs}
        if differs := differences(theirs, ours):
            raise PorelakeError(f"Dask worker {worker}: {differs}; install the same on every machine")


def seen(lake: str, probe: str | None, source: str | None) -> dict[str, Any]:
    """What a worker has and sees; PorelakeError where a lake in an object store is out of its reach."""
    if probe is None:
        from storage.store import Store

        Store(lake).entry("catalog.duckdb")
    sees = probe is None or (Path(probe).exists() and os.access(Path(probe).parent, os.W_OK))
    there = source in (None, JSOC) or os.access(str(source), os.R_OK)
    return {"host": platform.node(), "versions": code_versions(), "lake": sees, "source": there}


def trouble(view: Mapping[str, Any], request: Request) -> str:
    """Say why a worker that has and sees this can't do the work; nothing if it can."""
    if differs := differences(view["versions"], code_versions()):
        return f"{differs}; install the same on every machine"
    if not view["lake"]:
        return (
            f"{view['host']} does not see the lake {request.lake} of this machine, or may not write there;"
            " put it where all machines have it under the same name"
        )
    return "" if view["source"] else f"{view['host']} can't read {request.source}"


@contextmanager
def _probe(request: Request) -> Iterator[str | None]:
    """A file in the lake for workers to look for; none where the lake is no directory."""
    if "://" in request.lake:
        yield None
        return
    root = Lake.at(request.lake).root
    root.mkdir(parents=True, exist_ok=True)
    probe = root / f"probe.{platform.node()}.{os.getpid()}{PARTIAL}"
    try:
        probe.touch()
        yield str(probe)
    finally:
        probe.unlink(missing_ok=True)


def _python(full: str) -> str:
    return ".".join(full.split(" ")[0].split(".")[:2])


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "missing"
