"""The keywords of a simulated SHARP record, named and ordered as JSOC's."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pores.frame import Frame, Keyword
from pores.record_time import format_t_rec, tai_to_utc
from pores.sharp_keywords import recomputed, statistics
from pores.simulate.observe import STORED, physical
from pores.simulate.orbit import OMEGA_DT_DEG_DAY, RSUN_M, Place
from pores.simulate.parameters import SimulationParameters

NAN = "nan"  # as JSOC writes a number that it doesn't have
T_OBS_OFFSET_MS, EXPOSURE_MS = -6000, 67_700
BAD_QUALITY = (
    0x40000000,
    -(2**31),
)  # no usable observable; the second has the sign bit, written as JSOC does
_COMPUTED = (
    ("USFLUX", "MEANGAM", "MEANGBT", "MEANGBZ", "MEANGBH", "MEANJZD", "TOTUSJZ"),
    ("AREA", "AREA_ACR"),
    ("LAT_FWT", "LON_FWT", "LATFWTPO", "LONFWTPO", "LATFWTNE", "LONFWTNE"),
    ("CMASK",),
)
_UNKNOWN = (
    "MEANALP",
    "MEANJZH",
    "TOTUSJH",
    "ABSNJZH",
    "SAVNCPP",
    "MEANPOT",
    "TOTPOT",
    "MEANSHR",
    "SHRGT45",
    "R_VALUE",
)


def record_keywords(
    parameters: SimulationParameters, frame: int, where: Place, stored: Mapping[str, NDArray[Any]]
) -> dict[str, Keyword]:
    """Keywords that all segments of a record share."""
    t_rec = parameters.t_rec[frame]
    fixed = {**_times(t_rec), **_coordinates(where), **_quality(parameters, frame), **_harp(parameters)}
    images = {name: physical(name, image) for name, image in stored.items()}
    values = recomputed(Frame(parameters.harpnum, t_rec, fixed, images))
    field, area, centroid, count = ({k: values[k] for k in group if k in values} for group in _COMPUTED)
    return {
        **_times(t_rec),
        **field,
        **dict.fromkeys(_UNKNOWN, NAN),
        **_coordinates(where),
        **_quality(parameters, frame),
        **_harp(parameters),
        **area,
        **centroid,
        **count,
    }


def segment_keywords(name: str, stored: NDArray[Any]) -> dict[str, Keyword]:
    """Keywords of one segment: its unit and the statistics of its pixels."""
    return {
        "BUNIT": STORED[name].unit,
        "DATAVALS": int(stored.size),
        "MISSVALS": 0,
        **statistics(physical(name, stored)),
    }


def _times(t_rec: np.datetime64) -> dict[str, Keyword]:
    t_obs = t_rec + np.timedelta64(T_OBS_OFFSET_MS, "ms")
    date_obs = tai_to_utc(t_obs - np.timedelta64(EXPOSURE_MS, "ms"))
    made = t_rec + np.timedelta64(40, "D")
    return {
        "DATE": str(made.astype("datetime64[s]")),
        "DATE-OBS": str(date_obs)[:-1],
        "T_OBS": format_t_rec(t_obs),
        "T_REC": format_t_rec(t_rec),
        "TRECEPOC": "1993.01.01_00:00:00_TAI",
        "TRECSTEP": 720.0,
        "TRECUNIT": "secs",
        "CADENCE": 720.0,
    }


def _coordinates(where: Place) -> dict[str, Keyword]:
    wcs = where.grid.wcs_keywords()
    del wcs["WCSAXES"]
    rsun_obs = np.degrees(np.arcsin(RSUN_M / where.observer.distance_m)) * 3600
    return {
        **wcs,
        "CUNIT1": "degree",
        "CUNIT2": "degree",
        "IMCRPIX1": 2048.5,
        "IMCRPIX2": 2048.5,
        "IMCRVAL1": 0.0,
        "IMCRVAL2": 0.0,
        "CROTA2": 0.0,
        **dict.fromkeys(("CRDER1", "CRDER2", "CSYSER1", "CSYSER2"), NAN),
        "WCSNAME": "Carrington Heliographic",
        "DSUN_OBS": round(where.observer.distance_m, 2),
        "DSUN_REF": 149597870691,
        "CRLN_OBS": round(where.observer.lon, 6),
        "CRLT_OBS": round(where.observer.lat, 6),
        "CAR_ROT": 2151,
        "OBS_VR": round(where.obs_vr, 6),
        "OBS_VW": 29_800.0,
        "OBS_VN": 900.0,
        "RSUN_OBS": round(float(rsun_obs), 6),
        "TELESCOP": "SDO/HMI",
        "INSTRUME": "HMI_SIDE1",
        "WAVELNTH": 6173.0,
        "CAMERA": 1,
    }


def _quality(parameters: SimulationParameters, frame: int) -> dict[str, Keyword]:
    bad = frame in parameters.bad_quality_frames
    value = BAD_QUALITY[parameters.bad_quality_frames.index(frame) % 2] if bad else 0
    return {
        "QUALITY": value,
        "QUAL_S": value,
        "QUALLEV1": 0,
        "ORIGIN": "porelake simulate",
        "CONTENT": "HMI observable",
    }


def _harp(parameters: SimulationParameters) -> dict[str, Keyword]:
    regions = parameters.noaa_ars
    first, last = (format_t_rec(parameters.t_rec[i]) for i in (0, -1))
    ny, nx = parameters.shape
    return {
        "QLOOK": 0,
        "HARPNUM": parameters.harpnum,
        "MASK": 32,
        "H_MERGE": 0,
        "H_FAINT": 0,
        "OMEGA_DT": OMEGA_DT_DEG_DAY,
        "NPIX": ny * nx,
        "T_FRST": first,
        "T_FRST1": first,
        "T_LAST1": last,
        "T_LAST": last,
        "N_PATCH": parameters.n_frames,
        "N_PATCH1": parameters.n_frames,
        "N_PATCHM": len(parameters.missing_frames),
        "NOAA_AR": regions[0] if regions else 0,
        "NOAA_NUM": len(regions),
        "NOAA_ARS": ",".join(str(region) for region in regions) or "MISSING",
        "INVCODEV": "none: simulated",
        "AMBCODEV": "none: simulated",
    }
