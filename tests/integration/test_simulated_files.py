"""A simulated series on disk: files as JSOC writes them, readable by others, and the truth beside them."""

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from astropy.io import fits
from astropy.wcs import WCS

from catalog.formats import arrow_schema
from catalog.schema import TABLES
from pores.errors import InputError
from pores.geometry import CeaGrid
from pores.simulate import SimulationParameters, simulate
from pores.simulate.observe import ERROR_SEGMENTS, STORED, physical
from pores.simulate.parameters import SEGMENTS
from storage.fits_files import parse_name, read_segment
from storage.simulated import TRUTH_TABLES, write_series

SCHEMAS = {name: arrow_schema(TABLES[name]) for name in TRUTH_TABLES}
PARAMETERS = SimulationParameters(
    seed=7,
    scenario="interactions",
    shape=(100, 140),
    n_frames=6,
    segments=(*SEGMENTS, *ERROR_SEGMENTS),
    missing_frames=(1,),
    no_continuum_frames=(2,),
    bad_quality_frames=(3,),
    corrupt_frames=(4,),
)


@pytest.fixture(scope="module")
def series(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("simulated")
    done: list[int] = []
    files = write_series(out, PARAMETERS, SCHEMAS, done.append)
    assert done == [1] * PARAMETERS.n_frames
    assert sorted(files) == sorted(out.glob("*.fits"))
    return out


def file_of(series: Path, frame: int, segment: str) -> Path:
    stamp = (
        str(PARAMETERS.t_rec[frame].astype("datetime64[s]"))
        .replace("-", "")
        .replace(":", "")
        .replace("T", "_")
    )
    return series / f"hmi.sharp_cea_720s.{PARAMETERS.harpnum}.{stamp}_TAI.{segment}.fits"


def table(series: Path, name: str) -> dict[str, list[Any]]:
    return dict(pq.read_table(series / "truth" / f"{name}.parquet").to_pydict())


def test_every_file_is_there_and_no_other(series: Path) -> None:
    expected = {
        file_of(series, frame, segment)
        for frame in range(6)
        for segment in PARAMETERS.segments
        if frame != 1 and (frame, segment) != (2, "continuum")
    }
    assert set(series.glob("*.fits")) == expected
    assert all(parse_name(path.name) is not None for path in expected)


def test_astropy_reads_the_pixels_that_were_simulated(series: Path) -> None:
    first = next(simulate(PARAMETERS))
    for name in PARAMETERS.segments:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with fits.open(file_of(series, 0, name)) as hdus:
                data, header = hdus[-1].data, hdus[-1].header
                assert len(hdus) == (1 if name == "bitmap" else 2)
        assert data == pytest.approx(physical(name, first.stored[name]), rel=1e-6, abs=1e-4)
        assert header["DATAMEAN"] == pytest.approx(data.mean(), rel=1e-5)
        assert header["BUNIT"].strip() == STORED[name].unit


def test_checksums_are_right_byte_for_byte(series: Path) -> None:
    for path in sorted(series.glob("*.fits")):
        if path == file_of(series, 4, "continuum"):
            continue
        with fits.open(path, disable_image_compression=True, checksum=True) as hdus:
            assert hdus[-1].verify_checksum() == 1
            assert hdus[-1].verify_datasum() == 1


def test_compression_and_scale_are_those_of_the_archive(series: Path) -> None:
    with fits.open(file_of(series, 0, "continuum"), disable_image_compression=True) as hdus:
        header = hdus[1].header
        assert (header["ZCMPTYPE"], header["ZBITPIX"], header["ZTILE1"], header["ZTILE2"]) == (
            "RICE_1",
            32,
            140,
            1,
        )
        assert (header["BSCALE"], header["BZERO"], header["BLANK"]) == (3.0, 97304.0, -2147483648)


def test_the_header_places_pixels_as_the_simulation_does(series: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        header = fits.getheader(file_of(series, 5, "Br"), 1)
        header.remove("CRDER1"), header.remove("CRDER2")
        header.remove("CSYSER1"), header.remove("CSYSER2")
        lon, lat = WCS(header).wcs_pix2world([3.0, 100.0], [80.0, 11.0], 0)
    grid = CeaGrid.from_keywords(dict(header), PARAMETERS.shape)
    assert np.stack(grid.to_carrington([3.0, 100.0], [80.0, 11.0])) == pytest.approx(
        np.stack([lon, lat]), abs=1e-9
    )


def test_our_reader_takes_them(series: Path) -> None:
    path = file_of(series, 0, "continuum")
    name = parse_name(path.name)
    assert name is not None
    image = read_segment(name, path.read_bytes())
    assert (image.bscale, image.bzero, image.blank) == (3.0, 97304.0, -2147483648)
    assert np.array_equal(image.stored, next(simulate(PARAMETERS)).stored["continuum"])
    assert image.quality == 0


def test_the_corrupt_file_is_unreadable_and_its_neighbours_are_not(series: Path) -> None:
    for segment in ("continuum", "Br"):
        path = file_of(series, 4, segment)
        name = parse_name(path.name)
        assert name is not None
        if segment == "continuum":
            with pytest.raises(InputError):
                read_segment(name, path.read_bytes())
        else:
            assert read_segment(name, path.read_bytes()).stored.shape == PARAMETERS.shape


def test_frames_tell_why_they_cannot_be_used(series: Path) -> None:
    frames = table(series, "frames")
    assert frames["usable"] == [True, False, False, False, True]
    assert frames["reason"] == [None, "missing segment", "bad quality", "unreadable file", None]
    assert frames["missing_segments"] == [[], ["continuum"], [], ["continuum"], []]
    assert frames["n_pores"][1:4] == [None] * 3
    assert frames["quality"][2] == 0x40000000
    assert json.loads(frames["keywords"][0])["T_REC"] == "2014.06.10_00:00:00_TAI"
    # TAI is 35 s ahead of UTC in 2014, T_OBS 6 s before T_REC.
    assert (frames["t_rec"][0] - frames["t_obs"][0]).total_seconds() == 41.0


def test_truth_is_only_of_usable_frames_and_consistent(series: Path) -> None:
    pores, tracks, links = (table(series, name) for name in ("pores", "tracks", "links"))
    usable = {
        t for t, use in zip(*(table(series, "frames")[n] for n in ("t_rec", "usable")), strict=True) if use
    }
    assert set(pores["t_rec"]) == usable
    assert len(set(pores["pore_id"])) == len(pores["pore_id"])
    assert {one for one in pores["track_id"] if one} == set(tracks["track_id"])
    assert set(links["from_pore_id"]) | set(links["to_pore_id"]) <= set(pores["pore_id"])
    assert sum(tracks["n_obs"]) == sum(one is not None for one in pores["track_id"])
    assert "gap" in links["kind"]  # frames 1 to 4 are missing or unusable
    assert "continue" not in links["kind"]
    assert json.loads((series / "truth" / "parameters.json").read_text())["seed"] == 7
    assert len(json.loads((series / "truth" / "script.json").read_text())) > 4


def test_equal_parameters_give_equal_bytes(series: Path, tmp_path: Path) -> None:
    write_series(tmp_path, PARAMETERS, SCHEMAS, workers=2)
    names = sorted(path.relative_to(series) for path in series.rglob("*") if path.is_file())
    assert names == sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file())
    for name in names:
        assert (series / name).read_bytes() == (tmp_path / name).read_bytes(), name


def test_another_series_of_the_harp_is_not_mixed_in(series: Path) -> None:
    before = {path: path.read_bytes() for path in series.rglob("*") if path.is_file()}
    shorter = PARAMETERS.model_copy(update={"n_frames": 5})
    with pytest.raises(InputError, match=r"TAI\.\w+\.fits: of another series"):
        write_series(series, shorter, SCHEMAS)
    assert {path: path.read_bytes() for path in series.rglob("*") if path.is_file()} == before


def test_keywords_are_those_of_real_records(series: Path, real_data: Path) -> None:
    real = next((real_data / "sharp").glob("*.377.*.Br.fits"))
    ours = fits.Header.fromstring(_header_text(file_of(series, 0, "Br")))
    theirs = fits.Header.fromstring(_header_text(real))
    assert set(ours) <= set(theirs)
    assert {"QUALITY", "USFLUX", "OBS_VR", "NOAA_ARS", "OMEGA_DT", "LONFWTNE", "CHECKSUM"} <= set(ours)


def _header_text(path: Path) -> str:
    """The header of the first extension, as stored."""
    content = path.read_bytes()[2880:]
    end = next(i for i in range(0, len(content), 80) if content[i : i + 80].rstrip() == b"END")
    return content[:end].decode("ascii")
