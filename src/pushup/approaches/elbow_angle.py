"""Elbow angles: what popular gym solutions count push-ups by.

`ElbowAngleCounter` is the rule of one of them, Ultralytics' AIGym with its defaults for push-ups:
one arm, no smoothing, counted where the angle falls below `down` after it was above `up`.
`SmoothElbowCounter` is what one would make of it: both arms, smoothed, counted when back up.
"""

import math

import numpy as np

from pushup.counting.filters import Ema
from pushup.counting.types import CounterState, Observation, Rep
from pushup.skeleton import UPPER7, Skeleton


def elbow_angle(wrist: np.ndarray, elbow: np.ndarray, shoulder: np.ndarray) -> float:
    """Angle at the elbow in degrees, 180 = straight; NaN where a joint is unknown.

    >>> round(elbow_angle(np.array([0, 1]), np.array([0, 0]), np.array([1, 0])))
    90
    """
    forearm, upper = wrist - elbow, shoulder - elbow
    cross = forearm[0] * upper[1] - forearm[1] * upper[0]
    return math.degrees(math.atan2(abs(float(cross)), float(forearm @ upper)))


class _ElbowRule:
    """What both rules share: the angles of the arms that are seen."""

    def __init__(self, up: float, down: float, min_score: float, skeleton: Skeleton) -> None:
        if not 0 < down < up < 180:
            raise ValueError(f"need 0 < down < up < 180 degrees, got {down} and {up}")
        self.up, self.down, self.min_score = up, down, min_score
        self._arms = {
            side: [skeleton.index(f"{side}_{joint}") for joint in ("wrist", "elbow", "shoulder")]
            for side in ("right", "left")
        }

    def _angle(self, observation: Observation, side: str) -> float:
        arm = self._arms[side]
        if not (observation.scores[arm] >= self.min_score).all():
            return math.nan
        return elbow_angle(*observation.keypoints[arm])

    def finish(self) -> Rep | None:
        """Nothing is left: every frame is decided at once."""
        return None


class ElbowAngleCounter(_ElbowRule):
    """One arm: above `up` it is up; below `down` after that, a repetition.

    The count falls on the way down, as in the original: what is never pushed up again counts.

    Args:
        up: Degrees.
        down: Degrees.
        side: "right" or "left".
        min_score: An arm with a joint of lower confidence is not looked at.
        skeleton: Order of the keypoints.
    """

    def __init__(
        self,
        up: float = 145.0,
        down: float = 90.0,
        side: str = "right",
        min_score: float = 0.1,
        skeleton: Skeleton = UPPER7,
    ) -> None:
        super().__init__(up, down, min_score, skeleton)
        self.side = side
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self.state = CounterState(threshold=self.down, high=False)
        self._up_s = math.nan

    def update(self, observation: Observation) -> Rep | None:
        """Take the next frame; return the repetition that it completes, if any."""
        angle, rep = self._angle(observation, self.side), None
        if angle < self.down and self.state.high:
            time_s = observation.time_s
            rep = Rep(self._up_s, time_s, time_s, math.nan, 1.0, {"angle": angle})
        if angle > self.up:
            self._up_s = observation.time_s
        high = angle > self.up or (self.state.high and not angle < self.down)
        self.state = CounterState(angle, self.down if high else self.up, high)
        return rep


class SmoothElbowCounter(_ElbowRule):
    """Both arms, smoothed: below `down`, and a repetition once it is above `up` again.

    Args:
        up: Degrees.
        down: Degrees.
        smooth_s: Time constant of the low-pass.
        min_score: An arm with a joint of lower confidence is not looked at.
        skeleton: Order of the keypoints.
    """

    def __init__(
        self,
        up: float = 150.0,
        down: float = 105.0,
        smooth_s: float = 0.1,
        min_score: float = 0.1,
        skeleton: Skeleton = UPPER7,
    ) -> None:
        super().__init__(up, down, min_score, skeleton)
        self._low_pass = Ema(smooth_s)
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self.state = CounterState(threshold=self.down)
        self._low_pass.reset()
        self._high, self._been_up = True, False
        self._up_s = math.nan
        self._lowest = (math.inf, math.nan)

    def update(self, observation: Observation) -> Rep | None:
        """Take the next frame; return the repetition that it completes, if any."""
        angles = [self._angle(observation, side) for side in self._arms]
        seen = [angle for angle in angles if math.isfinite(angle)]
        if not seen:
            return None
        time_s = observation.time_s
        angle = self._low_pass.update(time_s, float(np.mean(seen)))
        rep = None
        if angle > self.up:
            if not self._high and self._been_up:
                lowest, bottom_s = self._lowest
                rep = Rep(self._up_s, bottom_s, time_s, math.nan, 1.0, {"lowest": lowest})
            self._high, self._been_up, self._up_s = True, True, time_s
            self._lowest = (math.inf, math.nan)
        elif angle < self.down:
            self._high = False
        self._lowest = min(self._lowest, (angle, time_s))
        self.state = CounterState(angle, self.down if self._high else self.up, self._high)
        return rep
