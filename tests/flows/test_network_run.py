"""Runs whose intensity is doubled by network: the default, other weights, only the tiles that are needed."""

import subprocess
from pathlib import Path

import pytest

from flows.enhancement import network
from flows.pipeline import run_request
from flows.request import Request
from pores.errors import InputError
from pores.parameters import OWN_WEIGHTS, Parameters
from storage.cubes import Cube
from storage.weights import cached, kept
from storage.weights_known import KNOWN, PublishedWeights
from tests.flows.runs import BUSY, PORELAKE, assert_same_tables, environment, porelake, request, rows
from tests.unit.networks import published_layers, write_keras

NETWORK = {"enhance": "network"}


@pytest.fixture(scope="module")
def by_network(small_series: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The lake of `small_series`, by network; read only."""
    lake = tmp_path_factory.mktemp("network") / "lake"
    run_request(request(small_series, lake, parameters=NETWORK))
    return lake


def test_rows_say_their_product_and_runs_their_weights(by_network: Path, small_lake: Path) -> None:
    for table in ("pores", "faint", "tracks", "events"):
        assert rows(by_network, f"SELECT DISTINCT product FROM {table}") == [("network",)]
    assert rows(by_network, "SELECT DISTINCT config->>'weights' FROM runs") == [(OWN_WEIGHTS,)]
    assert "keras" not in rows(by_network, "SELECT json_keys(software) FROM runs")[0][0]
    level = rows(by_network, "SELECT DISTINCT product_level FROM pores")
    assert level == [(pytest.approx(network(OWN_WEIGHTS).level),)]
    assert rows(small_lake, "SELECT DISTINCT product, product_level FROM pores") == [("spline", 1)]


def test_sharper_images_have_darker_pores(by_network: Path, small_lake: Path) -> None:
    darkest = "SELECT avg(min_intensity) FROM pores WHERE area_mm2 > 4"
    assert rows(by_network, darkest)[0][0] < rows(small_lake, darkest)[0][0] - 0.03


def test_a_second_run_does_nothing(small_series: Path, by_network: Path) -> None:
    outcome = run_request(request(small_series, by_network, parameters=NETWORK))
    assert not any(done.said for done in outcome.done)


def test_whole_images_make_the_same_tables(
    small_series: Path, by_network: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORELAKE_NETWORK_TILES", "all")
    network.cache_clear()
    try:
        run_request(request(small_series, tmp_path / "lake", parameters=NETWORK))
    finally:
        network.cache_clear()
    ours, theirs = (
        rows(lake, "SELECT * EXCLUDE (run_id) FROM pores ORDER BY pore_id")
        for lake in (by_network, tmp_path / "lake")
    )
    assert len(ours) == len(theirs) > 20
    for one, other in zip(ours, theirs, strict=True):
        # Windows of another size differ in the last digits.
        assert one == tuple(pytest.approx(v, rel=1e-5) if isinstance(v, float) else v for v in other)
    lives = "SELECT track_id, t_birth, t_death, birth, death, max_area_mm2 FROM tracks ORDER BY 1"
    assert rows(by_network, lives) == rows(tmp_path / "lake", lives)


def test_processes_make_the_same_tables(small_series: Path, by_network: Path, tmp_path: Path) -> None:
    run_request(request(small_series, tmp_path / "lake", workers=2, parameters=NETWORK))
    assert_same_tables(tmp_path / "lake", by_network)


def test_the_command_line_takes_the_network_unless_told_otherwise(small_series: Path, tmp_path: Path) -> None:
    command = [str(PORELAKE), "run", "--from", str(small_series), "--lake", str(tmp_path / "lake")]
    command += ["--harp", str(BUSY), "--workers", "1"]
    without = {name: value for name, value in environment().items() if name != "PORELAKE_ENHANCE"}
    done = subprocess.run(command, env=without, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert rows(tmp_path / "lake", "SELECT DISTINCT product FROM pores") == [("network",)]
    assert not done.stderr


def test_a_change_of_product_is_told(small_series: Path, lake: Path) -> None:
    told = str(run_request(request(small_series, lake, parameters=NETWORK, harpnums=(BUSY,))))
    assert "enhance spline -> network" in told
    assert "not of one product: network (1 HARP), spline (1 HARP)" in told


def test_other_weights_are_another_product(small_series: Path, tmp_path: Path) -> None:
    write_keras(tmp_path / "random.hdf5", published_layers())
    blob = kept(str(tmp_path / "random.hdf5"))
    (tmp_path / "random.hdf5").unlink()  # the machine's cache has them
    science = {"enhance": "network", "weights": blob, "detect": {"threshold": 0.9}}
    run_request(request(small_series, tmp_path / "lake", parameters=science, harpnums=(BUSY,)))
    assert rows(tmp_path / "lake", "SELECT DISTINCT product FROM pores") in ([(f"network:{blob[:12]}",)], [])
    assert rows(tmp_path / "lake", "SELECT config->>'weights' FROM runs") == [(blob,)]
    assert {"keras", "tensorflow-cpu"} <= set(
        rows(tmp_path / "lake", "SELECT json_keys(software) FROM runs")[0][0]
    )


def test_weights_are_kept_by_their_git_id(tmp_path: Path) -> None:
    write_keras(tmp_path / "random.hdf5", published_layers())
    done = porelake("weights", "add", tmp_path / "random.hdf5")
    assert done.returncode == 0, done.stderr
    assert cached(done.stdout.strip()).read_bytes() == (tmp_path / "random.hdf5").read_bytes()


def test_weights_that_are_not_here_are_asked_for(small_series: Path, tmp_path: Path) -> None:
    science = {"enhance": "network", "weights": "f" * 40}
    with pytest.raises(InputError, match="weights ffffffffffff: not on this machine"):
        run_request(request(small_series, tmp_path / "lake", parameters=science))
    assert not (tmp_path / "lake").exists()


def test_weights_for_the_field_find_no_pores(
    small_series: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_keras(tmp_path / "field.hdf5", published_layers())
    blob = kept(str(tmp_path / "field.hdf5"))
    monkeypatch.setitem(KNOWN, "made-field", PublishedWeights("made-field", "field.hdf5", blob, "field"))
    assert cached(blob).exists()
    with pytest.raises(InputError, match="made-field: for the line-of-sight field"):
        run_request(request(small_series, tmp_path / "lake", parameters={**NETWORK, "weights": blob}))


def test_stored_images_are_those_of_the_network(small_series: Path, tmp_path: Path) -> None:
    asked = request(small_series, tmp_path / "lake", store_x2=True, parameters=NETWORK, harpnums=(BUSY,))
    run_request(asked)
    product = min((tmp_path / "lake" / "products").rglob("x2-*.h5"))
    with Cube(product) as cube:
        t_rec = cube.t_rec[0]
        image = cube.frame(t_rec).segments["intensity"]
        assert "network" in str(cube.header(t_rec, "intensity")["HISTORY"])
    assert image.min() > 0
    assert image.shape == (160, 240)


def test_a_request_takes_the_network_unless_told_otherwise() -> None:
    assert Request().parameters == Parameters(enhance="network", weights=OWN_WEIGHTS)
