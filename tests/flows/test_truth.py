"""The chain against truth: what a simulated series holds is what the catalogue says."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flows.scoring import score_lake


@pytest.fixture(scope="module")
def scores(scored: Path) -> dict[str, float]:
    """Scores of the whole chain."""
    return dict(score_lake(str(scored / "lake"), scored / "fits" / "truth", pytest.fail).rows())


@pytest.mark.parametrize(
    ("figure", "least", "most"),
    [
        ("features_f1", 0.99, 1),
        ("links_f1", 0.99, 1),
        ("centroid_px", 0, 0.06),
        ("area_relative", -0.02, 0.02),
        ("area_sum_relative", -0.02, 0.02),
        ("mean_br_relative", -0.005, 0.005),
        ("births_f1_2", 0.8, 1),  # of some ten, a feature at the size limit may be seen a frame more or less
        ("deaths_f1_2", 0.8, 1),
    ],
)
def test_the_catalogue_is_as_right_as_stated(
    scores: dict[str, float], figure: str, least: float, most: float
) -> None:
    assert least <= scores[figure] <= most


def test_a_truth_of_another_product_is_told(scored: Path, tmp_path: Path) -> None:
    for path in (scored / "fits" / "truth").glob("*.parquet"):
        table = pq.read_table(path)
        if "product" in table.column_names:
            other = pa.array(["network"] * len(table))
            table = table.set_column(table.column_names.index("product"), "product", other)
        pq.write_table(table, tmp_path / path.name)
    told: list[str] = []
    score_lake(str(scored / "lake"), tmp_path, told.append)
    assert len(told) == 1
    assert told[0].startswith("features are of product spline, the truth is of network")
