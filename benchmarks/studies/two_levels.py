"""Figures behind docs/decisions/0010-two-levels-and-polarity.md: real SHARP files, and simulated ones.

::

    python -m benchmarks.studies.two_levels DIRECTORY [--pictures OUT]
"""

import argparse
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy import ndimage

from pores.chain import detect_frame, prepared_intensity
from pores.detect import detect, detect_faint
from pores.frame import Frame
from pores.parameters import DetectParameters, Parameters, PrepareParameters
from pores.polarity import cut
from pores.simulate.keywords import record_keywords
from pores.simulate.observe import observe, physical
from pores.simulate.parameters import SimulationParameters
from pores.simulate.scene import Scene, Seen
from pores.simulate.script import Pore, presences
from pores.simulate.truth import features
from pores.upsample import double
from storage.fits_cards import keywords
from storage.fits_files import parse_name, read_segment

Image = NDArray[np.float32]
LEVELS = (0.55, 0.58, 0.60, 0.62, 0.65, 0.70, 0.75, 0.80)
DARKNESS = (0.5, 0.6, 0.65, 0.7, 0.8)
SEEDS = (1, 2, 3)


class Pairs(Scene):
    """A scene in which every second of the pores that meet is of the other polarity."""

    @cached_property
    def script(self) -> tuple[Pore, ...]:
        """The pores of the series."""
        meeting = [pore.number for pore in super().script if pore.act in ("merge", "split")]
        sign = {number: 1 - 2 * (i % 2) for i, number in enumerate(meeting)}
        return tuple(replace(pore, polarity=sign.get(pore.number, pore.polarity)) for pore in super().script)


def real(directory: Path) -> Iterator[tuple[str, Image, Image]]:
    """Name, doubled prepared intensity and native Br of every record that has both."""
    for path in sorted(directory.glob("*.continuum.fits")):
        other, name = path.with_name(path.name.replace(".continuum.", ".Br.")), parse_name(path.name)
        if name is None or not other.exists():
            continue
        image, br = read_segment(name, path.read_bytes()), read_segment(name, other.read_bytes()).physical()
        frame = Frame(name.harpnum, name.t_rec, keywords(image.header), {"continuum": image.physical()})
        intensity = prepared_intensity(frame, PrepareParameters()).intensity
        yield f"{name.harpnum} {name.t_rec}", double(intensity), np.asarray(br, np.float32)


def levels(intensity: Image) -> str:
    """Faint features by level."""
    pores = detect(intensity, DetectParameters(), 2).labels
    asked = {level: DetectParameters(faint_threshold=level) for level in LEVELS}
    return ", ".join(f"{x}: {detect_faint(intensity, pores, p, 2).n}" for x, p in asked.items())


def cuts(intensity: Image, br: Image, name: str, pictures: Path | None) -> None:
    """What is cut, if what is dark begins at brighter levels."""
    for level in DARKNESS:
        asked = DetectParameters(threshold=level)
        whole = detect(intensity, asked, 2)
        parts = cut(whole, br, asked, 2)
        print(f"  dark below {level}: {whole.n} regions, {parts.n} features")
        for label, box in enumerate(whole.boxes, 1):
            if pictures and np.unique(parts.labels[box][whole.labels[box] == label]).size > 1:
                picture(intensity, parts.labels, box, pictures / f"{name.split()[0]}_{level}_{label}.png")


def picture(intensity: Image, parts: NDArray[np.int32], box: tuple[slice, ...], out: Path) -> None:
    """Draw the surroundings of a region that was cut."""
    rows, cols = (slice(max(side.start - 15, 0), side.stop + 15) for side in box)
    axes = Figure(figsize=(6, 5)).add_subplot()
    axes.imshow(intensity[rows, cols], origin="lower", cmap="gray", vmin=0.1, vmax=1.1)
    for label in np.unique(parts[rows, cols])[1:]:
        axes.contour(parts[rows, cols] == label, [0.5], colors="lime", linewidths=1)
    axes.figure.savefig(out)


def record(scene: Scene, frame: int) -> tuple[Seen, Frame]:
    """A simulated record, without noise and as it is observed."""
    seen, parameters = scene.seen(frame), scene.parameters
    stored = observe(scene, seen, frame)
    told = record_keywords(parameters, frame, seen.place, stored)
    segments = {name: physical(name, image) for name, image in stored.items()}
    return seen, Frame(parameters.harpnum, parameters.t_rec[frame], told, segments)


def simulated(seed: int, noise: float) -> Counter[str]:
    """How often scripted pores that are too bright for pores are faint features, by level."""
    scene = Scene(SimulationParameters(seed=seed, scenario="interactions", noise=noise))
    found: Counter[str] = Counter()
    for frame in range(0, 60, 3):
        seen, observed = record(scene, frame)
        intensity = double(prepared_intensity(observed, PrepareParameters()).intensity)
        pores, here = detect(intensity, DetectParameters(), 2).labels, presences(scene.script, 0.2 * frame)
        for level in LEVELS:
            faint = detect_faint(intensity, pores, DetectParameters(faint_threshold=level), 2).labels
            near = ndimage.maximum_filter(faint, 7)
            hit = {one.pore.number: _at(near, seen, one.pore.number) for one in here}
            found[f"{level} without a pore"] += int(faint.max()) - len(set(hit.values()) - {0})
            for one in here:
                if -1.3 <= one.area_mm2 < 0:
                    what = one.pore.act if one.pore.act in ("grey", "flicker") else "fading"
                    found[f"{level} {what}"] += 1
                    found[f"{level} {what} faint"] += bool(hit[one.pore.number])
    return found


def _at(image: NDArray[np.int32], seen: Seen, number: int) -> int:
    x, y = (round(2 * at + 0.5) for at in seen.pixels[number])
    return int(image[y, x]) if 0 <= y < image.shape[0] and 0 <= x < image.shape[1] else 0


def pairs(noise: float) -> None:
    """Pores of opposite polarity that touch, found with and without cuts, and those that are there."""
    scene = Pairs(SimulationParameters(seed=7, n_frames=40, scenario="interactions", noise=noise))
    never = Parameters(detect=DetectParameters(cut_polarity_g=1e5))
    counts, ratios = np.zeros(3, int), []
    for frame in range(0, 40, 2):
        seen, observed = record(scene, frame)
        found, whole = (
            detect_frame(observed, Parameters(enhance="spline")).pores,
            detect_frame(observed, never).pores,
        )
        true = [feature.row for feature in features(scene, seen) if feature.in_full]
        counts += len(whole["label"]), len(found["label"]), len(true)
        for row in true:
            apart = [np.hypot(t["x_px"] - row["x_px"], t["y_px"] - row["y_px"]) for t in (whole, found)]
            if apart[0].min() > 1.5:
                ratios.append(found["area_mm2"][apart[1].argmin()] / row["area_mm2"])
    spread = np.percentile(ratios, [5, 50, 95]).round(3)
    print(f"noise x{noise}: {counts} whole, cut, true; area of the {len(ratios)} parts over truth {spread}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--pictures", type=Path)
    arguments = parser.parse_args()
    if arguments.pictures:
        arguments.pictures.mkdir(parents=True, exist_ok=True)
    for name, intensity, br in real(arguments.directory):
        print(name, levels(intensity), sep="\n  faint below ")
        cuts(intensity, br, name, arguments.pictures)
    for noise in (1.0, 3.0):
        pairs(noise)
        total = sum((simulated(seed, noise) for seed in SEEDS), Counter[str]())
        print(f"noise x{noise}", *(f"  {key}: {n}" for key, n in sorted(total.items())), sep="\n")


if __name__ == "__main__":
    main()
