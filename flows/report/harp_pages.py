"""The pages of one HARP: its own, a card for each track, and their pictures."""

import io
import tempfile
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from flows.movie_look import MovieLook, Shown
from flows.report import places, tables
from flows.report.card import card
from flows.report.harp_page import harp_page
from flows.report.lake_rows import HarpRows
from flows.report.sprites import sprites, webp
from flows.scenes import HarpScenes
from storage.lake import Lake

INDEX, LINEAGE, POSTER = "index.html", "lineage.png", "poster.webp"
_MOVIE_PX = 1280  # width of a movie on a page: half the bytes of the largest
_LOOKS = {f"{shown}.mp4": MovieLook(intensity=shown, width_px=_MOVIE_PX) for shown in Shown}
CSV = {"frames.csv": "frames", "tracks.csv": "tracks", "features.csv": "features"}


def names(harp: Mapping[str, Any], track_ids: list[str], images: bool, movies: bool) -> Iterator[str]:
    """Names of all files of a HARP, in its folder."""
    yield from CSV
    if track_ids:
        yield LINEAGE
    if images and harp["n_frames"] > harp["n_unusable"]:
        yield POSTER
        if movies:
            yield from _LOOKS
    for track_id in track_ids:
        if images:
            yield places.sprite(track_id)
        yield places.card(track_id)
    yield INDEX


def is_picture(path: str) -> bool:
    """Whether a file is a picture or a movie: dear to make, and the same for the same run."""
    return path.rpartition(".")[2] in ("webp", "png", "mp4")


class HarpPages:
    """Makes the files of one HARP.

    Parameters
    ----------
    lake : Lake
    rows : HarpRows
    files : frozenset of str
        Names of the files that there are.
    around : dict
        What every page is told.
    """

    def __init__(self, lake: Lake, rows: HarpRows, files: frozenset[str], around: dict[str, Any]) -> None:
        self.lake, self.rows, self.files, self.around = lake, rows, files, around

    def file(self, name: str) -> bytes:
        """Return a file by its name; NoPageError if there is none."""
        if name not in self.files:
            raise places.NoPageError(name)
        if name in CSV:
            return tables.csv_bytes(getattr(self.rows, CSV[name]))
        made: dict[str, Callable[[], bytes]] = {
            INDEX: self._index,
            LINEAGE: self._lineage,
            POSTER: self._poster,
        }
        if name in made:
            return made[name]()
        if name in _LOOKS:
            return self._movie(name)
        stem, _, ending = name.rpartition(".")
        track = self.rows.by_name[stem]
        return self._sprite(track["track_id"]) if ending == "webp" else self._card(track)

    @cached_property
    def scenes(self) -> HarpScenes:
        """Frames of the HARP."""
        return HarpScenes(self.lake, self.rows.run)

    def _index(self) -> bytes:
        return harp_page(self.rows, self.files, self.around)

    def _card(self, track: Mapping[str, Any]) -> bytes:
        return card(self.rows, track, self.files, self.around)

    def _sprite(self, track_id: str) -> bytes:
        if self.around["live"]:
            return sprites(self.scenes, {track_id: self.rows.seen(track_id)})[track_id]
        return self._sprites[track_id]

    @cached_property
    def _sprites(self) -> dict[str, bytes]:
        """All at once, for a report of all pages: no frame is read twice."""
        return sprites(self.scenes, {track_id: self.rows.seen(track_id) for track_id in self.rows.by_id})

    def _lineage(self) -> bytes:
        from flows.chronicle import chronicle_of_run
        from flows.lineage_picture import draw_lineage
        from flows.lineage_plot import picture_of_harp

        picture = picture_of_harp(chronicle_of_run(self.lake, self.rows.run))
        drawn = _drawn(lambda path: draw_lineage(picture, path))
        out = io.BytesIO()
        drawn.quantize(128).save(out, "PNG", optimize=True)
        return out.getvalue()

    def _poster(self) -> bytes:
        """The picture of the movie with most features."""
        from flows.movie import still

        frames = [row for row in self.rows.frames.records() if row["usable"]]
        busiest = max(frames, key=lambda row: row["n_pore"] + row["n_umbra"])
        moment = np.datetime64(busiest["t_rec"], "ms")
        return webp(still(self.scenes, moment, _LOOKS["prepared.mp4"]), 88)

    def _movie(self, name: str) -> bytes:
        from flows.movie import write_movie

        with tempfile.TemporaryDirectory(prefix="porelake-") as directory:
            out = Path(directory) / name
            write_movie(self.scenes, out, _LOOKS[name])
            return out.read_bytes()


def _drawn(draw: Callable[[Path], object]) -> Image.Image:
    """What is drawn as a PNG file."""
    with tempfile.TemporaryDirectory(prefix="porelake-") as directory:
        drawn = Path(directory) / "drawn.png"
        draw(drawn)
        with Image.open(drawn) as image:
            return image.convert("RGB")
