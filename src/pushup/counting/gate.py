"""When repetitions may be counted: the body is in push-up position, and the classifier agrees."""

import math
from typing import Protocol

from pushup.counting.body import HANDS_SEEN, Body
from pushup.counting.filters import LowPass
from pushup.counting.types import Observation


class Gate(Protocol):
    """Decides frame by frame; keeps its own memory of time.

    Attributes:
        posed: The body is in position, as far as this gate looks at it.
    """

    posed: bool

    def update(self, observation: Observation, body: Body | None) -> bool:
        """Whether the gate is open at this frame."""
        ...

    def refuse(self) -> None:
        """The counter saw a movement that is clearly no push-up."""
        ...

    def reset(self) -> None:
        """Forget everything."""
        ...


class OpenGate:
    """Always open: counts whatever the counter finds."""

    posed = True

    def update(self, observation: Observation, body: Body | None) -> bool:
        """True."""
        return True

    def refuse(self) -> None:
        """Open all the same."""

    def reset(self) -> None:
        """Nothing to forget."""


class ScoreKalman:
    """The published smoothing of the classifier's score: a scalar Kalman filter, frame by frame.

    A random walk observed with noise: P grows by `process`, K = P / (P + measurement),
    x += K (z - x), P shrinks by 1 - K. Settings as published (see `published.py`).
    """

    def __init__(
        self,
        measurement: float = 2.0,
        estimate: float = 2.0,
        process: float = 2.0,
        start: float = 0.5,
    ) -> None:
        self._measurement, self._process = measurement, process
        self._first = (start, estimate)
        self.reset()

    def reset(self) -> None:
        """Back to the start."""
        self.value, self._error = self._first

    def update(self, score: float) -> float:
        """The smoothed score."""
        error = self._error + self._process
        gain = error / (error + self._measurement)
        self.value += gain * (score - self.value)
        self._error = (1 - gain) * error
        return self.value


class Debounce:
    """A switch that follows a wish once it has lasted: `open_s` to open, `shut_s` to shut."""

    def __init__(self, open_s: float, shut_s: float) -> None:
        self._open_s, self._shut_s = open_s, shut_s
        self.reset()

    def reset(self) -> None:
        """Shut, with no wish pending."""
        self.open = False
        self._since_s = math.nan

    def update(self, time_s: float, wish: bool) -> bool:
        """Whether the switch is open."""
        if wish == self.open:
            self._since_s = math.nan
            return self.open
        if math.isnan(self._since_s):
            self._since_s = time_s
        if time_s - self._since_s >= (self._shut_s if self.open else self._open_s):
            self.reset()
            self.open = wish
        return self.open


class ClassifierGate:
    """The published gate: open while the Kalman-smoothed score exceeds 0.9; no seconds in it.

    A frame without a score leaves it as it is.
    """

    posed = True

    def __init__(self, threshold: float = 0.9) -> None:
        self._threshold = threshold
        self._kalman = ScoreKalman()

    def reset(self) -> None:
        """Forget everything."""
        self._kalman.reset()

    def refuse(self) -> None:
        """The push-up classifier alone decides."""

    def update(self, observation: Observation, body: Body | None) -> bool:
        """Whether the smoothed score of `observation.pushing_up` is high enough."""
        if observation.pushing_up is not None:
            self._kalman.update(observation.pushing_up)
        return self._kalman.value > self._threshold


class PoseGate:
    """Open while the hands are planted below the shoulders, and the push-up classifier allows.

    A new body is trusted. Once its hands have left their place, or it has made a movement that was
    clearly no push-up, the gate shuts until they are still: more still than they have to be to
    keep it open, since pose networks displace the hands of a body that is down. Every duration is
    in seconds and every distance in body lengths; the pose is looked at through low-passes of
    `smooth_s`, so that one wild frame changes nothing; hands that are hardly seen are believed to
    have moved only as far as they are seen. The push-up classifier's score, where there is one,
    only has to stay above low levels, since the pose decides the rest.

    Args:
        still: Hands nearer than this to their place are planted.
        moved: Hands further than this from their place have left it.
        reach: Least height of the shoulders above the hands.
        open_s: How long the pose has to be right before the gate opens.
        shut_s: How long it has to be wrong before the gate shuts.
        score_open: Classifier's score above which it allows.
        score_shut: Classifier's score below which it forbids.
    """

    smooth_s = 0.3

    def __init__(
        self,
        still: float = 0.15,
        moved: float = 0.45,
        reach: float = 0.0,
        open_s: float = 0.1,
        shut_s: float = 0.3,
        score_open: float = 0.5,
        score_shut: float = 0.4,
    ) -> None:
        self._still, self._moved, self._reach = still, moved, reach
        self._score_open, self._score_shut = score_open, score_shut
        self._pose, self._score = Debounce(open_s, shut_s), Debounce(open_s, shut_s)
        self._smooth_off = LowPass.over(self.smooth_s)
        self._smooth_reach = LowPass.over(self.smooth_s)
        self._smooth_score = LowPass.over(self.smooth_s)

    def reset(self) -> None:
        """Forget everything."""
        self._forget_pose()
        self._score.reset()
        self._smooth_score.reset()

    def _forget_pose(self) -> None:
        for part in (self._pose, self._smooth_off, self._smooth_reach):
            part.reset()
        self._trusted = True

    @property
    def posed(self) -> bool:
        """The pose alone is right, whatever the push-up classifier says."""
        return self._pose.open

    def refuse(self) -> None:
        """Shut until the hands are still."""
        self._pose.reset()
        self._trusted = False

    def update(self, observation: Observation, body: Body | None) -> bool:
        """Whether repetitions may be counted at this frame."""
        time_s, allowed = observation.time_s, True
        if observation.pushing_up is not None:
            score = self._smooth_score.update(time_s, observation.pushing_up)
            level = self._score_shut if self._score.open else self._score_open
            allowed = self._score.update(time_s, score >= level)
        if body is not None and body.restarted:
            self._forget_pose()
        if body is not None and math.isfinite(body.hands_off + body.reach):
            seen = min(1.0, body.hands_seen / HANDS_SEEN)
            hands_off = self._smooth_off.update(time_s, seen * body.hands_off)
            reach = self._smooth_reach.update(time_s, body.reach)
            room = self._moved if self._trusted else self._still
            was_open = self._pose.open
            self._pose.update(time_s, hands_off <= room and reach >= self._reach)
            if was_open != self._pose.open:
                self._trusted = self._pose.open
        return allowed and self._pose.open
