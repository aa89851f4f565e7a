"""Swings of the field with the orbit of SDO, and rows for the virtual observatory."""

import numpy as np
import pytest
from scipy import stats

from catalog.sql_files import sql_file
from tests.sql.conftest import START
from tests.sql.science import HARPS, HOURS


@pytest.fixture(scope="module")
def swings(science):
    return {int(row["track_id"][-3:]): row for row in science.view("swings", "field_oscillation")}


def test_swings_of_the_orbit_are_found_and_no_others(swings) -> None:
    assert {label: row["verdict"] for label, row in swings.items()} == {
        1: "12 h and 24 h",
        2: "12 h and 24 h",
        3: "none",
        4: "12 h",
        5: "too short",
        6: "none",
    }
    assert swings[5]["amplitude_24h_g"] is None
    assert swings[6]["amplitude_24h_g"] == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("label", [1, 2])
def test_swings_are_measured_within_their_errors(swings, label) -> None:
    row = swings[label]
    assert 0.5 < row["amplitude_24h_err_g"] < 1.2
    assert row["amplitude_24h_g"] == pytest.approx(40, abs=4 * row["amplitude_24h_err_g"])
    assert row["amplitude_12h_g"] == pytest.approx(15, abs=4 * row["amplitude_12h_err_g"])
    assert row["peak_24h_h"] == pytest.approx(6, abs=0.3)
    assert row["peak_12h_h"] == pytest.approx(2, abs=0.3)
    assert row["br_per_km_s"] == pytest.approx(40 / 3, abs=1)  # OBS_VR of 3 km/s is highest at 6 h too
    assert row["power_obs_vr"] > 0.7
    assert swings[3]["power_obs_vr"] < 0.05


@pytest.mark.parametrize("label", [1, 2, 3, 4])
def test_swings_are_those_of_least_squares(science, swings, label) -> None:
    track = swings[label]["track_id"]
    sql = f"SELECT age_h, mean_br FROM pore_series WHERE track_id = '{track}' ORDER BY t_rec"
    t, y = np.array(science.connection.execute(sql).fetchall()).T
    turns = [np.ones_like(t), t]
    for period in (24, 12):
        turns += [np.cos(2 * np.pi * t / period), np.sin(2 * np.pi * t / period)]

    def left(*columns: int) -> float:
        design = np.stack([turns[i] for i in columns], 1)
        return float(np.sum((y - design @ np.linalg.lstsq(design, y, rcond=None)[0]) ** 2))

    fit = np.linalg.lstsq(np.stack(turns, 1), y, rcond=None)[0]
    row, everything, n = swings[label], left(0, 1, 2, 3, 4, 5), len(t)
    assert row["amplitude_24h_g"] == pytest.approx(np.hypot(fit[2], fit[3]), rel=1e-6)
    assert row["amplitude_12h_g"] == pytest.approx(np.hypot(fit[4], fit[5]), rel=1e-6)
    assert row["power_24h"] == pytest.approx(1 - everything / left(0, 1, 4, 5), rel=1e-6)
    assert row["power_12h"] == pytest.approx(1 - everything / left(0, 1, 2, 3), rel=1e-6)
    f = (left(0, 1, 2, 3) - everything) / 2 / (everything / (n - 6))
    assert row["false_alarm_12h"] == pytest.approx(stats.f.sf(f, 2, n - 6), rel=1e-3)


def test_false_alarms_are_as_frequent_as_they_say(science) -> None:
    found = science.view("no_swings", "field_oscillation")
    assert {row["verdict"] for row in found} == {"none"}
    alarms = np.array([[row["false_alarm_24h"], row["false_alarm_12h"]] for row in found]).ravel()
    assert stats.kstest(alarms, "uniform").pvalue > 0.01
    assert {row["power_obs_vr"] for row in found} == {None}  # not known there


def test_orbital_artefact_of_a_region(science) -> None:
    negative, positive = science.query("swings", "orbital_artefact")
    assert (negative["polarity"], negative["n"], negative["n_24h"], negative["flagged"]) == (-1, 1, 1, True)
    assert negative["agreement_24h"] == pytest.approx(1)
    assert (positive["n"], positive["n_too_short"], positive["n_24h"], positive["n_12h"]) == (5, 1, 1, 2)
    assert positive["flagged"] is True  # two of four
    (noise,) = science.query("no_swings", "orbital_artefact")
    assert noise["flagged"] is False
    assert noise["agreement_24h"] < 0.5
    brief = science.query("boundaries", "orbital_artefact", harp=str(HARPS["boundaries"]))
    assert brief == []  # without field
    assert [row["flagged"] for row in science.query("places", "orbital_artefact")] == [None, None]
    assert HOURS.size == 360


# REC-EPNTAP-2.0, section 3: columns that a service must have, in its order, with unit and UCD.
EPN_TAP = """
granule_uid||meta.id granule_gid||meta.id obs_id||meta.id;obs dataproduct_type||meta.code.class
measurement_type||meta.ucd processing_level||meta.calibLevel target_name||meta.id;src target_class||src.class
time_min|d|time.start;obs time_max|d|time.end;obs
time_sampling_step_min|s|time.resolution;stat.min time_sampling_step_max|s|time.resolution;stat.max
time_exp_min|s|time.duration;obs.exposure;stat.min time_exp_max|s|time.duration;obs.exposure;stat.max
spectral_range_min|Hz|em.freq;stat.min spectral_range_max|Hz|em.freq;stat.max
spectral_sampling_step_min|Hz|em.freq;spect.binSize;stat.min
spectral_sampling_step_max|Hz|em.freq;spect.binSize;stat.max
spectral_resolution_min||spect.resolution;stat.min spectral_resolution_max||spect.resolution;stat.max
c1min|deg|pos.bodyrc.lon;stat.min c1max|deg|pos.bodyrc.lon;stat.max
c2min|deg|pos.bodyrc.lat;stat.min c2max|deg|pos.bodyrc.lat;stat.max
c3min|km|pos.bodyrc.alt;stat.min c3max|km|pos.bodyrc.alt;stat.max s_region||pos.outline;obs.field
c1_resol_min|deg|pos.bodyrc.lon;pos.resolution;stat.min
c1_resol_max|deg|pos.bodyrc.lon;pos.resolution;stat.max
c2_resol_min|deg|pos.bodyrc.lat;pos.resolution;stat.min
c2_resol_max|deg|pos.bodyrc.lat;pos.resolution;stat.max
c3_resol_min|km|pos.bodyrc.alt;pos.resolution;stat.min c3_resol_max|km|pos.bodyrc.alt;pos.resolution;stat.max
spatial_frame_type||meta.code.class;pos.frame
incidence_min|deg|pos.incidenceAng;stat.min incidence_max|deg|pos.incidenceAng;stat.max
emergence_min|deg|pos.emergenceAng;stat.min emergence_max|deg|pos.emergenceAng;stat.max
phase_min|deg|pos.phaseAng;stat.min phase_max|deg|pos.phaseAng;stat.max
instrument_host_name||meta.id;instr.obsty instrument_name||meta.id;instr service_title||meta.title
creation_date||time.creation modification_date||time.processing release_date||time.release
"""
FILLED = ("granule_uid", "granule_gid", "obs_id", "dataproduct_type", "target_class", "spatial_frame_type")
DATED = ("service_title", "creation_date", "modification_date", "release_date")


def test_epn_core_has_the_columns_of_the_standard() -> None:
    wanted = [tuple(column.split("|")) for column in EPN_TAP.split()]
    columns = [
        (column.name, column.unit or "", column.ucd) for column in sql_file("views", "epn_core").columns
    ]
    assert columns[: len(wanted)] == wanted


def test_epn_core_fills_what_must_not_be_empty(science) -> None:
    empty = " OR ".join(f"{name} IS NULL" for name in (*FILLED, *DATED))
    found = science.connection.execute(f"SELECT count(*) FROM epn_core WHERE {empty}").fetchone()
    assert found == (0,)
    assert science.connection.execute(
        "SELECT count(DISTINCT granule_uid) = count(*) FROM epn_core"
    ).fetchone() == (True,)


def test_epn_core_of_a_pore_across_longitude_zero(science) -> None:
    found = {row["granule_gid"]: row for row in science.view("across_zero", "epn_core")}
    pore = found["pore"]
    julian = (START - np.datetime64("1970-01-01")) / np.timedelta64(1, "D") + 2440587.5
    assert pore["time_min"] == pytest.approx(julian + (720 - 35) / 86400, abs=1e-8)
    assert pore["time_max"] == pytest.approx(julian + (4 * 720 - 35) / 86400, abs=1e-8)
    assert (pore["time_sampling_step_min"], pore["time_sampling_step_max"]) == (720, 1440)
    assert (pore["c1min"], pore["c1max"]) == (pytest.approx(359.5), pytest.approx(0.5))
    assert (pore["c2min"], pore["c2max"]) == (-20.5, -19.5)
    assert pore["emergence_min"] == pytest.approx(np.degrees(np.arccos(0.8)))
    assert pore["emergence_max"] == pytest.approx(60)
    assert pore["s_region"] == "0.0830 -20.0000 0.5730"  # a hundredth of the radius is 0.573 deg
    assert pore["creation_date"] == pore["release_date"] == "2026-01-02T03:04:05"
    assert pore["feature_name"] == f"AR 11158#HARP {HARPS['across_zero']}"
    assert pore["spectral_range_min"] == pytest.approx(4.8562e14, rel=1e-4)
    assert found["umbra"]["time_sampling_step_min"] is None
