"""The streaming counter, stage by stage; what each exercise sets stands in conf/counter.

Observation -> BodyEstimator -> BodyState      body.py       pixels to arm lengths
BodyState   -> CycleDetector -> Cycle          cycles.py     one signal goes down and up
Cycle       -> CycleFeatures, CycleHistory     features.py   what it looked like
features    -> CycleClassifier -> logit        classifier.py is it one of ours?
BodyState   -> PositionCheck                   position.py   may it count now?
-> Rep
"""

import logging
import math
from dataclasses import replace
from typing import Literal

from pushup.counting.body import BodyEstimator, BodyState
from pushup.counting.classifier import CycleClassifier
from pushup.counting.cycles import Cycle, CycleDetector
from pushup.counting.features import CycleFeatures, CycleHistory, Features
from pushup.counting.filters import RepeatedMedianFilter
from pushup.counting.position import AnyPosition, Position, signal
from pushup.counting.types import CounterState, Observation, Rep
from pushup.skeleton import UPPER7, Skeleton

log = logging.getLogger(__name__)


class CycleCounter:
    """Counts when a signal of the body has gone down and most of the way back up.

    Each such cycle has to look like the exercise, where there is a classifier for it, and the body
    has to be in position.

    Clips are counted by eye from two thirds of the way up. Pose networks and smoothing lag behind a
    rising body by a frame or two, so that three fifths are then measured: the default.

    Args:
        signal: Name in `BodyState`: "height" or "reach" for a trunk that moves against the hands,
            "trunk_y" for one that moves in the picture.
        min_depth: Least depth of a repetition in arm lengths. Bending the elbows to a right angle
            takes about 0.55; from the front, or fast, 0.2 to 0.3 are left of it.
        recover: Share of the way out, as measured, that has to be come back.
        recover_at_end: The same for a repetition that the recording's end cuts off: the smoothed
            signal has not followed its last frames yet.
        upward: A repetition goes up first, from rest below.
        max_depth: See `CycleDetector`.
        on: Count at the return to the "top", or at once when the body turns at the "bottom".
        count_first_ascent: A recording that begins at the bottom begins with a repetition.
        cycle_classifier: Says of a cycle what it is; None takes every cycle.
        position: Says when repetitions may be counted; None says always.
        patience_s: A repetition completed out of position still counts if the body is in position
            within so long.
        smooth_s: Window of the line fit that smooths the signal.
        explain: Log why a candidate was not counted.
        skeleton: Order of the keypoints.

    Raises:
        InputError: The body has no such signal.
    """

    def __init__(
        self,
        signal: str,
        min_depth: float,
        recover: float = 0.6,
        recover_at_end: float = 0.5,
        upward: bool = False,
        max_depth: float = math.inf,
        on: Literal["top", "bottom"] = "top",
        count_first_ascent: bool = False,
        cycle_classifier: CycleClassifier | None = None,
        position: Position | None = None,
        patience_s: float = 0.0,
        smooth_s: float = 0.2,
        explain: bool = False,
        skeleton: Skeleton = UPPER7,
    ) -> None:
        if on not in ("top", "bottom"):
            raise ValueError(f"count on the top or the bottom, not on {on!r}")
        self._signal, self._sign = _signal(signal), -1.0 if upward else 1.0
        self._body = BodyEstimator(skeleton)
        self._smooth = RepeatedMedianFilter(smooth_s)
        judged = cycle_classifier is not None
        self._cycles = CycleDetector(
            min_depth, recover, on == "bottom", max_depth, judged, count_first_ascent
        )
        self._features, self._history = CycleFeatures(), CycleHistory()
        self._classifier = cycle_classifier
        self._position = position or AnyPosition()
        self._patience_s, self._recover_at_end = patience_s, recover_at_end
        self.explain = explain
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self.state = CounterState(gate_open=False)
        self._body.reset()
        self._history.reset()
        self._position.reset()
        self._restart()

    def _restart(self) -> None:
        """Another body, or another camera."""
        for part in (self._smooth, self._cycles, self._features):
            part.reset()
        self._history.restart()
        self._waiting: Rep | None = None

    def update(self, observation: Observation) -> Rep | None:
        """Take the next frame; return the repetition that it completes, if any."""
        body = self._body.update(observation)
        if body is None:
            self.state = replace(self.state, note="no body seen")
            return None
        if body.restarted:
            self._restart()
        in_position = self._position.update(body)
        value = getattr(body, self._signal)
        if not math.isfinite(value):
            self.state = replace(self.state, gate_open=in_position, note=f"{self._signal} unseen")
            return None
        value = self._sign * self._smooth.update(body.time_s, value)
        cycle, features = self._follow(body, value)
        candidate, note = self._classify(cycle, features) if cycle else (None, "")
        rep = self._admit(body.time_s, candidate, in_position)
        if rep is None and candidate is not None:
            note = "not in position"
        if note and self.explain:
            log.info("%.2f s: not counted: %s", body.time_s, note)
        cycles, sign = self._cycles, self._sign
        self.state = CounterState(
            sign * value, sign * cycles.threshold, cycles.low == (sign < 0), in_position, note
        )
        return rep

    def finish(self) -> Rep | None:
        """The recording is over; return the repetition that it cuts off far enough up, if any."""
        cycle = self._cycles.finish(self._recover_at_end)
        if cycle is None or not self.state.gate_open:
            return None
        features = self._features_of(cycle) if self._classifier else {}
        rep, note = self._classify(cycle, features)
        if note and self.explain:
            log.info("%.2f s: not counted: %s", cycle.top_s, note)
        return rep

    def _follow(self, body: BodyState, value: float) -> tuple[Cycle | None, Features]:
        """The cycle that this frame completes, and its features."""
        cycle = self._cycles.update(body.time_s, value)
        if self._classifier is None:
            return cycle, {}
        self._features.add(body)
        return cycle, self._features_of(cycle) if cycle else {}

    def _features_of(self, cycle: Cycle) -> Features:
        return self._features.of(cycle) | self._history.of(cycle)

    def _classify(self, cycle: Cycle, features: Features) -> tuple[Rep | None, str]:
        """The cycle as a repetition, or why it is none."""
        times = cycle.start_s, cycle.bottom_s, cycle.top_s
        if self._classifier is None:
            return Rep(*times, cycle.depth), ""
        if beyond := self._classifier.beyond(features):
            return None, f"{beyond} {features[beyond]:.2f} is out of bounds"
        logit = self._classifier.logit(features)
        self._history.add(cycle, logit)
        if logit <= 0:
            added = self._classifier.contributions(features)
            shown = ", ".join(
                f"{name} {features[name]:.2f}" for name in sorted(added, key=added.__getitem__)
            )
            return None, f"not like the exercise: {shown}"
        return Rep(*times, cycle.depth, 1 / (1 + math.exp(-logit)), features), ""

    def _admit(self, time_s: float, candidate: Rep | None, in_position: bool) -> Rep | None:
        """The repetition to count now: a new one, or one that has waited for the position."""
        candidate, self._waiting = candidate or self._waiting, None
        if candidate is not None and not in_position:
            if time_s - candidate.top_s < self._patience_s:
                self._waiting = candidate
            return None
        return candidate


_signal = signal
"""The check of a signal's name, which the argument of that name hides."""
