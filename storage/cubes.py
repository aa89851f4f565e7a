"""Reading a cube: the frames of one HARP, lossless, with every header whole."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from pores.errors import InputError, PorelakeError, Reason
from pores.frame import Frame, Problem
from storage import cube_log
from storage.cube_append import Appended, append
from storage.cube_headers import Merged, Reader, headers_of
from storage.cube_standing import Key, Row, Standing, in_use
from storage.fits_cards import image_header
from storage.fits_files import physical
from storage.keys import json_key

if TYPE_CHECKING:
    from ndcube import NDCube
    from sunpy.map import MapSequence

__all__ = ["Appended", "Cube", "append"]

# Headers are merged in this order: the first that has a value for a keyword gives it.
_ORDER = ("continuum", "Br", "Bp", "Bt", "magnetogram", "bitmap", "conf_disambig", "Dopplergram")


class Cube:
    """A cube for reading.

    What it shows is what was there when it was made: of the files of a T_REC and segment the last that could
    be used, or the last problem if none could, and nothing that the archive has made anew since. The file is
    not kept open: this process may append to it.

    Parameters
    ----------
    path : Path

    Raises
    ------
    InputError
        If there is no cube.
    PorelakeError
        If it can't be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with cube_log.reading(path) as file:
            self.series = str(file.attrs["series"])
            self.harpnum = int(file.attrs["harpnum"])
            self._in_use = _by_record(in_use(cube_log.entries(file)))

    def __enter__(self) -> "Cube":
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is to be closed: the file is open while something is read, and no longer."""

    @cached_property
    def t_rec(self) -> NDArray[np.datetime64]:
        """Record times, TAI, datetime64[ms] (time,), sorted."""
        return np.array(sorted(self._in_use), "datetime64[ms]")

    def segments(self, t_rec: np.datetime64) -> list[str]:
        """Segments that have an image."""
        return [name for name, row in self._record(t_rec).items() if not row["reason"]]

    def standings(self) -> dict[Key, Standing]:
        """Version and state of every T_REC (ms) and segment, with an image or without."""
        return {
            (t, name): Standing.of(row) for t, record in self._in_use.items() for name, row in record.items()
        }

    def frame(self, t_rec: np.datetime64, segments: tuple[str, ...] | None = None) -> Frame:
        """Physical images of a record with its keywords.

        Parameters
        ----------
        t_rec : numpy.datetime64
            One of `t_rec`.
        segments : tuple of str, optional
            Which; all that there are by default. Keywords come from all headers, whatever is asked for, and
            for a record without files from the archive's answer to a query.
        """
        record = self._record(t_rec)
        good = {name: row for name, row in record.items() if not row["reason"]}
        wanted = {name: row for name, row in good.items() if segments is None or name in segments}
        with self._reading() as read:
            headers = headers_of(record, read)
            images = {name: physical(name, _image(read, row), _scaling(row)) for name, row in wanted.items()}
        return Frame(
            harpnum=self.harpnum,
            t_rec=t_rec.astype("datetime64[ms]"),
            keywords=Merged(headers),
            segments=images,
            problems={name: _problem(row) for name, row in record.items() if row["reason"]},
            headers=headers.of(good),
        )

    def frame_key(self, t_rec: np.datetime64, segments: tuple[str, ...] | None = None) -> str:
        """Hash of what `frame` is made from: the content in use of those segments (None: of all)."""
        rows = {k: row for k, row in self._record(t_rec).items() if segments is None or k in segments}
        return json_key([[k, row["sha256"].decode(), row["reason"].decode()] for k, row in rows.items()])

    def stored(self, t_rec: np.datetime64, segment: str) -> NDArray[Any]:
        """Image as the archive stores it (y, x), before BSCALE and BZERO.

        Raises
        ------
        InputError
            If there is none.
        """
        row = self._good(t_rec, segment)
        with self._reading() as read:
            return _image(read, row)

    def physical(self, t_rec: np.datetime64, segment: str) -> NDArray[Any]:
        """Image in physical units (y, x); see `storage.fits_files.physical`."""
        return physical(segment, self.stored(t_rec, segment), _scaling(self._good(t_rec, segment)))

    def cards(self, t_rec: np.datetime64, segment: str) -> bytes:
        """Every card of the image's header, 80 bytes each, as in the file; without END."""
        row = self._good(t_rec, segment)
        with self._reading() as read:
            return _cards(read, row)

    def header(self, t_rec: np.datetime64, segment: str) -> fits.Header:
        """Header of the image: all cards but those of its compression, which say how the file stored it.

        Cards that are no FITS (`nan` without quotes) are made strings; `cards` has them as they were.
        """
        return image_header(self.cards(t_rec, segment))

    def ndcube(self, segment: str, t_rec: NDArray[np.datetime64] | None = None) -> "NDCube":
        """Images of a segment (time, y, x) with their coordinates; see `storage.cube_views.ndcube`."""
        from storage.cube_views import ndcube  # sunpy and ndcube take seconds to import

        return ndcube(self, segment, t_rec)

    def maps(self, segment: str, t_rec: NDArray[np.datetime64] | None = None) -> "MapSequence":
        """Images of a segment as sunpy maps; see `storage.cube_views.maps`."""
        from storage.cube_views import maps

        return maps(self, segment, t_rec)

    def damaged(self) -> list[str]:
        """Read every image and header in use; a line for each that can't be read."""
        found = []
        for t_rec in self.t_rec:
            for name, row in self._record(t_rec).items():
                try:
                    with self._reading() as read:
                        _ = _image(read, row) if not row["reason"] else None
                        _ = _cards(read, row) if _has_header(row) else None
                except PorelakeError as error:
                    found.append(f"HARP {self.harpnum} {t_rec} {name}: {error}")
        return found

    def _record(self, t_rec: np.datetime64) -> Mapping[str, Row]:
        try:
            return self._in_use[cube_log.milliseconds(t_rec)]
        except KeyError:
            raise InputError(f"HARP {self.harpnum} has no frame at T_REC {t_rec} in {self.path}") from None

    def _good(self, t_rec: np.datetime64, segment: str) -> Row:
        row = self._record(t_rec).get(segment)
        if row is None:
            raise InputError(f"HARP {self.harpnum} {t_rec} has no segment {segment} in {self.path}")
        if row["reason"]:
            raise InputError(f"HARP {self.harpnum} {t_rec} {segment}: {_problem(row).detail}")
        return row

    @contextmanager
    def _reading(self) -> Iterator[Reader]:
        """Open the file, and name it in what goes wrong."""
        with cube_log.reading(self.path) as file:
            try:
                yield lambda dataset, row: file[dataset][row]
            except (OSError, KeyError, ValueError, IndexError) as error:
                raise PorelakeError(f"{self.path}: damaged; remove it and ingest again ({error})") from error


def _image(read: Reader, row: Row) -> NDArray[Any]:
    return read(f"segments/{row['segment'].decode()}/{row['dataset'].decode()}", int(row["row"]))


def _cards(read: Reader, row: Row) -> bytes:
    return read("headers", int(row["header_row"])).tobytes()[: int(row["header_size"])]


def _has_header(row: Row) -> bool:
    return int(row["header_row"]) >= 0


def _by_record(rows: Mapping[Key, Row]) -> dict[int, dict[str, Row]]:
    """Entries by T_REC, the segments of each in the order of their headers."""
    found: dict[int, dict[str, Row]] = {}
    for (t, name), row in sorted(rows.items(), key=lambda item: (item[0][0], _rank(item[0][1]))):
        found.setdefault(t, {})[name] = row
    return found


def _rank(segment: str) -> tuple[int, str]:
    return _ORDER.index(segment) if segment in _ORDER else len(_ORDER), segment


def _problem(row: Row) -> Problem:
    return Problem(Reason(row["reason"].decode()), f"{row['file'].decode()}: {row['problem'].decode()}")


def _scaling(row: Row) -> tuple[float, float, int | None]:
    return float(row["bscale"]), float(row["bzero"]), int(row["blank"]) if row["has_blank"] else None
