"""`porelake enhance` by a network, and `porelake weights`: one image, one file, one clear answer."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from pores.enhance.compact import Compact
from pores.enhance.engine import compiled
from pores.enhance.topologies import compact_halo, published
from pores.enhance.weights import Weights
from storage.weights_file import blob_id, write_weights
from storage.weights_known import KNOWN, PublishedWeights
from tests.flows.runs import Command, Ended, Refuses, porelake
from tests.unit.networks import compact_layers, published_layers, write_keras

LAYERS, OWN_LAYERS = published_layers(seed=7), compact_layers(seed=7)
SHAPE = (90, 150)  # more than one tile
CARDS = {
    "CTYPE1": "HPLN-TAN",
    "CTYPE2": "HPLT-TAN",
    "CRPIX1": 12.25,
    "CRPIX2": 40.0,
    "CDELT1": 0.504,
    "CDELT2": 0.506,
    "CRVAL1": 33.0,
    "CRVAL2": -21.0,
    "CUNIT1": "arcsec",
    "CUNIT2": "arcsec",
}
GRANULES = np.random.default_rng(3).normal(1, 0.04, SHAPE).astype(np.float32)
FIELD = np.random.default_rng(4).normal(0, 800, SHAPE).astype(np.float32)


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random weights of the published topology."""
    return write_keras(tmp_path_factory.mktemp("weights") / "random.hdf5", LAYERS)


@pytest.fixture(scope="session")
def own_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random weights of the project's own topology, which make of a quiet Sun of 1 about 1."""
    *chain, (kernel, bias) = OWN_LAYERS
    last = tuple(array / 50 for array in chain[-1])
    layers = (*map(tuple, chain[:-1]), last, (kernel / 10, bias / 10))
    path = tmp_path_factory.mktemp("weights") / "own.h5"
    write_weights(path, Weights("any", "compact", "intensity", layers, {"data": "none at all"}))
    return path


@pytest.fixture
def image(tmp_path: Path) -> Callable[..., Path]:
    """Write an image: `image(pixels, **cards)`."""

    def write(pixels: np.ndarray, **cards: object) -> Path:
        path = tmp_path / "in.fits"
        fits.PrimaryHDU(pixels, fits.Header([*CARDS.items(), *cards.items()])).writeto(path, overwrite=True)
        return path

    return write


def read(path: Path) -> tuple[np.ndarray, fits.Header]:
    with fits.open(path) as hdus:
        return np.array(hdus[0].data, np.float32), hdus[0].header


def modelled(pixels: np.ndarray) -> np.ndarray:
    """All of the image at once, without tiles."""
    return compiled(published(LAYERS))(pixels[None, :, :, None])[0, :, :, 0]


def assert_same(image: np.ndarray, expected: np.ndarray) -> None:
    np.testing.assert_allclose(image, expected, atol=1e-5 * np.abs(expected).max())


def test_the_real_command_doubles_as_the_model_does(
    tmp_path: Path, weights: Path, image: Callable[..., Path]
) -> None:
    out = tmp_path / "out.fits"
    options = ("--method", "network", "--weights", weights, "--normalised")
    done = porelake("enhance", image(GRANULES, BUNIT="DN/s"), "--out", out, *options)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{out}\n", "")
    made, header = read(out)
    assert made.shape == (180, 300)
    assert_same(made, modelled(GRANULES))
    expected = {"CRPIX1": 24.0, "CRPIX2": 79.5, "CDELT1": 0.252, "CDELT2": 0.253, "CRVAL1": 33.0}
    assert {name: header[name] for name in expected} == pytest.approx(expected)
    assert header["BUNIT"] == "DN/s"
    name = blob_id(weights.read_bytes())[:12]
    assert f"network {name}" in " ".join(str(header["HISTORY"]).split())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.fits", "out.fits"]


def test_what_is_missing_stays_missing_and_spoils_nothing_far_from_it(
    tmp_path: Path, weights: Path, image: Callable[..., Path], command: Command
) -> None:
    pixels = GRANULES.copy()
    pixels[:, 80:] = np.nan
    pixels[10, 10] = np.nan
    options = ("--out", tmp_path / "out.fits", "--weights", weights, "--normalised")
    assert command("enhance", image(pixels), *options).status == 0
    made, _ = read(tmp_path / "out.fits")
    np.testing.assert_array_equal(np.isnan(made), np.isnan(pixels).repeat(2, 0).repeat(2, 1))
    far = np.s_[60:, : 2 * (80 - 13)]
    assert_same(made[far], modelled(GRANULES)[far])


def test_an_image_in_counts_is_brought_to_the_quiet_sun(
    tmp_path: Path, own_weights: Path, image: Callable[..., Path], command: Command
) -> None:
    level = 47_000.0
    options = ("--out", tmp_path / "out.fits", "--weights", own_weights)
    ended = command("enhance", image(GRANULES * np.float32(level), BUNIT="DN/s"), *options)
    assert (ended.status, ended.err) == (0, "")
    made, header = read(tmp_path / "out.fits")
    assert header["QUIETSUN"] == pytest.approx(level, rel=0.01)
    assert "BUNIT" not in header
    assert np.median(made) == pytest.approx(1, abs=0.02)
    command("enhance", image(GRANULES), *options, "--normalised")
    raw, plain = read(tmp_path / "out.fits")
    assert "QUIETSUN" not in plain
    scale = header["QUIETSUN"] / level * header["QUIETNET"]
    np.testing.assert_allclose(made, raw / scale, atol=0.01)


def test_weights_of_the_own_topology_double_as_their_model_does(
    tmp_path: Path, own_weights: Path, image: Callable[..., Path], command: Command
) -> None:
    options = ("--out", tmp_path / "out.fits", "--weights", own_weights, "--normalised")
    assert command("enhance", image(GRANULES), *options).status == 0
    *chain, (kernel, bias) = OWN_LAYERS
    layers = [*chain[:-1], [array / 50 for array in chain[-1]], [kernel / 10, bias / 10]]
    padded = np.pad(GRANULES, compact_halo(layers), mode="reflect")
    expected = Compact(layers)(padded[None, :, :, None])[0, :, :, 0]
    assert expected.std() > 0.001
    np.testing.assert_allclose(read(tmp_path / "out.fits")[0], expected, atol=1e-5)


def test_an_answer_to_the_quiet_sun_that_is_none_is_told(
    tmp_path: Path, weights: Path, image: Callable[..., Path], command: Command
) -> None:
    ended = command("enhance", image(100 * GRANULES), "--out", tmp_path / "out.fits", "--weights", weights)
    assert (ended.status, ended.err.count("\n")) == (0, 1)
    assert "left as it is" in ended.err
    made, header = read(tmp_path / "out.fits")
    assert header["QUIETNET"] == 1
    level = header["QUIETSUN"]
    assert level == pytest.approx(100, rel=0.02)
    assert_same(made, np.maximum(modelled(100 * GRANULES / np.float32(level)), 0))


def test_field_is_doubled_in_gauss(
    tmp_path: Path, weights: Path, image: Callable[..., Path], command: Command
) -> None:
    options = ("--out", tmp_path / "out.fits", "--weights", weights, "--field")
    assert command("enhance", image(FIELD, BUNIT="Gauss"), *options).status == 0
    made, header = read(tmp_path / "out.fits")
    expected = modelled(FIELD / 1000) * 1000
    assert expected.min() < 0 < expected.max()
    assert_same(made, expected)
    assert header["BUNIT"] == "Gauss"
    assert not np.allclose(made, modelled(FIELD), rtol=0.05)


def test_weights_that_are_known_to_be_for_field_need_no_option(
    tmp_path: Path,
    weights: Path,
    image: Callable[..., Path],
    command: Command,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known = PublishedWeights("of-test", "x.hdf5", blob_id(weights.read_bytes()), "field")
    monkeypatch.setitem(KNOWN, known.name, known)
    options = ("--out", tmp_path / "out.fits", "--weights", weights)
    assert command("enhance", image(FIELD, BUNIT="G"), *options).status == 0
    assert_same(read(tmp_path / "out.fits")[0], modelled(FIELD / 1000) * 1000)


@pytest.mark.parametrize("unit", ["Gauss", "G", "Mx/cm^2"])
@pytest.mark.parametrize("normalised", [(), ("--normalised",)])
def test_field_is_not_taken_for_intensity(
    tmp_path: Path,
    weights: Path,
    image: Callable[..., Path],
    refuses: Refuses,
    unit: str,
    normalised: tuple[str, ...],
) -> None:
    path = image(FIELD, BUNIT=unit)
    options = ("--out", tmp_path / "out.fits", "--weights", weights)
    says = f"{path}: an image in {unit}: the network is for intensity"
    refuses("enhance", path, *options, *normalised, says=says)
    assert not (tmp_path / "out.fits").exists()


def test_wrong_files_of_weights(tmp_path: Path, image: Callable[..., Path], refuses: Refuses) -> None:
    path, out = image(GRANULES), tmp_path / "out.fits"
    for name, content, says in (
        ("empty.hdf5", b"", "the file is empty"),
        ("page.hdf5", b"<html>\nNot found\n</html>", "HTML"),
        ("cut.hdf5", write_keras(tmp_path / "w", LAYERS).read_bytes()[:5000], "damaged HDF5"),
        ("other.hdf5", write_keras(tmp_path / "w", LAYERS[:-1]).read_bytes(), "24 layers"),
    ):
        (tmp_path / name).write_bytes(content)
        for ask in (("enhance", path, "--out", out, "--weights"), ("weights", "check")):
            refuses(*ask, tmp_path / name, says=f"{tmp_path / name}: ")
            refuses(*ask, tmp_path / name, says=says)
    refuses("enhance", path, "--out", out, "--weights", tmp_path / "no.hdf5", says="no.hdf5: no such file")
    refuses("enhance", path, "--out", out, "--weights", "enhance-intensity", says="weights fetch")
    refuses("weights", "check", "enhance-field", says="not on this machine yet")
    refuses("weights", "fetch", "enhance-fields", says="enhance-fields: no published weights")
    assert not out.exists()


def test_a_wrong_file_of_the_real_command(tmp_path: Path, image: Callable[..., Path]) -> None:
    (tmp_path / "page.hdf5").write_bytes(b"<html>")
    options = ("--out", tmp_path / "out.fits", "--weights", tmp_path / "page.hdf5")
    done = porelake("enhance", image(GRANULES), *options)
    says = f"porelake: {tmp_path / 'page.hdf5'}: no weights of a network (HTML)\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", says)


def test_options_that_do_not_go_together(
    tmp_path: Path, weights: Path, own_weights: Path, image: Callable[..., Path], refuses: Refuses
) -> None:
    asked = ("enhance", image(GRANULES), "--out", tmp_path / "out.fits")
    refuses(*asked, "--method", "spline", "--weights", weights, says="--weights")
    refuses(*asked, "--method", "spline", "--field", says="--field")
    refuses(*asked, "--method", "magic", says="--method")
    refuses(*asked, "--weights", own_weights, "--field", says="--field: weights ")
    assert not (tmp_path / "out.fits").exists()


def test_images_that_are_none_for_a_network(
    tmp_path: Path, weights: Path, image: Callable[..., Path], refuses: Refuses
) -> None:
    options = ("--out", tmp_path / "out.fits", "--weights", weights)
    refuses("enhance", image(-GRANULES), *options, says="in.fits: 100 % of the image is below 0")
    refuses(
        "enhance", image(GRANULES[:1]), *options, "--normalised", says="in.fits: an image of 1 x 150 pixels"
    )
    refuses("enhance", image(np.ones((2, 3, 4))), *options, says="in.fits: no image of two axes")
    refuses("enhance", image(np.ones((0, 4))), *options, "--normalised", says="in.fits: no image of two axes")
    refuses("enhance", weights, *options, says=f"{weights}: not a readable FITS file")
    assert not (tmp_path / "out.fits").exists()


def test_the_list_of_weights_says_what_is_here(
    command: Command, own_cache: Path, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(
        KNOWN, "of-test", PublishedWeights("of-test", "x", blob_id(weights.read_bytes()), "field")
    )
    first = command("weights", "list").out.splitlines()
    assert first[0].split()[:2] == ["porelake-x2", "intensity"]
    lines = {line.split()[0]: line for line in first}
    for name in ("enhance-intensity", "enhance-field", "of-test"):
        assert lines[name].split()[1:3] == [KNOWN[name].quantity, KNOWN[name].blob]
        assert lines[name].endswith(f"not here: porelake weights fetch {name}")
    (own_cache / "weights").mkdir()
    (own_cache / "weights" / f"{KNOWN['of-test'].blob}.hdf5").write_bytes(weights.read_bytes())
    lines = {line.split()[0]: line for line in command("weights", "list").out.splitlines()}
    assert lines["of-test"].endswith(" here")
    assert lines["enhance-field"].endswith("fetch enhance-field")
    said = command("weights", "check", "of-test").out
    assert ": of-test, published topology, 446657 values, for field; git id " in said


def test_a_check_says_what_a_file_is(weights: Path, own_weights: Path, command: Command) -> None:
    blob = blob_id(weights.read_bytes())
    says = f"{weights}: {blob[:12]}, published topology, 446657 values, for intensity; git id {blob}\n"
    assert command("weights", "check", weights) == Ended(0, says, "")
    blob, size = blob_id(own_weights.read_bytes()), sum(a.size for layer in OWN_LAYERS for a in layer)
    first, *card = command("weights", "check", own_weights).out.splitlines()
    assert first.endswith(f"{blob[:12]}, compact topology, {size} values, for intensity; git id {blob}")
    assert card == ["data: none at all"]
    assert ": porelake-x2, compact topology" in command("weights", "check", "porelake-x2").out


def test_weights_that_are_not_finite_are_none(tmp_path: Path, refuses: Refuses) -> None:
    first, *rest = LAYERS
    path = write_keras(tmp_path / "nan.hdf5", [[np.full_like(array, np.nan) for array in first], *rest])
    refuses("weights", "check", path, says=f"{path}: weights that are not finite")


def write_image(path: Path, image: np.ndarray, **cards: object) -> Path:
    header = fits.Header([(name.upper(), value) for name, value in cards.items()])
    fits.PrimaryHDU(image.astype(np.float32), header).writeto(path)
    return path


def test_what_is_no_intensity_is_told_from_its_values_and_either_unit(
    tmp_path: Path, refuses: Refuses
) -> None:
    out = ("--out", tmp_path / "x2.fits")
    refuses("enhance", write_image(tmp_path / "b.fits", FIELD), *out, says="of the image is below 0")
    dark = write_image(tmp_path / "d.fits", np.abs(FIELD), _bunit="Mx/cm^2")
    refuses("enhance", dark, *out, says="an image in Mx/cm^2")
    counts = write_image(tmp_path / "c.fits", 6e4 * GRANULES)
    refuses("enhance", counts, *out, "--normalised", says="--normalised: the image's median is")
    assert not (tmp_path / "x2.fits").exists()


def test_the_unit_of_today_s_exports_goes_too(tmp_path: Path, command: Command) -> None:
    cards = {"_bunit": "DN/s", "_datamax": 7e4, "datamedn": 6e4}
    image, out = write_image(tmp_path / "c.fits", 6e4 * GRANULES, **cards), tmp_path / "x2.fits"
    assert command("enhance", image, "--out", out).status == 0
    header = fits.getheader(out)
    assert not {"_BUNIT", "_DATAMAX", "DATAMEDN"} & set(header)
    assert header["QUIETSUN"] == pytest.approx(6e4, rel=0.02)


@pytest.mark.parametrize("method", ["spline", "network"])
def test_the_image_itself_is_not_overwritten(tmp_path: Path, refuses: Refuses, method: str) -> None:
    image = write_image(tmp_path / "i.fits", GRANULES)
    before = image.read_bytes()
    refuses("enhance", image, "--out", image, "--method", method, says="the image itself")
    refuses("enhance", image, "--out", tmp_path, "--method", method, says="a directory")
    assert image.read_bytes() == before
