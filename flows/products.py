"""Images of doubled resolution kept as cubes, where the user asks for them: one cube per block of frames."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from flows.blocks import Block
from flows.enhancement import enhancer_of
from flows.harp import Harp, enhancing
from flows.pool import ordered_map
from flows.progress import track as progress
from flows.request import Request
from flows.stages import Done, frame_of, usable_frames
from flows.words import counted
from pores.chain import prepared_intensity
from pores.frame import FIELD_SEGMENTS, NEEDED_SEGMENTS
from pores.parameters import Parameters
from pores.upsample import double
from storage.cubes import Cube
from storage.upscaled import INTENSITY, write_x2

STORE_VERSION = 1
Images = dict[str, NDArray[np.float32]]
Usable = tuple[np.datetime64, float]  # T_REC and level of the quiet Sun, DN/s


def store(request: Request, harpnum: int) -> Done:
    """Keep prepared intensity and field of the usable frames of a HARP on the x2 grid."""
    harp = Harp(request, harpnum)
    todo = [(product, frames) for product, frames in _products(harp) if frames]
    every = [frame for _, frames in todo for frame in frames]
    work = partial(_double_one, harp.cube, request.parameters)
    label = f"HARP {harpnum} store"
    how = _how(request.parameters) if todo else ""
    images = progress(ordered_map(work, every, request.workers, together=1), label, len(every))
    with Cube(harp.cube) as cube:
        for product, frames in todo:
            write_x2(product, cube, zip([t for t, _ in frames], images, strict=False), how)
    return Done("store", harpnum, f"{counted(len(every), 'frame')} doubled" if every else "")


def _how(parameters: Parameters) -> str:
    """How intensity is doubled, in words for headers."""
    enhancer = enhancer_of(parameters)
    divided = f" and divided by {enhancer.level:.5f}" if enhancer.level != 1 else ""
    return enhancer.product + divided


def product_path(harp: Harp, prepared: Block) -> Path:
    """The cube of doubled images of a block of prepared frames."""
    key = prepared.then("store", STORE_VERSION, enhancing(harp.request.parameters)).key
    return harp.lake.product(harp.request.series, harp.harpnum, key)


def _products(harp: Harp) -> Iterator[tuple[Path, list[Usable]]]:
    """The cube of each block, and the usable frames that it lacks."""
    plan = harp.prepare_blocks()
    with Cube(harp.cube) as cube:
        for block in plan:
            product = product_path(harp, block)
            there = _images_in(product)
            frames = usable_frames(harp, block)
            yield product, [(t, level) for t, level in frames if not _wanted(cube, t) <= there]


def _wanted(cube: Cube, t_rec: np.datetime64) -> set[tuple[np.datetime64, str]]:
    return {
        (t_rec, name) for name in (INTENSITY, *FIELD_SEGMENTS) if name in (INTENSITY, *cube.segments(t_rec))
    }


def _images_in(product: Path) -> set[tuple[np.datetime64, str]]:
    if not product.exists():
        return set()
    with Cube(product) as cube:
        return {(t, name) for t in cube.t_rec for name in cube.segments(t)}


def _double_one(cube: Path, parameters: Parameters, frame: Usable) -> Images:
    t_rec, quiet_sun = frame
    native = frame_of(cube, t_rec, NEEDED_SEGMENTS)
    intensity = prepared_intensity(native, parameters.prepare, quiet_sun).intensity
    fields = {name: native.segments[name] for name in FIELD_SEGMENTS if name in native.segments}
    doubled = {name: double(np.asarray(image, np.float32)) for name, image in fields.items()}
    every = {INTENSITY: enhancer_of(parameters).all_of([intensity])[0], **doubled}
    return {name: np.asarray(image, np.float32) for name, image in every.items()}
