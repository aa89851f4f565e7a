"""H.264 that plays everywhere: written frame by frame, so that memory does not grow with a movie's length."""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace
from numpy.typing import NDArray

RGB = NDArray[np.uint8]

BT709 = 1  # in the tables of the standard: primaries, transfer and matrix alike
# Granulation and weak field do not get smaller by a longer search: docs/decisions/0016-movies.md.
_QUALITY = {"crf": "23", "preset": "veryfast"}


def write_mp4(path: Path, frames: Iterable[RGB], fps: int, tags: Mapping[str, str]) -> None:
    """Write pictures as a movie in an MP4 file, its index first, so that it plays while it loads.

    Parameters
    ----------
    path : Path
    frames : iterable of ndarray of uint8, (y, x, 3)
        Of one even size.
    fps : int
        Pictures a second, all of one length.
    tags : mapping
        Title, comment and the like.
    """
    with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        container.metadata.update(tags)
        stream: Any = None
        for n, picture in enumerate(frames):
            if stream is None:
                stream = _stream(container, picture.shape, fps)
            container.mux(stream.encode(_yuv(picture, n, fps)))
        if stream is not None:
            container.mux(stream.encode())


def _stream(container: Any, shape: tuple[int, ...], fps: int) -> Any:
    """An H.264 stream that seeks to every second, in the colours of high definition."""
    # A key frame each second and only there: that is where players jump to.
    options = {**_QUALITY, "x264-params": f"keyint={fps}:scenecut=0:force-cfr=1"}
    stream = container.add_stream("libx264", rate=fps, options=options)
    stream.height, stream.width = shape[:2]
    stream.pix_fmt = "yuv420p"
    context = stream.codec_context
    context.profile = "High"
    context.time_base = Fraction(1, fps)
    context.color_range = ColorRange.MPEG
    context.colorspace = context.color_primaries = context.color_trc = BT709
    return stream


def _yuv(picture: RGB, index: int, fps: int) -> av.VideoFrame:
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
    frame = frame.reformat(
        format="yuv420p",
        src_color_range=ColorRange.JPEG,
        dst_color_range=ColorRange.MPEG,
        dst_colorspace=Colorspace.ITU709,
    )
    frame.pts, frame.time_base = index, Fraction(1, fps)
    return frame
