"""Features of one down-and-up cycle, gathered as running sums: is it a push-up?

In: `BodyState`s from the start of a cycle on, and the `Cycle`. Out: named floats, in arm lengths
and seconds, independent of the frame rate; what was not seen is left out.

A push-up is told from any other motion by its arms: the hands stay where they are, below the
shoulders, and the arms bend and shorten as far as the trunk comes down. The push-up classifier's
score is that of the last seconds: a position outlasts a cycle, and a short cycle has few frames. It
is also that of the moment of the cycle that looked least like a push-up: who bends down to the
floor is in its position at the bottom only. And whoever walks about, or is too dark for the
networks, gives many cycles, of which by chance one may look like a push-up: what was lately
rejected is a feature, too.
"""

import math
from collections import deque

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
    "recent_rejections": "how much of what was lately seen was no push-up, 0..1.5",
}
"""What each feature means."""


class Slope:
    """Slope of the line of y on x through weighted points, as running sums."""

    def __init__(self) -> None:
        self._weight = self._x = self._y = self._xx = self._xy = 0.0

    def add(self, x: float, y: float, weight: float) -> None:
        """Take in a point."""
        self._weight += weight
        self._x += weight * x
        self._y += weight * y
        self._xx += weight * x * x
        self._xy += weight * x * y

    @property
    def value(self) -> float:
        """NaN where x has not varied."""
        mean = self._x / self._weight if self._weight > 0 else 0.0
        variance = self._xx - mean * self._x
        return (self._xy - mean * self._y) / variance if variance > 0 else math.nan


class CycleFeatures:
    """Sums over the frames of one cycle."""

    score_s = 2.0
    """Time constant of the push-up classifier's score."""

    def __init__(self) -> None:
        self._score = Ema(self.score_s)
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self._score.reset()
        self.restart()

    def restart(self) -> None:
        """A new cycle begins: forget the frames of the last."""
        self._weight = self._off = self._reach = 0.0
        self._head_up = self._seen = 0.0
        self._heads = self._frames = 0
        self._least_score = math.inf
        self._extension, self._straightness, self._hands = Slope(), Slope(), Slope()
        self._origin: BodyState | None = None

    def add(self, body: BodyState) -> None:
        """Take in one frame; frames that show no arm say nothing of the arms."""
        self._frames += 1
        self._seen += body.hands_seen
        if not math.isnan(body.pushing_up):
            self._score.update(body.time_s, body.pushing_up)
            self._least_score = min(self._least_score, body.pushing_up)
        if math.isfinite(body.head_up):
            self._head_up += body.head_up
            self._heads += 1
        if not math.isfinite(body.extension + body.hands_y):
            return
        if self._origin is None:
            self._origin = body
        weight = body.hands_seen**2
        self._weight += weight
        self._off += weight * body.hands_off
        self._reach += weight * body.reach
        trunk = body.trunk_y - self._origin.trunk_y
        self._hands.add(trunk, body.hands_y - self._origin.hands_y, weight)
        self._extension.add(trunk, body.extension - self._origin.extension, weight)
        if math.isfinite(body.straightness):
            self._straightness.add(trunk, body.straightness, weight)

    def of(self, cycle: Cycle) -> Features:
        """What the frames showed of this cycle; see `FEATURES`."""
        features = {
            "depth": cycle.depth,
            "duration_s": cycle.duration_s,
            "descent_s": cycle.down_s - cycle.start_s,
            "hands_certainty": 0.0,
        }
        if not math.isnan(self._score.value):
            features["pushing_up"] = self._score.value
            features["pushing_up_min"] = min(self._least_score, 1.0)
        if self._heads:
            features["head_up"] = self._head_up / self._heads
        if math.isfinite(bend := self._straightness.value):
            features["arms_bend"] = bend
        if math.isfinite(shorten := self._extension.value):
            features |= {
                "arms_shorten": shorten,
                "hands_follow": self._hands.value,
                "hands_off": self._off / self._weight,
                "reach": self._reach / self._weight,
                "hands_certainty": min(1.0, self._seen / self._frames / HANDS_SEEN),
            }
        return features


class CycleHistory:
    """What the last cycles say of the next one: how deep they usually are, how many were none."""

    fade_s = 10.0
    """Time constant with which rejections fade."""

    share, most = 0.5, 1.5
    """Of a cycle's logit, down to -2, what is kept as rejection; and the most there is of it."""

    def __init__(self) -> None:
        self._depths: deque[float] = deque(maxlen=5)
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self.restart()
        self._rejections = 0.0
        self._time_s = -math.inf

    def restart(self) -> None:
        """Another body, or another camera: depths say nothing any more."""
        self._depths.clear()

    def of(self, cycle: Cycle) -> Features:
        """Features of a cycle that has just been completed."""
        features = {"recent_rejections": self._faded(cycle.top_s)}
        if self._depths:
            features["relative_depth"] = cycle.depth / middle(sorted(self._depths))
        return features

    def add(self, cycle: Cycle, logit: float) -> None:
        """Take in a cycle with its logit of being a push-up."""
        rejections = self._faded(cycle.top_s) - self.share * max(-2.0, min(logit, 2.0))
        self._rejections, self._time_s = max(0.0, min(rejections, self.most)), cycle.top_s
        if logit > 0:
            self._depths.append(cycle.depth)

    def _faded(self, time_s: float) -> float:
        return self._rejections * math.exp((self._time_s - time_s) / self.fade_s)
