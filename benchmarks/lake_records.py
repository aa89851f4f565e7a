"""Rows of `frames`, `harps` and `runs` of one drawn HARP."""

import json
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from benchmarks.lake_lives import Floats, Ints, Sightings
from pores.parameters import Parameters
from storage.keys import json_key

SERIES = "hmi.sharp_cea_720s"
SHARP = ("usflux", "meangam", "meangbt", "meangbz", "meangbh", "meanjzd", "totusjz", "area_acr", "r_value")


def seven(values: NDArray[Any]) -> Floats:
    """Values with seven digits."""
    return values.astype(np.float32).astype(np.float64)


def frame_rows(rng: np.random.Generator, seen: Sightings, times: Ints, harpnum: int) -> dict[str, Any]:
    """One row per frame, usable or not, with some of its keywords."""
    n = len(times)
    vr = seven(3000 * np.sin(2 * np.pi * times / 86_400_000) + rng.normal(0, 10, n))
    count = np.bincount(seen.frame, minlength=n)
    head = f'{{"TELESCOP": "SDO/HMI", "HARPNUM": {harpnum}, "OBS_VR": '
    return {
        "t_rec": times,
        "t_obs": times - 35_000,
        "quality": np.where(seen.usable, 0, 0x80000000),
        "usable": seen.usable,
        "reason": pa.array(["bad quality"]).take(pa.array(np.zeros(n, np.int8), mask=seen.usable)),
        "missing_segments": [[]] * n,
        "obs_vr": vr,
        "n_pores": pa.array(count, mask=~seen.usable),
        **{name: seven(rng.lognormal(3, 0.5, n)) for name in SHARP},
        "keywords": [f"{head}{value:.6f}}}" for value in vr.tolist()],
    }


def harp_row(seen: Sightings, times: Ints, harpnum: int) -> dict[str, Any]:
    """The row of `harps`."""
    return {
        "noaa_ars": [[11_000 + harpnum]],
        "series": SERIES,
        "t_first": times[:1],
        "t_last": times[-1:],
        "n_frames": [len(times)],
        "n_unusable": [int(np.sum(~seen.usable))],
    }


def run_row(times: Ints) -> dict[str, Any]:
    """The row of `runs`."""
    config = Parameters().model_dump(mode="json")
    text = json.dumps(config, sort_keys=True, separators=(",", ":"))
    told = {
        "series": SERIES,
        "source": "benchmarks.make_lake",
        "software": "{}",
        "code_version": "",
        "cube_key": json_key([]),
    }
    return told | {
        "config": text,
        "config_hash": json_key(config),
        "started": times[-1:],
        "finished": times[-1:],
    }
