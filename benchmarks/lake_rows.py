"""Rows of one HARP: what is seen of lives drawn from stated distributions, with keys and links of a real one.

Values that no question depends on are plausible only. Floats have seven digits, as the maps have that they
would be measured on; a lake of the chain has all sixteen, and takes more bytes.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.lake_lineage import event_rows, link_rows, named, track_rows
from benchmarks.lake_lives import (
    PIXEL_MM2,
    SMALLEST_PX,
    Floats,
    Ints,
    Laws,
    Sightings,
    Statistics,
    draw_laws,
    draw_lineage,
    draw_usable,
    see,
)
from benchmarks.lake_records import frame_rows, harp_row, run_row, seven
from storage.keys import SHORT, json_key

PRODUCT, STEP_S = "network", 720
START_S = 1_272_672_000  # 2010-05-01, the first month of the series
MISSION_S = 15 * 365 * 86400
ROTATION_DEG = 13.2 * STEP_S / 86400  # of a HARP over the disk, from frame to frame
MSH_MM2 = 2 * np.pi * 696**2 * 1e-6
AS_PORE = 0.15  # of the life of an umbra
NUMBERS = pa.array([f"{n:03d}" for n in range(10_000)])

Values = Mapping[str, Any]


def run_of_harp(harpnum: int, what: Statistics) -> str:
    """Name of the run of a HARP."""
    return json_key([harpnum, what.seed])[:SHORT]


def harp_rows(harpnum: int, what: Statistics) -> dict[str, Values]:
    """Columns of every table of one HARP and its run, in the tables' order; what is left out is null."""
    rng = np.random.default_rng([what.seed, harpnum])
    usable = draw_usable(rng, what)
    laws = draw_laws(rng, len(usable), what)
    seen = see(rng, usable, laws, what)
    start = START_S + int(rng.integers(MISSION_S // STEP_S)) * STEP_S
    times = (start + np.arange(len(usable)) * STEP_S) * 1000
    key = {"harpnum": harpnum, "run_id": run_of_harp(harpnum, what), "product": PRODUCT}
    pores = _pores(rng, laws, seen, times, harpnum)
    tracks = track_rows(seen, draw_lineage(rng, seen, pores["area_mm2"], what), pores)
    made = {
        "pores": pores | {"track_id": tracks["track_id"].take(seen.track)},
        "tracks": tracks,
        "velocities": _velocities(rng, seen, pores),
        "links": link_rows(seen, pores, tracks),
        "events": event_rows(seen, pores, tracks),
        "frames": frame_rows(rng, seen, times, harpnum),
        "harps": harp_row(seen, times, harpnum),
        "runs": run_row(times),
        "faint": {"t_rec": times[:0]},
    }
    return {name: key | values for name, values in made.items()}


def _pores(
    rng: np.random.Generator, laws: Laws, seen: Sightings, times: Ints, harpnum: int
) -> dict[str, Any]:
    law, frame, n = seen.law, seen.frame, len(seen.law)
    phase = (frame - laws.begin[law] + 0.5) / laws.life[law]
    umbra = laws.umbra[law] & (phase > AS_PORE)
    # it grows and decays linearly (Tlatov 2025), faster than it decays
    shape = 0.3 + 0.7 * np.minimum(phase / 0.4, (1 - phase) / 0.6)
    area_px = np.rint(laws.area[law] * shape * rng.lognormal(0, 0.05, n) / PIXEL_MM2).clip(SMALLEST_PX)
    area = area_px * PIXEL_MM2
    br = seven(laws.br[law] * (1 + rng.normal(0, 0.03, n)))
    rows = {
        "t_rec": times[frame],
        "pore_id": _pore_ids(harpnum, times, frame, seen.label),
        "label": seen.label,
        "product_level": np.full(n, 0.98316),
        "grid_scale": np.full(n, 2),
        "area_px": area_px.astype(np.int64),
        "area_mm2": area,
        "area_msh": area / MSH_MM2,
        "spot_area_mm2": area * np.where(umbra, 5.4, 3.7),
        "mean_br": br,
        "flux_mx": np.abs(br) * area * 1e16,
        "kind": named(umbra, "pore", "umbra"),
        "umbra": umbra,
        "touches_edge": np.zeros(n, bool),
    }
    return rows | _places(rng, laws, seen) | _measures(rng, area, br)


def _pore_ids(harpnum: int, times: Ints, frame: Ints, label: Ints) -> pa.Array:
    """`<harpnum>_<YYYYMMDD>_<HHMMSS>_<label>`."""
    stamps = pc.strftime(pa.array(times // 1000, pa.timestamp("s")), f"{harpnum}_%Y%m%d_%H%M%S_")
    return pc.binary_join_element_wise(stamps.take(frame), NUMBERS.take(label), "")


def _places(rng: np.random.Generator, laws: Laws, seen: Sightings) -> dict[str, Floats]:
    """Where features are: fixed on a Sun that rotates, which carries the HARP over the disk."""
    law, frame, n = seen.law, seen.frame, len(seen.law)
    x, y = rng.uniform(50, 450, len(laws.life)), rng.uniform(20, 230, len(laws.life))
    centre, lat = rng.uniform(0, 360), rng.normal(0, 15)
    span = ROTATION_DEG * len(seen.usable)
    from_meridian = rng.uniform(-75, max(75 - span, -74)) + ROTATION_DEG * frame + (x[law] - 250) * 0.03
    x_px, y_px = (seven(at[law] + rng.normal(0, 0.5, n)) for at in (x, y))
    lat_of = seven((lat + (y_px - 125) * 0.03).clip(-80, 80))
    return {
        "x_px": x_px,
        "y_px": y_px,
        "x_weighted_px": seven(x_px + rng.normal(0, 0.05, n)),
        "y_weighted_px": seven(y_px + rng.normal(0, 0.05, n)),
        "lon": seven((centre + (x_px - 250) * 0.03) % 360),
        "lat": lat_of,
        "mu": seven((np.cos(np.radians(from_meridian)) * np.cos(np.radians(lat_of))).clip(0.1)),
    }


def _measures(rng: np.random.Generator, area: Floats, br: Floats) -> dict[str, Floats]:
    n, radius, size = len(area), np.sqrt(area / np.pi), np.abs(br)

    def around(middle: Any, spread: float) -> Floats:
        return seven(middle * (1 + rng.normal(0, spread, n)))

    darkest = seven(rng.uniform(0.2, 0.4, n))
    shape = {"perimeter_mm": around(6.6 * radius, 0.05), "orientation_deg": seven(rng.uniform(-90, 90, n))}
    shape |= {"major_axis_mm": around(2.2 * radius, 0.05), "minor_axis_mm": around(1.8 * radius, 0.05)}
    field = {
        "mean_bp": around(0.1 * br, 1),
        "mean_bt": around(0.1 * br, 1),
        "mean_b": around(1.05 * size, 0.01),
    }
    field |= {"boundary_br": around(0.9 * br, 0.03)}
    field |= {f"mean_{name}_err": around(np.full(n, 15.0), 0.2) for name in ("br", "bp", "bt")}
    light = {"min_intensity": darkest, "mean_intensity": darkest + around(np.full(n, 0.08), 0.1)}
    return shape | field | light


def _velocities(rng: np.random.Generator, seen: Sightings, pores: Values) -> dict[str, Any]:
    """Motion from the frames before and after, where the feature is in them."""
    n = len(seen.frame)
    joined = np.flatnonzero((seen.before >= 0) & (seen.frame - seen.frame[seen.before] == 1))
    there = {"before": joined, "after": seen.before[joined]}
    rows: dict[str, Any] = {"t_rec": pores["t_rec"], "pore_id": pores["pore_id"]}
    for side, where in there.items():
        for name, low, high in (("vx", -0.5, 0.5), ("vy", -0.5, 0.5), ("correlation", 0.85, 0.995)):
            values = np.full(n, np.nan)
            values[where] = seven(rng.uniform(low, high, len(where)))
            rows[f"{name}_{side}" + ("" if name == "correlation" else "_km_s")] = values
    for axis in ("vx", "vy"):
        before, after = rows[f"{axis}_before_km_s"], rows[f"{axis}_after_km_s"]
        mean = np.where(np.isnan(after), before, (before + after) / 2)
        rows[f"{axis}_km_s"] = np.where(np.isnan(before), after, mean)
    return rows
