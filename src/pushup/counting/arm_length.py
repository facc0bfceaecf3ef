"""The length of a person's straight arm in pixels: the unit of everything that counters measure.

It runs from shoulder to wrist along the elbow, the one length that push-ups show in nearly every
view. Where foreshortening hides it, the shoulders stand in: an arm is about 1.28 x as long as the
shoulders are wide (0.332 / 0.259 of a person's stature; Drillis and Contini, "Body Segment
Parameters", 1966).
"""

import math
from collections.abc import Sequence

from pushup.counting.filters import MovingMedian
from pushup.skeleton import Skeleton

ARM_PER_SHOULDERS = 0.332 / 0.259

Point = tuple[float, float]


class ArmLength:
    """Running estimate of the arm length in pixels.

    Projection only shortens, so the estimate follows longer measurements within `rise_s` and
    forgets them over `fall_s`. A median over `median_s` comes first, so that wild joints do not
    lengthen it.

    Args:
        skeleton: Order of the keypoints.
        rise_s: Time constant towards longer measurements.
        fall_s: Time constant towards shorter ones: long against a hold at the bottom, in which bent
            arms measure short in many views.
        median_s: Window of the median.
        min_score: Joints of lower confidence do not take part.
    """

    def __init__(
        self,
        skeleton: Skeleton,
        rise_s: float = 0.3,
        fall_s: float = 20.0,
        median_s: float = 0.3,
        min_score: float = 0.1,
    ) -> None:
        self._arms = skeleton_arms(skeleton)
        self._rise_s, self._fall_s, self._min_score = rise_s, fall_s, min_score
        self._median_s = median_s
        self._median = MovingMedian(median_s)
        self.reset()

    def reset(self) -> None:
        """Forget the person."""
        self._median.reset()
        self._log_px = math.nan
        self._time_s = self._first_s = math.nan

    @property
    def px(self) -> float:
        """The estimate; NaN before any arm or pair of shoulders has shown."""
        return math.exp(self._log_px)

    def measure(self, points: Sequence[Point], scores: Sequence[float]) -> float:
        """Arm length in pixels by one frame; NaN where neither arm nor both shoulders show.

        The longest of both arms and the shoulders, without those much less certain than the best:
        an arm behind the body is often a guess.

        Args:
            points: (x, y) in pixels of each joint.
            scores: Confidence of each joint, 0..1.
        """
        lengths: list[tuple[float, float]] = []
        for shoulder, elbow, wrist in self._arms:
            arm_px = math.dist(points[shoulder], points[elbow]) + math.dist(
                points[elbow], points[wrist]
            )
            lengths.append((min(scores[shoulder], scores[elbow], scores[wrist]), arm_px))
        right, left = self._arms[0][0], self._arms[1][0]
        shoulders_px = ARM_PER_SHOULDERS * math.dist(points[right], points[left])
        lengths.append((min(scores[right], scores[left]), shoulders_px))
        lengths = [(score, px) for score, px in lengths if score >= self._min_score and px > 0]
        best = max((score for score, _ in lengths), default=0.0)
        return max((px for score, px in lengths if score >= best / 2), default=math.nan)

    def update(self, time_s: float, points: Sequence[Point], scores: Sequence[float]) -> float:
        """The estimate with this frame taken in; see `measure`."""
        measured_px = self.measure(points, scores)
        if math.isfinite(measured_px):
            self._follow(time_s, self._median.update(time_s, math.log(measured_px)))
        return self.px

    def _follow(self, time_s: float, log_px: float) -> None:
        if math.isnan(self._log_px):
            self._first_s = time_s
        if time_s - self._first_s <= self._median_s:
            self._log_px = log_px  # a first estimate that is wild shall not last
        else:
            step = log_px - self._log_px
            tau_s = self._rise_s if step > 0 else self._fall_s
            self._log_px += step * (1 - math.exp(-max(0.0, time_s - self._time_s) / tau_s))
        self._time_s = time_s


def skeleton_arms(skeleton: Skeleton) -> list[tuple[int, int, int]]:
    """Indices of shoulder, elbow and wrist of the right and of the left arm."""
    parts = ("shoulder", "elbow", "wrist")
    right, left = (
        tuple(skeleton.index(f"{side}_{part}") for part in parts) for side in ("right", "left")
    )
    return [right, left]  # type: ignore[list-item]
