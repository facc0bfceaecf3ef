"""The z-score counter of the blog post (December 2020): as released, and with its defects mended.

Both label the head's height 1 or 0 against mu + h sigma of the samples before it, and count each
change from 0 to 1. The post's smoothing of the push-up classifier's score, a Kalman filter, and its
gate stand here, too.
"""

import math
from collections import deque
from dataclasses import replace
from statistics import fmean, pstdev

import numpy as np
from scipy.signal import firwin

from pushup.cli import InputError
from pushup.counting.arm_length import ArmLength
from pushup.counting.body import BodyEstimator
from pushup.counting.filters import Ema, TimeWindow
from pushup.counting.position import AnyPosition, Position
from pushup.counting.types import CounterState, Observation, Rep
from pushup.skeleton import UPPER7, Skeleton


class PublishedExactCounter:
    """The counter as its authors released it, for comparison; its defects are the point.

    The signal is the head's y in pixels of a frame scaled to 512 wide, y down, low-passed by
    `firwin(10, 2 * 0.5 / 30)` whatever the frame rate. The label is 1 where a filtered sample
    exceeds mean + 0.1 x population deviation of the 60 filtered samples before it, 0 in the first
    60 frames. Since y grows downward, a count falls on the head's way *down*. The released code
    filtered the whole history again at every frame; a causal filter gives the same numbers from
    its last 10 inputs.

    A frame without a head repeats the last one (the released networks always gave a point). A
    `Rep` has no top here: `top_s` equals `bottom_s`, the moment of the count; `depth` is NaN. The
    gate of the release is left out, so that the counter can be compared by itself.

    Args:
        skeleton: Order of the keypoints.
    """

    frame_width = 512
    window = 60
    h = 0.1

    def __init__(self, skeleton: Skeleton = UPPER7) -> None:
        self._head = skeleton.index("head")
        self._fir = Fir(np.asarray(firwin(10, 2 * 0.5 / 30, window="hamming"), float))
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self.state = CounterState()
        self._fir.reset()
        self._head_px = math.nan
        self._filtered: deque[float] = deque(maxlen=self.window)
        self._low = False
        self._left_low_s = math.nan

    def update(self, observation: Observation) -> Rep | None:
        """Take the next frame; return a repetition where the label goes from 0 to 1.

        Raises:
            InputError: The observation lacks `frame_size_wh`.
        """
        if observation.frame_size_wh is None:
            raise InputError(
                "counter=published_exact measures in frame widths: give Observation.frame_size_wh"
            )
        head_px = float(observation.keypoints[self._head, 1])
        if math.isfinite(head_px):
            self._head_px = head_px * self.frame_width / observation.frame_size_wh[0]
        if math.isnan(self._head_px):
            return None
        value = self._fir.update(self._head_px)
        threshold, was_low = math.nan, self._low
        if len(self._filtered) == self.window:
            before = np.array(self._filtered)
            threshold = float(before.mean() + self.h * before.std())
            self._low = value > threshold
        self._filtered.append(value)
        self.state = CounterState(-value, -threshold, high=not self._low)
        time_s = observation.time_s
        if was_low and not self._low:
            self._left_low_s = time_s
        if was_low or not self._low:
            return None
        start_s = time_s if math.isnan(self._left_low_s) else self._left_low_s
        return Rep(start_s, time_s, time_s, depth=math.nan, features={"threshold_px": threshold})

    def finish(self) -> Rep | None:
        """Nothing is left to count."""
        return None


class Fir:
    """Streaming finite impulse response in samples, from a past of zeros.

    Equal to `scipy.signal.lfilter(taps, 1, history)[-1]`, without the history.
    """

    def __init__(self, taps: np.ndarray) -> None:
        self._taps = np.asarray(taps, float)
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self._past = deque([0.0] * len(self._taps), maxlen=len(self._taps))

    def update(self, value: float) -> float:
        """The filtered value."""
        self._past.appendleft(value)
        return float(self._taps @ np.array(self._past))


class ScoreKalman:
    """The published smoothing of the classifier's score: a scalar Kalman filter, frame by frame.

    A random walk observed with noise: P grows by `process`, K = P / (P + measurement),
    x += K (z - x), P shrinks by 1 - K. Settings as published.
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


class ScoreGate:
    """The published gate: open while the Kalman-smoothed score exceeds 0.9; no seconds in it.

    A frame without a score leaves it as it is.
    """

    def __init__(self, threshold: float = 0.9) -> None:
        self._threshold = threshold
        self._kalman = ScoreKalman()

    def reset(self) -> None:
        """Forget everything."""
        self._kalman.reset()

    def update(self, score: float | None) -> bool:
        """Whether the smoothed score is high enough."""
        if score is not None:
            self._kalman.update(score)
        return self._kalman.value > self._threshold


class PublishedCounter:
    """The published rule with its defects mended; streaming, in seconds and arm lengths.

    The head's height grows upward, is measured in arm lengths (`ArmLength`) and low-passed in
    hertz; mu and sigma are those of the last `window_s` seconds, from the first frame on; a label
    changes only once the head has travelled `min_depth` arm lengths since its last turning point,
    so that noise and pauses count nothing. The body is taken to start high: a first ascent has no
    descent before it and is not counted.

    Args:
        window_s: Seconds over which mu and sigma are taken (n; released: 60 frames at 30 fps).
        h: How many sigma above mu the head is "high".
        cutoff_hz: Of the low-pass (what the released filter really has at 30 fps).
        min_depth: Least travel between two labels, in arm lengths.
        min_score: A head of lower confidence is not looked at.
        position: Says when repetitions may be counted; None says always.
        score_gate: The post's; None for none.
        skeleton: Order of the keypoints.
    """

    def __init__(
        self,
        window_s: float = 2.0,
        h: float = 0.1,
        cutoff_hz: float = 2.1,
        min_depth: float = 0.25,
        min_score: float = 0.1,
        position: Position | None = None,
        score_gate: ScoreGate | None = None,
        skeleton: Skeleton = UPPER7,
    ) -> None:
        self.h = h
        self.min_depth = min_depth
        self.min_score = min_score
        self._head = skeleton.index("head")
        self._arm_length = ArmLength(skeleton, min_score=min_score)
        self._low_pass = Ema.at_cutoff(cutoff_hz)
        self._window = TimeWindow(window_s)
        self._body = BodyEstimator(skeleton, min_score=min_score)
        self._position, self._score_gate = position or AnyPosition(), score_gate
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self.state = CounterState()
        for part in (self._arm_length, self._low_pass, self._window, self._body, self._position):
            part.reset()
        if self._score_gate is not None:
            self._score_gate.reset()
        self._in_position = False
        self._head_px = math.nan
        self._height = 0.0
        self._high = True
        self._extreme = (-math.inf, math.nan)
        self._top = (math.nan, math.nan)

    def _gate(self, observation: Observation) -> bool:
        """Whether a repetition may be counted at this frame."""
        body = self._body.update(observation)
        if body is not None:
            self._in_position = self._position.update(body)
        if self._score_gate is None:
            return self._in_position
        return self._score_gate.update(observation.pushing_up) and self._in_position

    def update(self, observation: Observation) -> Rep | None:
        """Take the next frame; return the repetition that its label change completes, if any."""
        gate_open = self._gate(observation)
        time_s = observation.time_s
        points, scores = observation.keypoints.tolist(), observation.scores.tolist()
        arm_px = self._arm_length.update(time_s, points, scores)
        head_px = points[self._head][1]
        seen = scores[self._head] >= self.min_score and math.isfinite(head_px)
        if not (seen and math.isfinite(arm_px)):
            note = "arms and shoulders not seen" if seen else "head not seen"
            self.state = replace(self.state, gate_open=gate_open, note=note)
            return None
        if math.isfinite(self._head_px):
            # Changes are added up, so that a growing estimate of the arm length moves nothing.
            self._height += (self._head_px - head_px) / arm_px
        self._head_px = head_px
        value = self._low_pass.update(time_s, self._height)
        threshold = self._threshold()
        self._window.push(time_s, value)
        rep = self._label(time_s, value, value > threshold)
        note = "" if rep is None or gate_open else "not in position"
        self.state = CounterState(value, threshold, self._high, gate_open, note)
        return rep if gate_open else None

    def finish(self) -> Rep | None:
        """Nothing is left to count."""
        return None

    def _threshold(self) -> float:
        """Mu + h sigma of the window; NaN while it is empty."""
        if not self._window.samples:
            return math.nan
        values = self._window.values
        return fmean(values) + self.h * pstdev(values)

    def _label(self, time_s: float, value: float, above: bool) -> Rep | None:
        """Follow the extreme since the last label; change the label, count a 0 -> 1."""
        extreme, extreme_s = self._extreme
        if (value > extreme) == self._high:
            self._extreme = extreme, extreme_s = value, time_s
        if above == self._high or abs(value - extreme) < self.min_depth:
            return None
        self._high = above
        self._extreme = (value, time_s)
        if not above:
            self._top = (extreme, extreme_s)
            return None
        top, start_s = self._top
        features = {"rise": value - extreme}
        return Rep(start_s, extreme_s, time_s, depth=top - extreme, features=features)
