"""The numbers of tracks in a lineage plot."""

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from flows.label_places import along_line, place
from flows.lineage_layout import Stretch
from flows.lineage_style import HALO, Picture
from flows.ribbons import Floats, join, quads

_DPI = 72  # points to the inch
_GAP_PT = 2.5  # between a number and its ribbon, and at least to any other


def number_tracks(axes: Axes, picture: Picture, factor: float) -> None:
    """Write the numbers of tracks beside their ribbons, none on another."""
    pt = _DPI / axes.figure.dpi

    def to_pt(points: Floats) -> Floats:
        return np.asarray(axes.transData.transform(points) * pt)

    lines = [_side_lines(picture.layout.of(track), factor) for track in picture.numbered]
    sizes = [(4.2 * len(str(track + 1)) + 2, 8.0) for track in picture.numbered]  # of 7.5 pt digits
    places = []
    for (t, low, high), size in zip(lines, sizes, strict=True):
        (x, bottom), (_, top) = (to_pt(np.column_stack((t, side))).T for side in (low, high))
        places.append(along_line(x, bottom, top, size, _GAP_PT))
    centres = [centre for centre, _ in places]
    ends = to_pt(np.column_stack((axes.get_xlim(), axes.get_ylim()))).ravel()
    obstacles = _obstacles(picture, factor, to_pt)
    for track, (at, by), chosen in zip(
        picture.numbered, places, place(centres, sizes, obstacles, ends), strict=True
    ):
        if chosen is not None:
            _label(axes, track, (at[chosen] / pt, by[chosen] / pt), track == picture.subject)


def _label(axes: Axes, track: int, places: tuple[Any, Any], subject: bool) -> None:
    """The number of a track, and where it stands off a thin line to the ribbon."""
    look: dict[str, Any] = {"fontsize": 9 if subject else 7.5, "weight": "bold" if subject else "normal"}
    (x, y), (x_by, y_by) = axes.transData.inverted().transform(np.array(places))
    axes.text(x, y, str(track + 1), ha="center", va="center", zorder=8, path_effects=[HALO], **look)
    if abs(places[0][1] - places[1][1]) * _DPI / axes.figure.dpi > 10:
        axes.plot([x, x_by], [y, y_by], color="black", linewidth=0.4, zorder=7)


def _side_lines(stretches: tuple[Stretch, ...], factor: float) -> tuple[Floats, Floats, Floats]:
    t, s, width = (
        np.concatenate([getattr(part, name) for part in stretches]) for name in ("t", "s", "width")
    )
    return t, s - width * factor / 2, s + width * factor / 2


def _obstacles(picture: Picture, factor: float, to_pt: Callable[[Floats], Floats]) -> Floats:
    """Boxes of ribbons, joins and symbols, in points."""
    layout = picture.layout
    polygons = [quads(part.t, part.s, part.width * factor) for part in (*layout.stretches, *layout.faint)]
    for link in layout.joins:
        t, s, width = join(link.start, link.end, 6)
        polygons.append(quads(t, s, width * factor * (not link.unseen)))
    corners = np.concatenate(polygons)
    points = to_pt(corners.reshape(-1, 2)).reshape(-1, 4, 2)
    ribbons = np.concatenate((points.min(axis=1) - _GAP_PT, points.max(axis=1) + _GAP_PT), axis=1)
    marks = [(mark.t, mark.s) for mark in layout.marks if mark.kind in picture.marks]
    if not marks:
        return ribbons
    centres = to_pt(np.array(marks))
    return np.concatenate((ribbons, np.concatenate((centres - 4, centres + 4), axis=1)))
