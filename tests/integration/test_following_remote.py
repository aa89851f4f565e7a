"""What a lake in an object store follows: a real S3 server, several machines that change the list at once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pores.errors import InputError, PorelakeError
from storage import following as module
from storage.following import Followed, follow, following, unfollow
from storage.lake import Lake
from tests.s3_server import S3Server, s3_server

SERIES = "hmi.sharp_cea_720s"


def region(noaa: int) -> Followed:
    return Followed(noaa=noaa, series=SERIES)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with s3_server(tmp_path_factory.mktemp("s3")) as started:
        yield started


@pytest.fixture
def lake(server: S3Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Lake:
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    server.make_bucket(tmp_path.name.replace("_", "-"))
    return Lake.at(f"s3://{tmp_path.name.replace('_', '-')}/lake")


def other_machine(lake: Lake, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Lake:
    monkeypatch.setenv("PORELAKE_CACHE_DIR", str(tmp_path / "other"))
    return Lake.at(lake.location)


def test_the_list_is_in_the_store_for_every_machine(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert following(lake) == []
    follow(lake, [region(11158), region(11923)])
    other = other_machine(lake, monkeypatch, tmp_path)
    assert other.root != lake.root
    assert following(other) == [region(11158), region(11923)]
    unfollow(other, [region(11158)])
    assert following(lake) == [region(11923)]
    with pytest.raises(InputError, match="not followed: NOAA 11158"):
        unfollow(lake, [region(11158)])
    assert not any(root.exists() for root in (lake.root, other.root))


@pytest.mark.parametrize("before", [[], [region(11158)]], ids=["the first entry", "a later one"])
def test_what_another_machine_puts_meanwhile_is_kept(before: list[Followed], lake: Lake) -> None:
    follow(lake, before)
    calls = []

    def edit(listed: dict[tuple[str, int, int], Followed]) -> None:
        if not calls:
            follow(lake, [region(11923)])
        calls.append(len(listed))
        listed[region(11944).key] = region(11944)

    module._change(lake, edit)
    assert calls == [len(before), len(before) + 1]
    assert following(lake) == [*before, region(11923), region(11944)]


def test_a_list_that_never_rests_is_given_up(lake: Lake) -> None:
    names = iter(range(12000, 12100))

    def edit(listed: dict[tuple[str, int, int], Followed]) -> None:
        follow(lake, [region(next(names))])
        listed[region(11944).key] = region(11944)

    with pytest.raises(PorelakeError, match="other machines change it again and again"):
        module._change(lake, edit)
    assert region(11944) not in following(lake)
