"""Is this down-and-up of the trunk a push-up? Figures over one cycle, gathered as running sums."""

import math

from pushup.counting.body import HANDS_SEEN, Body
from pushup.counting.filters import LowPass


class CycleEvidence:
    """Sums over the frames of one cycle; every figure is independent of the frame rate.

    A push-up is told from any other motion by its arms: the hands stay where they are, below the
    shoulders, and the arms shorten as far as the trunk comes down. The recogniser's score is
    that of the last seconds: a position outlasts a cycle, and a short cycle has few frames.
    """

    recognised_s = 2.0
    """Time constant of the recogniser's score."""

    def __init__(self) -> None:
        self._score = LowPass.over(self.recognised_s)
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self._score.reset()
        self.restart()

    def restart(self) -> None:
        """A new cycle begins: forget the frames of the last."""
        self._weight = self._off = self._reach = 0.0
        self._head_up = 0.0
        self._heads = self._frames = 0
        self._seen = 0.0
        self._trunk = self._hands = self._arms = 0.0
        self._trunk_trunk = self._trunk_hands = self._trunk_arms = 0.0
        self._origin: Body | None = None

    def add(self, body: Body, pushing_up: float | None = None) -> None:
        """Take in one frame; frames that show no arm say nothing of the arms."""
        self._frames += 1
        self._seen += body.hands_seen
        if pushing_up is not None:
            self._score.update(body.time_s, pushing_up)
        if math.isfinite(body.head_up):
            self._head_up += body.head_up
            self._heads += 1
        if not math.isfinite(body.extension + body.hands_y):
            return
        if self._origin is None:
            self._origin = body
        weight = body.hands_seen**2
        trunk = body.trunk_y - self._origin.trunk_y
        hands = body.hands_y - self._origin.hands_y
        arms = body.extension - self._origin.extension
        self._weight += weight
        self._off += weight * body.hands_off
        self._reach += weight * body.reach
        self._trunk += weight * trunk
        self._hands += weight * hands
        self._arms += weight * arms
        self._trunk_trunk += weight * trunk * trunk
        self._trunk_hands += weight * trunk * hands
        self._trunk_arms += weight * trunk * arms

    def figures(self) -> dict[str, float]:
        """What the cycle showed; what was not seen is left out.

        Returns:
            `recognised`: score of the recogniser. `head_up`: mean height of the head above the
            shoulders. `arms_shorten`: slope of the arms' extension on the trunk's height, about 0.8
            in a push-up, 0 when the arms hang, below 0 in a pull-up. `hands_follow`: slope of the
            hands' height on the trunk's, 0 when planted, 1 when they go with it, below 0 when they
            come to meet it. `hands_off`: mean distance of the hands from their place. `reach`: mean
            height of the shoulders above the hands. Body lengths throughout. `hands_seen`: mean
            confidence in the hands.
        """
        figures = {}
        if math.isfinite(self._score.value):
            figures["recognised"] = self._score.value
        if self._heads:
            figures["head_up"] = self._head_up / self._heads
        mean = self._trunk / self._weight if self._weight > 0 else 0.0
        variance = self._trunk_trunk - mean * self._trunk
        if not variance > 0:
            return figures
        return figures | {
            "arms_shorten": (self._trunk_arms - mean * self._arms) / variance,
            "hands_follow": (self._trunk_hands - mean * self._hands) / variance,
            "hands_off": self._off / self._weight,
            "reach": self._reach / self._weight,
            "hands_seen": self._seen / self._frames,
        }


RECOGNISED = 0.5
"""Score at which the shipped recogniser speaks neither for nor against a push-up.

Any from 0.2 to 0.6 counts the same in the train clips, and nearly so in the val clips.
"""


def push_up_odds(figures: dict[str, float]) -> float:
    """Log-odds that a cycle is a push-up, from `CycleEvidence.figures` and its `depth`.

    A logistic model of a few bounded figures. The weights are rounded from a regression on the
    cycles found in the train traces (a foreign pose model's and our own network's, as they are and
    with noise added) and in rendered people who do push-ups and anything else
    (`pushup.evaluation.counting_rendered`); they are few and far from any single clip. What the
    hands do counts as much as they are seen.
    """
    depth = figures["depth"]
    odds = 0.4 - 4.0 * max(0.0, depth - 0.9) - 19.0 * max(0.0, 0.35 - depth)
    odds -= 3.8 * max(-0.5, min(figures.get("head_up", 0.0), 0.6))
    if "recognised" in figures:
        score = max(-4.0, min(_logit(figures["recognised"]), 3.0))
        odds += 0.7 * (score - _logit(RECOGNISED))
    seen = min(figures.get("hands_seen", 0.0) / HANDS_SEEN, 1.0)
    odds -= 0.7 * (1 - seen)
    return odds + seen * _hand_odds(figures) if seen else odds


def _hand_odds(figures: dict[str, float]) -> float:
    shorten = figures["arms_shorten"]
    return (
        3.0 * max(-1.0, min(shorten, 1.0))
        - 4.0 * max(0.0, shorten - 1.3)
        - 2.0 * min(abs(figures["hands_follow"]), 1.5)
        - 8.0 * min(figures["hands_off"], 0.6)
        + 3.2 * max(-0.5, min(figures["reach"], 0.6))
    )


def _logit(share: float) -> float:
    share = max(1e-3, min(share, 1 - 1e-3))
    return math.log(share / (1 - share))
