"""Network and plage: many small flux concentrations outside pores, by Mm and hours."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pores.simulate.parameters import SimulationParameters
from pores.simulate.stage import POLES, SPREAD, Stage

Floats = NDArray[np.float64]

CELL_MM = 24.0  # distance between supergranules
PER_MM2, CLUMP = 0.36, 7  # elements alive in a Mm^2 on average, and in a clump of them
CLUMP_MM, CLUMP_LENGTH = 0.6, 2.2  # its width, and how much longer it is
PLAGE_SHARE = 0.6  # of all clumps
LIFE_H = 5.0
WALK_KM_S = 0.08
QUIET_FLUX, PLAGE_FLUX = 170.0, 850.0  # mean, G per native pixel
CORE_PX = 0.45  # Gaussian width of an element, native pixels


@dataclass(frozen=True)
class Network:
    """Flux concentrations: place at birth and speed (Mm, Mm/h), times (h), signed flux (G native px)."""

    x: Floats
    y: Floats
    vx: Floats
    vy: Floats
    birth: Floats
    death: Floats
    flux: Floats

    def at(self, hours: float) -> tuple[Floats, Floats, Floats]:
        """Places (x, y) in Mm and fluxes of the elements of a time; they come and go in half an hour."""
        alive = (self.birth < hours) & (hours < self.death)
        since, until = hours - self.birth[alive], self.death[alive] - hours
        flux = self.flux[alive] * np.clip(np.minimum(since, until) / 0.5, 0, 1)
        return self.x[alive] + self.vx[alive] * since, self.y[alive] + self.vy[alive] * since, flux


def network(parameters: SimulationParameters) -> Network:
    """The network of a series: quiet network of mixed polarity and the plage of a bipolar group."""
    stage = Stage.of(parameters)
    rng = np.random.default_rng([parameters.seed, 2])
    sites = int(stage.area_mm2 * PER_MM2 / CLUMP * (stage.hours + LIFE_H) / LIFE_H)
    plage = rng.random(sites) < PLAGE_SHARE
    x, y, sign = _sites(rng, stage, plage)
    site = rng.integers(0, sites, sites * CLUMP)
    dx, dy = _scatter(rng, sites, site)
    n = site.size
    birth = rng.uniform(-LIFE_H, stage.hours, sites)[site] + rng.uniform(0, LIFE_H / 2, n)
    flux = rng.exponential(1.0, n) * np.where(plage, PLAGE_FLUX, QUIET_FLUX)[site] * sign[site]
    vx, vy = rng.normal(0, WALK_KM_S * 3.6, (2, n))
    death = birth + LIFE_H * rng.uniform(0.5, 1.5, n)
    return Network(x[site] + dx, y[site] + dy, vx, vy, birth, death, flux)


def _sites(rng: np.random.Generator, stage: Stage, plage: NDArray[np.bool_]) -> tuple[Floats, Floats, Floats]:
    """Places of clumps on the borders of supergranules, and the polarity there."""
    n = plage.size
    pole = rng.integers(0, 2, n)
    centre = np.array(POLES)[pole] * stage.half[0]
    spread = [part * size for part, size in zip(SPREAD, stage.half, strict=True)]
    reach = [size + 8.0 for size in stage.half]
    x = np.where(plage, rng.normal(centre, spread[0]), rng.uniform(-reach[0], reach[0], n))
    y = np.where(plage, rng.normal(0, spread[1], n), rng.uniform(-reach[1], reach[1], n))
    mixed = rng.choice([-1.0, 1.0], n)
    sign = np.where(plage & (rng.random(n) < 0.96), np.where(pole == 0, 1.0, -1.0), mixed)
    return *_to_borders(rng, stage, x, y), sign


def _scatter(rng: np.random.Generator, sites: int, site: NDArray[np.intp]) -> tuple[Floats, Floats]:
    """Places of elements within their clumps, which are oblong."""
    angle = rng.uniform(0, np.pi, sites)[site]
    along, across = (
        CLUMP_MM * CLUMP_LENGTH * rng.normal(size=site.size),
        CLUMP_MM * rng.normal(size=site.size),
    )
    return along * np.cos(angle) - across * np.sin(angle), along * np.sin(angle) + across * np.cos(angle)


def _to_borders(rng: np.random.Generator, stage: Stage, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Push places away from the centres of supergranules, most of the way to the border with the next one."""
    reach = [size + CELL_MM for size in stage.half]
    count = max(8, int(4 * reach[0] * reach[1] / CELL_MM**2))
    centres = np.stack([rng.uniform(-r, r, count) for r in reach], axis=1)
    for _ in range(3):
        offset = np.stack([x, y], axis=1)[:, None] - centres
        distance = np.hypot(*np.moveaxis(offset, 2, 0))
        order = np.argsort(distance, axis=1)[:, :2]
        rows = np.arange(x.size)
        near, far = distance[rows, order[:, 0]], distance[rows, order[:, 1]]
        away = offset[rows, order[:, 0]] / np.maximum(near, 0.1)[:, None]
        step = 0.5 * (far - near) * 0.9
        x, y = x + away[:, 0] * step, y + away[:, 1] * step
    return x, y
