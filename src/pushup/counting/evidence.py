"""Is this down-and-up of the trunk a push-up? Figures over one cycle, gathered as running sums."""

import math

from pushup.counting.body import HANDS_SEEN, Body
from pushup.counting.filters import LowPass


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


class CycleEvidence:
    """Sums over the frames of one cycle; every figure is independent of the frame rate.

    A push-up is told from any other motion by its arms: the hands stay where they are, below the
    shoulders, and the arms bend and shorten as far as the trunk comes down. The classifier's score
    is that of the last seconds: a position outlasts a cycle, and a short cycle has few frames. It
    is also that of the moment of the cycle that looked least like a push-up: who bends down to the
    floor is in its position at the bottom only.
    """

    classifier_tau_s = 2.0
    """Time constant of the push-up classifier's score."""

    moment_s = 0.3
    """Time constant of its score at one moment."""

    def __init__(self) -> None:
        self._score = LowPass.over(self.classifier_tau_s)
        self._moment = LowPass.over(self.moment_s)
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self._score.reset()
        self._moment.reset()
        self.restart()

    def restart(self) -> None:
        """A new cycle begins: forget the frames of the last."""
        self._weight = self._off = self._reach = 0.0
        self._head_up = self._seen = 0.0
        self._heads = self._frames = 0
        self._least = math.inf
        self._extension, self._straightness, self._hands = Slope(), Slope(), Slope()
        self._origin: Body | None = None

    def add(self, body: Body, pushing_up: float | None = None) -> None:
        """Take in one frame; frames that show no arm say nothing of the arms."""
        self._frames += 1
        self._seen += body.hands_seen
        if pushing_up is not None:
            self._score.update(body.time_s, pushing_up)
            self._least = min(self._least, self._moment.update(body.time_s, pushing_up))
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

    def figures(self) -> dict[str, float]:
        """What the cycle showed; what was not seen is left out.

        Returns:
            `classifier`: score of the classifier; `classifier_min`: at its lowest. `head_up`:
            mean height of the head above the shoulders. `arms_shorten`: slope of the arms'
            extension on the trunk's height, about 0.8 in a push-up, 0 when the arms hang, below 0
            in a pull-up. `arms_bend`: slope of their straightness, about 0.7 in a push-up, 0 where
            straight arms only turn or elbows bend along the line of sight. `hands_follow`: slope of
            the hands' height on the trunk's, 0 when planted, 1 when they go with it, below 0 when
            they come to meet it. `hands_off`: mean distance of the hands from their place. `reach`:
            mean height of the shoulders above the hands. Body lengths throughout. `hands_seen`:
            mean confidence in the hands.
        """
        figures = {}
        if math.isfinite(self._score.value):
            least = min(self._least, self._moment.value)
            figures |= {"classifier": self._score.value, "classifier_min": least}
        if self._heads:
            figures["head_up"] = self._head_up / self._heads
        if math.isfinite(bend := self._straightness.value):
            figures["arms_bend"] = bend
        if math.isfinite(shorten := self._extension.value):
            figures |= {
                "arms_shorten": shorten,
                "hands_follow": self._hands.value,
                "hands_off": self._off / self._weight,
                "reach": self._reach / self._weight,
                "hands_seen": self._seen / self._frames,
            }
        return figures


class Doubt:
    """Movements that were no push-ups make the next one less likely to be one, for a while.

    Whoever walks about, or is too dark for the networks, gives many cycles, and by chance one of
    them may look like a push-up; who does push-ups gives few that do not.
    """

    fade_s = 10.0
    """Time constant with which it fades."""

    share, most = 0.5, 1.5
    """Of a movement's log-odds, down to -2, what remains as doubt; and the most there is of it."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self._value = 0.0
        self._time_s = -math.inf

    def at(self, time_s: float) -> float:
        """Log-odds that speak against a push-up, 0 at least."""
        return self._value * math.exp((self._time_s - time_s) / self.fade_s)

    def add(self, time_s: float, odds: float) -> None:
        """Take in a movement with these log-odds of a push-up."""
        doubt = self.at(time_s) - self.share * max(-2.0, min(odds, 2.0))
        self._value, self._time_s = max(0.0, min(doubt, self.most)), time_s


RECOGNISED_ODDS = 2.1
"""The most the classifier says for a push-up in log-odds; with none half of that is missing."""

LAPSE_ODDS = -1.5
"""What it says at least of a movement that it has recognised but for a moment."""

LONG_S = 10.0
"""Cycles that last longer have to look the better."""


def push_up_odds(figures: dict[str, float]) -> float:
    """Log-odds that a cycle is a push-up, from its figures.

    A logistic model of a few bounded figures. The weights are rounded from a regression on the
    cycles found in the train traces (a foreign pose model's and our own network's, as they are and
    with noise added) and in rendered people who do push-ups and anything else
    (`pushup.synthetic.routines`); they are few and far from any single clip. What the
    hands do counts as much as they are seen. The classifier's score is taken for a probability, as
    that of the shipped one is (`python -m pushup weights temperature` makes it so).

    Args:
        figures: As `CycleEvidence.figures` gives them, the cycle's `depth` and its `duration_s`.
    """
    depth = figures["depth"]
    odds = 0.4 - 4.0 * max(0.0, depth - 0.9) - 19.0 * max(0.0, 0.35 - depth)
    odds -= min(0.4 * max(0.0, figures["duration_s"] - LONG_S), 3.0)
    odds -= 3.8 * max(-0.25, min(figures.get("head_up", 0.0), 0.6))
    odds += _classifier_logit(figures) if "classifier" in figures else -RECOGNISED_ODDS / 2
    seen = min(figures.get("hands_seen", 0.0) / HANDS_SEEN, 1.0)
    odds -= 1.0 * (1 - seen)
    return odds + seen * _hand_odds(figures) if seen else odds


def _classifier_logit(figures: dict[str, float]) -> float:
    said = min(1.5 * (_logit(figures["classifier"]) - _logit(0.6)), RECOGNISED_ODDS)
    lapse = 2.5 * max(0.0, _logit(0.4) - _logit(figures["classifier_min"]))
    return max(said - lapse, min(said, LAPSE_ODDS))


def _hand_odds(figures: dict[str, float]) -> float:
    shorten = figures["arms_shorten"]
    return (
        3.0 * max(-1.0, min(shorten, 1.0))
        - 4.0 * max(0.0, shorten - 1.3)
        - 2.0 * min(abs(figures["hands_follow"]), 1.5)
        - 8.0 * min(figures["hands_off"], 0.6)
        + 3.2 * max(-0.5, min(figures["reach"], 0.6))
        - 4.0 * max(0.0, 0.2 - max(-0.2, figures.get("arms_bend", 0.2)))
    )


def _logit(share: float) -> float:
    share = max(1e-3, min(share, 1 - 1e-3))
    return math.log(share / (1 - share))
