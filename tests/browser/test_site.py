"""The report as data: pages that are independent of one another, lakes that lack something, the folder."""

import csv
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from catalog.build import publish
from catalog.query import connect
from catalog.rows import ask, asked
from flows.cli import main
from flows.movie_colours import field_scale, prepared_scale
from flows.report import places, sprites
from flows.report.assets import classic_script
from flows.report.curves import Axis, light_curves
from flows.report.harp_pages import is_picture
from flows.report.places import NoPageError
from flows.report.site import Site
from flows.report.write import MANIFEST, Options, write_report
from flows.scenes import HarpScenes
from pores.errors import InputError, PorelakeError
from storage.lake import Lake
from storage.runs import current_runs, set_current
from tests.browser.crawl import broken
from tests.flows.runs import BUSY, PORELAKE, QUIET, UNUSABLE
from tests.sql.conftest import Life, make_run, snapshot

STILL = Options(movies=False)


def text(content: bytes) -> str:
    """A page without its tags and runs of spaces."""
    return " ".join(re.sub(r"<[^>]+>", " ", content.decode()).split())


@pytest.fixture(scope="module")
def site(seen_lake: Lake) -> Site:
    return Site(seen_lake, movies=False)


def test_paths_are_unique_and_unknown_ones_are_told(site) -> None:
    paths = list(site.pages())
    assert len(paths) == len(set(paths))
    assert paths[-1] == "index.html"
    for wrong in (
        "nothing.html",
        "harp-1/index.html",
        f"harp-{BUSY}/x.html",
        "../catalog.duckdb",
        "data/x.csv",
        "",
    ):
        with pytest.raises(NoPageError):
            site.page(wrong)


def test_pages_do_not_depend_on_their_order(seen_lake, site) -> None:
    paths = [path for path in site.pages() if path.endswith((".html", ".js", ".csv"))]
    forward = {path: site.page(path) for path in paths}
    backward = Site(seen_lake, movies=False)
    assert {path: backward.page(path) for path in reversed(paths)} == forward


def test_a_run_that_is_not_published_yet_is_not_shown(seen_lake, site, tmp_path) -> None:
    lake = Lake.at(shutil.copytree(seen_lake.root, tmp_path / "lake", ignore=lambda *_: ["incoming"]))
    publish(lake)
    (run,) = (run for run in current_runs(lake) if run.harpnum == BUSY)
    set_current(lake, replace(run, run_id="made-just-now"))
    shown = Site(lake, movies=False)
    assert f"HARP {BUSY}" in text(shown.page(f"harp-{BUSY}/index.html"))
    assert shown.page(f"harp-{BUSY}/lineage.png") == site.page(f"harp-{BUSY}/lineage.png")


def test_a_live_page_has_the_same_pictures_and_leads_to_sql(seen_lake, site) -> None:
    live = Site(seen_lake, live=True, movies=False)
    assert list(live.pages()) == list(site.pages())
    sprite = next(path for path in site.pages() if path.endswith(".webp") and "_" in path)
    assert live.page(sprite) == site.page(sprite)
    assert b'href="ask"' in live.page("index.html")
    assert b'href="ask"' not in site.page("index.html")


def test_every_track_has_a_card_that_tells_its_row(seen_lake, site) -> None:
    with connect(seen_lake) as connection:
        tracks = connection.execute(
            "SELECT harpnum, track_id, max_area_mm2, n_obs, birth, death, lifetime_h FROM tracks"
        ).fetchall()
    assert {f"harp-{harp}/{track}.html" for harp, track, *_ in tracks} <= set(site.pages())
    for harp, track, area, n_obs, birth, death, hours in tracks:
        card = text(site.page(f"harp-{harp}/{track}.html"))
        assert f"max_area_mm2 {area:.2f} Mm²" in card
        assert f"seen in {n_obs} frame" in card
        assert f"Table of the {n_obs} observations" in card
        assert ("at least" in card) == ("censored" in (birth, death))
        assert f"{hours:.1f} h" in card


def test_overview_counts_what_there_is(seen_lake, site) -> None:
    page = text(site.page("index.html"))
    with connect(seen_lake) as connection:
        pores, frames, bad, features = connection.execute(
            "SELECT (SELECT count(*) FROM pore_lifetime), count(*), count(*) FILTER (NOT usable),"
            " (SELECT count(*) FROM pores) FROM frames"
        ).fetchone()
    for n, what in (
        (pores, "pores"),
        (frames, "frames"),
        (bad, "unusable frames"),
        (features, "observations"),
    ):
        assert f"{what} {n} " in page
    for reason in UNUSABLE.values():
        assert reason in page


def test_shown_sql_and_command_give_the_rows(seen_lake) -> None:
    for name, params in (("area_distribution", {"bins_per_decade": 4}), ("frames_of_harp", {"harp": BUSY})):
        with connect(seen_lake) as connection:
            answer = ask(connection, name, params)
            assert connection.execute(answer.sql).fetchall() == answer.rows
    assert answer.command == f"porelake query frames_of_harp --param harp={BUSY}"
    assert asked("pore_life", {"track": "it's"})[0].count("'it''s'") == 1


def test_csv_holds_the_rows_of_the_query(seen_lake, site) -> None:
    rows = list(csv.DictReader(io.StringIO(site.page(f"harp-{BUSY}/frames.csv").decode())))
    with connect(seen_lake) as connection:
        truth = ask(connection, "frames_of_harp", {"harp": BUSY}).records()
    assert [row["t_rec"] for row in rows] == [row["t_rec"].isoformat() for row in truth]
    areas = [row["pore_area_mm2"] for row in truth]
    assert [row["pore_area_mm2"] == "" for row in rows] == [area is None for area in areas]
    assert [float(row["pore_area_mm2"] or 0) for row in rows] == pytest.approx(
        [area or 0 for area in areas], rel=1e-9
    )


def test_frames_sum_their_features(seen_lake) -> None:
    with connect(seen_lake) as connection:
        found = ask(connection, "frames_of_harp", {"harp": BUSY}).records()
        truth = connection.execute(
            "SELECT t_rec, count(*), sum(area_mm2), sum(flux_mx),"
            " sum(abs(mean_br) * area_mm2) / sum(area_mm2)"
            f" FROM pores WHERE harpnum = {BUSY} AND kind = 'pore' GROUP BY t_rec ORDER BY t_rec"
        ).fetchall()
    usable = {row["t_rec"]: row for row in found if row["usable"]}
    assert len(found) - len(usable) == len(UNUSABLE)
    for t_rec, n, *sums in truth:
        row = usable[t_rec]
        assert row["n_pore"] == n
        assert [row[name] for name in ("pore_area_mm2", "pore_flux_mx", "pore_abs_br")] == pytest.approx(sums)
    assert all(row["n_pore"] is None for row in found if not row["usable"])


def test_outline_is_on_the_feature(seen_lake) -> None:
    run = next(run for run in current_runs(seen_lake) if run.harpnum == BUSY)
    scenes = HarpScenes(seen_lake, run)
    with connect(seen_lake) as connection:
        features = ask(connection, "features_of_harp", {"harp": BUSY}).records()
    track = max(features, key=lambda row: row["area_mm2"])["track_id"]
    seen = [row for row in features if row["track_id"] == track]
    image = np.asarray(Image.open(io.BytesIO(sprites.sprites(scenes, {track: seen})[track])).convert("RGB"))
    n = len(sprites.chosen(seen))
    assert image.shape == (2 * sprites.TILE_PX, n * sprites.TILE_PX, 3)
    tile = image[: sprites.TILE_PX, : sprites.TILE_PX].astype(int)
    y, x = np.nonzero(tile[..., 0] - tile[..., 2] > 90)  # amber
    middle = sprites.TILE_PX / 2
    assert abs(np.mean(x) - middle) < 12
    assert abs(np.mean(y) - middle) < 12
    # as long as the perimeter that the table has, in pixels of the tile, within what smoothing and rims do
    per_mm = sprites.TILE_PX / (2 * sprites.half_width_mm(seen))
    assert 0.5 < len(x) / (seen[0]["perimeter_mm"] * per_mm) < 3
    assert tile[int(middle), int(middle)].mean() < tile[8:20, 8:20].mean() - 40  # dark inside
    pixel_mm = scenes.scene(np.datetime64(seen[0]["t_rec"], "ms")).grid.pixel_km / 1000
    view = scenes.view(seen[0]["pore_id"], round(sprites.half_width_mm(seen) / pixel_mm)).intensity
    small = np.asarray(Image.fromarray(tile[..., 2].astype(np.uint8)).resize(view.shape[::-1]), float)
    likeness = [
        np.corrcoef(small.ravel(), turned.ravel())[0, 1] for turned in (view[::-1], view, view[:, ::-1])
    ]
    assert likeness[0] > 0.9  # north up
    assert likeness[0] > max(likeness[1:])


def test_cut_outs_have_the_greys_of_movies(seen_lake, site) -> None:
    shape = 40, 40
    none = np.zeros(shape, bool)
    view = SimpleNamespace(intensity=np.full(shape, 0.9), br=np.full(shape, 750.0), mask=none, others=none)
    scene = SimpleNamespace(grid=SimpleNamespace(pixel_km=360.0))
    scenes = SimpleNamespace(scene=lambda _: scene, view=lambda *_: view)
    row = {"t_rec": "2014-06-10", "pore_id": "any", "kind": "pore"}
    intensity, field = np.split(sprites._column(scenes, row, 7.0)[..., :3].astype(int), 2)
    for tile, scale, image in (
        (intensity, prepared_scale(), view.intensity),
        (field, field_scale(grey=True), view.br),
    ):
        assert np.abs(tile - scale.coloured(image, tile.shape[1::-1])[..., :3]).max() <= 1
    card = next(path for path in site.pages() if path.endswith(".html") and "_" in path)
    limit = f"{field_scale(grey=True).high:.0f} G"
    assert f"0.2 to 1.2 of the quiet Sun) and radial field (below, ±{limit})" in text(site.page(card))


def test_cut_outs_of_a_life() -> None:
    seen = [{"area_mm2": float(area)} for area in [*range(20), 99, *range(60)]]
    chosen = sprites.chosen(seen)
    assert len(chosen) <= sprites.MOST
    assert {0, 20, len(seen) - 1} <= set(chosen)
    assert max(np.diff(chosen)) <= 10
    assert sprites.chosen(seen[:5]) == [0, 1, 2, 3, 4]


def test_curves_are_where_the_values_are(seen_lake) -> None:
    with connect(seen_lake) as connection:
        features = ask(connection, "features_of_harp", {"harp": QUIET}).records()
    seen = [row for row in features if row["track_id"] == features[0]["track_id"]]
    drawing = str(light_curves(seen, [], {}))
    dots = [float(y) for y in re.findall(r'class="dot one" cx="[\d.]+" cy="([\d.]+)"', drawing)][: len(seen)]
    order = np.argsort([row["area_mm2"] for row in seen])
    assert list(np.argsort(-np.array(dots))) == list(order)  # higher up is larger
    assert Axis(0, 10, 100, 0).at(2.5) == 75


def test_lake_of_tables_only(tables_only) -> None:
    site = Site(tables_only)
    paths = list(site.pages())
    assert not [path for path in paths if path.endswith((".mp4", ".webp"))]
    card = next(path for path in paths if path.startswith(f"harp-{BUSY}/{BUSY}_") and path.endswith("html"))
    assert "No cut-outs" in text(site.page(card))
    assert "images of this region are not in the lake" in text(site.page(f"harp-{BUSY}/index.html"))


def test_empty_lake_says_so(empty_lake, tmp_path) -> None:
    said = write_report(empty_lake, tmp_path / "out", Options())
    assert "0 regions, 0 tracks" in said
    assert "nothing in this lake" in text((tmp_path / "out" / "index.html").read_bytes())
    assert list(broken(tmp_path / "out")) == []


def test_one_harp_in_two_series_has_two_folders() -> None:
    harps = [{"harpnum": 5, "run_id": "aa"}, {"harpnum": 5, "run_id": "bb"}, {"harpnum": 6, "run_id": "cc"}]
    assert places.harp_folders(harps) == {"aa": "harp-5-aa", "bb": "harp-5-bb", "cc": "harp-6"}


@pytest.mark.parametrize("track_id", ["../../x", "a/b", "", "C:x", "x" * 300, ".hidden", "a\0b"])
def test_names_of_files_are_plain(track_id) -> None:
    assert re.fullmatch(r"[0-9a-f]{16}", places.name(track_id))


def test_bundle_of_another_form_is_told() -> None:
    assert classic_script("var a=1;export{a as default,a as b};// end").startswith(
        '(function(){"use strict";var a=1;'
    )
    with pytest.raises(PorelakeError, match="no default export"):
        classic_script("var a=1;")


@pytest.fixture(scope="module")
def folder(seen_lake, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("written") / "out"
    write_report(seen_lake, out, STILL, workers=2)
    return out


def test_second_report_writes_nothing(seen_lake, folder, tmp_path) -> None:
    out = Path(shutil.copytree(folder, tmp_path / "out"))
    before = snapshot(out)
    assert " 0 of them new" in write_report(seen_lake, out, STILL, workers=1)
    assert {k: v for k, v in snapshot(out).items() if MANIFEST not in k} == {
        k: v for k, v in before.items() if MANIFEST not in k
    }


def test_report_mends_itself_and_removes_what_is_no_longer_of_it(seen_lake, folder, tmp_path) -> None:
    out = Path(shutil.copytree(folder, tmp_path / "out"))
    (out / "index.html").write_text("spoilt")
    (out / "mine.txt").write_text("kept")
    said = write_report(seen_lake, out, Options((QUIET,), movies=False), workers=1)
    assert not (out / f"harp-{BUSY}").exists()
    assert (out / "mine.txt").read_text() == "kept"
    assert "1 region" in said
    assert b"spoilt" not in (out / "index.html").read_bytes()
    assert list(broken(out)) == []
    told = json.loads((out / MANIFEST).read_text())
    assert all(f"harp-{BUSY}" not in path for path in told["files"])


def test_folders_with_other_things_are_refused(seen_lake, tmp_path) -> None:
    (tmp_path / "thesis.tex").write_text("x")
    with pytest.raises(InputError, match="holds other things"):
        write_report(seen_lake, tmp_path, STILL)
    with pytest.raises(InputError, match="not a folder"):
        write_report(seen_lake, tmp_path / "thesis.tex", STILL)
    with pytest.raises(InputError, match="keeps its own files"):
        write_report(seen_lake, seen_lake.root / "tables" / "report", STILL)
    with pytest.raises(InputError, match="no such HARP"):
        write_report(seen_lake, tmp_path / "out", Options((5,), movies=False))
    assert not (tmp_path / "out").exists()


def test_manifest_can_not_lead_out_of_the_folder(seen_lake, folder, tmp_path) -> None:
    out = Path(shutil.copytree(folder, tmp_path / "out"))
    pictures = json.loads((out / MANIFEST).read_text())["pictures"]
    (tmp_path / "precious").write_text("x")
    (out / MANIFEST).write_text(
        json.dumps({"files": ["../precious", str(tmp_path / "precious")], "pictures": pictures})
    )
    write_report(seen_lake, out, STILL, workers=1)
    assert (tmp_path / "precious").exists()


def test_killed_report_goes_on(seen_lake, tmp_path) -> None:
    out = tmp_path / "out"
    options = ["--lake", str(seen_lake.root), "--out", str(out), "--no-movies", "--harp", str(QUIET)]
    with subprocess.Popen([str(PORELAKE), "report", *options], start_new_session=True) as process:
        while not (out / MANIFEST).exists():
            assert process.poll() is None
        os.killpg(process.pid, signal.SIGKILL)
    assert not (out / "index.html").exists()
    for path in out.rglob("*.html"):
        assert path.read_text().rstrip().endswith("</html>")
    write_report(seen_lake, out, Options((QUIET,), movies=False), workers=1)
    assert list(broken(out)) == []


def test_report_that_fails_keeps_the_pictures_of_whole_harps(seen_lake, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("flows.report.write._TELL_EVERY_S", 0)
    page, made = Site.page, []

    def failing(site, path):
        if path.startswith(f"harp-{QUIET}"):
            raise PorelakeError("cut short")
        return page(site, path)

    def noting(site, path):
        made.append(path)
        return page(site, path)

    monkeypatch.setattr(Site, "page", failing)
    with pytest.raises(PorelakeError, match="cut short"):
        write_report(seen_lake, tmp_path / "out", STILL, workers=1)
    monkeypatch.setattr(Site, "page", noting)
    write_report(seen_lake, tmp_path / "out", STILL, workers=1)
    assert {path.split("/")[0] for path in made if is_picture(path)} == {f"harp-{QUIET}"}
    assert list(broken(tmp_path / "out")) == []


def test_report_is_of_the_catalogue_as_it_is(tables_only, tmp_path) -> None:
    lake = Lake.at(shutil.copytree(tables_only.root, tmp_path / "lake"))
    publish(lake)
    assert "2 regions" in write_report(lake, tmp_path / "out", STILL, workers=1)
    next((lake.root / "current").rglob(f"{QUIET}.json")).unlink()
    publish(lake)
    assert "1 region," in write_report(lake, tmp_path / "out", STILL, workers=1)
    assert not (tmp_path / "out" / f"harp-{QUIET}").exists()


def test_command_refuses_in_one_line(seen_lake, tmp_path, monkeypatch, capsys) -> None:
    (tmp_path / "x").touch()
    arguments = ["porelake", "report", "--lake", str(seen_lake.root), "--out", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", arguments)
    with pytest.raises(SystemExit) as end:
        main()
    told = capsys.readouterr()
    assert (end.value.code, told.out) == (2, "")
    assert told.err.count("\n") == 1
    assert "holds other things" in told.err


def test_products_are_told_apart(make_lake, tmp_path) -> None:
    runs = [
        make_run(i, f"run{i}", 4, [Life(1, [1, 2], 500.0)], {}, product)
        for i, product in ((1, "spline"), (2, "network"))
    ]
    site = Site(make_lake(tmp_path / "lake", runs))
    assert "Not of one product" in text(site.page("index.html"))
    plots = site.page("plots.html").decode()
    figures = [json.loads(found) for found in re.findall(r'data-plot="[^"]+">(.*?)</script>', plots)]
    assert figures
    for figure in figures:
        named = {trace.get("name", "") for trace in figure["data"]}
        assert any("spline" in name for name in named)
        assert any("network" in name for name in named)
