"""The schema keeps the contract's names and is sound in itself."""

import pytest
from astropy import units as u
from astropy.io.votable.ucd import check_ucd

from catalog.schema import FRAMES, TABLES
from catalog.sql_files import sql_files
from pores.errors import Reason
from pores.oracle_checks import CHECKS

CONTRACT = {
    "pores": "harpnum t_rec pore_id track_id product x_px y_px lon lat mu area_px grid_scale area_mm2"
    " area_msh mean_br mean_bp mean_bt mean_b flux_mx min_intensity mean_intensity kind touches_edge run_id",
    "faint": "harpnum t_rec faint_id track_id product label x_px y_px lon lat mu area_px area_mm2 mean_br"
    " min_intensity mean_intensity touches_edge run_id",
    "velocities": "harpnum t_rec pore_id vx_km_s vy_km_s vx_before_km_s vy_before_km_s correlation_before"
    " vx_after_km_s vy_after_km_s correlation_after run_id",
    "links": "harpnum from_pore_id to_pore_id from_t to_t kind run_id",
    "tracks": "track_id harpnum family_id product t_birth t_death lifetime_h n_obs birth death"
    " parent_track_id child_track_id mean_br max_area_mm2 mean_area_mm2 kind run_id",
    "frames": "harpnum t_rec t_obs quality usable reason missing_segments crln_obs crlt_obs dsun_obs"
    " mu_center quiet_sun n_pores run_id",
    "harps": "harpnum noaa_ars series t_first t_last n_frames n_unusable run_id",
    "events": "harpnum product run_id",
    "runs": "run_id started config config_hash code_version",
}
NULLABLE = {
    "pores": {"track_id", "mean_br", "mean_bp", "mean_bt", "mean_b", "flux_mx"},
    "faint": {"track_id", "mean_br"},
    "tracks": {"parent_track_id", "child_track_id", "mean_br"},
    "frames": {"t_obs", "reason", "n_pores", "quiet_sun"},
}
COLUMNS = [(table, column) for table in TABLES.values() for column in table.columns]
DERIVED = [
    (file.name, column)
    for kind in ("views", "queries")
    for file in sql_files(kind)
    for column in file.columns
]


def test_tables_of_the_contract() -> None:
    assert set(TABLES) == set(CONTRACT)


@pytest.mark.parametrize("name", CONTRACT)
def test_columns_of_the_contract(name: str) -> None:
    assert set(CONTRACT[name].split()) <= {column.name for column in TABLES[name].columns}
    assert all(TABLES[name].column(column).nullable for column in NULLABLE.get(name, ()))


def test_types_of_the_contract() -> None:
    pores, harps = TABLES["pores"], TABLES["harps"]
    assert pores.column("t_rec").type == "timestamp"
    assert pores.column("touches_edge").type == "bool"
    assert harps.column("noaa_ars").type == "list<int64>"
    assert TABLES["frames"].column("missing_segments").type == "list<string>"


@pytest.mark.parametrize("name", TABLES)
def test_names_are_unique_and_keys_and_order_exist(name: str) -> None:
    table = TABLES[name]
    names = [column.name for column in table.columns]
    assert table.name == name
    assert len(names) == len(set(names))
    assert set(table.key) | set(table.order) <= set(names)
    assert not any(table.column(key).nullable for key in table.key)


@pytest.mark.parametrize(
    ("table", "column"), [*COLUMNS, *DERIVED], ids=lambda item: getattr(item, "name", item)
)
def test_units_and_ucds_are_known(table: object, column) -> None:  # type: ignore[no-untyped-def]
    if column.unit is not None:
        u.Unit(column.unit)
    if column.ucd is not None:
        assert check_ucd(column.ucd, check_controlled_vocabulary=True), column.ucd


@pytest.mark.parametrize(("table", "column"), COLUMNS, ids=lambda item: item.name)
def test_every_column_says_what_it_is(table, column) -> None:  # type: ignore[no-untyped-def]
    assert len(column.description) >= 6
    assert not column.description.endswith(".")
    assert not column.unit or column.type in ("float64", "int32", "int64")


def test_units_that_names_promise() -> None:
    promised = {"_mm2": "Mm2", "_msh": "1e-6", "_mx": "Mx", "_h": "h", "_px": "pix", "_mm": "Mm"}
    for _, column in COLUMNS:
        for ending, unit in promised.items():
            if column.name.endswith(ending):
                assert column.unit == unit, column.name


def test_every_reason_is_told() -> None:
    assert all(f"`{reason}`" in FRAMES.column("reason").description for reason in Reason)


def test_every_oracle_check_has_its_column() -> None:
    for check in CHECKS:
        assert FRAMES.column(check.column).nullable
        assert check.keyword in FRAMES.column(check.column).description


def test_without() -> None:
    less = FRAMES.without("n_pores", "run_id")
    assert len(less.columns) == len(FRAMES.columns) - 2
    with pytest.raises(KeyError):
        less.column("n_pores")
