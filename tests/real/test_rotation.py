"""The rotation law against consecutive real magnetograms."""

import numpy as np
import pytest
from astropy.io import fits

from pores.geometry import CeaGrid
from pores.motion import Places, rotated


def _peak(before, after):
    """Displacement (x, y) by the peak of the cross-correlation, in pixels."""
    strong = [np.where(np.abs(image) > 200, image, 0) for image in (before, after)]
    correlation = np.fft.ifft2(np.conj(np.fft.fft2(strong[0])) * np.fft.fft2(strong[1])).real
    y, x = np.unravel_index(correlation.argmax(), correlation.shape)
    rows, columns = correlation[:, x], correlation[y]
    return tuple(
        (i + _vertex(line[i - 1], line[i], line[(i + 1) % len(line)]) + len(line) / 2) % len(line)
        - len(line) / 2
        for i, line in ((x, columns), (y, rows))
    )


def _vertex(left, middle, right):
    return 0.5 * (left - right) / (left - 2 * middle + right)


def test_features_stay_behind_a_patch_as_the_law_says(real_data):
    images, grids = [], []
    for time in ("000000", "002400"):
        with fits.open(real_data / f"sharp/hmi.sharp_cea_720s.6060.20151030_{time}_TAI.Br.fits") as hdus:
            hdus.verify("silentfix")
            images.append(np.nan_to_num(hdus[-1].data))
            grids.append(CeaGrid.from_keywords(dict(hdus[-1].header), images[-1].shape))
    ny, nx = images[0].shape
    lon, lat = grids[0].to_carrington([nx / 2], [ny / 2])
    x, y = rotated(Places(lon, lat, *np.zeros((3, 1))), 1440.0, grids[1])
    measured = _peak(*images)
    # 24 minutes: the patch runs 0.14 px ahead of Carrington rotation, its features only 0.02 px
    assert x[0] - nx / 2 == pytest.approx(measured[0], abs=0.05)
    assert measured[0] == pytest.approx(-0.1, abs=0.05)
    assert y[0] - ny / 2 == pytest.approx(measured[1], abs=0.1)
