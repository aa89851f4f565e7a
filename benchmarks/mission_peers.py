"""The questions of `benchmarks.mission` asked otherwise: by pandas and polars of the same Parquet files.

Each is written as who knows the package would write it: columns that are not needed are not read, filters are
handed to the reader. Lives are those of `lifetime_vs_br` and `survival` with their defaults.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd  # type: ignore[import-untyped]
import polars as pl

Rows = list[tuple[Any, ...]]
BIN_G, Z, HALF = 200.0, 1.959963984540054, 0.5 + 1e-9
LIFE = ("product", "kind", "lifetime_h", "n_obs", "birth", "death", "mean_br", "passing")
FEATURE = ("harpnum", "t_rec", "pore_id", "track_id", "area_mm2", "mean_br")


class Peer(Protocol):
    """A way to ask; every way gives the same rows in the same order."""

    def headline(self) -> Rows:
        """Product, bin of |Br|, lives, censored ones, median of complete lives, and by Kaplan and Meier."""

    def survival(self) -> Rows:
        """Product, lifetime, lives at risk, ended, censored, surviving fraction and its limits."""

    def one_harp(self, harpnum: int) -> Rows:
        """Six columns of the features of a HARP."""

    def one_pore(self, pore_id: str) -> Rows:
        """Six columns of a feature."""


class Pandas:
    """pandas, which reads by pyarrow."""

    def __init__(self, tracks: Sequence[Path], pores: Sequence[Path]) -> None:
        self._tracks, self._pores = [*map(str, tracks)], [*map(str, pores)]

    def headline(self) -> Rows:
        """Lifetimes against Br."""
        lives = self._lives()
        lives["bin"] = np.floor(lives.mean_br.abs() / BIN_G)
        groups = lives.groupby(["product", "bin"])
        complete = lives[lives.born & lives.died].groupby(["product", "bin"]).lifetime_h.median()
        curve = _kaplan_meier(lives[lives.born], ["product", "bin"])
        median = curve[curve.surviving <= HALF].groupby(["product", "bin"]).lifetime_h.min()
        censored = (~(lives.born & lives.died)).groupby([lives["product"], lives["bin"]]).sum()
        counts = {"n": groups.size(), "n_censored": censored, "naive": complete, "median": median}
        return _tuples(pd.DataFrame(counts).reset_index())

    def survival(self) -> Rows:
        """The survival curve."""
        lives = self._lives()
        curve = _kaplan_meier(lives[lives.born], ["product"])
        hazard = -np.log(curve.surviving.where(curve.surviving > 0))
        spread = Z * np.sqrt(curve.variance) / hazard.where(hazard > 0)
        for name, sign in (("lower", 1), ("upper", -1)):
            curve[name] = np.exp(-hazard * np.exp(sign * spread)).fillna(curve.surviving)
        names = ["product", "lifetime_h", "at_risk", "deaths", "lost", "surviving", "lower", "upper"]
        return _tuples(curve[names])

    def one_harp(self, harpnum: int) -> Rows:
        """Features of a HARP."""
        return self._features(("harpnum", "==", harpnum))

    def one_pore(self, pore_id: str) -> Rows:
        """One feature."""
        return self._features(("harpnum", "==", int(pore_id.split("_")[0])), ("pore_id", "==", pore_id))

    def _lives(self) -> pd.DataFrame:
        lives = pd.read_parquet(self._tracks, columns=list(LIFE), partitioning=None)
        lives = lives[~lives.passing & (lives.kind == "pore") & (lives.n_obs >= 2)]
        return lives.assign(born=lives.birth != "censored", died=lives.death != "censored")

    def _features(self, *conditions: tuple[str, str, object]) -> Rows:
        found = pd.read_parquet(self._pores, columns=list(FEATURE), filters=[*conditions], partitioning=None)
        return _tuples(found.sort_values(["t_rec", "pore_id"]))


def _kaplan_meier(lives: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Lives at risk, deaths and the surviving fraction at each lifetime of each group."""
    times = lives.groupby([*by, "lifetime_h"]).died.agg(here="size", deaths="sum").reset_index()
    groups = times.groupby(by)
    times["at_risk"] = groups.here.transform("sum") - groups.here.cumsum() + times.here
    times["lost"] = times.here - times.deaths
    left = times.at_risk - times.deaths
    times["step"] = left / times.at_risk
    times["term"] = (times.deaths / (times.at_risk * left.where(left > 0))).fillna(0)
    groups = times.groupby(by)
    return times.assign(surviving=groups.step.cumprod(), variance=groups.term.cumsum())


def _tuples(frame: pd.DataFrame) -> Rows:
    return list(frame.astype(object).itertuples(index=False, name=None))


class Polars:
    """polars, lazily."""

    def __init__(self, tracks: Sequence[Path], pores: Sequence[Path]) -> None:
        self._tracks = pl.scan_parquet(list(tracks), hive_partitioning=False)
        self._pores = pl.scan_parquet(list(pores), hive_partitioning=False)

    def headline(self) -> Rows:
        """Lifetimes against Br."""
        lives = self._lives().with_columns(bin=(pl.col("mean_br").abs() / BIN_G).floor())
        complete = pl.col("born") & pl.col("died")
        counts = lives.group_by("product", "bin").agg(
            n=pl.len(),
            n_censored=(~complete).sum(),
            naive=pl.col("lifetime_h").filter(complete).median(),
        )
        curve = _curve(lives.filter("born"), ["product", "bin"])
        reached = curve.filter(pl.col("surviving") <= HALF).group_by("product", "bin")
        median = reached.agg(median=pl.col("lifetime_h").min())
        return counts.join(median, on=["product", "bin"], how="left").sort("product", "bin").collect().rows()

    def survival(self) -> Rows:
        """The survival curve."""
        curve = _curve(self._lives().filter("born"), ["product"])
        hazard = -pl.col("surviving").log()
        inside = pl.col("surviving").is_between(0, 1, closed="none")
        spread = Z * pl.col("variance").sqrt() / hazard
        limits = {
            name: pl.when(inside).then((-hazard * (sign * spread).exp()).exp()).otherwise("surviving")
            for name, sign in (("lower", 1), ("upper", -1))
        }
        names = ["product", "lifetime_h", "at_risk", "deaths", "lost", "surviving", *limits]
        return curve.with_columns(**limits).select(names).sort("product", "lifetime_h").collect().rows()

    def one_harp(self, harpnum: int) -> Rows:
        """Features of a HARP."""
        return self._features(pl.col("harpnum") == harpnum)

    def one_pore(self, pore_id: str) -> Rows:
        """One feature."""
        harpnum = int(pore_id.split("_")[0])
        return self._features((pl.col("harpnum") == harpnum) & (pl.col("pore_id") == pore_id))

    def _lives(self) -> pl.LazyFrame:
        lives = self._tracks.filter(~pl.col("passing"), pl.col("kind") == "pore", pl.col("n_obs") >= 2)
        seen = {"born": pl.col("birth") != "censored", "died": pl.col("death") != "censored"}
        return lives.select("product", "lifetime_h", "mean_br", **seen)

    def _features(self, condition: pl.Expr) -> Rows:
        return self._pores.filter(condition).select(FEATURE).sort("t_rec", "pore_id").collect().rows()


def _curve(lives: pl.LazyFrame, by: list[str]) -> pl.LazyFrame:
    """As `_kaplan_meier`."""
    times = lives.group_by(*by, "lifetime_h").agg(here=pl.len().cast(pl.Int64), deaths=pl.col("died").sum())
    times = times.sort(*by, "lifetime_h").with_columns(
        at_risk=pl.col("here").cum_sum(reverse=True).over(by),
        lost=pl.col("here") - pl.col("deaths").cast(pl.Int64),
    )
    left = pl.col("at_risk") - pl.col("deaths")
    term = pl.when(left > 0).then(pl.col("deaths") / (pl.col("at_risk") * left)).otherwise(0.0)
    return times.with_columns(
        surviving=(left / pl.col("at_risk")).cum_prod().over(by), variance=term.cum_sum().over(by)
    )
