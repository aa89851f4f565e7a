"""One picture of a movie: a moment of a HARP, drawn."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from flows.canvas import Canvas
from flows.movie_colours import RGB, Scale
from flows.movie_labels import Number, Numbering
from flows.movie_layout import Box, Layout
from flows.movie_text import Writing
from flows.movie_times import Moment
from flows.movie_trails import Trails
from flows.outlines import COLOURS, outlines
from flows.scenes import HarpScenes, Scene, track_numbers
from pores.record_time import tai_to_utc

Floats = NDArray[np.float64]


class Painter:
    """Draws moments, one after the other in time.

    Parameters
    ----------
    scenes : HarpScenes
    layout : Layout
    canvas : Canvas
        As large as the layout's picture; it is drawn over again and again.
    scales : tuple of Scale
        Of the panels.
    trails : Trails or None
        None: nothing is marked.
    key : tuple of str
        What is written below, at the left beside the colours of kinds (None: nothing) and at the right.
    """

    def __init__(
        self,
        scenes: HarpScenes,
        layout: Layout,
        canvas: Canvas,
        scales: tuple[Scale, ...],
        trails: Trails | None,
        key: tuple[str | None, str],
    ) -> None:
        self.scenes, self.layout, self.scales, self.trails = scenes, layout, scales, trails
        self._writing = Writing(layout)
        self._numbering = Numbering(2 * layout.unit)
        self._track_numbers = track_numbers(scenes.tracks)
        self._pixel_mm = scenes.pixel_km / 1000
        self._canvas = canvas
        self._ground = self._writing.ground(scenes.title, scales, key)

    def picture(self, moment: Moment) -> RGB:
        """The picture of a moment, (y, x, 3)."""
        self._canvas.rgba[:] = self._ground
        images = self._images(moment)
        for panel, scale, image in zip(self.layout.panels, self.scales, images, strict=True):
            self._paste(panel, scale, image)
        scene = None if moment.reason or self.trails is None else self.scenes.scene(moment.t_rec)
        numbers = [] if scene is None else self._mark(scene)
        picture = Image.fromarray(self._canvas.rgba)
        pen = ImageDraw.Draw(picture)
        self._write(pen, moment, images)
        if scene is not None:
            self._write_numbers(pen, scene, numbers)
        return np.asarray(picture.convert("RGB"))

    def _images(self, moment: Moment) -> list[NDArray[Any] | None]:
        """The image of each panel; None where there is none."""
        if not moment.recorded:
            return [None] * len(self.layout.panels)
        if self.trails is None:
            intensity = self.scenes.continuum(moment.t_rec)
        else:
            intensity = None if moment.reason else self.scenes.scene(moment.t_rec).intensity
        return [intensity, self.scenes.br(moment.t_rec)][: len(self.layout.panels)]

    def _paste(self, panel: Box, scale: Scale, image: NDArray[Any] | None) -> None:
        rgba = self._canvas.rgba[panel.y : panel.y + panel.height, panel.x : panel.x + panel.width]
        if image is not None:
            x, y, width, height = self._place(panel, image.shape)
            rgba[y : y + height, x : x + width] = scale.coloured(image, (width, height))

    def _place(self, panel: Box, shape: tuple[int, ...]) -> tuple[int, int, int, int]:
        """Left, top, width and height of an image in its panel: patches differ by a pixel, in the middle."""
        width = min(round(shape[1] * self.layout.zoom), panel.width)
        height = min(round(shape[0] * self.layout.zoom), panel.height)
        return (panel.width - width) // 2, (panel.height - height) // 2, width, height

    def _on_screen(self, panel: Box, shape: tuple[int, ...], points: Floats) -> Floats:
        """Places in the picture of native pixels (x, y)."""
        x, y, width, height = self._place(panel, shape)
        zoom = np.array((width / shape[1], -height / shape[0]))
        return np.asarray((points + 0.5) * zoom + np.array((panel.x + x, panel.y + y + height)))

    def _mark(self, scene: Scene) -> list[Number]:
        """Draw trails and outlines in every panel; give the places of numbers in the first."""
        found = outlines(scene.labels, scene.scale)
        kinds = dict(zip(scene.features["label"], scene.features["kind"], strict=True))
        shape, unit = scene.intensity.shape, self.layout.unit
        assert self.trails is not None
        for panel in self.layout.panels:
            for kind, alpha, steps in self.trails.at(scene.t_rec):
                ways = list(self._on_screen(panel, shape, np.array(steps)))
                self._canvas.cased(ways, panel, COLOURS[kind], 1.3 * unit, alpha)
            for kind, colour in COLOURS.items():
                mine = [line for label, lines in found.items() if kinds[label] == kind for line in lines]
                around = [self._on_screen(panel, shape, line) for line in mine]
                self._canvas.cased(around, panel, colour, 1.5 * unit)
        return self._numbers(scene, found)

    def _numbers(self, scene: Scene, found: dict[int, list[Floats]]) -> list[Number]:
        panel, shape = self.layout.panels[0], scene.intensity.shape
        rows = self._numbered(scene)
        boxes = np.empty((len(rows), 4))
        for i, row in enumerate(rows):
            around = np.concatenate(found[int(scene.features["label"][row])])
            ends = self._on_screen(panel, shape, np.array((around.min(axis=0), around.max(axis=0))))
            boxes[i] = (ends[0, 0], ends[1, 1], ends[1, 0], ends[0, 1])
        names = [str(scene.features["track_id"][row]) for row in rows]
        sizes = [self._writing.size_of(str(self._track_numbers[name])) for name in names]
        frame = np.array((panel.x, panel.y, panel.x + panel.width, panel.y + panel.height), float)
        placed = self._numbering.numbers(names, boxes, sizes, frame)
        return [Number(rows[number.row], number.centre, number.line_to) for number in placed]

    def _numbered(self, scene: Scene) -> list[int]:
        """Features with a track, the oldest first."""
        names: list[str | None] = scene.features["track_id"].tolist()
        rows = [row for row, name in enumerate(names) if name is not None]
        return sorted(rows, key=lambda row: self._track_numbers[str(names[row])])

    def _write_numbers(self, pen: ImageDraw.ImageDraw, scene: Scene, numbers: list[Number]) -> None:
        first = self.layout.panels[0]
        for panel in self.layout.panels:
            by = np.array((panel.x - first.x, panel.y - first.y))
            for number in numbers:
                kind = scene.features["kind"][number.row]
                x, y = np.array(number.centre) + by
                text = str(self._track_numbers[scene.features["track_id"][number.row]])
                if number.line_to is not None:
                    end = tuple(np.array(number.line_to) + by)
                    pen.line((x, y, *end), COLOURS[kind], max(round(self.layout.unit), 1))
                self._writing.number(pen, (float(x), float(y)), text, kind)

    def _write(self, pen: ImageDraw.ImageDraw, moment: Moment, images: list[NDArray[Any] | None]) -> None:
        utc, tai = (
            str(t.astype("datetime64[s]")).replace("T", "  ")
            for t in (tai_to_utc(moment.t_rec), moment.t_rec)
        )
        self._writing.clock(pen, utc, tai, moment.where)
        for index, (panel, image) in enumerate(zip(self.layout.panels, images, strict=True)):
            if image is not None:
                self._writing.scale_bar(pen, panel, self.layout.zoom / self._pixel_mm)
            of_frame = index == 0 or not moment.recorded
            reason, detail = (moment.reason, moment.detail) if of_frame else ("", "")
            if image is None:
                self._writing.words(pen, panel, reason or "no image", detail)
            elif reason:
                self._writing.remark(pen, panel, f"{reason}: {detail}")
