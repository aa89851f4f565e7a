"""Movies of a HARP: intensity with its pores and their trails beside the radial field."""

from importlib.metadata import version
from pathlib import Path

import numpy as np

from flows.movie_colours import RGB, field_scale, prepared_scale, raw_scale
from flows.movie_layout import lay_out
from flows.movie_lines import Lines
from flows.movie_look import FieldColours, MovieLook, Shown
from flows.movie_picture import Painter
from flows.movie_times import Moment, cadence, moments
from flows.movie_trails import Trails
from flows.progress import progress_bars, track
from flows.scenes import HarpScenes
from flows.words import counted, size
from pores.errors import InputError
from storage.lake import atomic
from storage.outputs import writable

__all__ = ["FieldColours", "MovieLook", "Shown", "write_movie"]


def write_movie(scenes: HarpScenes, out: Path, look: MovieLook) -> str:
    """Write the movie of a run of a HARP, whole or not at all.

    Returns
    -------
    str
        What was written, in a line.

    Raises
    ------
    InputError
        If it has no usable frame in that time, or if `out` does not end in .mp4 or can't be written.
    """
    if out.suffix.lower() != ".mp4":
        raise InputError(f"--out {out}: a movie is an MP4 file; write a name that ends in .mp4")
    place = writable(out, scenes.lake)
    shown = _moments(scenes, look)
    painter = _painter(scenes, look)
    from flows.movie_file import write_mp4

    pictures = (
        painter.picture(moment) for moment in track(shown, f"movie of HARP {scenes.run.harpnum}", len(shown))
    )
    tags = {"title": f"{scenes.title}, {look.intensity} intensity", "comment": _origin(scenes)}
    with progress_bars(), atomic(place) as partial:
        write_mp4(partial, pictures, look.fps, tags)
    seen = sum(not moment.reason for moment in shown)
    what = f"{counted(len(shown), 'picture')}, {seen} of them of usable frames"
    return f"{out}: {what}, {len(shown) / look.fps:.1f} s, {size(place.stat().st_size)}"


def still(scenes: HarpScenes, t_rec: np.datetime64, look: MovieLook) -> RGB:
    """One picture of a movie, (y, x, 3): that of a record."""
    (moment,) = (moment for moment in _moments(scenes, look) if moment.t_rec == t_rec)
    return _painter(scenes, look).picture(moment)


def _moments(scenes: HarpScenes, look: MovieLook) -> list[Moment]:
    """The moments of the frames of the time asked for, of which one at least must be usable."""
    frames = scenes.frames
    asked = np.ones(len(frames["t_rec"]), bool)
    if look.since is not None:
        asked &= frames["t_rec"] >= np.datetime64(look.since)
    if look.until is not None:
        asked &= frames["t_rec"] <= np.datetime64(look.until)
    if not frames["usable"][asked].any():
        raise InputError(_nothing_to_see(scenes, int(asked.sum())))
    return moments({name: values[asked] for name, values in frames.items()}, look.every)


def _nothing_to_see(scenes: HarpScenes, n: int) -> str:
    harpnum, times = scenes.run.harpnum, scenes.frames["t_rec"]
    first, last = (str(time.astype("datetime64[m]")) for time in (times[0], times[-1]))
    if n == 0:
        return f"HARP {harpnum}: no frame in that time; its frames are of {first} to {last} TAI"
    why = f"SELECT t_rec, reason, detail FROM frames WHERE harpnum = {harpnum} AND NOT usable"
    return f'HARP {harpnum}: no usable frame among {n} in that time; `porelake sql "{why}"` says why'


def _painter(scenes: HarpScenes, look: MovieLook) -> Painter:
    raw = look.intensity is Shown.RAW
    scales = [raw_scale(_level(scenes)) if raw else prepared_scale()]
    if scenes.has_field:
        scales.append(field_scale(look.field is FieldColours.GREY))
    layout = lay_out(scenes.shape, len(scales), look.width_px)
    a_second = cadence(scenes.frames["t_rec"]) / np.timedelta64(1, "h") * look.every * look.fps
    pace = f"{a_second:.3g} h" if a_second <= 48 else f"{a_second / 24:.3g} d"
    origin = f"1 s = {pace} · {scenes.run.series} · run {scenes.run.run_id}"
    trails = None if raw else Trails(scenes.pores, look.trail_h)
    trail = f"trails: last {look.trail_h:g} h" if look.trail_h else ""
    canvas = Lines(layout.width, layout.height)
    return Painter(scenes, layout, canvas, tuple(scales), trails, (None if raw else trail, origin))


def _level(scenes: HarpScenes) -> float:
    """What quiet Sun is in the archived intensity, DN/s: the median of the first usable frame."""
    image = scenes.continuum(scenes.t_usable[0])
    assert image is not None
    return float(np.nanmedian(image))


def _origin(scenes: HarpScenes) -> str:
    return f"porelake {version('porelake')}, run {scenes.run.run_id}, {scenes.run.series}"
