"""`porelake movie`: what is in the file, what is in the pictures, and what is refused."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

import flows.movie
from flows.movie import MovieLook, Shown, write_movie
from flows.movie_colours import MISSING, prepared_scale
from flows.movie_layout import Layout, lay_out
from flows.movie_picture import Painter
from flows.movie_text import DARK, Writing
from flows.movie_times import NO_RECORD, Moment
from flows.scenes import HarpScenes, track_numbers
from pores.errors import InputError
from storage.lake import Lake
from storage.runs import run_of
from storage.tables import read_table
from tests.flows.runs import BUSY, QUIET, UNUSABLE, Command, Refuses, scenes_of

PORE, UMBRA = (0xFF, 0xB0, 0x00), (0x39, 0xC6, 0xFF)
SHAPE, FRAMES, FPS = (80, 120), 14, 6
LOOK = MovieLook(fps=FPS, width_px=1280)


@dataclass(frozen=True)
class Read:
    """A movie as a player has it."""

    pictures: list[np.ndarray]
    times: list[Fraction]
    key_frames: list[bool]
    context: av.VideoCodecContext
    tags: dict[str, str]


@pytest.fixture(scope="module")
def movie(small_lake: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("movie") / "busy.mp4"
    said = write_movie(scenes_of(small_lake, BUSY), out, LOOK)
    assert said.startswith(f"{out}: 14 pictures, 11 of them of usable frames, 2.3 s, ")
    return out


@pytest.fixture(scope="module")
def read(movie: Path) -> Read:
    with av.open(str(movie)) as container:
        frames = list(container.decode(video=0))
        stream = container.streams.video[0]
        return Read(
            [frame.to_ndarray(format="rgb24") for frame in frames],
            [frame.pts * frame.time_base for frame in frames],
            [bool(frame.key_frame) for frame in frames],
            stream.codec_context,
            dict(container.metadata),
        )


@pytest.fixture(scope="module")
def scenes(small_lake: Path) -> HarpScenes:
    return scenes_of(small_lake, BUSY)


@pytest.fixture
def layout() -> Layout:
    return lay_out(SHAPE, 2, LOOK.width_px)


def on_screen(layout: Layout, panel: int, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Where native pixels are in the picture: west to the right, north up."""
    box = layout.panels[panel]
    zoom_x, zoom_y = box.width / SHAPE[1], box.height / SHAPE[0]
    return np.column_stack((box.x + (x + 0.5) * zoom_x, box.y + box.height - (y + 0.5) * zoom_y))


def near(picture: np.ndarray, colour: tuple[int, int, int], tolerance: int = 70) -> np.ndarray:
    """Places (x, y) of pixels of about a colour."""
    found = np.abs(picture.astype(int) - colour).max(axis=2) <= tolerance
    return np.argwhere(found)[:, ::-1]


def test_the_file_plays_everywhere(movie: Path, read: Read) -> None:
    content = movie.read_bytes()
    assert content.find(b"moov") < content.find(b"mdat")
    profile, _, level = content[(at := content.find(b"avcC") + 5) : at + 3]
    assert profile == 100  # High
    assert level <= 42
    context = read.context
    assert (context.name, context.pix_fmt) == ("h264", "yuv420p")
    assert (context.width % 2, context.height % 2) == (0, 0)
    tags = context.color_range, context.colorspace, context.color_primaries, context.color_trc
    assert tags == (1, 1, 1, 1)  # limited range, BT.709
    assert read.times == [Fraction(i, FPS) for i in range(FRAMES)]
    assert [i for i, key in enumerate(read.key_frames) if key] == [0, FPS, 2 * FPS]


def test_the_file_says_what_it_is(read: Read, scenes: HarpScenes) -> None:
    assert read.tags["title"] == f"HARP {BUSY} · NOAA 12345, prepared intensity"
    assert scenes.run.run_id in read.tags["comment"]


def test_features_are_ringed_where_the_table_has_them(read: Read, scenes: HarpScenes, layout: Layout) -> None:
    pores = read_table(scenes.lake.table("pores", BUSY, scenes.run.run_id))
    for index, t_rec in enumerate(scenes.frames["t_rec"]):
        here = pores["t_rec"] == t_rec
        for panel in (0, 1):
            places = on_screen(layout, panel, pores["x_px"][here], pores["y_px"][here])
            radii = layout.zoom * (0.5 + np.sqrt(pores["area_px"][here] / 4 / np.pi))
            for place, radius, kind in zip(places, radii, pores["kind"][here], strict=True):
                lines = near(read.pictures[index], UMBRA if kind == "umbra" else PORE)
                distances = np.hypot(*(lines - place).T)
                assert distances.min() < 1.5 * radius + 3, (index, panel, place)


def test_each_number_is_its_tracks(scenes: HarpScenes, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[tuple[tuple[float, float], str, str]] = []
    monkeypatch.setattr(
        Writing, "number", lambda _, pen, centre, text, kind: written.append((centre, text, kind))
    )
    painter = flows.movie._painter(scenes, LOOK)
    numbers = track_numbers(scenes.tracks)
    layout = painter.layout
    total = 0
    for t_rec in scenes.t_usable:
        written.clear()
        painter.picture(Moment(t_rec))
        features = scenes.scene(t_rec).features
        places = on_screen(layout, 0, features["x_px"], features["y_px"])
        found = {numbers[name]: place for name, place in zip(features["track_id"], places, strict=True)}
        kinds = {
            numbers[name]: kind for name, kind in zip(features["track_id"], features["kind"], strict=True)
        }
        first = written[: len(written) // 2]  # then the same on the other panel
        assert len({text for _, text, _ in first}) == len(first)
        for centre, text, kind in first:
            assert np.hypot(*(found[int(text)] - centre)) < 130
            assert kinds[int(text)] == kind
        total += len(first)
    assert total >= 0.9 * len(scenes.pores["pore_id"])


@pytest.mark.parametrize("index", UNUSABLE)
def test_a_frame_that_could_not_be_used_is_dark_and_says_why(
    read: Read, scenes: HarpScenes, layout: Layout, index: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = layout.panels[0]
    panel = read.pictures[index][box.y : box.y + box.height, box.x : box.x + box.width]
    assert np.median(panel, axis=(0, 1)) == pytest.approx(DARK, abs=6)
    assert not len(near(panel, PORE, 40))
    said: list[str] = []
    monkeypatch.setattr(Writing, "words", lambda _, pen, panel, reason, detail: said.append(reason))
    painter = flows.movie._painter(scenes, LOOK)
    painter.picture(flows.movie._moments(scenes, LOOK)[index])
    assert said[0] == UNUSABLE[index]


def test_raw_pictures_are_of_the_archive_and_unmarked(scenes: HarpScenes) -> None:
    painter = flows.movie._painter(scenes, MovieLook(Shown.RAW, width_px=1280))
    marked = flows.movie._painter(scenes, LOOK)
    t_rec = scenes.t_usable[3]
    raw, prepared = painter.picture(Moment(t_rec)), marked.picture(Moment(t_rec))
    box = painter.layout.panels[0]
    window = np.s_[box.y : box.y + box.height - 40, box.x : box.x + box.width]
    assert not len(near(raw[window], PORE, 40))
    assert len(near(prepared[window], PORE, 40)) > 100
    scale = painter.scales[0]
    expected = scale.coloured(scenes.continuum(t_rec), (box.width, box.height))[..., :3]
    np.testing.assert_array_equal(raw[window], expected[:-40])
    assert scale.low < np.nanmedian(scenes.continuum(t_rec)) < scale.high


def test_trails_lead_to_where_a_feature_is(scenes: HarpScenes) -> None:
    without = flows.movie._painter(scenes, MovieLook(width_px=1280, trail_h=0))
    with_trails = flows.movie._painter(scenes, LOOK)
    last = Moment(scenes.t_usable[-1])
    changed = (without.picture(last) != with_trails.picture(last)).any(axis=2)
    box = with_trails.layout.panels[0]
    inside = np.argwhere(changed[box.y : box.y + box.height, box.x : box.x + box.width])[:, ::-1]
    assert len(inside) > 20
    ways = on_screen(with_trails.layout, 0, scenes.pores["x_px"], scenes.pores["y_px"])
    ways -= (box.x, box.y)
    assert max(np.hypot(*(ways - place).T).min() for place in inside) < 4 * with_trails.layout.zoom
    first = Moment(scenes.t_usable[0])
    above_key = np.s_[: box.y + box.height]  # which tells of trails
    pictures = [painter.picture(first)[above_key] for painter in (without, with_trails)]
    np.testing.assert_array_equal(*pictures)


def test_a_gap_is_shown(scenes: HarpScenes) -> None:
    painter: Painter = flows.movie._painter(scenes, LOOK)
    picture = painter.picture(Moment(scenes.t_usable[0] + np.timedelta64(1, "s"), NO_RECORD))
    for box in painter.layout.panels:
        assert np.median(picture[box.y : box.y + box.height, box.x : box.x + box.width]) < 40


def test_equal_lakes_give_equal_movies(small_lake: Path, movie: Path, tmp_path: Path) -> None:
    write_movie(scenes_of(small_lake, BUSY), tmp_path / "again.MP4", LOOK)
    assert (tmp_path / "again.MP4").read_bytes() == movie.read_bytes()


def test_the_command_chooses_times(small_lake: Path, tmp_path: Path, command: Command) -> None:
    out = tmp_path / "part.mp4"
    options = ("--since", "2014-06-10T11:00", "--until", "2014-06-10T12:00", "--every", 2, "--trail", 0)
    ended = command("movie", "--lake", small_lake, "--harp", BUSY, "--out", out, "--width", 640, *options)
    assert (ended.status, ended.err) == (0, "")
    assert ended.out.startswith(f"{out}: 3 pictures, 2 of them of usable frames, 0.2 s, ")
    with av.open(str(out)) as container:
        pictures = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert len(pictures) == 3
    assert pictures[0].shape[1] <= 640


def test_wrong_input(small_lake: Path, tmp_path: Path, refuses: Refuses) -> None:
    out = tmp_path / "movie.mp4"
    given = ("movie", "--lake", small_lake, "--out")
    refuses(*given, tmp_path / "movie.gif", "--harp", BUSY, says="write a name that ends in .mp4")
    refuses(*given, out, "--harp", 7, says="HARP 7: the lake")
    refuses(*given, out, says="--harp")
    early = ("--until", "2014-06-09")
    refuses(
        *given, out, "--harp", BUSY, *early, says="its frames are of 2014-06-10T10:36 to 2014-06-10T13:12"
    )
    alone = ("--since", "2014-06-10T11:24", "--until", "2014-06-10T11:24")
    refuses(*given, out, "--harp", BUSY, *alone, says="no usable frame among 1 in that time; `porelake sql")
    refuses(*given, out, "--harp", BUSY, "--since", "yesterday", says="--since yesterday: no time")
    refuses(*given, out, "--harp", BUSY, "--width", 3000, says="--width")
    assert not list(tmp_path.iterdir())


def test_a_movie_that_fails_leaves_nothing(
    small_lake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Painter.picture

    def fail(self: Painter, moment: Moment) -> np.ndarray:
        if moment.t_rec >= np.datetime64("2014-06-10T12:12"):
            raise InputError("no more")
        return whole(self, moment)

    monkeypatch.setattr(Painter, "picture", fail)
    with pytest.raises(InputError, match="no more"):
        write_movie(scenes_of(small_lake, BUSY), tmp_path / "movie.mp4", LOOK)
    assert not list(tmp_path.iterdir())


def test_a_harp_without_features(small_lake: Path) -> None:
    lake = Lake.at(small_lake)
    scenes = HarpScenes(lake, run_of(lake, QUIET))
    for table in (scenes.pores, scenes.tracks):
        for name in table:
            table[name] = table[name][:0]
    painter = flows.movie._painter(scenes, LOOK)
    scene = scenes.scene(scenes.t_usable[0])
    scene.labels[:] = 0
    picture = painter.picture(Moment(scene.t_rec))
    box = painter.layout.panels[0]
    shown = picture[box.y : box.y + box.height - 40, box.x : box.x + box.width]
    expected = prepared_scale().coloured(scene.intensity, (box.width, box.height))[:-40, :, :3]
    np.testing.assert_array_equal(shown, expected)
    assert not len(near(shown, MISSING, 5))
