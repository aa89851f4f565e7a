"""The physics of one frame, end to end: is it usable, how bright is its quiet Sun, which pores are in it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pores.detect import Shades, classify, detect, detect_faint
from pores.enhancers import Enhancer, simple_enhancer
from pores.errors import InputError, Reason, UnusableFrame
from pores.frame import FIELD_SEGMENTS, NEEDED_SEGMENTS, Frame
from pores.geometry import CeaGrid, Observer, mu_at, mu_map
from pores.measure import measure, measure_faint
from pores.oracle import residuals, within
from pores.parameters import Parameters, PrepareParameters
from pores.polarity import cut
from pores.prepare import Prepared, prepare
from pores.record_time import format_compact, parse_t_rec, tai_to_utc

Columns = dict[str, NDArray[Any]]
Labels = NDArray[np.int32]
Row = dict[str, Any]

DETECTION_SEGMENTS = (*NEEDED_SEGMENTS, *(f"{name}_err" for name in FIELD_SEGMENTS))
# Detection's, and what the header oracle is computed from: other segments of a record change no result.
USED_SEGMENTS = (*DETECTION_SEGMENTS, "magnetogram", "bitmap", "conf_disambig")
SHARP_KEYWORDS = (
    *("USFLUX", "MEANGAM", "MEANGBT", "MEANGBZ", "MEANGBH", "MEANJZD", "TOTUSJZ", "MEANALP", "MEANJZH"),
    *("TOTUSJH", "ABSNJZH", "SAVNCPP", "MEANPOT", "TOTPOT", "MEANSHR", "SHRGT45", "R_VALUE", "SIZE_ACR"),
    "AREA_ACR",
)
_NUMBERS = ("CRVAL1", "CRVAL2", "CRLN_OBS", "CRLT_OBS", "DSUN_OBS", "OBS_VR", *SHARP_KEYWORDS)


@dataclass(frozen=True, eq=False)
class Detected:
    """What was found in a frame.

    Attributes
    ----------
    pores : dict of ndarray
        Columns of `pores` but `track_id` and `run_id`, one value per feature.
    labels : ndarray of int32, (y, x) of the working grid
        0 where there is no feature, else the feature's `label`.
    faint : dict of ndarray
        Columns of `faint` but `track_id` and `run_id`, one value per faint feature.
    faint_labels : ndarray of int32, (y, x) of the working grid
        The same as `labels` for faint features.
    """

    pores: Columns
    labels: Labels
    faint: Columns
    faint_labels: Labels


def prepare_frame(frame: Frame, parameters: PrepareParameters) -> Row:
    """The frame's row of `frames`: its state, its quiet Sun and the residuals of the header oracle.

    Parameters
    ----------
    frame : Frame
        All segments at hand.
    parameters : PrepareParameters

    Returns
    -------
    dict
        Every column of `frames` but `n_pores` and `run_id`; values are Python objects, None for null.
    """
    quiet_sun = finding = None
    try:
        quiet_sun = prepared_intensity(frame, parameters).quiet_sun
    except UnusableFrame as unusable:
        finding = unusable
    checks = residuals(frame)
    return {
        "harpnum": frame.harpnum,
        "t_rec": frame.t_rec,
        "t_obs": _t_obs(frame.keywords),
        "quality": _quality(frame.keywords),
        "usable": finding is None,
        "reason": finding and str(finding.reason),
        "detail": _detail(frame, finding),
        "missing_segments": [name for name in NEEDED_SEGMENTS if name not in frame.segments],
        **_patch(frame),
        "quiet_sun": quiet_sun,
        **{name.lower(): _number(frame.keywords.get(name)) for name in _NUMBERS},
        **checks,
        "oracle_ok": within(checks),
        "keywords": json.dumps(dict(frame.keywords)),
    }


def prepared_intensity(
    frame: Frame, parameters: PrepareParameters, quiet_sun: float | None = None
) -> Prepared:
    """Continuum without limb darkening in units of the quiet Sun, whose level is found if it is not given.

    Raises
    ------
    UnusableFrame
        If the frame can't be used for detection.
    """
    continuum = _usable_continuum(frame, parameters)
    grid = CeaGrid.from_keywords(frame.keywords, continuum.shape)
    _require_equal_shapes(frame)
    mu = mu_map(grid, Observer.from_keywords(frame.keywords), np.float32)
    return prepare(continuum, mu, frame.segments.get("bitmap"), parameters, quiet_sun)


def detect_frame(
    frame: Frame, parameters: Parameters, quiet_sun: float | None = None, enhancer: Enhancer | None = None
) -> Detected:
    """Find and measure the dark features of a usable frame, and the faint ones.

    Parameters
    ----------
    frame : Frame
        Segments as in `DETECTION_SEGMENTS`, as far as there are any.
    parameters : Parameters
    quiet_sun : float, optional
        Level of the quiet Sun that `prepare_frame` found, DN/s.
    enhancer : Enhancer, optional
        What `parameters.enhance` means; needed for `network` only.
    """
    enhancer = enhancer or simple_enhancer(parameters.enhance)
    prepared = prepared_intensity(frame, parameters.prepare, quiet_sun)
    asked, scale = parameters.detect, enhancer.scale
    grid = CeaGrid.from_keywords(frame.keywords, prepared.intensity.shape)
    intensity = enhancer.for_detection(prepared.intensity, asked, grid.pixel_area_mm2**0.5)
    seen = (intensity, scale, grid, Observer.from_keywords(frame.keywords), frame.segments)
    shades = Shades.of(intensity, asked)
    dark = cut(detect(intensity, asked, scale, shades), frame.segments.get("Br"), asked, scale)
    fainter = detect_faint(intensity, dark.labels, asked, scale, shades)
    kind, spot_area = classify(intensity, dark, grid.pixel_area_mm2 / scale**2, asked, shades)
    pores = {
        **_named(frame, measure(dark, *seen), "pore_id", ""),
        "product": np.full(len(kind), enhancer.product, object),
        "product_level": np.full(len(kind), enhancer.level),
        "kind": kind,
        "spot_area_mm2": spot_area,
    }
    faint = _named(frame, measure_faint(fainter, *seen), "faint_id", "f")
    faint["product"] = np.full(len(faint["label"]), enhancer.product, object)
    return Detected(pores, dark.labels, faint, fainter.labels)


def _named(frame: Frame, columns: Columns, name: str, prefix: str) -> Columns:
    """Columns of features with the frame's, and a name for each in the column `name`."""
    stem = f"{frame.harpnum}_{format_compact(frame.t_rec)}_{prefix}"
    n = len(columns["label"])
    return {
        "harpnum": np.full(n, frame.harpnum, np.int32),
        "t_rec": np.full(n, frame.t_rec, "datetime64[ms]"),
        name: np.array([f"{stem}{label:03d}" for label in columns["label"]], object),
        **columns,
    }


def _usable_continuum(frame: Frame, parameters: PrepareParameters) -> NDArray[np.float32]:
    quality = _quality(frame.keywords)
    if quality is not None and quality & parameters.bad_quality_mask:
        raise UnusableFrame(Reason.BAD_QUALITY, f"QUALITY 0x{quality:08x}")
    if "continuum" in frame.segments:
        return np.asarray(frame.segments["continuum"], np.float32)
    if "continuum" in frame.problems:
        raise UnusableFrame(frame.problems["continuum"].reason)
    if not frame.segments and frame.problems:
        raise UnusableFrame(next(iter(frame.problems.values())).reason)
    raise UnusableFrame(Reason.MISSING_SEGMENT, "continuum")


def _require_equal_shapes(frame: Frame) -> None:
    shapes = {name: image.shape for name, image in frame.segments.items()}
    if len(set(shapes.values())) > 1:
        raise UnusableFrame(Reason.SHAPE_MISMATCH, ", ".join(f"{k} {v[0]}x{v[1]}" for k, v in shapes.items()))


def _detail(frame: Frame, finding: UnusableFrame | None) -> str | None:
    """Why the frame is unusable and what is wrong with files of the record, also of a usable one."""
    found = [] if finding is None else [str(finding)]
    files = [f"{name}: {problem.detail}" for name, problem in frame.problems.items()]
    return "; ".join(found + files) or None


def _patch(frame: Frame) -> Row:
    """Size of the patch and mu at its centre."""
    shape = next((image.shape for image in frame.segments.values()), None)
    if shape is None:
        return {"nx": None, "ny": None, "mu_center": None}
    try:
        grid, observer = CeaGrid.from_keywords(frame.keywords, shape), Observer.from_keywords(frame.keywords)
    except UnusableFrame:
        return {"nx": shape[1], "ny": shape[0], "mu_center": None}
    return {"nx": shape[1], "ny": shape[0], "mu_center": float(mu_at(*grid.crval, observer, grid.rsun_m))}


def _quality(keywords: Mapping[str, Any]) -> int | None:
    """QUALITY, unsigned; None where the record has none or what it has is no whole number."""
    quality = keywords.get("QUALITY")
    return quality & 0xFFFFFFFF if isinstance(quality, int) else None


def _t_obs(keywords: Mapping[str, Any]) -> np.datetime64 | None:
    """T_OBS as UTC; None where the record has none or says MISSING."""
    try:
        return tai_to_utc(parse_t_rec(str(keywords.get("T_OBS"))))
    except InputError:
        return None


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) else None
