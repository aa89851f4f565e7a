"""Where things are in a movie: panels as large as they can be, one above the other or side by side."""

from dataclasses import dataclass

_ASPECT = 9 / 16  # of the box that the picture must fit in
_MAX_ZOOM = 6.0  # screen pixels to a native one, beyond which there is nothing to see
_MIN_WIDTH = 720  # for the title and the clock, at unit 1
_NEARLY = 0.97  # side by side must be clearly larger than one above the other


@dataclass(frozen=True)
class Box:
    """A rectangle: left and upper edge, width and height, pixels from the upper left corner."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True)
class Layout:
    """The places of a movie's picture, in pixels.

    Attributes
    ----------
    width, height : int
        Of the whole picture, even.
    unit : float
        Length that letters and gaps are measured in.
    zoom : float
        Screen pixels to a native one.
    panels : tuple of Box
        Intensity, and the field if there is one.
    """

    width: int
    height: int
    unit: float
    zoom: float
    panels: tuple[Box, ...]

    @property
    def pad(self) -> int:
        """Between things."""
        return _units(self.unit, 14)

    def title_of(self, panel: Box) -> tuple[int, int]:
        """Left end of the base line of a panel's title."""
        return panel.x, panel.y - _units(self.unit, 8)

    def bar_of(self, panel: Box) -> Box:
        """The colour bar of a panel."""
        return Box(panel.x + panel.width + _units(self.unit, 8), panel.y, _units(self.unit, 12), panel.height)


def lay_out(shape: tuple[int, int], n_panels: int, width_px: int) -> Layout:
    """The layout with the largest panels that fits a width, and 9/16 of it in height.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns of the largest native image.
    n_panels : int
        1 or 2.
    width_px : int
        Greatest width of the picture.
    """
    width_px -= width_px % 2
    stacked, beside = (_zoom(shape, grid, width_px) for grid in ((n_panels, 1), (1, n_panels)))
    rows, columns = (n_panels, 1) if stacked >= _NEARLY * beside else (1, n_panels)
    zoom = min(stacked if columns == 1 else beside, _MAX_ZOOM)
    unit = _unit(width_px)
    pad, head, foot, title, bar = (_units(unit, length) for length in _LENGTHS)
    height, width = max(int(shape[0] * zoom), 1), max(int(shape[1] * zoom), 1)
    across = columns * (width + bar) + (columns + 1) * pad
    canvas = _even(max(across, _units(unit, _MIN_WIDTH)))
    left = (canvas - across) // 2 + pad
    panels = tuple(
        Box(left + column * (width + bar + pad), head + title + row * (height + title + pad), width, height)
        for row in range(rows)
        for column in range(columns)
    )
    bottom = panels[-1].y + height
    return Layout(canvas, _even(bottom + foot), unit, zoom, panels)


_LENGTHS = (14, 62, 40, 26, 74)  # pad; head and foot of the picture; title and colour bar of a panel


def _zoom(shape: tuple[int, int], grid: tuple[int, int], width_px: int) -> float:
    """Screen pixels to a native one if panels are in so many rows and columns."""
    pad, head, foot, title, bar = (_units(_unit(width_px), length) for length in _LENGTHS)
    rows, columns = grid
    width = (width_px - (columns + 1) * pad) / columns - bar
    height = (width_px * _ASPECT - head - foot - (rows - 1) * pad) / rows - title
    return min(width / shape[1], height / shape[0])


def _unit(width_px: int) -> float:
    """Letters shrink less than the picture, to stay legible."""
    return 0.5 + width_px / 3200


def _units(unit: float, length: float) -> int:
    return round(unit * length)


def _even(length: int) -> int:
    return length + length % 2
