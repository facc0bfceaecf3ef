"""Causal filters for signals of variable rate: cutoffs in hertz, windows in seconds.

Each takes (time_s, value) one at a time; its memory is bounded by its window, whatever the length
of the recording.
"""

import math
from collections import deque
from statistics import median

import numpy as np


class LowPass:
    """One-pole low-pass: the exact step response of an RC circuit at any spacing of the samples.

    While it is young it is the mean of what it has seen, so that nothing has to settle and a wild
    first value does not last.
    """

    def __init__(self, cutoff_hz: float) -> None:
        if not cutoff_hz > 0:
            raise ValueError(f"a cutoff is above 0 Hz, got {cutoff_hz}")
        self._rate = 2 * math.pi * cutoff_hz
        self.reset()

    @classmethod
    def over(cls, time_constant_s: float) -> "LowPass":
        """The one that covers 63 % of a step within `time_constant_s`."""
        return cls(1 / (2 * math.pi * time_constant_s))

    def reset(self) -> None:
        """Forget everything."""
        self.value = math.nan
        self._seen = 0
        self._time_s = math.nan

    def update(self, time_s: float, value: float) -> float:
        """The filtered value at `time_s`."""
        self._seen += 1
        elapsed_s = time_s - self._time_s if self._seen > 1 else 0.0
        share = max(1 - math.exp(-self._rate * max(0.0, elapsed_s)), 1 / self._seen)
        last = value if self._seen == 1 else self.value
        self.value = last + share * (value - last)
        self._time_s = time_s
        return self.value


class Window:
    """The samples of the last `span_s` seconds (at least one once any has come)."""

    def __init__(self, span_s: float) -> None:
        if not span_s >= 0:
            raise ValueError(f"a window is 0 s or longer, got {span_s}")
        self.span_s = span_s
        self._samples: deque[tuple[float, float]] = deque()

    def __len__(self) -> int:
        return len(self._samples)

    def reset(self) -> None:
        """Forget everything."""
        self._samples.clear()

    def push(self, time_s: float, value: float) -> None:
        """Append a sample and drop those older than the window."""
        self._samples.append((time_s, value))
        while time_s - self._samples[0][0] > self.span_s:
            self._samples.popleft()

    @property
    def samples(self) -> list[tuple[float, float]]:
        """(time_s, value) pairs, oldest first."""
        return list(self._samples)

    @property
    def values(self) -> np.ndarray:
        """(N,) samples, oldest first."""
        return np.array([value for _, value in self._samples])


class MovingMedian:
    """Median of the last `span_s` seconds: removes spikes shorter than half of it."""

    def __init__(self, span_s: float) -> None:
        self._window = Window(span_s)

    def reset(self) -> None:
        """Forget everything."""
        self._window.reset()

    def update(self, time_s: float, value: float) -> float:
        """The median with `value` included."""
        self._window.push(time_s, value)
        return median(value for _, value in self._window.samples)


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
        self._window = Window(span_s)
        self._max_samples = max_samples

    def reset(self) -> None:
        """Forget everything."""
        self._window.reset()

    def update(self, time_s: float, value: float) -> float:
        """The line's value at `time_s`."""
        self._window.push(time_s, value)
        samples = self._window.samples
        if len(samples) > self._max_samples:
            step = (len(samples) - 1) / (self._max_samples - 1)
            samples = [samples[round(i * step)] for i in range(self._max_samples)]
        if len(samples) < 3:
            return value
        slope = median(
            [median([(v - w) / (t - s) for s, w in samples if s != t]) for t, v in samples]
        )
        return median([v + slope * (time_s - t) for t, v in samples])
