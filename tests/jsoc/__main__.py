"""Run a loopback JSOC, `python -m tests.jsoc --root DIR`: prints its address, then its control door's."""

import argparse
import os
import signal
import sys
import threading
from pathlib import Path

from tests.jsoc.answers import CGI, Site
from tests.jsoc.control import Door
from tests.jsoc.exports import Exports
from tests.jsoc.log import Log
from tests.jsoc.records import Archive
from tests.jsoc.web import Server


def main() -> None:
    """Serve until stopped."""
    options = _arguments()
    exports = Exports(
        Archive(options.root),
        registered=tuple(options.registered.split(",")),
        max_bytes=options.max_bytes,
        pending_polls=options.pending_polls,
        pending_s=options.pending_s,
        unknown_polls=options.unknown_polls,
        offline=options.offline,
        wait=options.wait,
    )
    site = Site(exports.archive, exports, log=Log(options.log), noaa_list=options.noaa_list)
    signal.signal(signal.SIGTERM, _stop)
    try:
        _serve(site, options.port, options.with_parent)
    except KeyboardInterrupt:
        pass
    finally:
        site.stopping.set()
        exports.close()


def _serve(site: Site, port: int, with_parent: bool) -> None:
    server, door = Server(("127.0.0.1", port), site), Door(site)
    threading.Thread(target=door.serve_forever, daemon=True).start()
    if with_parent:
        threading.Thread(target=_end_with_parent, args=(site,), daemon=True).start()
    print(f"http://127.0.0.1:{server.server_port}{CGI}", flush=True)
    print(f"http://127.0.0.1:{door.server_port}/control", flush=True)
    server.serve_forever()


def _stop(*_: object) -> None:
    raise KeyboardInterrupt


def _end_with_parent(site: Site) -> None:
    """Standard input ends when whoever started us does."""
    os.read(sys.stdin.fileno(), 1)  # a thread that holds `sys.stdin` would spoil a regular end
    site.stopping.set()
    site.exports.close()
    os._exit(0)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.jsoc", description=__doc__)
    parser.add_argument("--root", type=Path, required=True, help="directory of FITS files, however nested")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--noaa-list", type=Path, help="the list of HARPs and NOAA regions; without: 404")
    parser.add_argument("--registered", default="a@b.c", help="addresses that may export, with commas")
    parser.add_argument("--max-bytes", type=int, default=100_000_000_000, help="of an export")
    parser.add_argument("--pending-polls", type=int, default=1, help="polls that an export pends for")
    parser.add_argument("--pending-s", type=float, default=0.0, help="seconds that an export pends for")
    parser.add_argument("--unknown-polls", type=int, default=0, help="polls first answered with status 6")
    parser.add_argument("--wait", type=float, default=0, help="seconds between polls that replies ask for")
    parser.add_argument("--offline", action="store_true", help="url_quick pends too")
    parser.add_argument("--log", type=Path, help="file for the log, JSON lines")
    parser.add_argument("--with-parent", action="store_true", help="end when standard input does")
    return parser.parse_args()


if __name__ == "__main__":
    main()
