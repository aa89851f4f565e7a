"""Footprints of features on the working grid, and how much of them they share once moved."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from pores.errors import InputError

Ints = NDArray[np.intp]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Footprints:
    """The pixels of some features: `owner[i]` has the pixel (y[i], x[i])."""

    owner: Ints
    y: Ints
    x: Ints

    @classmethod
    def none(cls) -> Self:
        """The footprints of no features."""
        return cls(*(np.empty(0, np.intp) for _ in range(3)))

    def of_owners(self, owners: Ints) -> "Footprints":
        """The footprints of some of the features."""
        mine = np.isin(self.owner, owners)
        return Footprints(self.owner[mine], self.y[mine], self.x[mine])

    def and_those(self, other: "Footprints") -> "Footprints":
        """Both sets of footprints."""
        pairs = ((self.owner, other.owner), (self.y, other.y), (self.x, other.x))
        return Footprints(*(np.concatenate(pair) for pair in pairs))


@dataclass(frozen=True, eq=False)
class LabelledFrame:
    """A label image and whose its labels are.

    Attributes
    ----------
    image : ndarray of int, (y, x) of the working grid
        0 where there is no feature, else the feature's label.
    owner_of_label : ndarray of int
        Feature of each label value, -1 where it is none of the table's.
    footprints : Footprints
        Of those features.
    """

    image: NDArray[np.integer[Any]]
    owner_of_label: Ints
    footprints: Footprints

    @classmethod
    def of(cls, image: NDArray[np.integer[Any]], labels: Ints, owners: Ints, name: str) -> Self:
        """The label image of the frame called `name`, in which feature `owners[i]` has label `labels[i]`.

        Raises
        ------
        InputError
            If a label of the table isn't in the image.
        """
        flat = np.flatnonzero(image != 0)  # of booleans: five times as fast
        values = image.ravel()[flat]
        n_px = np.bincount(values, minlength=int(labels.max(initial=0)) + 1)
        absent = labels[n_px[labels] == 0]
        if len(absent):
            raise InputError(f"frame {name}: the label image has no pixel of label {absent[0]} of the table")
        owner_of_label = np.full(len(n_px), -1, np.intp)
        owner_of_label[labels] = owners
        owner = owner_of_label[values]
        y, x = np.divmod(flat[owner >= 0], max(image.shape[1], 1))
        return cls(image, owner_of_label, Footprints(owner[owner >= 0], y, x))


@dataclass(frozen=True, eq=False)
class Pairs:
    """Candidates for links: source and target features, and the part of the smaller mask that they share."""

    source: Ints
    target: Ints
    overlap: Floats

    @classmethod
    def none(cls) -> Self:
        """No pair."""
        return cls(np.empty(0, np.intp), np.empty(0, np.intp), np.empty(0))

    def where(self, keep: NDArray[np.bool_]) -> "Pairs":
        """Some of the pairs."""
        return Pairs(self.source[keep], self.target[keep], self.overlap[keep])

    def __len__(self) -> int:
        return len(self.source)


def overlaps(before: Footprints, shift: tuple[Floats, Floats], now: LabelledFrame) -> Pairs:
    """The pairs of features that share pixels, the earlier ones shifted.

    Parameters
    ----------
    before : Footprints
        Earlier features.
    shift : tuple of ndarray of float
        Displacement (dx, dy) of each pixel of `before` in pixels of the working grid, rounded here.
    now : LabelledFrame
        The later frame.

    Returns
    -------
    Pairs
        Sorted by source and target; overlap is the number of shared pixels over that of the smaller mask.
    """
    x, y = (p + np.rint(d).astype(np.intp) for p, d in zip((before.x, before.y), shift, strict=True))
    inside = (x >= 0) & (x < now.image.shape[1]) & (y >= 0) & (y < now.image.shape[0])
    target = now.owner_of_label[now.image[y[inside], x[inside]]]
    source = before.owner[inside][target >= 0]
    target = target[target >= 0]
    if not len(target):
        return Pairs.none()
    width = int(now.owner_of_label.max()) + 1
    pairs, shared = np.unique(source * width + target, return_counts=True)
    source, target = np.divmod(pairs, width)
    size = np.minimum(occurrences(source, before.owner), occurrences(target, now.footprints.owner))
    return Pairs(source, target, shared / size)


def occurrences(of: Ints, among: Ints) -> Ints:
    """How often each number `of` occurs `among` numbers; these are taken to lie close together."""
    if not len(of):
        return np.empty(0, np.intp)
    return np.asarray(np.bincount(among - among.min())[of - among.min()], np.intp)
