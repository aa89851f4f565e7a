"""Every scientific knob of porelake, one frozen model per stage.

The dump of these models is exactly the science of a run: it is hashed into the keys of results and
stored in `runs.config`. Running details (processes, paths) are not in it.
"""

from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Enhancement = Literal["network", "spline", "none"]
LimbDarkening = Literal["pierce_slaughter_6173", "pierce_slaughter_6206", "neckel_labs_6173", "svd", "none"]
Tracker = Literal["porelake", "nearest", "dbscan", "laptrack", "trackpy"]
OWN_WEIGHTS = "71ed641bb6926d42ffbdacb137fd9688dde036f9"  # git blob id of the weights that come with porelake
QuietSun = Literal["half_sample_mode", "fixed_bins", "histogram_100"]


class _Parameters(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PrepareParameters(_Parameters):
    """Limb darkening, normalisation, and which pixels count."""

    limb_darkening: LimbDarkening = Field(
        "pierce_slaughter_6173", description="Limb-darkening polynomial I(mu)/I(1) that is divided out"
    )
    quiet_sun: QuietSun = Field("fixed_bins", description="Estimator of the quiet-Sun level")
    mu_min: float = Field(
        0.2,
        gt=0,
        lt=1,
        description="Nothing is measured nearer the limb than this cosine of the heliocentric angle",
    )
    bad_quality_mask: int = Field(
        0xFFC00000,
        description="QUALITY bits that mean that there is no usable observable (JSOC, sign bit included)",
    )


class DetectParameters(_Parameters):
    """What is a dark feature, and what a pore."""

    threshold: float = Field(
        0.5, gt=0, lt=1, description="Intensity in quiet-Sun units below which a pixel is dark"
    )
    connectivity: Literal[4, 8] = Field(4, description="Neighbours that connect dark pixels")
    faint_threshold: float = Field(
        0.6,
        gt=0,
        lt=1,
        description="Intensity in quiet-Sun units below which a region without a pore is a faint feature",
    )
    cut_polarity_g: float = Field(
        300.0,
        gt=0,
        description="|mean Br| from which both sides of an inversion line are features of their own, G",
    )
    min_area_fine_px: int = Field(
        20, ge=1, description="Smallest feature in pixels of the x2 grid (4 to a native pixel)"
    )
    penumbra_threshold: float = Field(
        0.85,
        gt=0,
        lt=1,
        description="Intensity in quiet-Sun units below which a pixel belongs to a spot's structure",
    )
    umbra_min_area_mm2: float = Field(
        10.0, gt=0, description="Smallest dark core, Mm^2, that makes the structure around it a spot"
    )
    rim_inner_mm: float = Field(
        2.0,
        gt=0,
        description="A core's rim begins this far from it, Mm: beyond the blurred edge of a bare pore",
    )
    rim_outer_mm: float = Field(3.0, gt=0, description="A core's rim ends at this distance from it, Mm")
    umbra_rim: float = Field(
        0.65,
        ge=0,
        le=1,
        description="Share of a large core's rim below the penumbra threshold from which it is an umbra",
    )
    fragment_rim: float = Field(
        0.85,
        ge=0,
        le=1,
        description="The same for a core below the smallest area, inside the structure of an umbra",
    )


class FlowParameters(_Parameters):
    """How features are found again, by their intensity, in the frames before and after theirs."""

    window_margin_mm: float = Field(
        2.0, gt=0, description="What of a feature's surroundings is compared with it, Mm beyond its mask"
    )
    max_speed_km_s: float = Field(
        2.5, gt=0, description="Largest motion relative to differential rotation that is looked for, km/s"
    )
    max_distance_mm: float = Field(
        7.5, gt=0, description="Largest distance from the expected place that is looked at, Mm"
    )
    distance_cost: float = Field(
        0.2,
        ge=0,
        description="Correlation by which the furthest place must beat the expected one to be chosen",
    )
    min_correlation: float = Field(
        0.8,
        gt=-1,
        le=1,
        description="Correlation below which a feature was not found again and its velocity is unknown",
    )


class TrackParameters(_Parameters):
    """What makes two features in two frames the same one."""

    tracker: Tracker = Field("porelake", description="What links features; all but porelake are for study")
    max_gap_h: float = Field(
        1.0, ge=0, description="Time for which a feature may be unseen and keep its track, h"
    )
    contact_h: float = Field(
        0.4, ge=0, description="Features that join and part again within this time did not merge, h"
    )
    max_step_h: float = Field(
        2.0, gt=0, description="Frames of a series further apart than this tell nothing of one another, h"
    )
    min_overlap: float = Field(
        0.2,
        ge=0,
        le=1,
        description="Shared pixels over the smaller mask, after shifting, that make an overlap",
    )
    max_speed_km_s: float = Field(
        2.2,
        gt=0,
        description="Largest departure from the expected place without overlap, km/s; later as sqrt(dt)",
    )
    max_wander_km_s: float = Field(
        1.5,
        gt=0,
        description="The same over gaps, where a feature may have left its course and come back, km/s",
    )
    min_polarity_g: float = Field(
        50.0,
        ge=0,
        description="|mean Br| from which a feature has a polarity; opposite polarities never link, G",
    )
    max_area_ratio: float = Field(
        3.0, gt=1, description="Largest ratio of the areas of two features that link without overlap"
    )
    min_exchange_overlap: float = Field(
        0.5,
        ge=0,
        le=1,
        description="Overlap that makes a link between two features that both go on in others",
    )


class PeerParameters(_Parameters):
    """The trackers that ours is compared with; chosen in docs/decisions/0011-other-trackers.md."""

    nearest_reach_mm: float = Field(
        2.0, gt=0, description="nearest: furthest place in the next frame, Mm; 11 pixels of the x2 grid"
    )
    dbscan_reach_mm: float = Field(3.0, gt=0, description="dbscan: distance of neighbours in (x, y, t), Mm")
    dbscan_speed_km_s: float = Field(0.2, gt=0, description="dbscan: makes a time a length, km/s")
    dbscan_neighbours: int = Field(
        2, ge=1, description="dbscan: features within reach, itself included, that make a core of a cluster"
    )
    laptrack_reach_mm: float = Field(2.5, gt=0, description="laptrack: furthest place in the next frame, Mm")
    laptrack_gap_reach_mm: float = Field(3.0, gt=0, description="laptrack: furthest place after a gap, Mm")
    laptrack_merge_reach_mm: float = Field(
        4.0, gt=0, description="laptrack: from a feature to the one it merges into, Mm"
    )
    laptrack_split_reach_mm: float = Field(
        4.0, gt=0, description="laptrack: from a feature to the one it split from, Mm"
    )
    laptrack_percentile: float = Field(
        95.0, ge=0, le=100, description="laptrack: of the costs, for that of linking to nothing"
    )
    trackpy_reach_mm: float = Field(3.0, gt=0, description="trackpy: furthest place in the next frame, Mm")
    polarity_mm: float = Field(
        4.0,
        ge=0,
        description="dbscan, laptrack, trackpy: distance that sets polarities apart, Mm; 0: not seen",
    )


class Parameters(_Parameters):
    """The science of one run."""

    enhance: Enhancement = Field("network", description="How intensity is doubled in resolution")
    weights: str = Field(
        "",
        pattern="^([0-9a-f]{40})?$",
        description="Weights of the network by their git blob id; none: those that come with porelake",
    )
    prepare: PrepareParameters = PrepareParameters()
    detect: DetectParameters = DetectParameters()
    flow: FlowParameters = FlowParameters()
    track: TrackParameters = TrackParameters()
    peers: PeerParameters = PeerParameters()

    @model_validator(mode="before")
    @classmethod
    def _with_weights(cls, values: Any) -> Any:
        """Name the weights that come with porelake where the network is used and others aren't named."""
        if isinstance(values, dict) and values.get("enhance", "network") == "network":
            return {**values, "weights": values.get("weights") or OWN_WEIGHTS}
        return values

    @model_validator(mode="after")
    def _check_weights(self) -> Self:
        if self.weights and self.enhance != "network":
            raise ValueError(
                f"weights {self.weights[:12]} with enhance={self.enhance}: only a network has weights"
            )
        return self

    @property
    def grid_scale(self) -> int:
        """Pixels of the working grid per native pixel along an axis: 1 or 2."""
        return 1 if self.enhance == "none" else 2
