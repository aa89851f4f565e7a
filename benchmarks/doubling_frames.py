"""Real frames doubled: what stays, what changes, and what they look like."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy import ndimage

from benchmarks.report import Table
from flows.enhancement import enhancer_of
from pores.chain import Detected, detect_frame, prepared_intensity
from pores.enhancers import Enhancer
from pores.frame import Frame
from pores.parameters import Enhancement, Parameters
from pores.quiet_sun import quiet_sun_level
from pores.upsample import double
from storage.archive import open_source
from storage.cube_append import append
from storage.cubes import Cube

Image = NDArray[np.float32]

SERIES = "hmi.sharp_cea_720s"
HARPS = (377, 2875, 14003, 13561)
PRODUCTS: tuple[Enhancement, ...] = ("none", "spline", "network")
BOX_PX, STEP_PX = 137, 34  # native pixels: 50 Mm


@dataclass(frozen=True, eq=False)
class Seen:
    """A real frame, prepared, and doubled by spline and by network."""

    frame: Frame
    native: Image
    spline: Image
    network: Image

    @property
    def name(self) -> str:
        """HARP and time."""
        return named(self.frame)


def named(frame: Frame) -> str:
    """HARP and time of a frame."""
    return f"{frame.harpnum}, {str(frame.t_rec)[:16].replace('T', ' ')}"


def frames(data: Path, scratch: Path) -> Iterator[Frame]:
    """Every frame with continuum of the HARPs of this page."""
    for harpnum in HARPS:
        path = scratch / f"{harpnum}.h5"
        append(path, open_source(str(data / "sharp")).files([harpnum], SERIES))
        with Cube(path) as cube:
            yield from [cube.frame(t) for t in cube.t_rec if "continuum" in cube.segments(t)]


def seen(frame: Frame) -> Seen:
    """The frame, prepared and doubled."""
    parameters = Parameters()
    native = prepared_intensity(frame, parameters.prepare).intensity
    return Seen(frame, native, double(native), enhancer_of(parameters).all_of([native])[0])


def physics_table(every: Sequence[Seen]) -> Table:
    """What doubling by network must leave as it is."""
    head = (
        "frame",
        "quiet Sun",
        "50 Mm boxes, worst",
        "shift to spline, fine px",
        "least",
        "contrast, spline",
        "network",
    )
    rows = []
    for one in every:
        y, x = shift(one.spline, one.network)
        quiet = ndimage.minimum_filter(np.nan_to_num(one.native), 15).repeat(2, 0).repeat(2, 1) > 0.85
        rows.append(
            (
                one.name,
                f"{quiet_sun_level(one.network[np.isfinite(one.network)], 'fixed_bins'):.4f}",
                f"{100 * worst_box(one.native, one.network):+.2f} %",
                f"{y:+.4f}, {x:+.4f}",
                f"{np.nanmin(one.network):.3f}",
                f"{100 * one.spline[quiet].std():.2f} %",
                f"{100 * one.network[quiet].std():.2f} %",
            )
        )
    return Table("What stays", head, rows)


def worst_box(native: Image, fine: Image) -> float:
    """Largest relative change of the mean intensity over boxes of 50 Mm (or the frame, if it is smaller)."""
    changes = []
    size = [min(BOX_PX, n) for n in native.shape]
    for r in range(0, native.shape[0] - size[0] + 1, STEP_PX):
        for c in range(0, native.shape[1] - size[1] + 1, STEP_PX):
            box = native[r : r + size[0], c : c + size[1]]
            doubled = fine[2 * r : 2 * (r + size[0]), 2 * c : 2 * (c + size[1])]
            changes.append(float(np.nanmean(doubled) / np.nanmean(box) - 1))
    return max(changes, key=abs)


def shift(reference: Image, image: Image) -> tuple[float, float]:
    """Shift of an image to another, pixels along y and x, from the phases of their cross-spectrum.

    Weighted by its power at low frequencies, where a sharper image has the same phases.
    """
    n = 128 * (min(reference.shape) // 128) or min(reference.shape)
    taper = np.hanning(n)[:, None] * np.hanning(n)
    parts = [np.nan_to_num(a[:n, :n], nan=1.0).astype(np.float64) for a in (reference, image)]
    one, two = (np.fft.fft2((part - part.mean()) * taper) for part in parts)
    cross = one.conj() * two
    ky, kx = np.meshgrid(np.fft.fftfreq(n), np.fft.fftfreq(n), indexing="ij")
    low = (np.hypot(ky, kx) > 0.01) & (np.hypot(ky, kx) < 0.15)
    weight = np.sqrt(np.abs(cross[low]))
    slopes = -2 * np.pi * np.stack((ky[low], kx[low]), axis=1)
    y, x = np.linalg.lstsq(slopes * weight[:, None], np.angle(cross[low]) * weight, rcond=None)[0]
    return float(y), float(x)


def catalogue_table(every: Sequence[Frame]) -> Table:
    """Features of every frame by product."""
    head = (
        "frame",
        "product",
        "pores",
        "umbrae",
        "faint",
        "area of pores, Mm²",
        "of umbrae",
        "<abs Br> of pores, G",
    )
    rows = []
    for frame in every:
        for product in PRODUCTS:
            parameters = Parameters(enhance=product)
            rows.append(_row(frame, product, detect_frame(frame, parameters, None, enhancer_of(parameters))))
    return Table("What changes in the catalogue: real frames", head, rows)


def _row(frame: Frame, product: str, found: Detected) -> tuple[object, ...]:
    pores = found.pores
    pore, area = pores["kind"] == "pore", pores["area_mm2"]
    br = f"{np.abs(pores['mean_br'][pore]).mean():.0f}" if pore.any() else ""
    sums = f"{area[pore].sum():.1f}", f"{area[~pore].sum():.1f}"
    return named(frame), product, int(pore.sum()), int((~pore).sum()), len(found.faint["label"]), *sums, br


def needed_agrees(frame: Frame, enhancer: Enhancer, whole: Enhancer) -> bool:
    """Whether the features are the same with tiles that are needed and with the whole image."""
    ours, theirs = (detect_frame(frame, Parameters(), None, one).pores for one in (enhancer, whole))
    return all(
        np.array_equal(ours[name], theirs[name]) for name in ("label", "area_px", "kind", "spot_area_mm2")
    )


def picture(one: Seen, window: tuple[slice, slice], out: Path) -> None:
    """The native, spline and network images of a part of a frame, side by side."""
    fine = tuple(slice(2 * side.start, 2 * side.stop) for side in window)
    panels = (("HMI", one.native[window]), ("spline", one.spline[fine]), ("network", one.network[fine]))
    ny, nx = one.native[window].shape
    figure = Figure(figsize=(13.5, 4.5 * ny / nx + 0.4), layout="constrained", dpi=110)
    for axes, (title, image) in zip(figure.subplots(1, 3), panels, strict=True):
        axes.imshow(image, origin="lower", cmap="gray", vmin=0.1, vmax=1.2, interpolation="nearest")
        if title != "HMI":
            axes.contour(image, [0.5], colors="#ffb000", linewidths=0.6)
        axes.set_title(f"HARP {one.name}: {title}", fontsize=9)
        axes.set_axis_off()
    figure.savefig(out)
