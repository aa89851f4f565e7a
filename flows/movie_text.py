"""What is written in a movie: titles, clock, colour bars, key, scale, and words in place of an image."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from flows.movie_colours import RGBA, Scale
from flows.movie_layout import Box, Layout
from flows.outlines import COLOURS

GROUND = (0x0D, 0x10, 0x16)
DARK = (0x16, 0x19, 0x21)  # a panel without image
BRIGHT, DIM = "#f2f4f8", "#a3acbb"
WARNING = "#ff8f6b"
_LENGTHS_MM = (1, 2, 5, 10, 20, 50, 100)
_SCALE_PART = 0.07  # of a panel's width, at least, that the scale bar has

Font = ImageFont.FreeTypeFont


@cache
def font(size: int, bold: bool = False) -> Font:
    """The letters of matplotlib, which every installation has; it is not loaded for them."""
    found = find_spec("matplotlib")
    assert found is not None
    assert found.origin is not None
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return ImageFont.truetype(Path(found.origin).parent / "mpl-data" / "fonts" / "ttf" / name, size)


class Writing:
    """Writes into pictures of one layout."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.letters = {
            name: font(round(size * layout.unit), bold)
            for name, size, bold in (
                *(("head", 21, True), ("clock", 21, True), ("small", 13, False)),
                *(("title", 15, False), ("number", 14, True), ("words", 24, True)),
            )
        }

    def ground(self, title: str, scales: tuple[Scale, ...], key: tuple[str | None, str]) -> RGBA:
        """What does not change, (y, x, 4): title, names of panels, colour bars, a line below in two parts."""
        layout, pad = self.layout, self.layout.pad
        image = Image.new("RGB", (layout.width, layout.height), GROUND)
        pen = ImageDraw.Draw(image)
        pen.text((pad, self._row(0)), title, BRIGHT, self.letters["head"], "ls")
        for panel, scale in zip(layout.panels, scales, strict=True):
            pen.rectangle((panel.x, panel.y, panel.x + panel.width - 1, panel.y + panel.height - 1), DARK)
            pen.text(layout.title_of(panel), scale.title, BRIGHT, self.letters["title"], "ls")
            self._bar(image, pen, layout.bar_of(panel), scale)
        self._key(pen, *key)
        return np.asarray(image.convert("RGBA"))

    def clock(self, pen: ImageDraw.ImageDraw, utc: str, tai: str, where: str) -> None:
        """The time, large, and what else changes."""
        right = self.layout.width - self.layout.pad
        pen.text((right, self._row(0)), f"{utc} UTC", BRIGHT, self.letters["clock"], "rs")
        pen.text((right, self._row(1)), f"T_REC {tai} TAI", DIM, self.letters["small"], "rs")
        pen.text((self.layout.pad, self._row(1)), where, DIM, self.letters["small"], "ls")

    def number(self, pen: ImageDraw.ImageDraw, centre: tuple[float, float], text: str, kind: str) -> None:
        """The number of a feature."""
        width = max(round(2 * self.layout.unit), 1)
        letters = self.letters["number"]
        pen.text(centre, text, COLOURS[kind], letters, "mm", stroke_width=width, stroke_fill="black")

    def size_of(self, text: str) -> tuple[float, float]:
        """Width and height of a number, with room to the next."""
        unit = self.layout.unit
        return self.letters["number"].getlength(text) + 8 * unit, 14 * unit

    def words(self, pen: ImageDraw.ImageDraw, panel: Box, reason: str, detail: str) -> None:
        """Say why a panel has no image."""
        x, y = panel.x + panel.width / 2, panel.y + panel.height / 2
        pen.text((x, y), reason, WARNING, self.letters["words"], "ms")
        small = self.letters["small"]
        pen.text((x, y + 24 * self.layout.unit), self._fitting(detail, panel), DIM, small, "ms")

    def remark(self, pen: ImageDraw.ImageDraw, panel: Box, text: str) -> None:
        """Say what is wrong with an image that is shown all the same."""
        at = (panel.x + self.layout.pad, panel.y + self.layout.pad)
        letters = self.letters["small"]
        said = self._fitting(text, panel)
        pen.text(at, said, WARNING, letters, "la", stroke_width=2, stroke_fill="black")

    def scale_bar(self, pen: ImageDraw.ImageDraw, panel: Box, px_per_mm: float) -> None:
        """A bar of round length at the lower left of a panel; `px_per_mm`: pixels to a Mm."""
        long_enough = [mm for mm in _LENGTHS_MM if mm * px_per_mm >= _SCALE_PART * panel.width]
        mm = long_enough[0] if long_enough else _LENGTHS_MM[-1]
        unit = self.layout.unit
        x, y = panel.x + round(12 * unit), panel.y + panel.height - round(14 * unit)
        end, thick = x + round(mm * px_per_mm), max(round(3 * unit), 2)
        pen.rectangle((x - 2, y - thick - 2, end + 2, y + 2), "black")
        pen.rectangle((x, y - thick, end, y), "white")
        at = (x, y - thick - round(7 * unit))
        pen.text(at, f"{mm} Mm", "white", self.letters["title"], "ls", stroke_width=2, stroke_fill="black")

    def _fitting(self, text: str, panel: Box) -> str:
        """A text in small letters, cut where a panel is too narrow for it."""
        fits = max(int(panel.width / self.letters["small"].getlength("0")) - 2, 1)
        return text if len(text) <= fits else text[: fits - 1] + "…"

    def _row(self, line: int) -> int:
        """Base line of the first and second line of the head."""
        return round((30 + 22 * line) * self.layout.unit)

    def _bar(self, image: Image.Image, pen: ImageDraw.ImageDraw, bar: Box, scale: Scale) -> None:
        colours = Image.fromarray(scale.table[::-1, None, :]).resize((bar.width, bar.height))
        image.paste(colours, (bar.x, bar.y))
        for tick in scale.ticks:
            part = (tick - scale.low) / (scale.high - scale.low)
            y = bar.y + (1 - part) * (bar.height - 1)
            right = bar.x + bar.width
            pen.line((right, y, right + 4, y), DIM)
            text = f"{tick / scale.per_tick:{scale.form}}".replace("-", "−")
            inside = min(max(y, bar.y + 6), bar.y + bar.height - 6)
            pen.text((right + 7, inside), text, DIM, self.letters["small"], "lm")

    def _key(self, pen: ImageDraw.ImageDraw, trail: str | None, about: str) -> None:
        """Colours of kinds and of trails, at the left; what the movie is of at the right."""
        unit, small = self.layout.unit, self.letters["small"]
        x, y = float(self.layout.pad), self.layout.height - round(16 * unit)
        for kind, colour in COLOURS.items() if trail is not None else ():
            radius = 5 * unit
            pen.ellipse((x, y - 2 * radius, x + 2 * radius, y), outline=colour, width=max(round(2 * unit), 1))
            x += 2 * radius + 6 * unit
            pen.text((x, y), kind, DIM, small, "ls")
            x += small.getlength(kind) + 18 * unit
        pen.text((x, y), trail or "", DIM, small, "ls")
        pen.text((self.layout.width - self.layout.pad, y), about, DIM, small, "rs")
