"""Networks that their authors published, and where the project's own are."""

from dataclasses import dataclass

from pores.enhance.weights import Quantity

OWN_FILE = "porelake_x2.h5"
SOURCE = "Diaz Baso & Asensio Ramos 2018, A&A 614, A5; github.com/cdiazbas/enhance, MIT licence"


@dataclass(frozen=True)
class PublishedWeights:
    """A published file of weights: its name here and there, the git id of its content, what it doubles."""

    name: str
    file: str
    blob: str
    quantity: Quantity


# Blob ids are those of the publisher's repository.
KNOWN = {
    known.name: known
    for known in (
        PublishedWeights(
            "enhance-intensity",
            "intensity_weights.hdf5",
            "830a8860b0eb055f8d9fc760388f5f977eec4a01",
            "intensity",
        ),
        PublishedWeights(
            "enhance-field", "blos_weights.hdf5", "3fdb1d8f4e05b906e55c152aed2a54fc88de1f21", "field"
        ),
    )
}
