"""Causal filters for signals of variable rate, in seconds and plain floats.

Each takes (time_s, value) one at a time; its memory is bounded by its window, whatever the length
of the recording. Values are finite.
"""

import math
from bisect import bisect_left, insort
from collections import deque


class Ema:
    """Exponential moving average: the step response of an RC circuit at any spacing of samples.

    While it is young it is the mean of what it has seen, so that nothing has to settle and a wild
    first value does not last.

    Args:
        tau_s: Time constant: it covers 63 % of a step in so long.
    """

    def __init__(self, tau_s: float) -> None:
        if not tau_s > 0:
            raise ValueError(f"a time constant is above 0 s, got {tau_s}")
        self._tau_s = tau_s
        self.reset()

    @classmethod
    def at_cutoff(cls, cutoff_hz: float) -> "Ema":
        """The one that halves the power of a signal of that frequency."""
        return cls(1 / (2 * math.pi * cutoff_hz))

    def reset(self) -> None:
        """Forget everything."""
        self.value = math.nan
        self._seen = 0
        self._time_s = math.nan

    def update(self, time_s: float, value: float) -> float:
        """The average at `time_s`."""
        self._seen += 1
        if self._seen == 1:
            self.value = value
        else:
            elapsed_s = max(0.0, time_s - self._time_s)
            share = max(1 - math.exp(-elapsed_s / self._tau_s), 1 / self._seen)
            self.value += share * (value - self.value)
        self._time_s = time_s
        return self.value


class TimeWindow:
    """The samples of the last `span_s` seconds (at least one once any has come)."""

    def __init__(self, span_s: float) -> None:
        if not span_s >= 0:
            raise ValueError(f"a window is 0 s or longer, got {span_s}")
        self.span_s = span_s
        self.samples: deque[tuple[float, float]] = deque()

    def reset(self) -> None:
        """Forget everything."""
        self.samples.clear()

    @property
    def values(self) -> list[float]:
        """The samples, oldest first."""
        return [value for _, value in self.samples]

    def push(self, time_s: float, value: float) -> list[float]:
        """Append a sample; drop those older than the window, and return their values."""
        self.samples.append((time_s, value))
        dropped = []
        while time_s - self.samples[0][0] > self.span_s:
            dropped.append(self.samples.popleft()[1])
        return dropped


class MovingMedian:
    """Median of the last `span_s` seconds: removes spikes shorter than half of it."""

    def __init__(self, span_s: float) -> None:
        self._window = TimeWindow(span_s)
        self._sorted: list[float] = []

    def reset(self) -> None:
        """Forget everything."""
        self._window.reset()
        self._sorted.clear()

    def update(self, time_s: float, value: float) -> float:
        """The median with `value` included."""
        insort(self._sorted, value)
        for old in self._window.push(time_s, value):
            del self._sorted[bisect_left(self._sorted, old)]
        return middle(self._sorted)


class RepeatedMedianFilter:
    """Value at the present of a straight line fitted to the last `span_s` seconds.

    Smooths without the delay of an average: a steady rise is followed exactly. The line is the
    repeated median (Siegel, "Robust regression using repeated medians", Biometrika 1982), which up
    to half of the samples may spoil; its use at the end of a moving window is by Davies, Fried and
    Gather ("Robust signal extraction for on-line monitoring data", 2004).

    Args:
        span_s: Length of the window.
        max_samples: At high frame rates only so many samples of the window are used, evenly spread.
    """

    def __init__(self, span_s: float, max_samples: int = 9) -> None:
        self._window = TimeWindow(span_s)
        self._max_samples = max_samples

    def reset(self) -> None:
        """Forget everything."""
        self._window.reset()

    def update(self, time_s: float, value: float) -> float:
        """The line's value at `time_s`."""
        self._window.push(time_s, value)
        samples = list(self._window.samples)
        if len(samples) > self._max_samples:
            step = (len(samples) - 1) / (self._max_samples - 1)
            samples = [samples[round(i * step)] for i in range(self._max_samples)]
        if len(samples) < 3:
            return value
        slopes = sorted(
            [middle(sorted([(v - w) / (t - s) for s, w in samples if s != t])) for t, v in samples]
        )
        slope = middle(slopes)
        return middle(sorted([v + slope * (time_s - t) for t, v in samples]))


def middle(ordered: list[float]) -> float:
    """The median of values in order, at least one."""
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2
