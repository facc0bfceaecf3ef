"""Features of one down-and-up cycle, gathered as running sums: is it a push-up?

In: `BodyState`s from the start of a cycle on, and the `Cycle`. Out: named floats, in arm lengths
and seconds, independent of the frame rate; what was not seen is left out.

A push-up is told from any other motion by its arms: the hands stay where they are, below the
shoulders, and the arms bend and shorten as far as the trunk comes down. The push-up classifier's
score is that of the last seconds: a position outlasts a cycle, and a short cycle has few frames. It
is also that of the moment of the cycle that looked least like a push-up: who bends down to the
floor is in its position at the bottom only. And whoever walks about, or is too dark for the
networks, gives many cycles, of which by chance one may look like a push-up; in a set that was
sure so far, a doubtful one is one: the evidence of the last cycles is a feature, too.
"""

import math
from collections import deque
from dataclasses import dataclass

from pushup.counting.body import HANDS_SEEN, BodyState
from pushup.counting.cycles import Cycle
from pushup.counting.filters import Ema, middle

Features = dict[str, float]

FEATURES: dict[str, str] = {
    "depth": "how far the signal went down",
    "relative_depth": "depth over the median of the last repetitions'",
    "duration_s": "from the peak until it was back",
    "descent_s": "from the peak until it was down",
    "pushing_up": "the push-up classifier's score over the last seconds",
    "pushing_up_min": "that score at its lowest in the cycle",
    "head_up": "mean height of the head above the shoulders",
    "arms_bend": "slope of the arms' straightness on the trunk's height: about 0.7 in a push-up, "
    "0 where straight arms only turn or elbows bend along the line of sight",
    "arms_shorten": "slope of the arms' extension on the trunk's height: about 0.8 in a push-up, "
    "0 when the arms hang, below 0 in a pull-up",
    "hands_follow": "slope of the hands' height on the trunk's: 0 when planted, 1 when they go "
    "with it, below 0 when they come to meet it",
    "hands_off": "mean distance of the hands from their place",
    "reach": "mean height of the shoulders above the hands",
    "hands_certainty": "how far the hands were seen, 0..1",
    "recent_evidence": "of what was lately seen: 1.5 for push-ups all along, -1.5 for none",
}
"""What each feature means."""


class CycleFeatures:
    """Running sums over the frames, so that any cycle of the last seconds can be looked at.

    The sums are marked every `step_s`; what a cycle showed is the difference between now and the
    mark at its start.

    Args:
        along: Name in `BodyState` of what slopes are taken on, the trunk's height as a rule.
    """

    score_s = 2.0
    """Time constant of the push-up classifier's score."""

    step_s = 0.1
    most = 150
    """Marks that are kept: a cycle that began before them is looked at from the first one on."""

    def __init__(self, along: str = "trunk_y") -> None:
        self._along = along
        self._score = Ema(self.score_s)
        self._marks: deque[_Mark] = deque(maxlen=self.most)
        self.reset()

    def reset(self) -> None:
        """Forget everything: another body."""
        self._score.reset()
        self._marks.clear()
        self._sums = [0.0] * 18
        self._origin: tuple[float, float, float] | None = None

    def add(self, body: BodyState) -> None:
        """Take in one frame; frames that show no arm say nothing of the arms."""
        if not self._marks or body.time_s - self._marks[-1].time_s >= self.step_s:
            self._marks.append(_Mark(body.time_s, tuple(self._sums)))
        if not math.isnan(body.pushing_up):
            self._score.update(body.time_s, body.pushing_up)
            self._marks[-1].least_score = min(self._marks[-1].least_score, body.pushing_up)
        sums = self._sums
        sums[0] += 1
        sums[1] += body.hands_seen
        if math.isfinite(body.head_up):
            sums[2] += 1
            sums[3] += body.head_up
        course: float = getattr(body, self._along)
        if not math.isfinite(course + body.extension + body.hands_y):
            return
        if self._origin is None:
            self._origin = course, body.extension, body.hands_y
        x, y, z = self._origin
        weight, trunk = body.hands_seen**2, course - x
        extension, hands = body.extension - y, body.hands_y - z
        arms = (
            *(weight, weight * trunk, weight * trunk * trunk),
            *(weight * extension, weight * trunk * extension),
            *(weight * hands, weight * trunk * hands),
            *(weight * body.hands_off, weight * body.reach),
        )
        for index, value in enumerate(arms, 4):
            sums[index] += value
        if math.isfinite(body.straightness):
            bend = weight * body.straightness
            for index, value in enumerate((*arms[:3], bend, bend * trunk), 13):
                sums[index] += value

    def of(self, cycle: Cycle) -> Features:
        """What the frames since its start showed of this cycle; see `FEATURES`."""
        features = {
            "depth": cycle.depth,
            "duration_s": cycle.duration_s,
            "descent_s": cycle.down_s - cycle.start_s,
            "hands_certainty": 0.0,
        }
        begin = 0
        for begin in range(len(self._marks) - 1, -1, -1):
            if self._marks[begin].time_s <= cycle.start_s:
                break
        sums = [now - then for now, then in zip(self._sums, self._marks[begin].sums, strict=True)]
        frames, seen, heads, head_up, weight, x, xx, extension, xe, hands, xh, off, reach = sums[
            :13
        ]
        if not math.isnan(self._score.value):
            least = min([self._marks[i].least_score for i in range(begin, len(self._marks))])
            features |= {"pushing_up": self._score.value, "pushing_up_min": min(least, 1.0)}
        if heads:
            features["head_up"] = head_up / heads
        if math.isfinite(bend := _slope(*sums[13:])):
            features["arms_bend"] = bend
        if math.isfinite(shorten := _slope(weight, x, xx, extension, xe)):
            features |= {
                "arms_shorten": shorten,
                "hands_follow": _slope(weight, x, xx, hands, xh),
                "hands_off": off / weight,
                "reach": reach / weight,
                "hands_certainty": min(1.0, seen / frames / HANDS_SEEN),
            }
        return features


@dataclass
class _Mark:
    """The sums before the frame at this time, and the least score from there to the next mark."""

    time_s: float
    sums: tuple[float, ...]
    least_score: float = math.inf


def _slope(weight: float, x: float, xx: float, y: float, xy: float) -> float:
    """Slope of the line of y on x, by weighted sums; NaN where x has not varied."""
    mean = x / weight if weight > 0 else 0.0
    variance = xx - mean * x
    return (xy - mean * y) / variance if variance > 1e-9 * weight else math.nan


class CycleHistory:
    """What the last cycles say of the next one: how deep they usually are, what they were."""

    fade_s = 10.0
    """Time constant with which evidence fades."""

    share, most = 0.5, 1.5
    """Of a cycle's logit, within -2..2, what is kept as evidence; and the most there is of it."""

    def __init__(self) -> None:
        self._depths: deque[float] = deque(maxlen=5)
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self.restart()
        self._evidence = 0.0
        self._time_s = -math.inf

    def restart(self) -> None:
        """Another body, or another camera: depths say nothing any more."""
        self._depths.clear()

    def of(self, cycle: Cycle) -> Features:
        """Features of a cycle that has just been completed."""
        features = {"recent_evidence": self._faded(cycle.top_s)}
        if self._depths:
            features["relative_depth"] = cycle.depth / middle(sorted(self._depths))
        return features

    def add(self, cycle: Cycle, logit: float) -> None:
        """Take in a cycle with its logit of being a push-up."""
        evidence = self._faded(cycle.top_s) + self.share * max(-2.0, min(logit, 2.0))
        self._evidence, self._time_s = max(-self.most, min(evidence, self.most)), cycle.top_s
        if logit > 0:
            self._depths.append(cycle.depth)

    def _faded(self, time_s: float) -> float:
        return self._evidence * math.exp((self._time_s - time_s) / self.fade_s)
