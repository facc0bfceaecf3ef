"""Region tracking: after a detection, the next frame is looked at round the person only.

As BlazePose does (Bazarevsky et al., 2020): the last pose says where to look, so that a small or
off-centre person fills the network's input as well as a large one.
"""

import math

import numpy as np

from pushup.geometry import Box
from pushup.inference.predictor import KeypointPredictor, Pose, PoseModel


class OneEuro:
    """The 1 euro filter (Casiez, Roussel and Vogel, CHI 2012): calm when slow, prompt when fast.

    Args:
        min_cutoff_hz: Cutoff at rest.
        beta: Hertz of cutoff added per unit of speed, see `update`.
        speed_cutoff_hz: Cutoff of the low-passed speed.
    """

    def __init__(self, min_cutoff_hz: float, beta: float, speed_cutoff_hz: float = 1.0) -> None:
        self._min_cutoff_hz, self._beta = min_cutoff_hz, beta
        self._speed_cutoff_hz = speed_cutoff_hz
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self._value: np.ndarray | None = None
        self._speed = np.zeros(())
        self._time_s = math.nan

    def update(self, time_s: float, value: np.ndarray, unit: float = 1.0) -> np.ndarray:
        """The filtered value at `time_s`, of any shape; the first passes unchanged.

        A speed of `unit` a second counts as 1, so that large and small objects are treated alike.
        """
        step_s = time_s - self._time_s
        if self._value is None or not step_s > 0:
            self._value, self._time_s, self._speed = value, time_s, np.zeros_like(value)
            return value
        speed = (value - self._value) / step_s
        self._speed = self._speed + _share(self._speed_cutoff_hz, step_s) * (speed - self._speed)
        cutoff_hz = self._min_cutoff_hz + self._beta * np.abs(self._speed) / unit
        filtered = self._value + _share(cutoff_hz, step_s) * (value - self._value)
        self._value, self._time_s = filtered, time_s
        return filtered


def _share(cutoff_hz, step_s: float):
    """How much of a step of the input a first-order low-pass passes on in `step_s`.

    The exact response, where the paper takes 1 / (1 + 1 / (2 pi cutoff step)): it stays the same
    filter at any frame rate.
    """
    return -np.expm1(-2 * math.pi * cutoff_hz * step_s)


class RegionTracker(KeypointPredictor):
    """A predictor that follows the person with a square region.

    The confidence of a pose is the mean score of its joints. It is held against its own running
    mean, since networks differ in the scores that they give.

    Args:
        model: Backend.
        flip_test: Average with the mirrored picture.
        enlarge: Side of the region over that of the joints' box. The box of `upper7` leaves out
            the legs, and a network trained on whole people is unsure of half a person: an arm, the
            box of a bent body, is a third of the stature, and the body lies to one side of it.
        min_score: Joints of lower confidence say nothing about the region.
        drop: The whole frame is looked at afresh where the confidence falls below this share of
            its running mean.
        memory_s: Time constant of that mean.
        refresh_s: The whole frame is also looked at this often, and taken where it is clearly
            better, so that a region that holds on to something else is given up.
        min_side: Least side of a region, as a share of the frame's shorter side.
    """

    advantage = 1.15
    """How many times better than the region a refreshing look has to be to replace it."""

    def __init__(
        self,
        model: PoseModel,
        flip_test: bool = False,
        enlarge: float = 4.0,
        min_score: float = 0.1,
        drop: float = 0.6,
        memory_s: float = 2.0,
        refresh_s: float = 1.0,
        min_side: float = 0.2,
    ) -> None:
        super().__init__(model, flip_test)
        self._enlarge, self._min_score, self._min_side = enlarge, min_score, min_side
        self._drop, self._memory_s, self._refresh_s = drop, memory_s, refresh_s
        self._filter = OneEuro(min_cutoff_hz=1.0, beta=4.0)
        self.reset()

    def reset(self) -> None:
        """Look at the whole next frame."""
        self._filter.reset()
        self._region: Box | None = None
        self._usual = 0.0
        self._time_s = self._whole_s = -math.inf

    def track(self, frame_bgr: np.ndarray, time_s: float) -> Pose:
        """The pose in the next frame, taken at `time_s`."""
        pose = self._look(frame_bgr, time_s)
        elapsed_s, self._time_s = time_s - self._time_s, time_s
        confidence = _confidence(pose)
        self._region = None
        if confidence >= self._drop * self._usual:
            self._region = self._next_region(pose, time_s, frame_bgr.shape[1::-1])
        if self._region is None:
            self._filter.reset()
        self._usual += (1 - math.exp(-elapsed_s / self._memory_s)) * (confidence - self._usual)
        return pose

    def _look(self, frame_bgr: np.ndarray, time_s: float) -> Pose:
        """By the region, by the whole frame, or by the better of both."""
        if self._region is None:
            self._whole_s = time_s
            return self(frame_bgr)
        pose = self(frame_bgr, self._region)
        dropped = _confidence(pose) < self._drop * self._usual
        if not dropped and time_s - self._whole_s < self._refresh_s:
            return pose
        self._whole_s = time_s
        whole = self(frame_bgr)
        required = _confidence(pose) * (1.0 if dropped else self.advantage)
        return whole if _confidence(whole) > required else pose

    def _next_region(self, pose: Pose, time_s: float, size_wh: tuple[int, int]) -> Box | None:
        """The square round the joints, smoothed; None where the whole frame is as good."""
        seen = (pose.scores >= self._min_score) & np.isfinite(pose.keypoints_frame.sum(1))
        if seen.sum() < 2:
            return None
        points = pose.keypoints_frame[seen]
        low, high = points.min(0), points.max(0)
        side = max(self._enlarge * (high - low).max(), self._min_side * min(size_wh))
        place = np.array([*(low + high) / 2, side])
        x, y, side = (float(v) for v in self._filter.update(time_s, place, unit=side))
        if side >= max(size_wh):
            return None
        return x - side / 2, y - side / 2, x + side / 2, y + side / 2


def _confidence(pose: Pose) -> float:
    return float(pose.scores.mean())
