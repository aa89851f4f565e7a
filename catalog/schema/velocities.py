"""Table of motion: how features move, from their pattern of intensity."""

from catalog.schema.columns import HARP, RUN, T_REC, Column, Table


def _speed(name: str, description: str, ucd: str = "phys.veloc") -> Column:
    return Column(name, "float64", description, "km/s", ucd, nullable=True)


def _side(when: str, frame: str) -> tuple[Column, ...]:
    """Columns of what one neighbouring frame tells."""
    return (
        _speed(f"vx_{when}_km_s", f"As vx_km_s, from the {frame} only"),
        _speed(f"vy_{when}_km_s", f"As vy_km_s, from the {frame} only"),
        Column(
            f"correlation_{when}",
            "float64",
            f"Correlation of the feature with what it was found as in the {frame}; null where its window"
            " is not whole, or nothing like it is in reach",
            "",
            "stat.correlation",
            nullable=True,
        ),
    )


VELOCITIES = Table(
    "velocities",
    "One row per dark feature per frame: its motion by local correlation tracking of the intensity",
    (
        HARP,
        T_REC,
        Column("pore_id", "string", "The feature in this frame", ucd="meta.id;meta.main"),
        _speed(
            "vx_km_s",
            "Velocity along x of the patch (westward) relative to differential rotation: mean of what the"
            " frames before and after tell; null where neither does",
        ),
        _speed(
            "vy_km_s",
            "Velocity along y of the patch (northward) relative to differential rotation: mean of what the"
            " frames before and after tell; null where neither does",
        ),
        *_side("before", "previous usable frame"),
        *_side("after", "next usable frame"),
        RUN,
    ),
    key=("pore_id", "run_id"),
    order=("harpnum", "t_rec", "pore_id"),
)
