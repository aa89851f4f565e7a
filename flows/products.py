"""Images of doubled resolution kept as cubes, where the user asks for them: one cube per block of frames."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from flows.blocks import Block
from flows.harp import Harp
from flows.pool import ordered_map
from flows.progress import track as progress
from flows.request import Request
from flows.stages import Done, counted, frame_of
from pores.chain import prepared_intensity
from pores.frame import FIELD_SEGMENTS
from pores.parameters import Parameters
from pores.upsample import double, enhancer
from storage.cubes import Cube
from storage.tables import read_table
from storage.upscaled import INTENSITY, write_x2

STORE_VERSION = 1
Images = dict[str, NDArray[np.float32]]


def store(request: Request, harpnum: int) -> Done:
    """Keep prepared intensity and field of the usable frames of a HARP on the x2 grid."""
    harp = Harp(request, harpnum)
    todo = [(product, times) for product, times in _products(harp) if times]
    n = sum(len(times) for _, times in todo)
    every = [t for _, times in todo for t in times]
    work = partial(_double_one, harp.cube, request.parameters)
    images = progress(ordered_map(work, every, request.workers), f"HARP {harpnum} store", n)
    with Cube(harp.cube) as cube:
        for product, times in todo:
            write_x2(product, cube, zip(times, images, strict=False))
    return Done("store", harpnum, f"{counted(n, 'frame')} doubled" if n else "")


def product_path(harp: Harp, prepared: Block) -> Path:
    """The cube of doubled images of a block of prepared frames."""
    science = harp.request.parameters.model_dump(mode="json", include={"enhance"})
    key = prepared.then("store", STORE_VERSION, science).key
    return harp.lake.product(harp.request.series, harp.harpnum, key)


def _products(harp: Harp) -> Iterator[tuple[Path, list[np.datetime64]]]:
    """The cube of each block, and the usable frames that it lacks."""
    plan = harp.prepare_blocks()
    with Cube(harp.cube) as cube:
        for block in plan:
            rows = read_table(harp.work("prepare", block), ["t_rec", "usable"])
            product = product_path(harp, block)
            there = _images_in(product)
            usable = rows["t_rec"][rows["usable"].astype(bool)]
            yield product, [t for t in usable if not {(t, name) for name in _names(cube, t)} <= there]


def _names(cube: Cube, t_rec: np.datetime64) -> list[str]:
    return [INTENSITY, *(name for name in FIELD_SEGMENTS if name in cube.segments(t_rec))]


def _images_in(product: Path) -> set[tuple[np.datetime64, str]]:
    if not product.exists():
        return set()
    with Cube(product) as cube:
        return {(t, name) for t in cube.t_rec for name in cube.segments(t)}


def _double_one(cube: Path, parameters: Parameters, t_rec: np.datetime64) -> Images:
    frame = frame_of(cube, t_rec)
    intensity = enhancer(parameters.enhance)(prepared_intensity(frame, parameters.prepare).intensity)
    fields = {name: frame.segments[name] for name in FIELD_SEGMENTS if name in frame.segments}
    doubled = {name: double(np.asarray(image, np.float32)) for name, image in fields.items()}
    return {name: np.asarray(image, np.float32) for name, image in {INTENSITY: intensity, **doubled}.items()}
