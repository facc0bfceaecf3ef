"""Seven noisy keypoints to one steady state of the body: trunk, hands and arms, in arm lengths.

In: one `Observation` a frame (pixels, confidences, seconds). Out: one `BodyState` (arm lengths, y
upward), or None where nobody believable is seen. Spikes, drop-outs and cuts are dealt with here.
"""

import math
from dataclasses import dataclass

from pushup.counting.anchors import (
    UNKNOWN,
    Point,
    RobustCentroid,
    SmoothedAnchor,
    weighted_median,
)
from pushup.counting.arm_length import ArmLength, skeleton_arms
from pushup.counting.filters import Ema
from pushup.counting.types import Observation
from pushup.skeleton import UPPER7, Skeleton

HANDS_SEEN = 0.5
"""Confidence from which on what the hands do counts in full."""


@dataclass(frozen=True, slots=True)
class BodyState:
    """The body at one time. Lengths in arm lengths, y upward; NaN where unknown.

    Attributes:
        time_s: Time of the frame.
        height: Trunk against the place of the hands. Its zero is arbitrary.
        trunk_y: Fused shoulders and head in the picture; zero is arbitrary.
        hands_y: Fused wrists in the picture; zero is arbitrary.
        hands_off: Distance of the wrists from the place where they have been.
        hands_seen: Confidence in the surer wrist.
        reach: Shoulders above wrists, by the arms seen in this frame.
        extension: Shoulder to wrist distance, by the arms seen in this frame; a straight arm has 1.
        straightness: Of the arms seen in this frame: 1 when straight, from wherever one looks.
        head_up: Head above the middle of the shoulders: high only in an upright body.
        pushing_up: The push-up classifier's score of the last moments, 0..1.
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
    pushing_up: float
    restarted: bool

    @property
    def hands_certainty(self) -> float:
        """How far to believe what the hands do, 0..1."""
        return min(1.0, self.hands_seen / HANDS_SEEN)

    @property
    def hands_moved(self) -> float:
        """`hands_off` as far as the hands are seen: hardly seen ones are believed at home."""
        return self.hands_certainty * self.hands_off


SIGNALS = (
    *("height", "trunk_y", "hands_y", "hands_off", "hands_seen", "hands_moved", "reach"),
    *("extension", "straightness", "head_up", "pushing_up"),
)
"""What of a `BodyState` can be counted or asked for by name."""


class BodyEstimator:
    """Keypoints to `BodyState`, causally, O(1) a frame.

    Args:
        skeleton: Order of the keypoints.
        min_score: Joints of lower confidence are not seen.
        hands_s: Time constant with which the place of the hands is followed: slow motion of the
            camera cancels, wrists that are wrong for a moment do not matter.
        score_s: Time constant of the push-up classifier's score.
        speed: Fastest believable motion of the trunk, in arm lengths a second.
        unsure_s: A trunk that seems elsewhere is believed after so long.
        lost_s: After so long unseen, the body is a new one.
    """

    slack = 0.4
    """Arm lengths that a trunk may be off from one frame to the next whatever the time."""

    growth = 2.5
    """How much longer than its estimate an arm may measure in one frame."""

    jump = 0.5
    """Arm lengths from its last place at which a wrist is not believed."""

    jumped_s = 2.0
    """After so long without its wrist near its last place, a hand is believed to have moved."""

    few = 3
    """So few joints, of head and arms, are no body: what shimmers through a fading picture."""

    def __init__(
        self,
        skeleton: Skeleton = UPPER7,
        min_score: float = 0.1,
        hands_s: float = 0.5,
        score_s: float = 0.3,
        speed: float = 8.0,
        unsure_s: float = 0.25,
        lost_s: float = 1.0,
    ) -> None:
        self._upper = skeleton.indices(UPPER7.joints)
        self._arms = skeleton_arms(skeleton)
        self._min_score, self._speed = min_score, speed
        self._unsure_s, self._lost_s = unsure_s, lost_s
        self._arm_length = ArmLength(skeleton, min_score=min_score)
        self._shoulders, self._head = skeleton.pair("shoulder"), skeleton.index("head")
        self._trunk = RobustCentroid((*self._shoulders, self._head))
        self._hands = RobustCentroid(skeleton.pair("wrist"))
        self._place = SmoothedAnchor(hands_s)
        self._score = Ema(score_s)
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        for part in (self._arm_length, self._trunk, self._hands, self._place, self._score):
            part.reset()
        self._trunk_px = self._hands_px = self._place_px = UNKNOWN
        self._seen_s = self._doubted_s = math.nan
        self._last_px: dict[int, Point] = {}
        self._wrists: dict[int, tuple[float, Point]] = {}
        self._height = self._trunk_y = self._hands_y = 0.0

    def update(self, observation: Observation) -> BodyState | None:
        """The body at this frame; None where nothing believable is seen."""
        time_s = observation.time_s
        points: list[Point] = observation.keypoints.tolist()
        scores: list[float] = observation.scores.tolist()
        self._drop_jumps(time_s, points, scores)
        weights = [
            score * score if self._sees(score, point) else 0.0
            for score, point in zip(scores, points, strict=True)
        ]
        if sum([weights[joint] > 0 for joint in self._upper]) <= self.few:
            return None
        if not any([weights[joint] > 0 for joint in self._trunk.joints]):
            return None
        restarted = math.isnan(self._seen_s)
        if not restarted:
            if self._doubtful(time_s, points, scores, weights):
                return None
            if not math.isnan(self._doubted_s) or time_s - self._seen_s > self._lost_s:
                self.reset()
                restarted = True
        if math.isnan(self._trunk.locate(points, weights)[0]):
            return None  # what is seen of the trunk cannot be joined to what was
        arm_px = self._arm_length.update(time_s, points, scores)
        if math.isnan(arm_px):
            return None
        if observation.pushing_up is not None:
            self._score.update(time_s, observation.pushing_up)
        return self._measure(time_s, points, weights, arm_px, restarted)

    def _sees(self, score: float, point: Point) -> bool:
        return score >= self._min_score and math.isfinite(point[0] + point[1])

    def _drop_jumps(self, time_s: float, points: list[Point], scores: list[float]) -> None:
        """Unsee the wrists that are suddenly elsewhere, such as in a rack's steel."""
        for *_, wrist in self._arms:
            if not self._sees(scores[wrist], points[wrist]):
                continue
            seen_s, place = self._wrists.get(wrist, (math.nan, UNKNOWN))
            jumped = math.dist(points[wrist], place) > self.jump * self._arm_length.px
            if jumped and time_s - seen_s < self.jumped_s:
                scores[wrist] = 0.0
            else:
                self._wrists[wrist] = time_s, points[wrist]

    def _doubtful(
        self, time_s: float, points: list[Point], scores: list[float], weights: list[float]
    ) -> bool:
        """The body seems elsewhere, and has not done so for long."""
        if self._believable(time_s, points, scores, weights):
            self._doubted_s = math.nan
        elif math.isnan(self._doubted_s):
            self._doubted_s = time_s
        return time_s - self._doubted_s < self._unsure_s

    def _believable(
        self, time_s: float, points: list[Point], scores: list[float], weights: list[float]
    ) -> bool:
        """Most joints are where they can have got to, and the body has not grown."""
        arm_px = self._arm_length.px
        if self._arm_length.measure(points, scores) / arm_px > self.growth:
            return False
        known = [j for j, weight in enumerate(weights) if weight > 0 and j in self._last_px]
        if not known:
            return False
        moved_px = weighted_median(
            [math.dist(points[j], self._last_px[j]) for j in known], [weights[j] for j in known]
        )
        return moved_px <= (self.slack + self._speed * (time_s - self._seen_s)) * arm_px

    def _measure(
        self,
        time_s: float,
        points: list[Point],
        weights: list[float],
        arm_px: float,
        restarted: bool,
    ) -> BodyState:
        trunk = self._trunk.update(time_s, points, weights)
        hands = self._hands.update(time_s, points, weights)
        place = self._place.update(time_s, hands)
        # Changes are added up, so that a growing estimate of the arm length moves nothing.
        trunk_rise = 0.0 if restarted else (self._trunk_px[1] - trunk[1]) / arm_px
        self._trunk_y += trunk_rise
        self._height += trunk_rise - _known(self._place_px[1] - place[1]) / arm_px
        self._hands_y += _known(self._hands_px[1] - hands[1]) / arm_px
        self._trunk_px, self._place_px, self._seen_s = trunk, place, time_s
        for joint, weight in enumerate(weights):
            if weight > 0:
                self._last_px[joint] = points[joint]
        if not math.isnan(hands[1]):
            self._hands_px = hands
        reach_px, extension_px = self._arms_px(points, weights)
        return BodyState(
            time_s=time_s,
            height=self._height,
            trunk_y=self._trunk_y,
            hands_y=math.nan if math.isnan(hands[1]) else self._hands_y,
            hands_off=math.dist(hands, place) / arm_px,
            hands_seen=math.sqrt(max([weights[wrist] for *_, wrist in self._arms])),
            reach=reach_px / arm_px,
            extension=extension_px / arm_px,
            straightness=self._straightness(points, weights),
            head_up=self._head_px(points, weights) / arm_px,
            pushing_up=self._score.value,
            restarted=restarted,
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


def _known(value: float) -> float:
    """The value, 0 where it is NaN."""
    return 0.0 if math.isnan(value) else value
