"""Small scenes for tracking: discs on the frames of a made-up HARP, measured exactly from their label images."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from pores.geometry import CeaGrid, Observer, mu_at, native_pixel
from pores.motion import drift_rate
from pores.parameters import TrackParameters
from pores.track import FrameSeries, Tracking, track

HARP = 377
START = np.datetime64("2011-02-15T00:00:00", "ms")
CADENCE = np.timedelta64(720, "s")
SHAPE = (60, 80)


@dataclass(frozen=True)
class Disc:
    """A disc of the working grid: centre (x, y) and radius in its pixels, and its mean Br in G."""

    x: float
    y: float
    r: float = 4.0
    br: float = 1000.0
    kind: str = "pore"


def grid_at(slot: int, latitude: float = 15.0, shape: tuple[int, int] = SHAPE) -> CeaGrid:
    """The grid of a patch that rotates with the features at its centre."""
    lon = 120.0 + float(drift_rate(latitude)) * slot * 720 / 86400
    crpix = ((shape[1] + 1) / 2, (shape[0] + 1) / 2)
    return CeaGrid(shape, crpix, (lon, latitude), (0.03, 0.03), 6.96e8)


@dataclass(frozen=True, eq=False)
class Scene:
    """Frames with discs in them.

    Frame i has the discs `discs[i]`, None if it is unusable, at the time of slot `slots[i]`.
    """

    discs: Sequence[Sequence[Disc] | None]
    slots: Sequence[int] | None = None
    scale: int = 2
    grids: Callable[[int], CeaGrid] = grid_at
    observer: Observer | None = field(default_factory=lambda: Observer(120.0, 0.0, 1.5e11))
    relabel: Callable[[NDArray[Any]], NDArray[Any]] = lambda image: image

    def times(self) -> NDArray[np.datetime64]:
        slots = range(len(self.discs)) if self.slots is None else self.slots
        return START + np.array(list(slots), int) * CADENCE

    def series(self) -> FrameSeries:
        slots = list(range(len(self.discs)) if self.slots is None else self.slots)
        usable = np.array([discs is not None for discs in self.discs], bool)
        grids = [self.grids(slot) if ok else None for slot, ok in zip(slots, usable, strict=True)]
        return FrameSeries(self.times(), usable, grids, [self.observer] * len(slots), self.scale)

    def image(self, i: int) -> NDArray[np.int32]:
        """Label image of frame i: connected discs are one feature."""
        discs, slots = self.discs[i], self.slots
        ny, nx = (self.scale * n for n in self.grids(i if slots is None else slots[i]).shape)
        y, x = np.mgrid[:ny, :nx]
        mask = np.zeros((ny, nx), bool)
        for disc in discs or ():
            mask |= (x - disc.x) ** 2 + (y - disc.y) ** 2 <= disc.r**2
        labels, _ = ndimage.label(mask)
        return self.relabel(labels.astype(np.int32))

    def pores(self) -> dict[str, NDArray[Any]]:
        """The rows of `pores`, by time and label."""
        series = self.series()
        rows = [
            row for i in range(len(self.discs)) if series.usable[i] for row in self._rows(i, series.grids[i], series.t_rec[i])
        ]
        return {name: np.array([row[name] for row in rows], dtype) for name, dtype in _TYPES.items()}

    def _rows(self, i: int, grid: CeaGrid, t_rec: np.datetime64) -> list[dict[str, Any]]:
        image = self.image(i)
        stem = f"{HARP}_{t_rec.astype('datetime64[s]').item():%Y%m%d_%H%M%S}"
        return [
            {"harpnum": HARP, "t_rec": t_rec, "label": label, "pore_id": f"{stem}_{label:03d}", **self._measure(image, label, grid, i)}
            for label in np.unique(image[image > 0])
        ]

    def _measure(self, image: NDArray[Any], label: int, grid: CeaGrid, i: int) -> dict[str, Any]:
        ys, xs = np.nonzero(image == label)
        x, y = float(native_pixel(xs.mean(), self.scale)), float(native_pixel(ys.mean(), self.scale))
        lon, lat = (v[0] for v in grid.to_carrington([x], [y]))
        area = len(xs) * grid.pixel_area_mm2 / self.scale**2
        inside = [d for d in self.discs[i] if image[np.clip(round(d.y), 0, image.shape[0] - 1), np.clip(round(d.x), 0, image.shape[1] - 1)] == label]
        br = float(np.average([d.br for d in inside], weights=[d.r**2 for d in inside])) if inside else np.nan
        edge = bool(ys.min() == 0 or xs.min() == 0 or ys.max() == image.shape[0] - 1 or xs.max() == image.shape[1] - 1)
        mu = mu_at([lon], [lat], self.observer, grid.rsun_m)[0] if self.observer else 1.0
        return {
            "x_px": x, "y_px": y, "lon": lon, "lat": lat, "mu": mu, "grid_scale": self.scale, "area_px": len(xs),
            "area_mm2": area, "mean_br": br, "flux_mx": abs(br) * area * 1e16, "touches_edge": edge,
            "kind": inside[0].kind if inside else "pore",
        }  # fmt: skip

    def track(self, **parameters: Any) -> Tracking:
        return track(self.pores(), self.series(), self.image, TrackParameters(**parameters))

    def reordered(self, order: Sequence[int]) -> "Scene":
        """The same frames in another order."""
        slots = list(range(len(self.discs)) if self.slots is None else self.slots)
        return replace(self, discs=[self.discs[i] for i in order], slots=[slots[i] for i in order])


_TYPES: dict[str, Any] = {
    "harpnum": np.int32, "t_rec": "datetime64[ms]", "label": np.int32, "pore_id": object, "x_px": float, "y_px": float,
    "lon": float, "lat": float, "mu": float, "grid_scale": np.int32, "area_px": np.int32, "area_mm2": float,
    "mean_br": float, "flux_mx": float, "touches_edge": bool, "kind": object,
}  # fmt: skip


def still(n: int, *discs: Disc) -> list[list[Disc]]:
    """The same discs in n frames."""
    return [list(discs) for _ in range(n)]


def table(columns: dict[str, NDArray[Any]], *names: str) -> list[tuple[Any, ...]]:
    """Some columns as rows."""
    return list(zip(*(columns[name].tolist() for name in names), strict=True))


def pore(slot: int, label: int = 1) -> str:
    """The pore_id of a label in the frame of a slot."""
    t = (START + slot * CADENCE).astype("datetime64[s]").item()
    return f"{HARP}_{t:%Y%m%d_%H%M%S}_{label:03d}"
