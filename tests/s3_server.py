"""A real S3 server on loopback, in its own process, that tells what it was asked."""

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from s3fs import S3FileSystem

LINE = re.compile(r'"(?P<what>[A-Z]+ \S+) HTTP/[\d.]+" (?P<status>\d+)')
SECONDS = 30


class S3Server:
    """A running server; `requests` are those since `forget`, as `GET /bucket/name?query`."""

    def __init__(self, url: str, log: Path) -> None:
        self.url = url
        self._log = log
        self._start = 0
        self.environment = {
            "AWS_ENDPOINT_URL": url,
            "AWS_ACCESS_KEY_ID": "somebody",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }

    def make_bucket(self, name: str) -> None:
        request = urllib.request.Request(f"{self.url}/{name}", method="PUT")
        urllib.request.urlopen(request, timeout=SECONDS).close()

    def forget(self) -> None:
        self._start = len(self._lines())

    def requests(self, *methods: str) -> list[str]:
        found = [match["what"] for match in map(LINE.search, self._lines()[self._start :]) if match]
        return [what for what in found if not methods or what.partition(" ")[0] in methods]

    def _lines(self) -> list[str]:
        return self._log.read_text().splitlines()


@contextmanager
def s3_server(directory: Path) -> Iterator[S3Server]:
    """Start a server, wait until it answers, end it."""
    S3FileSystem.clear_instance_cache()  # clients of another test's server
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = directory / "s3.log"
    command = [str(Path(sys.executable).parent / "moto_server"), "-H", "127.0.0.1", "-p", str(port)]
    with log.open("w") as file, subprocess.Popen(command, stdout=file, stderr=file) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            _wait(url, process)
            yield S3Server(url, log)
        finally:
            process.kill()


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    limit = time.monotonic() + SECONDS
    while time.monotonic() < limit:
        assert process.poll() is None, "the S3 server ended"
        try:
            urllib.request.urlopen(f"{url}/moto-api/", timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(f"no S3 server at {url}")
