"""Pages of the lake as it is now, kept until its catalogue is published anew."""

import hashlib
import threading
import time
from collections import OrderedDict, defaultdict
from contextlib import nullcontext
from dataclasses import dataclass

from catalog.describe import everything
from catalog.limits import Limits
from flows.live.ask_page import ask_page
from flows.report.places import NoPageError
from flows.report.site import Site
from pores.errors import InputError
from storage.lake import Lake
from storage.remote_files import pull_catalog

ASK = "ask"
_KEPT_BYTES = 256 * 2**20
_MOVIES_AT_ONCE = 2  # pages ask for two each; one takes a core for seconds
_LOOK_EVERY_S = 10.0  # at an object store, whether there is a new catalogue

Identity = tuple[int, ...]


@dataclass(frozen=True)
class Content:
    """Bytes of a page and their hash."""

    data: bytes
    etag: str


class Contents:
    """Makes pages when they are asked for, each once as long as the catalogue stays.

    Parameters
    ----------
    lake : Lake
    limits : Limits
        Of questions, which the page for them tells.
    """

    def __init__(self, lake: Lake, limits: Limits) -> None:
        self.lake, self.limits = lake, limits
        self._lock = threading.Lock()
        self._movies = threading.BoundedSemaphore(_MOVIES_AT_ONCE)
        self._identity: Identity = ()
        self._looked = -_LOOK_EVERY_S
        self._forget()

    def page(self, path: str) -> Content:
        """Return a page by its path.

        Raises
        ------
        NoPageError
            If there is none.
        InputError, PorelakeError
            If there is no catalogue, or the lake can't be read.
        """
        site, making = self._current(path)
        try:
            with making:
                return self._made(site, path)
        except NoPageError:
            with self._lock:
                self._making.pop(path, None)  # there is no end of paths that lead nowhere
            raise

    def _made(self, site: Site, path: str) -> Content:
        with self._lock:
            if path in self._pages:
                self._pages.move_to_end(path)
                return self._pages[path]
        data = self._data(site, path)
        made = Content(data, f'"{hashlib.sha256(data).hexdigest()[:20]}"')
        self._keep(site, path, made)
        return made

    def _data(self, site: Site, path: str) -> bytes:
        if path == ASK:
            return ask_page(site, everything(self.lake), self.limits)
        with self._movies if path.endswith(".mp4") else nullcontext():
            return site.page(path)

    def _current(self, path: str) -> tuple[Site, threading.Lock]:
        """The site of the catalogue as it is now, and the lock under which a page of it is made."""
        with self._lock:
            if (identity := self._look()) != self._identity:
                self._identity = identity
                self._forget()
            return self._site, self._making[path]

    def _look(self) -> Identity:
        if self.lake.url is not None and time.monotonic() - self._looked > _LOOK_EVERY_S:
            pull_catalog(self.lake)
            self._looked = time.monotonic()
        try:
            stat = self.lake.catalog.stat()
        except FileNotFoundError:
            raise InputError(f"no catalogue in the lake {self.lake.location}") from None
        return (stat.st_ino, stat.st_mtime_ns, stat.st_size)

    def _forget(self) -> None:
        self._site = Site(self.lake, live=True)
        self._pages: OrderedDict[str, Content] = OrderedDict()
        self._making: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def _keep(self, site: Site, path: str, made: Content) -> None:
        with self._lock:
            if site is not self._site:  # published anew meanwhile
                return
            self._pages[path] = made
            while sum(len(page.data) for page in self._pages.values()) > _KEPT_BYTES and len(self._pages) > 1:
                self._pages.popitem(last=False)
