"""Local correlation tracking against known motion: shifted images, and the pores of the simulator."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from scipy import ndimage

from catalog.schema import VELOCITIES
from pores.flow import Shot, neighbours, velocities
from pores.geometry import CeaGrid
from pores.motion import Places, rotated
from pores.parameters import FlowParameters
from pores.simulate import SimulationParameters, simulate
from pores.simulate.observe import physical
from tests.unit.scenes import START, grid_at

SHAPE = (96, 128)
CADENCE_S = 720.0
PLACES = ((30.0, 24.0, 3.0), (88.3, 30.6, 4.5), (40.5, 70.2, 2.2), (97.8, 68.0, 7.0))  # x, y, radius
STEPS = ((0.0, 0.0), (0.5, 0.0), (0.31, -0.47), (-1.26, 0.88), (2.2, 1.4))


def sun(pores=PLACES, seed=1, contrast=0.03):
    """A patch with granulation and pores, periodic, in units of the quiet Sun."""
    noise = np.random.default_rng(seed).standard_normal(SHAPE)
    noise = ndimage.gaussian_filter(noise, 1.2, mode="wrap")
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    image = 1 + contrast * noise / noise.std()
    for px, py, radius in pores:
        image -= 0.75 / (1 + np.exp((np.hypot(x - px, y - py) - radius) / 0.8))
    return image


def moved(image, dx, dy):
    """The image moved by Fourier shift."""
    ky, kx = np.fft.fftfreq(image.shape[0])[:, None], np.fft.rfftfreq(image.shape[1])[None, :]
    phase = np.exp(-2j * np.pi * (kx * dx + ky * dy))
    return np.fft.irfft2(np.fft.rfft2(image) * phase, s=image.shape)


@dataclass(frozen=True, eq=False)
class Patch:
    """Features of an image and the shot of it."""

    shot: Shot
    labels: np.ndarray
    pores: dict

    @classmethod
    def of(cls, image, slot=0.0, grid=None, threshold=0.6, seconds=None):
        grid = grid or grid_at(slot, shape=image.shape)
        t_rec = START + np.timedelta64(round(1000 * (720 * slot if seconds is None else seconds)), "ms")
        labels, n = ndimage.label(np.nan_to_num(image, nan=1.0) < threshold)
        index = np.arange(1, n + 1)
        yx = np.array(ndimage.center_of_mass(labels > 0, labels, index)).reshape(n, 2)
        lon, lat = grid.to_carrington(yx[:, 1], yx[:, 0])
        area = ndimage.sum_labels(labels > 0, labels, index) * grid.pixel_area_mm2
        ids = np.array([f"p{i}" for i in index], object)
        columns = {"harpnum": np.full(n, 377), "t_rec": np.full(n, t_rec), "pore_id": ids, "label": index}
        pores = columns | {"x_px": yx[:, 1], "y_px": yx[:, 0], "lon": lon, "lat": lat, "area_mm2": area}
        return cls(Shot(t_rec, grid, np.asarray(image, np.float32)), labels, pores)

    def expected(self, other):
        """Shift by rotation alone to another patch, px."""
        n = len(self.pores["label"])
        zero = np.zeros(n)
        places = Places(self.pores["lon"], self.pores["lat"], zero, zero, zero)
        dt = (other.shot.t_rec - self.shot.t_rec) / np.timedelta64(1, "s")
        x, y = rotated(places, dt, other.shot.grid)
        return np.array([x - self.pores["x_px"], y - self.pores["y_px"]]).T

    def shifts(self, other, side="after", **parameters):
        """Shifts (n, 2) in native pixels found in another patch, and their correlations."""
        shots = (None, self.shot, other.shot) if side == "after" else (other.shot, self.shot, None)
        found = velocities(self.pores, self.labels, shots, FlowParameters(**parameters))
        dt = (other.shot.t_rec - self.shot.t_rec) / np.timedelta64(1, "s")
        grid = self.shot.grid
        sine = np.radians(grid.cdelt[1] * (self.pores["y_px"] + 1 - grid.crpix[1]))
        km = grid.pixel_km * np.array([np.sqrt(1 - sine**2), 1 / np.sqrt(1 - sine**2)])
        v = np.array([found[f"v{axis}_{side}_km_s"] for axis in "xy"])
        return (v * dt / km).T + self.expected(other), found[f"correlation_{side}"]


class TestShift:
    @pytest.mark.parametrize("step", STEPS)
    @pytest.mark.parametrize("side", ["before", "after"])
    def test_of_a_known_part_of_a_pixel(self, step, side):
        first = Patch.of(sun())
        then = Patch.of(moved(sun(), *step), 1 if side == "after" else -1)
        shift, correlation = first.shifts(then, side)
        assert np.abs(shift - step).max() < 0.05
        assert correlation.min() > 0.99

    @pytest.mark.parametrize("hours", [1, 2])
    def test_of_many_pixels_at_a_coarse_cadence(self, hours):
        step = np.array([3.3, -2.6]) * hours
        shift, _ = Patch.of(sun()).shifts(Patch.of(moved(sun(), *step), 5 * hours))
        assert np.abs(shift - step).max() < 0.05

    def test_with_granulation_that_is_new_scatters_about_the_truth(self):
        step, seeds = (0.4, -0.6), range(1, 9)
        pairs = [Patch.of(sun(seed=s)).shifts(Patch.of(moved(sun(seed=s + 50), *step), 1)) for s in seeds]
        off = np.concatenate([shift for shift, _ in pairs]) - step
        assert np.sqrt((off**2).mean()) < 0.16
        assert np.abs(off.mean(axis=0)).max() < 0.06
        assert min(correlation.min() for _, correlation in pairs) > 0.95

    def test_is_the_opposite_one_looked_for_the_other_way(self):
        a, b = Patch.of(sun(), 0), Patch.of(moved(sun(seed=3), 0.7, 0.4), 1)
        there, back = a.shifts(b)[0], b.shifts(a, "before")[0]
        assert np.abs(there + back).max() < 0.05

    def test_is_the_opposite_one_in_swapped_frames(self):
        a, b = sun(), moved(sun(), 0.7, 0.4)
        there = Patch.of(a, 0).shifts(Patch.of(b, 1))[0]
        swapped = Patch.of(b, 0).shifts(Patch.of(a, 1))[0]
        assert np.abs(there + swapped).max() < 0.02

    def test_does_not_know_brightness_and_contrast(self):
        a, b = sun(), moved(sun(seed=2), 0.7, 0.4)
        plain = Patch.of(a).shifts(Patch.of(b, 1))
        other = Patch.of(a).shifts(Patch.of(5e4 * b + 3e4, 1, threshold=6e4))
        np.testing.assert_allclose(other[0], plain[0], atol=2e-3)
        np.testing.assert_allclose(other[1], plain[1], atol=1e-4)

    def test_near_the_limb(self):
        """Limb darkening stays where it is, and changes by a third over the widest window."""
        fall = 1 - 0.6 * np.linspace(0, 1, SHAPE[1]) ** 2
        still, a, b = Patch.of(sun()), sun() * fall, moved(sun(), 0.7, 0.4) * fall
        dark = replace(still, shot=replace(still.shot, image=np.asarray(a, np.float32)))
        shift, _ = dark.shifts(Patch.of(b, 1))
        assert np.abs(shift - (0.7, 0.4)).max() < 0.05

    def test_on_a_grid_that_moved_by_a_pixel_and_a_half(self):
        grid = grid_at(1, shape=SHAPE)
        late = replace(grid, crpix=(grid.crpix[0] + 1.5, grid.crpix[1] - 2))
        a, b = Patch.of(sun()), Patch.of(moved(sun(), 1.5, -2), 1, grid=late)
        found = velocities(a.pores, a.labels, (None, a.shot, b.shot), FlowParameters())
        assert np.hypot(found["vx_after_km_s"], found["vy_after_km_s"]).max() < 0.04


class TestOwnMotion:
    def test_of_two_close_pores_is_told_apart(self):
        """Three pixels of quiet Sun between them; one moves north, the other south."""
        near = ((60.0, 48.0, 3.0), (69.0, 48.0, 3.0))
        then = ((60.0, 48.9, 3.0), (69.0, 47.1, 3.0))
        a = Patch.of(sun(near))
        shift, _ = a.shifts(Patch.of(sun(then), 1))
        west = a.pores["x_px"] > 65
        assert np.abs(shift - np.where(west[:, None], (0, -0.9), (0, 0.9))).max() < 0.15

    def test_of_a_small_pore_beside_a_large_one(self):
        near, then = ((50.0, 48.0, 10.0), (65.0, 48.0, 2.0)), ((50.0, 48.0, 10.0), (65.0, 49.5, 2.0))
        a = Patch.of(sun(near))
        small = int(np.argmin(a.pores["area_mm2"]))
        shift, _ = a.shifts(Patch.of(sun(then), 1))
        assert np.abs(shift[small] - (0, 1.5)).max() < 0.25
        assert np.abs(shift[1 - small]).max() < 0.1


class TestLabels:
    """An earlier attempt elsewhere correlated label images, whose numbers then act as brightness."""

    PAIR = ((60.0, 48.0, 3.5), (73.0, 48.0, 3.5))

    def test_their_numbers_change_nothing(self):
        a, b = Patch.of(sun()), Patch.of(moved(sun(seed=2), 0.7, 0.4), 1)
        new = np.array([0, 907, 3, 41, 12])
        other = replace(a, labels=new[a.labels], pores=a.pores | {"label": new[a.pores["label"]]})
        np.testing.assert_array_equal(other.shifts(b)[0], a.shifts(b)[0])

    def test_correlated_themselves_they_mislead(self):
        """Nothing moves; the two pores are numbered the other way round, as when a third appears."""
        a, b = Patch.of(sun(self.PAIR)), Patch.of(sun(self.PAIR), 1)
        for new, label_error in (((0, 2, 9), 0), ((0, 9, 2), 13)):
            other = replace(b, labels=np.array(new)[b.labels], pores=b.pores | {"label": np.array(new[1:])})
            first = replace(
                a, labels=np.array((0, 2, 9))[a.labels], pores=a.pores | {"label": np.array((2, 9))}
            )
            assert abs(np.hypot(*label_shift(first, other)) - label_error) <= 1
            assert np.abs(first.shifts(other)[0]).max() < 0.02
            assert np.abs(other.shifts(first, "before")[0]).max() < 0.02


def label_shift(a, b):
    """Shift of the first label image in the second by plain cross-correlation, with a window over both."""
    one, two = (patch.labels[28:68, 40:93].astype(float) for patch in (a, b))
    product = np.fft.irfft2(np.fft.rfft2(one).conj() * np.fft.rfft2(two), s=one.shape)
    row, col = np.unravel_index(product.argmax(), product.shape)
    return np.array([(at + n // 2) % n - n // 2 for at, n in zip((col, row), one.shape[::-1], strict=True)])


class TestUnknown:
    def test_a_pore_that_is_gone(self):
        gone = Patch.of(sun(PLACES[1:], seed=2), 1)
        a = Patch.of(sun())
        first = int(np.argmin(np.hypot(a.pores["x_px"] - 30, a.pores["y_px"] - 24)))
        shift, correlation = a.shifts(gone)
        assert np.isnan(shift[first]).all()
        assert not correlation[first] > 0.8
        assert np.isfinite(np.delete(shift, first, axis=0)).all()

    @pytest.mark.parametrize("frame", [0, 1])
    def test_a_missing_pixel_beside_a_pore(self, frame):
        images = [sun(), moved(sun(), 0.5, 0.5)]
        images[frame][24, 36] = np.nan
        a = Patch.of(images[0])
        first = int(np.argmin(np.hypot(a.pores["x_px"] - 30, a.pores["y_px"] - 24)))
        shift, correlation = a.shifts(Patch.of(images[1], 1))
        assert np.isnan(shift[first]).all()
        assert np.isnan(correlation[first])
        assert np.isfinite(np.delete(shift, first, axis=0)).all()

    @pytest.mark.parametrize("at", [(4.0, 40.0), (124.0, 40.0), (60.0, 3.0), (60.0, 92.0)])
    def test_a_window_that_the_edge_cuts(self, at):
        a, b = Patch.of(sun([(*at, 3.0)])), Patch.of(sun([(*at, 3.0)], seed=2), 1)
        shift, correlation = a.shifts(b)
        assert np.isnan(shift).all()
        assert np.isnan(correlation).all()

    def test_a_pore_that_moves_faster_than_is_looked_for(self):
        shift, _ = Patch.of(sun()).shifts(Patch.of(moved(sun(), 2.5, 0), 1), max_speed_km_s=0.8)
        assert np.isnan(shift).all()

    def test_a_pore_that_went_further_than_is_looked_at(self):
        a, b = Patch.of(sun()), Patch.of(moved(sun(), 5, 0), 5)  # 1.8 Mm in an hour
        assert np.isnan(a.shifts(b, max_distance_mm=1.7)[0]).all()
        assert np.isfinite(a.shifts(b, max_distance_mm=2.0)[0]).all()

    def test_no_neighbouring_frame(self):
        a = Patch.of(sun())
        found = velocities(a.pores, a.labels, (None, a.shot, None), FlowParameters())
        numbers = [name for name in found if name.endswith("_km_s") or name.startswith("correlation")]
        assert len(numbers) == 8
        assert all(np.isnan(found[name]).all() for name in numbers)

    def test_an_image_without_any_pattern(self):
        flat = Patch.of(np.full(SHAPE, 1.0), 1)
        shift, _ = Patch.of(sun()).shifts(flat)
        assert np.isnan(shift).all()


class TestNeighbours:
    def test_are_the_frames_before_and_after_within_the_step(self):
        times = START + np.array([0, 1, 3, 14]) * np.timedelta64(720, "s")
        assert neighbours(times, 2.0) == [(None, 1), (0, 2), (1, None), (None, None)]
        assert neighbours(times, 2.2) == [(None, 1), (0, 2), (1, 3), (2, None)]

    def test_of_no_frame_and_of_one(self):
        assert neighbours([], 2.0) == []
        assert neighbours([START], 2.0) == [(None, None)]


class TestColumns:
    def test_are_those_of_the_table(self):
        a, b = Patch.of(sun()), Patch.of(moved(sun(), 0.5, 0.1), 1)
        found = velocities(a.pores, a.labels, (None, a.shot, b.shot), FlowParameters())
        assert list(found) == [column.name for column in VELOCITIES.columns if column.name != "run_id"]

    def test_without_pores(self):
        empty = Patch.of(sun(()))
        found = velocities(empty.pores, empty.labels, (empty.shot,) * 3, FlowParameters())
        assert {len(values) for values in found.values()} == {0}

    def test_mean_is_that_of_the_sides_that_are_known(self):
        early, now, late = (
            Patch.of(moved(sun(), *step), slot) for slot, step in ((-1, (0, 0)), (0, (0.3, 0)), (1, (0.9, 0)))
        )
        both = velocities(now.pores, now.labels, (early.shot, now.shot, late.shot), FlowParameters())
        np.testing.assert_allclose(
            both["vx_km_s"], (both["vx_before_km_s"] + both["vx_after_km_s"]) / 2, rtol=1e-12
        )
        assert np.all(both["vx_after_km_s"] > both["vx_before_km_s"] + 0.1)
        one = velocities(now.pores, now.labels, (early.shot, now.shot, None), FlowParameters())
        np.testing.assert_array_equal(one["vx_km_s"], one["vx_before_km_s"])

    @pytest.mark.parametrize("scale", [1, 2])
    def test_do_not_depend_on_the_working_grid(self, scale):
        a, b = Patch.of(sun()), Patch.of(moved(sun(), 0.5, 0.1), 1)
        fine = replace(a, labels=np.kron(a.labels, np.ones((scale, scale), int)))
        np.testing.assert_array_equal(fine.shifts(b)[0], a.shifts(b)[0])


def test_pores_of_the_simulator_are_followed():
    """Median error below 0.06 km/s at 12 min, below 0.02 km/s at 1 h: new granulation is most of it."""
    frames = list(simulate(SimulationParameters(seed=5, n_frames=6, shape=(150, 200))))
    patches = [_seen(frame) for frame in frames]
    near = [_errors(frames, patches, k, k + 1) for k in range(5)]
    assert np.median(np.concatenate(near)) < 0.06
    assert np.median(_errors(frames, patches, 0, 5)) < 0.02


def _seen(frame):
    image = physical("continuum", frame.stored["continuum"])
    grid = CeaGrid.from_keywords(frame.keywords, image.shape)
    seconds = (frame.t_rec - START) / np.timedelta64(1, "s")
    return Patch.of(image, grid=grid, threshold=0.5 * np.median(image), seconds=seconds)


def _errors(frames, patches, i, k):
    """Difference, km/s, of what is found from the way of the scripted pore that lies where a feature is."""
    a, b = (patches[at] for at in (i, k))
    shift, _ = a.shifts(b)
    dt = (b.shot.t_rec - a.shot.t_rec) / np.timedelta64(1, "s")
    before, after = (frames[at].truth.pixels for at in (i, k))
    found = []
    for x, y, found_shift in zip(a.pores["x_px"], a.pores["y_px"], shift, strict=True):
        number = min(before, key=lambda n: np.hypot(before[n][0] - x, before[n][1] - y))
        if number in after and np.hypot(before[number][0] - x, before[number][1] - y) < 1:
            true = np.subtract(after[number], before[number])
            found.append(np.hypot(*(found_shift - true)) * a.shot.grid.pixel_km / dt)
    assert len(found) > 2
    return np.array(found)
