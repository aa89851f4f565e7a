"""Small scenes for tracking: discs on the frames of a made-up HARP, measured from label images."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from pores.geometry import CeaGrid, Observer, mu_at, native_pixel
from pores.motion import drift_rate
from pores.parameters import TrackParameters
from pores.track import FrameSeries, Sightings, Tracking, track

HARP = 377
START = np.datetime64("2011-02-15T00:00:00", "ms")
CADENCE = np.timedelta64(720, "s")
SHAPE = (60, 80)


@dataclass(frozen=True)
class Disc:
    """A disc of the working grid: centre (x, y) and radius in its pixels, and its mean Br in G.

    A faint one is a feature only where it touches no other.
    """

    x: float
    y: float
    r: float = 4.0
    br: float = 1000.0
    kind: str = "pore"
    faint: bool = False


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
    images: dict[int, NDArray[np.int32]] = field(default_factory=dict, init=False)

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
        if i not in self.images:
            self.images[i] = self._draw(i)
        return self.images[i]

    def faint_image(self, i: int) -> NDArray[np.int32]:
        """Label image of the faint features of frame i: dark regions at the fainter level without a pore."""
        deep, _ = ndimage.label(self._mask(i, faint=True))
        pores = np.unique(deep[self.image(i) > 0])
        labels, _ = ndimage.label(~np.isin(deep, [0, *pores]))
        return labels.astype(np.int32)

    def _draw(self, i: int) -> NDArray[np.int32]:
        labels, _ = ndimage.label(self._mask(i, faint=False))
        return self.relabel(labels.astype(np.int32))

    def _mask(self, i: int, faint: bool) -> NDArray[np.bool_]:
        discs, slots = self.discs[i], self.slots
        ny, nx = (self.scale * n for n in self.grids(i if slots is None else slots[i]).shape)
        y, x = np.ogrid[:ny, :nx]
        mask = np.zeros((ny, nx), bool)
        for disc in discs or ():
            if faint or not disc.faint:
                mask |= (x - disc.x) ** 2 + (y - disc.y) ** 2 <= disc.r**2
        return mask

    def pores(self) -> dict[str, NDArray[Any]]:
        """The rows of `pores`, by time and label."""
        return self._table(self.image)

    def faint(self) -> dict[str, NDArray[Any]]:
        """The rows of `faint`, by time and label."""
        columns = self._table(self.faint_image)
        ids = np.array([f"{name[:-3]}f{name[-3:]}" for name in columns.pop("pore_id")], object)
        return {**columns, "faint_id": ids}

    def _table(self, images: Callable[[int], NDArray[np.int32]]) -> dict[str, NDArray[Any]]:
        series = self.series()
        rows = [
            row
            for i in range(len(self.discs))
            if series.usable[i]
            for row in self._rows(i, images(i), series.grids[i], series.t_rec[i])
        ]
        return {name: np.array([row[name] for row in rows], dtype) for name, dtype in _TYPES.items()}

    def _rows(
        self, i: int, image: NDArray[np.int32], grid: CeaGrid, t_rec: np.datetime64
    ) -> list[dict[str, Any]]:
        discs = self.discs[i] or ()
        stem = f"{HARP}_{t_rec.astype('datetime64[s]').item():%Y%m%d_%H%M%S}"
        made_of: dict[int, list[Disc]] = {}
        for disc in discs:
            y, x = (
                min(max(round(at), 0), n - 1) for at, n in zip((disc.y, disc.x), image.shape, strict=True)
            )
            made_of.setdefault(int(image[y, x]), []).append(disc)
        return [
            {"harpnum": HARP, "t_rec": t_rec, "label": label, "pore_id": f"{stem}_{label:03d}"}
            | _field(made_of.get(label, []))
            | self._measure(image, label, box, grid)
            for label, box in enumerate(ndimage.find_objects(image), 1)
        ]

    def _measure(self, image: NDArray[Any], label: int, box: Any, grid: CeaGrid) -> dict[str, Any]:
        ys, xs = (n + part.start for n, part in zip(np.nonzero(image[box] == label), box, strict=True))
        x, y = float(native_pixel(xs.mean(), self.scale)), float(native_pixel(ys.mean(), self.scale))
        lon, lat = (v[0] for v in grid.to_carrington([x], [y]))
        ny, nx = image.shape
        return {
            "x_px": x, "y_px": y, "lon": lon, "lat": lat, "grid_scale": self.scale, "area_px": len(xs),
            "mu": mu_at([lon], [lat], self.observer, grid.rsun_m)[0] if self.observer else 1.0,
            "area_mm2": len(xs) * grid.pixel_area_mm2 / self.scale**2,
            "touches_edge": bool(ys.min() == 0 or xs.min() == 0 or ys.max() == ny - 1 or xs.max() == nx - 1),
        }  # fmt: skip

    def sightings(self) -> Sightings:
        """What was seen; with faint features if any disc is faint."""
        plain = Sightings(self.pores(), self.series(), self.image)
        if not any(disc.faint for discs in self.discs for disc in discs or ()):
            return plain
        return replace(plain, faint=self.faint(), faint_labels=self.faint_image)

    def track(self, **parameters: Any) -> Tracking:
        return track(self.sightings(), TrackParameters(**parameters))

    def reordered(self, order: Sequence[int]) -> "Scene":
        """The same frames in another order."""
        slots = list(range(len(self.discs)) if self.slots is None else self.slots)
        return replace(self, discs=[self.discs[i] for i in order], slots=[slots[i] for i in order])


def _field(discs: list[Disc]) -> dict[str, Any]:
    """Field and kind of a feature made of discs."""
    br = float(np.average([d.br for d in discs], weights=[d.r**2 for d in discs])) if discs else np.nan
    return {"mean_br": br, "flux_mx": abs(br) * 1e18, "kind": discs[0].kind if discs else "pore"}


_TYPES: dict[str, Any] = {
    "harpnum": np.int32, "t_rec": "datetime64[ms]", "label": np.int32, "pore_id": object, "x_px": float,
    "y_px": float, "lon": float, "lat": float, "mu": float, "grid_scale": np.int32, "area_px": np.int32,
    "area_mm2": float, "mean_br": float, "flux_mx": float, "touches_edge": bool, "kind": object,
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
