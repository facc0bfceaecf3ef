"""Counts any exercise that moves the trunk: a signal of the body, its thresholds, and a pose.

What each exercise is stands in conf/counter (squat, pull_up, sit_up), with advice on form and names
in conf/exercise. A push-up has a counter of its own (`default.py`), which also looks at the arms.
"""

import math
from collections.abc import Mapping
from dataclasses import fields, replace

from pushup.cli import InputError
from pushup.counting.body import Body, BodyTracker
from pushup.counting.cycles import CycleDetector
from pushup.counting.filters import LowPass, RepeatedMedianFilter
from pushup.counting.gate import Debounce
from pushup.counting.types import CounterState, Observation, Rep
from pushup.skeleton import UPPER7, Skeleton

Range = tuple[float | None, float | None]
"""Least and most; None for no limit."""


class Posture:
    """Is the body in the pose that an exercise needs? Ranges of the figures of `Body`.

    Figures are looked at through low-passes of `smooth_s`; one that is not seen keeps its last
    value, and one that was never seen says no.

    Args:
        ranges: Least and most of each figure, by its name in `Body`.
        open_s: How long the pose has to be right before it is taken for right.
        shut_s: How long it has to be wrong before it is taken for wrong.
    """

    smooth_s = 0.3

    def __init__(self, ranges: Mapping[str, Range], open_s: float = 0.1, shut_s: float = 0.3):
        self._ranges = {_figure(name): (least, most) for name, (least, most) in ranges.items()}
        self._smooth = {name: LowPass.over(self.smooth_s) for name in self._ranges}
        self._delay = Debounce(open_s, shut_s)

    def reset(self) -> None:
        """Forget everything."""
        self._delay.reset()
        for smooth in self._smooth.values():
            smooth.reset()

    def update(self, body: Body) -> bool:
        """Whether the pose is right at this frame."""
        for name, smooth in self._smooth.items():
            value = getattr(body, name)
            if math.isfinite(value):
                smooth.update(body.time_s, value)
        right = all(
            (least is None or self._smooth[name].value >= least)
            and (most is None or self._smooth[name].value <= most)
            and math.isfinite(self._smooth[name].value)
            for name, (least, most) in self._ranges.items()
        )
        return self._delay.update(body.time_s, right)


def _figure(name: str) -> str:
    """The name, if it is that of a figure of `Body`."""
    known = [field.name for field in fields(Body) if field.name not in ("time_s", "restarted")]
    if name not in known:
        raise InputError(f"the body has no figure {name!r}: choose of {', '.join(known)}")
    return name


class ExerciseCounter:
    """Counts when a figure of the body has gone one way by `floor` and most of the way back.

    Args:
        signal: Name of the figure in `Body`: "trunk_y" for a trunk that moves in the picture,
            "height" or "reach" for one that moves against the hands.
        floor: Least depth of a repetition, in body lengths (arms' lengths).
        recover: Share of the way out that has to be come back.
        upward: A repetition goes up first, from rest below.
        pose: Ranges of figures that the body has to be in; see `Posture`.
        smooth_s: Window of the line fit that smooths the signal.
        skeleton: Order of the keypoints.

    Raises:
        InputError: The body has no such figure.
    """

    def __init__(
        self,
        signal: str,
        floor: float,
        recover: float = 0.6,
        upward: bool = False,
        pose: Mapping[str, Range] | None = None,
        smooth_s: float = 0.2,
        skeleton: Skeleton = UPPER7,
    ) -> None:
        self._signal, self._sign = _figure(signal), -1.0 if upward else 1.0
        self._tracker = BodyTracker(skeleton)
        self._turning = CycleDetector(floor, recover)
        self._smooth = RepeatedMedianFilter(smooth_s)
        self._posture = Posture(pose or {})
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self.state = CounterState(gate_open=False)
        self._tracker.reset()
        self._forget_body()

    def _forget_body(self) -> None:
        self._turning.reset()
        self._smooth.reset()
        self._posture.reset()

    def update(self, observation: Observation) -> Rep | None:
        """Take the next frame; return the repetition that it completes, if any."""
        body = self._tracker.update(observation)
        if body is None:
            self.state = replace(self.state, note="no body seen")
            return None
        if body.restarted:
            self._forget_body()
        posed = self._posture.update(body)
        value = getattr(body, self._signal)
        if not math.isfinite(value):
            self.state = replace(self.state, gate_open=posed, note=f"{self._signal} not seen")
            return None
        value = self._sign * self._smooth.update(body.time_s, value)
        turning = self._turning
        cycle = turning.update(body.time_s, value)
        threshold = turning.return_level if turning.low else turning.peak - turning.floor
        high = turning.low == (self._sign < 0)
        note = "not in position" if cycle is not None and not posed else ""
        self.state = CounterState(self._sign * value, self._sign * threshold, high, posed, note)
        if cycle is None or not posed:
            return None
        return Rep(cycle.start_s, cycle.bottom_s, cycle.top_s, cycle.depth)
