"""Write docs/enhancement.md: what doubling by network does, with figures; `make enhancement`.

Needs the real records and the images that the network was made from beside the clone.
"""

import json
import os
import tempfile
from pathlib import Path

from benchmarks.doubling_frames import (
    catalogue_table,
    frames,
    needed_agrees,
    physics_table,
    picture,
    seen,
)
from benchmarks.doubling_series import series_table
from benchmarks.doubling_truth import scenes, truth_table, ways
from benchmarks.report import Table
from flows.enhancement import network
from flows.network import material
from pores.enhance.doubler import Network
from pores.parameters import OWN_WEIGHTS
from storage.weights import own_weights

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"
PAGE, FIGURES = ROOT / "docs" / "enhancement.md", ROOT / "docs" / "figures"
SHOWN = {
    "377": (slice(120, 310), slice(205, 480)),
    "2875": (slice(85, 185), slice(180, 400)),
    "14003": (slice(290, 410), slice(470, 670)),
}
DAYS = {"377": "15", "2875": "20", "14003": "08"}


def main() -> None:
    """Measure everything and write the page and its figures."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "2")
    if not DATA.is_dir():
        raise SystemExit(f"{DATA}: the real records aren't here")
    with tempfile.TemporaryDirectory() as scratch:
        PAGE.write_text(page(Path(scratch)))
    print(PAGE)


def page(scratch: Path) -> str:
    """The page, measured; figures are written beside it."""
    ours = network(OWN_WEIGHTS)
    whole = Network.of(own_weights(), everywhere=True)
    given = list(frames(DATA, scratch))
    every = [seen(frame) for frame in given]
    for one in every:
        harp = str(one.frame.harpnum)
        if str(one.frame.t_rec)[8:10] == DAYS.get(harp):
            picture(one, SHOWN[harp], FIGURES / f"enhance-{harp}.png")
    pairs = scenes(material(DATA / "enhance").unseen_sun)
    agree = sum(needed_agrees(frame, ours, whole) for frame in given)
    tables = [
        scores_table(),
        truth_table(pairs, ways(pairs, ours)),
        physics_table(every),
        catalogue_table(given),
    ]
    return _TEXT.format(
        scores=tables[0],
        truth=tables[1],
        physics=tables[2],
        frames=tables[3],
        series=series_table(scratch),
        agree=agree,
        n_frames=len(given),
        n_scenes=len(pairs),
    )


def scores_table() -> Table:
    """The scores on the card of the weights."""
    told = json.loads(own_weights().card["scores"])
    rows = [
        (
            name,
            told[key]["rms"],
            told[key]["correlation"],
            told[key]["contrast_ratio"],
            f"{told[key]['power_ratio_least']}-{told[key]['power_ratio_most']}",
        )
        for name, key in (("network", "teacher"), ("spline", "teacher, spline"))
    ]
    head = ("way", "rms", "correlation", "contrast, ratio", "power in bands, ratio")
    return Table("Against the published network", head, rows)


_TEXT = """# What doubling by network does

Written by `make enhancement` from the real records and the published pair; [how the network is made, and
why so](decisions/0012-enhancement.md), [the card of its weights](model-card.md). Intensities are in units
of the quiet Sun.

{scores}

The third of the published image that nothing was learnt from (rows 200 to 332: half of the sunspot, pores,
granulation towards the limb), against what the network of Diaz Baso & Asensio Ramos (2018) made of it.
Contrast and power are those of granulation, in bands up to 0.25 cycles per fine pixel.

{truth}

{n_scenes} simulated scenes with pores and sunspots on a part of a magneto-convection simulation that
nothing was learnt from: what HMI sees (Wachter's point spread function, CCD pixel, photon noise),
doubled, against what an ideal telescope of 28 cm sees. Pores are regions below 0.5 of at least 20 fine
pixels; intensity is the mean within a pore. Richardson-Lucy works on the spline-doubled image, each time
with the best of 5 to 160 iterations for pores, chosen with the truth at hand. By HMI's own point spread
function, which is the right one, it is behind the network in every figure. Given also what telescope the
truth is of (the function that lies between the two), it comes a little
nearer to pores in 160 iterations, and stays behind in areas and in the quiet Sun.

{physics}

Quiet Sun: the mode of the doubled frame. The mean stays to 0.1 %; the mode of sharper granulation,
which is more skew, is about 1 % lower. Shift: from the phases of the cross-spectrum below 0.15 cycles per
pixel.

{frames}

![HARP 377](figures/enhance-377.png)

![HARP 2875](figures/enhance-2875.png)

![HARP 14003](figures/enhance-14003.png)

HMI's pixels, the spline and the network, on one grey scale; lines are at half of the quiet Sun. Granules,
penumbral filaments and light bridges that the spline leaves blurred are resolved; small pores that HMI's
stray light fills to 0.5-0.6 become dark enough to be found, and umbral cores break up where bright bridges
cross them. Nothing rings around the umbrae.

Tiles that detection needs and the whole image gave the same features in {agree} of {n_frames} frames, to
the pixel.

{series}

Simulated series of 40 frames (seeds as in [accuracy](accuracy.md)), whose instrument is porelake's own
model of HMI: its wings are weaker than those that the network undoes, so that here the network overcorrects
a little. "Found" is against the truth at HMI's resolution, in which small pores are not yet dark: what the
network finds beyond it is no error of detection, but another threshold on the Sun. Lifetimes are of
`pore_lifetime`, in hours.

Numbers of different products must not be mixed: areas differ by a tenth and more, and which small pores
exist at all. Every row of `pores`, `faint`, `tracks` and `events` says its `product`.
"""


if __name__ == "__main__":
    main()
