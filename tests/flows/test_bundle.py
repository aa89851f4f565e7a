"""Bundles: whole, of what was chosen, valid for those who read them, checked by those who are given them."""

import json
import os
import re
import shutil
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.wcs import WCS
from frictionless import Package

from catalog.bundle_check import verify_bundle
from catalog.bundle_tables import write_tables
from catalog.provenance import provenance
from catalog.schema import TABLES
from catalog.selection import _IN, Selection
from flows.bundle import write_bundle
from pores.errors import InputError, PorelakeError
from pores.geometry import native_pixel
from storage.lake import Lake
from tests.flows.runs import BUSY, QUIET, Command, Ended, Refuses

NOON = datetime(2014, 6, 10, 12)


@pytest.fixture(scope="session")
def given(small_lake: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of the whole small lake, with CSV; read only."""
    out = tmp_path_factory.mktemp("given") / "bundle"
    write_bundle(Lake.at(small_lake), Selection(), out, ["csv"])
    return out


@pytest.fixture
def bundle(given: Path, tmp_path: Path) -> Path:
    """A copy of the bundle, to be spoilt."""
    return Path(shutil.copytree(given, tmp_path / "bundle"))


def table(root: Path, name: str) -> pd.DataFrame:
    return pq.read_table(root / "tables" / f"{name}.parquet").to_pandas()


def placed(image: h5py.Dataset) -> WCS:
    return WCS({name: value for name, value in image.attrs.items() if name.isupper()})


def details(root: Path) -> list[str]:
    return [str(finding) for finding in verify_bundle(root)[0]]


def test_every_table_is_chosen_from() -> None:
    assert set(_IN) == set(TABLES)


def test_a_bundle_of_all_has_all(given: Path, small_lake: Path) -> None:
    for name in TABLES:
        rows = [pq.read_metadata(path).num_rows for path in Lake.at(small_lake).table_files(name)]
        assert len(table(given, name)) == sum(rows), name
        assert len(pd.read_csv(given / "tables" / f"{name}.csv")) == sum(rows), name
    assert details(given) == []


@pytest.mark.parametrize(
    "selection",
    [
        Selection(harps=(QUIET,)),
        Selection(since=NOON),
        Selection(until=NOON, kind="pore"),
        Selection(harps=(BUSY,), clean=True),
    ],
    ids=["harp", "since", "until", "clean"],
)
def test_a_selection_holds_what_was_chosen_and_what_belongs_to_it(
    given: Path, small_lake: Path, tmp_path: Path, selection: Selection
) -> None:
    write_tables(Lake.at(small_lake), selection, tmp_path, [])
    frames, pores = table(given, "frames"), table(given, "pores")
    keep = pd.Series(True, frames.index)
    if selection.harps:
        keep &= frames.harpnum.isin(selection.harps)
    if selection.since:
        keep &= frames.t_rec >= selection.since
    if selection.until:
        keep &= frames.t_rec <= selection.until
    if selection.clean:
        keep &= frames.usable & (frames.quality == 0)
    times = set(frames[keep][["harpnum", "t_rec"]].itertuples(index=False, name=None))
    wanted = pores[[row in times for row in zip(pores.harpnum, pores.t_rec, strict=True)]]
    if selection.kind:
        wanted = wanted[wanted.kind == selection.kind]
    assert 0 < len(wanted) < len(pores)
    ids, tracks = set(wanted.pore_id), set(wanted.track_id)
    assert set(table(tmp_path, "pores").pore_id) == ids == set(table(tmp_path, "velocities").pore_id)
    assert len(table(tmp_path, "frames")) == keep.sum()
    assert set(table(tmp_path, "tracks").track_id) == tracks
    links = table(given, "links")
    inside = links[links.from_pore_id.isin(ids) & links.to_pore_id.isin(ids)]
    assert len(table(tmp_path, "links")) == len(inside)
    assert set(table(tmp_path, "runs").harpnum) == set(frames[keep].harpnum)
    for event in table(tmp_path, "events").itertuples():
        assert (event.harpnum, event.t_rec) in times
        assert tracks & {*event.from_track_ids, *event.to_track_ids}


def test_cutouts_are_where_the_tables_say(given: Path) -> None:
    pores = table(given, "pores").set_index("pore_id")
    seen = 0
    for harpnum in (BUSY, QUIET):
        with h5py.File(given / "images" / f"harp_{harpnum}.h5") as file:
            for pore_id, group in file.items():
                pore, seen = pores.loc[pore_id], seen + 1
                mask, intensity = group["mask"][()] == 1, group["intensity"][()]
                assert mask.sum() == pore.area_px
                assert mask.shape == tuple(pore.grid_scale * n for n in intensity.shape)
                rows, columns = np.nonzero(mask)
                y, x = (native_pixel(pixels.mean(), pore.grid_scale) for pixels in (rows, columns))
                first = group.attrs["first_column_px"], group.attrs["first_row_px"]
                np.testing.assert_allclose([x + first[0], y + first[1]], [pore.x_px, pore.y_px], atol=1e-9)
                lon, lat = placed(group["intensity"]).pixel_to_world_values(x, y)
                np.testing.assert_allclose([lon % 360, lat], [pore.lon, pore.lat], atol=1e-6)
                on_mask = placed(group["mask"]).pixel_to_world_values(columns.mean(), rows.mean())
                np.testing.assert_allclose([on_mask[0] % 360, on_mask[1]], [pore.lon, pore.lat], atol=1e-6)
                assert abs(np.nanmin(intensity) - pore.min_intensity) < 0.3
                assert group["br"].attrs["unit"] == "G"
    assert seen == len(pores)


def test_the_readme_does_what_it_says(given: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(given)
    text = Path("README.md").read_text()
    code = text.split("```python\n")[1].split("```")[0]
    names: dict[str, object] = {}
    exec(code, names)  # it is ours
    pores, mask = names["pores"], names["mask"]
    assert np.sum(mask) == pores["area_px"][0].value  # type: ignore[index]
    lon, _ = WCS(names["keywords"]).pixel_to_world_values(*np.argwhere(mask).mean(axis=0)[::-1])
    assert lon % 360 == pytest.approx(pores["lon"][0].value)  # type: ignore[index]
    done = subprocess.run(
        ["sha256sum", "-c", "--quiet", "manifest-sha256.txt"], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_crate_is_read_by_rocrate(given: Path) -> None:
    from rocrate.rocrate import ROCrate

    crate = ROCrate(given)
    files = {path.relative_to(given).as_posix() for path in given.rglob("*") if path.is_file()}
    named = {entity.id: entity for entity in crate.get_entities() if entity.type == "File"}
    assert set(named) == files - {"ro-crate-metadata.json"}
    assert crate.root_dataset["license"]["description"].startswith("The data are made from those of SDO/HMI")
    assert "Bobra" in crate.root_dataset["creditText"]
    action = crate.dereference("#export")
    assert action["instrument"]["name"] == "porelake"
    assert {entity.id for entity in action["result"]} == set(named)
    digests = dict(
        line.split("  ")[::-1] for line in (given / "manifest-sha256.txt").read_text().splitlines()
    )
    assert all(entity["sha256"] == digests[name] for name, entity in named.items() if name in digests)
    with (given / "tables" / "pores.csv").open() as lines:
        assert int(named["tables/pores.csv"]["contentSize"]) == sum(len(line.encode()) for line in lines)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_data_package_is_valid(given: Path) -> None:
    package = Package(str(given / "datapackage.json"))
    assert {resource.name for resource in package.resources} == {
        f"{n}_{f}" for n in TABLES for f in ("csv", "parquet")
    }
    for resource in package.resources:
        if resource.format == "csv":
            report = resource.validate()
            assert report.valid, report.flatten(["rowNumber", "fieldName", "message"])[:3]


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def sign_again(root: Path, name: str) -> None:
    """Give a changed file the digest that it has now, as a forger would."""
    from catalog.data_package import digest

    lines = (root / "manifest-sha256.txt").read_text().splitlines()
    lines = [f"{digest(root / name)}  {name}" if line.endswith(f"  {name}") else line for line in lines]
    (root / "manifest-sha256.txt").write_text("\n".join(lines) + "\n")


def test_a_flipped_byte_is_found(bundle: Path) -> None:
    flip(bundle / "tables" / "tracks.csv")
    assert details(bundle) == ["files: tables/tracks.csv: not as it was written: its SHA-256 is another"]


def test_a_missing_file_is_found(bundle: Path) -> None:
    (bundle / "README.md").unlink()
    assert details(bundle) == ["files: README.md: missing"]


def test_an_extra_file_is_found(bundle: Path) -> None:
    (bundle / "tables" / "notes.txt").write_text("x")
    assert details(bundle) == [
        "files: tables/notes.txt: not in manifest-sha256.txt",
        "crate: tables/notes.txt: not in ro-crate-metadata.json",
    ]


def test_a_truncated_table_is_found(bundle: Path) -> None:
    path = bundle / "tables" / "pores.parquet"
    path.write_bytes(path.read_bytes()[:-100])
    sign_again(bundle, "tables/pores.parquet")
    assert [line.partition(": not")[0] for line in details(bundle)] == ["tables: tables/pores.parquet"]


def test_changed_rows_are_found(bundle: Path) -> None:
    path = bundle / "tables" / "tracks.parquet"
    rows = pq.read_table(path)
    pq.write_table(pa.concat_tables([rows, rows.slice(0, 1)]), path)
    sign_again(bundle, "tables/tracks.parquet")
    assert details(bundle) == [
        f"tables: tables/tracks.parquet: {len(rows) + 1} rows, not {len(rows)}",
        "tables: tables/tracks.parquet: rows with equal track_id, run_id",
    ]


def test_a_column_less_is_found(bundle: Path) -> None:
    path = bundle / "tables" / "pores.parquet"
    pq.write_table(pq.read_table(path).drop_columns(["mu"]), path)
    sign_again(bundle, "tables/pores.parquet")
    assert [line.partition(": columns are")[0] for line in details(bundle)] == [
        "tables: tables/pores.parquet"
    ]


def test_a_changed_mask_and_a_lost_cutout_are_found(bundle: Path) -> None:
    name = f"images/harp_{BUSY}.h5"
    with h5py.File(bundle / name, "r+") as file:
        first, second = list(file)[:2]
        mask = file[first]["mask"][()]
        area = int(mask.sum())
        mask[np.nonzero(mask)[0][0], np.nonzero(mask)[1][0]] = 0
        file[first]["mask"][...] = mask
        del file[second]
    sign_again(bundle, name)
    assert details(bundle) == [
        f"masks: {name}: the mask of {first} has {area - 1} pixels, the table says {area}",
        f"masks: {name}: no cut-out of {second}",
    ]


@pytest.mark.parametrize("name", ["manifest-sha256.txt", "ro-crate-metadata.json", "datapackage.json"])
def test_descriptions_that_are_no_more_are_findings(bundle: Path, name: str) -> None:
    (bundle / name).write_text("{")
    assert any("no readable" in line for line in details(bundle))
    (bundle / name).unlink()
    assert any("no readable" in line for line in details(bundle))


OTHER_SHAPES = {
    "a list": "[]",
    "no resources": "{}",
    "a number of resources": '{"resources": 3}',
    "an empty resource": '{"resources": [{}]}',
    "no schema": '{"resources": [{"format": "parquet", "path": "tables/pores.parquet"}]}',
}


@pytest.mark.parametrize("text", OTHER_SHAPES.values(), ids=OTHER_SHAPES)
def test_a_data_package_of_another_shape_is_a_finding(bundle: Path, text: str) -> None:
    (bundle / "datapackage.json").write_text(text)
    assert any("tables: datapackage.json: no readable" in line for line in details(bundle))


def test_a_key_that_is_no_column_and_missing_features_are_findings(bundle: Path) -> None:
    path = bundle / "datapackage.json"
    package = json.loads(path.read_text())
    package["resources"][0]["schema"]["primaryKey"] = ["nothing"]
    path.write_text(json.dumps(package))
    assert all("\n" not in line for line in details(bundle))
    assert any("no readable data package" in line for line in details(bundle))
    path.write_text('{"resources": []}')
    (bundle / "tables" / "pores.parquet").unlink()
    assert any("masks: tables/pores.parquet: features can't be read" in line for line in details(bundle))


def test_without_h5py_it_says_what_was_not_checked(given: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "storage.cutouts", None)
    found, notes = verify_bundle(given)
    assert found == []
    assert notes == ["masks and cut-outs were not checked: h5py is not installed"]


def test_verify_tells_and_ends_with_1(command: Command, bundle: Path, given: Path, small_lake: Path) -> None:
    for place in (given, small_lake):
        assert command("verify", place) == Ended(0, f"{place}: nothing wrong found\n", "")
    flip(bundle / "README.md")
    ended = command("verify", bundle)
    assert ended.status == 1
    assert ended.out.startswith("files: README.md: not as it was written")
    assert ended.err.endswith("1 finding\n")
    elsewhere = command("verify", bundle.parent / "nothing")
    assert (elsewhere.status, elsewhere.err.count("\n")) == (2, 1)
    assert "neither a bundle nor a lake" in elsewhere.err


def test_export_of_a_bundle(command: Command, small_lake: Path, tmp_path: Path) -> None:
    out = tmp_path / "of-quiet"
    ended = command("export", "--bundle", out, "--harp", QUIET, "--kind", "pore", "--lake", small_lake)
    assert ended.status == 0, ended
    assert f"porelake verify {out}" in ended.out
    assert [path.name for path in tmp_path.iterdir()] == ["of-quiet"]
    assert sorted(path.name for path in (out / "images").iterdir()) == [f"harp_{QUIET}.h5"]
    selection = json.loads((out / "selection.json").read_text())
    assert selection["selection"] == {"harps": [QUIET], "kind": "pore"}
    assert "SEMI JOIN" in selection["sql"]["pores"]
    assert details(out) == []


def test_wrong_requests_leave_nothing(refuses: Refuses, small_lake: Path, tmp_path: Path) -> None:
    out, lake = tmp_path / "out", ("--lake", small_lake)
    refuses(
        "export", "--bundle", out, "--harp", "5", *lake, says="nothing to give: no feature in the selection"
    )
    refuses("export", "--bundle", out, "--harp", "5", *lake, says=f"the lake has HARP {BUSY}, {QUIET}")
    refuses("export", "--bundle", out, "--noaa", "AR99999", *lake, says="(noaa [99999])")
    refuses("export", "--bundle", out, "--noaa", "x", *lake, says="--noaa")
    refuses("export", "--bundle", out, "--since", "soon", *lake, says="--since soon: no time")
    refuses("export", "--bundle", out, "--format", "xlsx", *lake, says="--format xlsx: the formats are")
    refuses("export", "--bundle", out / "deep" / "er", *lake, says="there is no directory")
    refuses("export", "pores", "--bundle", out, *lake, says="--bundle: holds all tables")
    refuses("export", "pores", "--out", tmp_path / "p.csv", "--clean", *lake, says="a table has --where")
    refuses("export", *lake, says="name a TABLE and a file with --out")
    assert list(tmp_path.iterdir()) == []
    refuses("export", "--bundle", small_lake / "tables", *lake, says="something is there already")
    refuses(
        "export", "--bundle", small_lake / "tables" / "mine", *lake, says="the lake keeps its own files there"
    )


def test_an_interrupted_bundle_is_not_there(
    small_lake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("flows.bundle.write_cutouts", fail)
    with pytest.raises(OSError, match="no space left"):
        write_bundle(Lake.at(small_lake), Selection(), tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


KILLED = """
import os, signal, sys
from pathlib import Path
from catalog.selection import Selection
from flows import bundle
from storage.lake import Lake

def killed(lake, selection, root, forms):
    (root / "tables").mkdir()
    os.kill(os.getpid(), signal.SIGKILL)

bundle._write = killed
bundle.write_bundle(Lake.at(sys.argv[1]), Selection(), Path(sys.argv[2]))
"""


def test_what_a_killed_bundle_left_goes_with_the_next(
    small_lake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    ended = subprocess.run([sys.executable, "-c", KILLED, small_lake, out], check=False)
    (left,) = tmp_path.iterdir()
    assert (ended.returncode, left.name.startswith("out."), (left / "tables").is_dir()) == (-9, True, True)
    others = [
        left.with_name(left.name.replace("out.", "out.too.")),  # of another bundle
        left.with_name(re.sub(r"\.\d+\.", f".{os.getppid()}.", left.name)),  # of a process that lives
        left.with_name(re.sub(r"\.\d+\.", ".mine.", left.name)),
    ]
    mine = left.with_name(
        re.sub(r"\.\d+\.", f".{os.getpid()}.", left.name)
    )  # of the number that this one has
    for other in (*others, mine):
        other.mkdir()
    monkeypatch.setattr("flows.bundle._write", lambda *_: [])
    write_bundle(Lake.at(small_lake), Selection(), out)
    assert sorted(tmp_path.iterdir()) == sorted([out, *others])


def test_a_lake_that_is_published_anew_meanwhile_gives_no_bundle(
    small_lake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = iter(("2014-06-10T00:00:00Z", *["2014-06-11T00:00:00Z"] * len(TABLES)))
    monkeypatch.setattr(
        "catalog.bundle_tables.provenance", lambda *asked: provenance(*asked) | {"published": next(times)}
    )
    with pytest.raises(PorelakeError, match="published anew meanwhile"):
        write_bundle(Lake.at(small_lake), Selection(), tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_bundle_may_go_into_an_empty_directory_only(small_lake: Path, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").touch()
    with pytest.raises(InputError, match="something is there already"):
        write_bundle(Lake.at(small_lake), Selection(), tmp_path / "full")
    (tmp_path / "empty").mkdir()
    write_bundle(Lake.at(small_lake), Selection(harps=(QUIET,)), tmp_path / "empty")
    assert details(tmp_path / "empty") == []
