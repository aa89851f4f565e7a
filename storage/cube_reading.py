"""What is in a file that is offered to a cube: all of the work that does not need the cube's file."""

from dataclasses import dataclass, replace

from storage.archive import SourceFile
from storage.cube_chunks import PackedImage
from storage.fits_blocks import MAX_HEADER, UnreadableFile
from storage.fits_cards import CARD, as_cards, with_cards
from storage.fits_files import Content, SegmentImage, digest


@dataclass(frozen=True)
class Offer:
    """A file, and the contents of its T_REC and segment that the cube has: they need not be packed again."""

    file: SourceFile
    there: frozenset[str] = frozenset()


@dataclass(frozen=True, eq=False)
class Look:
    """What a look into a file found.

    Attributes
    ----------
    sha256 : str
        Of the content.
    recnum : str
        The record that the header names.
    image : PackedImage, UnreadableFile or None
        None if the cube has the content.
    """

    sha256: str
    recnum: str
    image: PackedImage | UnreadableFile | None


def look_into(offer: Offer) -> Look:
    """Read a file, check it, and pack its image for the cube.

    Raises
    ------
    PorelakeError
        If it can't be read from disk.
    """
    file = offer.file
    content = Content(file.read())
    joined = b"" if file.keywords is None else as_cards(file.keywords)
    sha256 = digest(content.key.encode(), joined) if joined else content.key
    image = None if sha256 in offer.there else _packed(content, file, joined)
    return Look(sha256, str(content.keyword("RECNUM")), image)


def _packed(content: Content, file: SourceFile, joined: bytes) -> PackedImage | UnreadableFile:
    try:
        return PackedImage.of(_with_cards(content.image(file.name), joined))
    except UnreadableFile as problem:
        return problem


def _with_cards(image: SegmentImage, joined: bytes) -> SegmentImage:
    """Put cards behind those of an image that the header has already."""
    if not joined:
        return image
    header = with_cards(image.header, joined)
    if len(header) > MAX_HEADER:
        raise UnreadableFile(str(image.name), f"its header and keywords have {len(header) // CARD} cards")
    return replace(image, header=header)
