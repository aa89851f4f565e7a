"""A movie in a real browser: it loads, has its size and length, and shows each second where it is sought."""

import io
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from flows.movie import MovieLook, write_movie
from tests.browser.conftest import Opens
from tests.flows.conftest import no_prefect_configured, small_lake, small_series  # noqa: F401 - fixtures
from tests.flows.runs import BUSY, scenes_of

_PAGE = '<!DOCTYPE html><body style="margin:0"><video id="movie" src="busy.mp4" preload="auto" muted></video>'
_READY = "() => document.getElementById('movie').readyState >= 4"
_SEEK = """t => new Promise((done, failed) => {
    const movie = document.getElementById('movie');
    movie.onerror = () => failed(movie.error.message);
    movie.requestVideoFrameCallback(() => done(movie.currentTime));
    movie.currentTime = t;
})"""


@pytest.fixture(scope="module")
def movie(small_lake: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:  # noqa: F811 - the fixture
    out = tmp_path_factory.mktemp("movie") / "busy.mp4"
    write_movie(scenes_of(small_lake, BUSY), out, MovieLook(fps=5, width_px=640))
    (out.parent / "page.html").write_text(_PAGE)
    return out


def test_a_movie_plays_in_chromium(movie: Path, opens: Opens) -> None:
    with av.open(str(movie)) as container:
        pictures = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    page = opens(movie.parent / "page.html")
    page.wait_for_function(_READY)
    video = page.locator("#movie")
    size = video.evaluate("movie => [movie.videoWidth, movie.videoHeight, movie.duration]")
    assert size == [pictures[0].shape[1], pictures[0].shape[0], pytest.approx(14 / 5)]
    for index in (9, 2, 13):  # forwards and back; the first has no continuum
        assert page.evaluate(_SEEK, (index + 0.5) / 5) == pytest.approx((index + 0.5) / 5)
        shown = np.asarray(Image.open(io.BytesIO(video.screenshot())).convert("RGB"), float)
        differences = [np.abs(shown - picture).mean() for picture in pictures]
        assert int(np.argmin(differences)) == index
        assert differences[index] < 6  # the colours are what was written
    played = page.evaluate("() => document.getElementById('movie').play().then(() => true)")
    assert played
