"""What to simulate: one frozen model, whose dump decides every byte of a series."""

from datetime import datetime
from typing import Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from pores.parameters import TrackParameters
from pores.scenarios import BILLS, Bill, Scenario

SEGMENTS = ("continuum", "Br", "Bp", "Bt", "bitmap", "conf_disambig", "magnetogram")
ERROR_SEGMENTS = ("Br_err", "Bp_err", "Bt_err")
SLOT_H = 0.2  # between record slots


class SimulationParameters(BaseModel):
    """A SHARP series with known truth."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int = Field(1, ge=0, description="Seed of everything random: equal seeds give equal bytes")
    harpnum: int = Field(99001, ge=1, description="HARPNUM of the series")
    noaa_ars: tuple[int, ...] = Field((12345,), description="NOAA active regions in the patch")
    n_frames: int = Field(60, ge=1, description="Record slots, 12 min apart")
    every: int = Field(1, ge=1, description="Of the slots only every so many-th has a record")
    shape: tuple[int, int] = Field((300, 500), description="Rows and columns of the patch, native CEA pixels")
    t_start: datetime = Field(datetime(2014, 6, 10), description="T_REC of the first record, TAI")
    latitude: float = Field(-18.0, ge=-50, le=50, description="Latitude of the patch centre, deg")
    longitude: float = Field(
        -12.0,
        ge=-80,
        le=80,
        description="Patch centre from the central meridian at the start, deg, west positive",
    )
    noise: float = Field(1.0, ge=0, description="Noise of intensity and field in units of HMI's")
    scenario: Scenario = Field(
        "clean", description="; ".join(f"`{name}`: {bill.says}" for name, bill in BILLS.items())
    )
    lifetime_h: float = Field(
        4.0, gt=0, description="Median lifetime of a single pore of 3 Mm^2 and average strength, h"
    )
    generations: int = Field(
        1, ge=1, description="Single pores that may live at a place one after the other, at most"
    )
    segments: tuple[str, ...] = Field(SEGMENTS, description="Segments to write")
    missing_frames: tuple[int, ...] = Field((), description="Frames without any file")
    no_continuum_frames: tuple[int, ...] = Field((), description="Frames that have only field segments")
    bad_quality_frames: tuple[int, ...] = Field((), description="Frames whose QUALITY says unusable")
    corrupt_frames: tuple[int, ...] = Field((), description="Frames whose continuum file is truncated")

    @model_validator(mode="after")
    def _check(self) -> Self:
        if min(self.shape) < 40:
            raise ValueError(f"shape {self.shape}: at least 40 pixels along each axis are needed")
        outside = sorted(frame for frame in self.unusable_frames if not 0 <= frame < self.n_frames)
        if outside:
            raise ValueError(f"faulty frames {outside}: the series has frames 0 to {self.n_frames - 1}")
        unknown = set(self.segments) - {*SEGMENTS, *ERROR_SEGMENTS}
        if unknown:
            raise ValueError(
                f"segments {sorted(unknown)}: known are {', '.join((*SEGMENTS, *ERROR_SEGMENTS))}"
            )
        return self

    @classmethod
    def of(cls, scenario: Scenario, **values: object) -> Self:
        """The parameters of a scenario with its usual patch, length and faults, some of them changed."""
        bill = BILLS.get(scenario, Bill(""))  # an unknown one is refused below
        values = {"scenario": scenario, "shape": bill.shape, "n_frames": bill.n_frames, **values}
        plain = cls.model_validate(values)
        return cls.model_validate({**bill.values(plain.seed, plain.n_frames), **values})

    @property
    def t_rec(self) -> np.ndarray:
        """T_REC of every record slot, TAI, datetime64[ms]."""
        start = np.datetime64(self.t_start.replace(tzinfo=None), "ms")
        return start + np.arange(self.n_frames) * np.timedelta64(720_000, "ms")

    @property
    def slots(self) -> range:
        """The record slots that are used, by their number from 0; of some of them records may be missing."""
        return range(0, self.n_frames, self.every)

    @property
    def cadence_h(self) -> float:
        """Nominal time between records: the most frequent one, the smallest of several; 12 min if unknown."""
        recorded = [slot for slot in self.slots if slot not in self.missing_frames]
        steps, counts = np.unique(np.diff(recorded), return_counts=True)
        step = SLOT_H * int(steps[np.argmax(counts)]) if steps.size else SLOT_H
        return step if step <= TrackParameters().max_step_h + 1e-9 else SLOT_H

    @property
    def unusable_frames(self) -> frozenset[int]:
        """Frames in which no features can be looked for."""
        return frozenset(
            (*self.missing_frames, *self.no_continuum_frames, *self.bad_quality_frames, *self.corrupt_frames)
        )
