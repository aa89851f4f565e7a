"""Reading a cube: the frames of one HARP, lossless, with every header whole."""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from pores.errors import InputError, PorelakeError, Reason
from pores.frame import Frame, Keyword, Problem
from storage import cube_log
from storage.cube_append import Appended, append
from storage.fits_cards import image_header, keywords
from storage.fits_files import physical
from storage.keys import json_key

if TYPE_CHECKING:
    from ndcube import NDCube
    from sunpy.map import MapSequence

__all__ = ["Appended", "Cube", "append"]

# Headers are merged in this order: the first that has a value for a keyword gives it.
_ORDER = ("continuum", "Br", "Bp", "Bt", "magnetogram", "bitmap", "conf_disambig", "Dopplergram")
_Row = np.void


class Cube:
    """A cube, open for reading; a context manager.

    What it shows is what was there when it was opened: of the files of a T_REC and segment the last that
    could be used, or the last problem if none could.

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
        self._file = cube_log.open_to_read(path)
        self.series = str(self._file.attrs["series"])
        self.harpnum = int(self._file.attrs["harpnum"])
        self._in_use = _in_use(cube_log.entries(self._file))
        self._datasets: dict[str, Any] = {}

    def __enter__(self) -> "Cube":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._datasets.clear()
        self._file.close()

    @cached_property
    def t_rec(self) -> NDArray[np.datetime64]:
        """Record times, TAI, datetime64[ms] (time,), sorted."""
        return np.array(sorted(self._in_use), "datetime64[ms]")

    def segments(self, t_rec: np.datetime64) -> list[str]:
        """Segments that have an image."""
        return [name for name, row in self._record(t_rec).items() if not row["reason"]]

    def frame(self, t_rec: np.datetime64, segments: tuple[str, ...] | None = None) -> Frame:
        """Physical images of a record with its keywords.

        Parameters
        ----------
        t_rec : numpy.datetime64
            One of `t_rec`.
        segments : tuple of str, optional
            Which; all that there are by default. Keywords come from all headers, whatever is asked for.
        """
        record = self._record(t_rec)
        good = {name: row for name, row in record.items() if not row["reason"]}
        headers = {name: keywords(self._cards(row)) for name, row in good.items()}
        return Frame(
            harpnum=self.harpnum,
            t_rec=t_rec.astype("datetime64[ms]"),
            keywords=_merged(headers),
            segments={
                name: physical(name, self._image(row), _scaling(row))
                for name, row in good.items()
                if segments is None or name in segments
            },
            problems={name: _problem(row) for name, row in record.items() if row["reason"]},
            headers=headers,
        )

    def frame_key(self, t_rec: np.datetime64) -> str:
        """Hash of what `frame` is made from: the content of the files in use."""
        rows = self._record(t_rec).items()
        return json_key([[name, row["sha256"].decode(), row["reason"].decode()] for name, row in rows])

    def stored(self, t_rec: np.datetime64, segment: str) -> NDArray[Any]:
        """Image as the archive stores it (y, x), before BSCALE and BZERO.

        Raises
        ------
        InputError
            If there is none.
        """
        return self._image(self._good(t_rec, segment))

    def physical(self, t_rec: np.datetime64, segment: str) -> NDArray[Any]:
        """Image in physical units (y, x); see `storage.fits_files.physical`."""
        row = self._good(t_rec, segment)
        return physical(segment, self._image(row), _scaling(row))

    def cards(self, t_rec: np.datetime64, segment: str) -> bytes:
        """Every card of the image's header, 80 bytes each, as in the file; without END."""
        return self._cards(self._good(t_rec, segment))

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
                    if not row["reason"]:
                        self._image(row)
                        self._cards(row)
                except PorelakeError as error:
                    found.append(f"HARP {self.harpnum} {t_rec} {name}: {error}")
        return found

    def _record(self, t_rec: np.datetime64) -> Mapping[str, _Row]:
        try:
            return self._in_use[cube_log.milliseconds(t_rec)]
        except KeyError:
            raise InputError(f"HARP {self.harpnum} has no frame at T_REC {t_rec} in {self.path}") from None

    def _good(self, t_rec: np.datetime64, segment: str) -> _Row:
        row = self._record(t_rec).get(segment)
        if row is None:
            raise InputError(f"HARP {self.harpnum} {t_rec} has no segment {segment} in {self.path}")
        if row["reason"]:
            raise InputError(f"HARP {self.harpnum} {t_rec} {segment}: {_problem(row).detail}")
        return row

    def _image(self, row: _Row) -> NDArray[Any]:
        return self._read(f"segments/{row['segment'].decode()}/{row['dataset'].decode()}", int(row["row"]))

    def _cards(self, row: _Row) -> bytes:
        return self._read("headers", int(row["header_row"])).tobytes()[: int(row["header_size"])]

    def _read(self, dataset: str, row: int) -> NDArray[Any]:
        try:
            if dataset not in self._datasets:
                self._datasets[dataset] = self._file[dataset]
            image: NDArray[Any] = self._datasets[dataset][row]
        except (OSError, KeyError, ValueError, IndexError) as error:
            raise PorelakeError(f"{self.path}: {dataset}[{row}] can't be read ({error})") from error
        return image


def _in_use(log: NDArray[np.void]) -> dict[int, dict[str, _Row]]:
    """The entry that counts of each T_REC and segment: the last image, else the last problem."""
    found: dict[int, dict[str, _Row]] = {}
    for row in log:
        record = found.setdefault(int(row["t_rec"]), {})
        name = row["segment"].decode()
        if name not in record or not row["reason"] or record[name]["reason"]:
            record[name] = row
    return {t: dict(sorted(record.items(), key=lambda item: _rank(item[0]))) for t, record in found.items()}


def _rank(segment: str) -> tuple[int, str]:
    return _ORDER.index(segment) if segment in _ORDER else len(_ORDER), segment


def _merged(headers: dict[str, dict[str, Keyword]]) -> dict[str, Keyword]:
    """One value of each keyword: the first header's that has one."""
    merged: dict[str, Keyword] = {}
    for header in reversed(headers.values()):
        merged.update(header)
    for name in [name for name, value in merged.items() if value is None]:
        merged[name] = next((h[name] for h in headers.values() if h.get(name) is not None), None)
    return merged


def _problem(row: _Row) -> Problem:
    return Problem(Reason(row["reason"].decode()), f"{row['file'].decode()}: {row['problem'].decode()}")


def _scaling(row: _Row) -> tuple[float, float, int | None]:
    return float(row["bscale"]), float(row["bzero"]), int(row["blank"]) if row["has_blank"] else None
