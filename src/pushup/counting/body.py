"""One steady view of the body out of seven noisy keypoints: trunk, hands, arms, in body lengths."""

import math
from dataclasses import dataclass, replace

import numpy as np

from pushup.counting.body_scale import BodyScale
from pushup.counting.filters import LowPass, MovingMedian, RepeatedMedianFilter
from pushup.counting.types import Observation
from pushup.skeleton import UPPER7, Skeleton

Point = tuple[float, float]
UNKNOWN: Point = (math.nan, math.nan)

HANDS_SEEN = 0.5
"""Confidence from which on what the hands do counts in full."""


@dataclass(frozen=True)
class Body:
    """The body at one time. Lengths in body lengths, y upward; NaN where unknown.

    Attributes:
        time_s: Time of the frame.
        height: Trunk against the place of the hands, smoothed: the signal that is counted. Its zero
            is arbitrary.
        trunk_y: Fused shoulders and head in the picture; zero is arbitrary.
        hands_y: Fused wrists in the picture; zero is arbitrary.
        hands_off: Distance of the wrists from the place where they have been.
        hands_seen: Confidence in the surer wrist.
        reach: Shoulders above wrists, by the arms seen in this frame.
        extension: Shoulder to wrist distance, by the arms seen in this frame; a straight arm has 1.
        straightness: Of the arms seen in this frame: 1 when straight, from wherever one looks.
        head_up: Head above the middle of the shoulders: high only in an upright body.
        restarted: What was known of the body does not hold any more (a cut, another person).
    """

    time_s: float
    height: float
    trunk_y: float
    hands_y: float
    hands_off: float
    hands_seen: float
    reach: float
    extension: float
    straightness: float
    head_up: float
    restarted: bool


def weighted_median(values: list[float], weights: list[float]) -> float:
    """Where half of the weight is reached, interpolated between the values."""
    pairs = sorted(zip(values, weights, strict=True))
    half, below = sum(weights) / 2, 0.0
    last_value, last_middle = pairs[0][0], -math.inf
    for value, weight in pairs:
        middle = below + weight / 2
        if middle >= half:
            share = (half - last_middle) / (middle - last_middle) if middle > last_middle else 1.0
            return last_value + (value - last_value) * (share if math.isfinite(share) else 1.0)
        last_value, last_middle, below = value, middle, below + weight
    return pairs[-1][0]


class RobustCentroid:
    """Several joints that move together, as one point that survives the loss of any of them.

    Each joint is corrected by its running offset from the point, so that the point does not jump
    when a joint drops out; the point is the weighted median of the corrected joints, so that one
    wild joint does not move it.

    Args:
        joints: Their indices.
        offset_s: Time constant of the offsets.
    """

    def __init__(self, joints: tuple[int, ...], offset_s: float = 2.0) -> None:
        self.joints = joints
        self._offset_s = offset_s
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self._offsets: dict[int, Point] = {}
        self._time_s = math.nan
        self._seen = 0

    def locate(self, points: list[Point], weights: list[float]) -> Point:
        """The point by one frame's joints, with nothing learnt; NaN when none is seen."""
        seen = [j for j in self.joints if weights[j] > 0]
        if self._offsets:
            seen = [j for j in seen if j in self._offsets]
        if not seen:
            return UNKNOWN
        seen_weights = [weights[j] for j in seen]
        offsets = {j: self._offsets.get(j, (0.0, 0.0)) for j in seen}
        x, y = (
            weighted_median([points[j][axis] - offsets[j][axis] for j in seen], seen_weights)
            for axis in (0, 1)
        )
        return x, y

    def update(self, time_s: float, points: list[Point], weights: list[float]) -> Point:
        """The point in pixels; NaN when no joint is seen."""
        x, y = self.locate(points, weights)
        if math.isnan(x):
            return UNKNOWN
        elapsed_s = time_s - self._time_s if self._offsets else 0.0
        self._seen += 1
        # young offsets are means, so that a wild first frame does not last
        share = max(1 - math.exp(-max(0.0, elapsed_s) / self._offset_s), 1 / self._seen)
        for j in self.joints:
            if weights[j] > 0:
                dx, dy = points[j][0] - x, points[j][1] - y
                old_dx, old_dy = self._offsets.get(j, (dx, dy))
                self._offsets[j] = old_dx + share * (dx - old_dx), old_dy + share * (dy - old_dy)
        self._time_s = time_s
        return x, y


class SmoothedAnchor:
    """Where a point has lately been: median against spikes, low-pass against the rest.

    Args:
        follow_s: Time constant with which a moved point is followed.
        median_s: Window of the median.
    """

    def __init__(self, follow_s: float, median_s: float = 0.3) -> None:
        self._medians = MovingMedian(median_s), MovingMedian(median_s)
        self._low_passes = tuple(LowPass.over(follow_s) for _ in range(2))

    def reset(self) -> None:
        """Forget everything."""
        for part in (*self._medians, *self._low_passes):
            part.reset()

    def update(self, time_s: float, point: Point) -> Point:
        """The place; an unknown point leaves it where it is. NaN before any point."""
        if math.isnan(point[0]):
            return self._low_passes[0].value, self._low_passes[1].value
        x, y = (
            low_pass.update(time_s, spikeless.update(time_s, value))
            for spikeless, low_pass, value in zip(
                self._medians, self._low_passes, point, strict=True
            )
        )
        return x, y


def _known(value: float) -> float:
    """The value, 0 where it is NaN."""
    return 0.0 if math.isnan(value) else value


class BodyTracker:
    """Keypoints to `Body`, causally; spikes, drop-outs and cuts are dealt with here.

    Args:
        skeleton: Order of the keypoints.
        min_score: Joints of lower confidence are not seen.
        smooth_s: Window of the line fit that smooths the height.
        hands_s: Time constant with which the place of the hands is followed: slow motion of the
            camera cancels, wrists that are wrong for a moment do not matter.
        speed: Fastest believable motion of the trunk, in body lengths a second.
        unsure_s: A trunk that seems elsewhere is believed after so long.
        lost_s: After so long unseen, the body is a new one.
    """

    slack = 0.4
    """Body lengths that a trunk may be off from one frame to the next whatever the time."""

    growth = 2.5
    """How much longer than its estimate a body may measure in one frame."""

    jump = 0.5
    """Body lengths from its last place at which a wrist is not believed."""

    jumped_s = 2.0
    """After so long without its wrist near its last place, a hand is believed to have moved."""

    few = 3
    """So few joints, of head and arms, are no body: what shimmers through a fading picture."""

    def __init__(
        self,
        skeleton: Skeleton,
        min_score: float = 0.1,
        smooth_s: float = 0.2,
        hands_s: float = 0.5,
        speed: float = 8.0,
        unsure_s: float = 0.25,
        lost_s: float = 1.0,
    ) -> None:
        self._arms = [
            tuple(skeleton.index(f"{side}_{part}") for part in ("shoulder", "elbow", "wrist"))
            for side in ("right", "left")
        ]
        self._min_score, self._speed = min_score, speed
        self._unsure_s, self._lost_s = unsure_s, lost_s
        self._scale = BodyScale(skeleton, min_score=min_score)
        self._shoulders, self._head = skeleton.pair("shoulder"), skeleton.index("head")
        self._trunk = RobustCentroid((*self._shoulders, self._head))
        self._upper = [skeleton.index(joint) for joint in UPPER7.joints]
        self._hands = RobustCentroid(skeleton.pair("wrist"))
        self._place = SmoothedAnchor(hands_s)
        self._smooth = RepeatedMedianFilter(smooth_s)
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        for part in (self._scale, self._trunk, self._hands, self._place, self._smooth):
            part.reset()
        self._trunk_px = self._hands_px = self._place_px = UNKNOWN
        self._seen_s = self._doubted_s = math.nan
        self._last_px: dict[int, Point] = {}
        self._wrists: dict[int, tuple[float, Point]] = {}
        self._height = self._trunk_y = self._hands_y = 0.0

    def update(self, observation: Observation) -> Body | None:
        """The body at this frame; None where nothing believable is seen."""
        time_s = observation.time_s
        points = [(float(x), float(y)) for x, y in observation.keypoints]
        observation = self._without_jumps(observation, points)
        weights = [
            float(score) ** 2 if self._sees(score, point) else 0.0
            for score, point in zip(observation.scores, points, strict=True)
        ]
        if sum(weights[joint] > 0 for joint in self._upper) <= self.few:
            return None
        if not any(weights[joint] > 0 for joint in self._trunk.joints):
            return None
        restarted = math.isnan(self._seen_s)
        if not restarted:
            if self._believable(observation, points, weights):
                self._doubted_s = math.nan
            elif math.isnan(self._doubted_s):
                self._doubted_s = time_s
            if time_s - self._doubted_s < self._unsure_s:
                return None
            if not math.isnan(self._doubted_s) or time_s - self._seen_s > self._lost_s:
                self.reset()
                restarted = True
        if math.isnan(self._trunk.locate(points, weights)[0]):
            return None  # what is seen of the trunk cannot be joined to what was
        length_px = self._scale.update(observation)
        if math.isnan(length_px):
            return None
        return self._measure(time_s, points, weights, length_px, restarted)

    def _sees(self, score: float, point: Point) -> bool:
        return score >= self._min_score and math.isfinite(point[0] + point[1])

    def _without_jumps(self, observation: Observation, points: list[Point]) -> Observation:
        """The frame without the wrists that are suddenly elsewhere, such as in a rack's steel."""
        scores = np.array(observation.scores, float)
        for *_, wrist in self._arms:
            if not self._sees(scores[wrist], points[wrist]):
                continue
            seen_s, place = self._wrists.get(wrist, (math.nan, UNKNOWN))
            jumped = math.dist(points[wrist], place) > self.jump * self._scale.length_px
            if jumped and observation.time_s - seen_s < self.jumped_s:
                scores[wrist] = 0.0
            else:
                self._wrists[wrist] = observation.time_s, points[wrist]
        return replace(observation, scores=scores)

    def _believable(
        self, observation: Observation, points: list[Point], weights: list[float]
    ) -> bool:
        """Most joints are where they can have got to, and the body has not grown."""
        time_s = observation.time_s
        grown = (
            self._scale.measure(observation.keypoints, observation.scores) / self._scale.length_px
        )
        if grown > self.growth:
            return False
        known = [j for j, weight in enumerate(weights) if weight > 0 and j in self._last_px]
        if not known:
            return False
        moved_px = weighted_median(
            [math.dist(points[j], self._last_px[j]) for j in known], [weights[j] for j in known]
        )
        reach = self.slack + self._speed * (time_s - self._seen_s)
        return moved_px <= reach * self._scale.length_px

    def _measure(
        self,
        time_s: float,
        points: list[Point],
        weights: list[float],
        length_px: float,
        restarted: bool,
    ) -> Body:
        trunk = self._trunk.update(time_s, points, weights)
        hands = self._hands.update(time_s, points, weights)
        place = self._place.update(time_s, hands)
        # Changes are added up, so that a growing estimate of the body length moves nothing.
        trunk_rise = 0.0 if restarted else (self._trunk_px[1] - trunk[1]) / length_px
        self._trunk_y += trunk_rise
        self._height += trunk_rise - _known(self._place_px[1] - place[1]) / length_px
        self._hands_y += _known(self._hands_px[1] - hands[1]) / length_px
        self._trunk_px, self._place_px, self._seen_s = trunk, place, time_s
        self._last_px.update((j, p) for j, p in enumerate(points) if weights[j] > 0)
        hands_off = math.dist(hands, place) / length_px
        if not math.isnan(hands[1]):
            self._hands_px = hands
        reach, extension = self._arms_px(points, weights)
        return Body(
            time_s,
            self._smooth.update(time_s, self._height),
            self._trunk_y,
            math.nan if math.isnan(hands[1]) else self._hands_y,
            hands_off,
            math.sqrt(max(weights[wrist] for *_, wrist in self._arms)),
            reach / length_px,
            extension / length_px,
            self._straightness(points, weights),
            self._head_px(points, weights) / length_px,
            restarted,
        )

    def _arms_px(self, points: list[Point], weights: list[float]) -> tuple[float, float]:
        """Shoulder above wrist, and their distance, in pixels: the arms' weighted means."""
        total = reach = distance = 0.0
        for shoulder, _, wrist in self._arms:
            weight = weights[shoulder] * weights[wrist]
            if weight > 0:
                total += weight
                reach += weight * (points[wrist][1] - points[shoulder][1])
                distance += weight * math.dist(points[wrist], points[shoulder])
        return (reach / total, distance / total) if total > 0 else UNKNOWN

    def _straightness(self, points: list[Point], weights: list[float]) -> float:
        """Shoulder to wrist over the way by the elbow: the weighted mean of the arms seen whole."""
        total = straight = 0.0
        for shoulder, elbow, wrist in self._arms:
            weight = weights[shoulder] * weights[elbow] * weights[wrist]
            way = math.dist(points[shoulder], points[elbow]) + math.dist(
                points[elbow], points[wrist]
            )
            if weight > 0 and way > 0:
                total += weight
                straight += weight * math.dist(points[shoulder], points[wrist]) / way
        return straight / total if total > 0 else math.nan

    def _head_px(self, points: list[Point], weights: list[float]) -> float:
        """Head above the middle of the shoulders in pixels; NaN unless all three are seen."""
        right, left = self._shoulders
        if not (weights[self._head] and weights[right] and weights[left]):
            return math.nan
        return (points[right][1] + points[left][1]) / 2 - points[self._head][1]
