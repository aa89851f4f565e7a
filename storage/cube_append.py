"""Appending the files of a source to a cube, or why there is none."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from storage.archive import SourceFile
from storage.cube_chunks import PackedImage
from storage.cube_known import Absence, Doubted, Refused, SeenFiles
from storage.cube_reading import Look, Offer, look_into
from storage.cube_writer import CubeWriter, Record, exclusive
from storage.fits_blocks import UnreadableFile
from storage.fits_files import FileName

BATCH = 16  # files read before they are written: new shapes among them cost one change of structure

Over = Callable[[Callable[[Offer], Look], Sequence[Offer]], Iterable[Look]]


@dataclass(frozen=True)
class Appended:
    """What became of the files offered to a cube.

    Attributes
    ----------
    added, unchanged : int
    unusable : tuple of str
        A line for each file recorded as unusable; `added` counts them too.
    refused, doubted : tuple
        What was handed back.
    images : tuple of FileName
        Files with an image that the cube had not.
    """

    added: int = 0
    unchanged: int = 0
    unusable: tuple[str, ...] = ()
    refused: tuple[Refused, ...] = ()
    doubted: tuple[Doubted, ...] = ()
    images: tuple[FileName, ...] = field(default=(), compare=False)

    def and_then(self, found: Iterable[Record | Refused | Doubted | None]) -> "Appended":
        """With what a further batch came to."""
        counted = list(found)
        new = [one for one in counted if isinstance(one, Record)]
        bad = [str(one.result) for one in new if isinstance(one.result, UnreadableFile)]
        return Appended(
            self.added + len(new),
            self.unchanged + sum(one is None for one in counted),
            (*self.unusable, *bad),
            (*self.refused, *(one for one in counted if isinstance(one, Refused))),
            (*self.doubted, *(one for one in counted if isinstance(one, Doubted))),
            (*self.images, *(one.name for one in new if isinstance(one.result, PackedImage))),
        )


def append(
    path: Path, files: Collection[SourceFile | Absence], hand_back: bool = False, over: Over = map
) -> Appended:
    """Append files to a cube, made if need be; files that are there already are passed over.

    A file is there already if one of its name, size and time of change is, or if the image in use for its
    T_REC and segment has its content. A file that can't be used is recorded with its problem and not tried
    again until it changes; it displaces an image only if it is of another version, since then the archive
    has that image no longer. A file of another version with a content that the cube has is recorded, and its
    image not stored again.

    Parameters
    ----------
    path : Path
    files : collection of SourceFile and Absence
        Of one HARP and series.
    hand_back : bool
        Files that can't be used, or whose header belies their version, are not recorded but returned: they
        may be had anew.
    over : callable, optional
        Like `map`, for looking into files, which is all work but writing: it may go on in other processes.
        By default each file is looked into when those before it have been, and written in batches.

    Returns
    -------
    Appended

    Raises
    ------
    InputError
        If the files are not all of the cube's HARP and series.
    PorelakeError
        If another process is writing the cube, or a file can't be read from disk.
    """
    with exclusive(path):
        known = SeenFiles.of(path, hand_back)
        new = known.note_new(files)
        offers = [known.offer(one) for one in new if isinstance(one, SourceFile)]
        looks = (look for _, look in zip(offers, over(look_into, offers), strict=True))
        done = Appended(unchanged=len(files) - len(new))
        with CubeWriter(path) as writer:
            for batch in _batches(new):
                found = [known.record(one, lambda: next(looks)) for one in batch]
                known.remember(writer.write([one for one in found if isinstance(one, Record)]))
                done = done.and_then(found)
            next(looks, None)  # there is none: so `over` comes to its end, and a bar of it
        return done


def _batches(files: Iterable[SourceFile | Absence]) -> Iterator[list[SourceFile | Absence]]:
    iterator = iter(files)
    while batch := list(islice(iterator, BATCH)):
        yield batch
