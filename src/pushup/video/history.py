"""What a display remembers: the signal's latest seconds, the repetitions, the speed."""

import math
import time
from collections import deque
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from pushup.counting.types import CounterState, Rep
from pushup.video import words
from pushup.video.overlay import OverlayState
from pushup.video.placement import PanelCorner
from pushup.video.strip import Sample

_HINT_S = 3.0  # words stay so long


class Meter:
    """Speed and delay over the latest frames.

    Args:
        window: Number of frames.
        clock: Seconds.
    """

    def __init__(self, window: int = 30, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._ticks: deque[float] = deque(maxlen=window)
        self._latencies: deque[float] = deque(maxlen=10 * window)

    def tick(self, latency_s: float) -> None:
        """A frame is done, `latency_s` after it was read."""
        self._ticks.append(self._clock())
        self._latencies.append(latency_s)

    @property
    def fps(self) -> float:
        """Mean rate of the frames done; 0 before the second."""
        steps = [b - a for a, b in pairwise(self._ticks)]
        return 1 / max(float(np.mean(steps)), 1e-9) if steps else 0.0

    @property
    def latency_s(self) -> float:
        """Median delay; NaN before the first frame."""
        return float(np.median(self._latencies)) if self._latencies else float("nan")


class DisplayHistory:
    """Collects what `scene` shows beside the current pose.

    Attributes:
        meter: Knows the speed.

    Args:
        edges: Index pairs of joints that form limbs.
        span_s: Seconds of signal to keep.
        activity: What the person does while repetitions are counted.
        meter: Measures the speed.
    """

    def __init__(
        self,
        edges: Sequence[tuple[int, int]],
        span_s: float = 8.0,
        activity: str = "pushing",
        meter: Meter | None = None,
    ) -> None:
        self._edges, self._span_s, self._activity = edges, span_s, activity
        self.meter = meter or Meter()
        self.reset()

    def reset(self) -> None:
        """Forget everything but the speed."""
        self._samples: deque[Sample] = deque()
        self._reps: deque[tuple[float, float]] = deque(maxlen=100)
        self._hint = self._note = ""
        self._tempo_s = math.nan
        self._hint_s = self._note_s = 0.0
        self._corner = PanelCorner()

    def add(
        self, time_s: float, state: CounterState, rep: Rep | None, latency_s: float = 0.0
    ) -> None:
        """Take the counter's answer to the frame at `time_s`, read `latency_s` ago."""
        self.meter.tick(latency_s)
        self._samples.append(Sample(time_s, state.value, state.threshold, state.gate_open))
        if state.note:
            self._note, self._note_s = state.note, time_s
        while self._samples[0].time_s < time_s - self._span_s:
            self._samples.popleft()
        if rep is not None:
            self._reps.append((rep.bottom_s, rep.top_s))
            self._tempo_s = rep.top_s - rep.start_s
            self._hint = rep.form[0].hint if rep.form else ""
            self._hint_s = time_s

    @property
    def note(self) -> str:
        """Why the latest candidate was not counted, for a while after it; "" otherwise."""
        return self._note if self._now_s - self._note_s <= _HINT_S else ""

    @property
    def _now_s(self) -> float:
        return self._samples[-1].time_s if self._samples else 0.0

    def scene(
        self,
        count: int,
        keypoints_frame: np.ndarray | None = None,
        scores: np.ndarray | None = None,
        size_wh: tuple[int, int] | None = None,
    ) -> OverlayState:
        """All that can be drawn over the latest frame, which has this size."""
        if keypoints_frame is not None and size_wh is not None:
            self._corner.update(self._now_s, keypoints_frame, size_wh)
        return OverlayState(
            count=count,
            corner=self._corner.corner,
            keypoints_frame=keypoints_frame,
            scores=scores,
            edges=self._edges,
            activity=self._activity,
            gate_open=self._samples[-1].gate_open if self._samples else True,
            samples=tuple(self._samples),
            reps_s=tuple(self._reps),
            span_s=self._span_s,
            hint=self._hint if self._now_s - self._hint_s <= _HINT_S else "",
            lines=words.speed(self.meter.fps, self._tempo_s),
        )
