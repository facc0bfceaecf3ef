"""The keypoints of one repetition over time, and from where a camera sees them."""

import math
from collections.abc import Sequence

import numpy as np

from pushup.counting.types import Observation, Rep
from pushup.skeleton import Skeleton


class RepWindow:
    """The frames from the end of the last repetition to the end of this one, as arrays.

    Attributes:
        time_s: (T,) seconds.
        length_px: Length of the straight arm; NaN where no arm is seen.
        arms: Sides whose arm is seen, by a camera that shows how it bends.

    Args:
        frames: In order of time, at least one.
        rep: The repetition.
        skeleton: Order of the keypoints.
        min_score: Joints whose median confidence is lower are not seen.
        is_first: No repetition came before it in the recording.
    """

    front = 0.55
    """Shoulders wider than this, in straight arms, are seen from the front (whole: 0.78)."""

    side = 0.35
    """Shoulders narrower than this are seen from the side."""

    upright = 0.7
    """Straight arms that a level camera sees the shoulder above the wrist, at least."""

    def __init__(
        self,
        frames: Sequence[Observation],
        rep: Rep,
        skeleton: Skeleton,
        min_score: float,
        is_first: bool,
    ) -> None:
        self.rep, self._skeleton, self.is_first = rep, skeleton, is_first
        self.time_s = np.array([frame.time_s for frame in frames])
        self._keypoints = np.stack([frame.keypoints for frame in frames]).astype(float)
        scores = np.stack([frame.scores for frame in frames])
        known = np.isfinite(self._keypoints).all(2) & (scores > 0)
        self._keypoints[~known] = np.nan
        self._score = np.median(np.where(known, scores, 0.0), 0)
        self._min_score = min_score
        arms = self._seen_arms()
        self.length_px = max((self._arm_px(side) for side in arms), default=math.nan)
        self.arms = [side for side in arms if self._upright(side)]

    def at(self, time_s: float) -> np.ndarray:
        """(T,) bool: the frames around a time, at least the nearest one."""
        away_s = np.abs(self.time_s - time_s)
        around_s = 0.15 * min(1.0, self.rep.top_s - self.rep.start_s)
        return away_s <= max(around_s, float(away_s.min()))

    def point(self, joint: str) -> np.ndarray:
        """(T, 2) pixels, y down; NaN where it is not seen, or the skeleton lacks it."""
        if joint not in self._skeleton.joints:
            return np.full((len(self.time_s), 2), np.nan)
        index = self._skeleton.index(joint)
        seen = self._score[index] >= self._min_score
        return self._keypoints[:, index] if seen else np.full((len(self.time_s), 2), np.nan)

    def _seen_arms(self) -> list[str]:
        """Sides whose arm is seen; one much less certain than the other is often a guess."""
        parts = ("shoulder", "elbow", "wrist")
        scores = {
            side: min(self._score[self._skeleton.index(f"{side}_{part}")] for part in parts)
            for side in ("right", "left")
        }
        least = max(self._min_score, max(scores.values()) / 2)
        return [side for side, score in scores.items() if score >= least]

    def _arm_px(self, side: str) -> float:
        """Length of the straight arm: projection only shortens."""
        elbow = self.point(f"{side}_elbow")
        upper = np.linalg.norm(self.point(f"{side}_shoulder") - elbow, axis=1)
        lower = np.linalg.norm(self.point(f"{side}_wrist") - elbow, axis=1)
        return percentile(upper + lower, 90) or math.nan

    def _upright(self, side: str) -> bool:
        """The wrist is well below the shoulder at the top: neither seen from above, nor a guess."""
        below = self.point(f"{side}_wrist")[:, 1] - self.point(f"{side}_shoulder")[:, 1]
        return median(below[self.at(self.rep.start_s)]) > self.upright * self.length_px

    def reach(self, side: str) -> np.ndarray:
        """(T,) distance from shoulder to wrist in straight arms."""
        across = self.point(f"{side}_wrist") - self.point(f"{side}_shoulder")
        return np.linalg.norm(across, axis=1) / self.length_px

    def elbow_deg(self, side: str) -> np.ndarray:
        """(T,) angle at the elbow in the picture, 180 for a straight arm."""
        return angle_deg(*(self.point(f"{side}_{p}") for p in ("shoulder", "elbow", "wrist")))

    @property
    def from_front(self) -> bool:
        """The camera is level and looks from the front, or from behind."""
        return len(self.arms) == 2 and self._shoulders > self.front

    @property
    def from_side(self) -> bool:
        """The camera is level and looks from the side."""
        return bool(self.arms) and self._shoulders < self.side

    @property
    def _shoulders(self) -> float:
        """Width of the shoulders in straight arms."""
        across = self.point("right_shoulder") - self.point("left_shoulder")
        return median(np.linalg.norm(across, axis=1)) / self.length_px


def percentile(values: np.ndarray, percent: float) -> float:
    """The percentile of what is known; NaN if nothing is."""
    known = values[np.isfinite(values)]
    return float(np.percentile(known, percent)) if len(known) else math.nan


def median(values: np.ndarray) -> float:
    """The median of what is known; NaN if nothing is."""
    return percentile(values, 50)


def angle_deg(a: np.ndarray, corner: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(T,) angles of 0 to 180 degrees at `corner` between the directions to `a` and `b`."""
    u, v = a - corner, b - corner
    cross = u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]
    return np.degrees(np.abs(np.arctan2(cross, (u * v).sum(1))))
