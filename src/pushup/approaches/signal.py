"""Any one-dimensional signal: a proximity or touch sensor, an accelerometer, line by line.

Its units are unknown, so that the least fall of a repetition follows the signal: a third of its
latest range and of the latest repetitions, and well above its noise.
"""

import math
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from pushup.cli import InputError
from pushup.counting.cycles import CycleDetector
from pushup.counting.filters import RepeatedMedianFilter, TimeWindow
from pushup.counting.types import CounterState, Rep


@dataclass(frozen=True)
class Sample:
    """One value of a signal at a time in seconds."""

    time_s: float
    value: float


class SignalSourceCounter:
    """Counts falls and returns of a bare value.

    Args:
        floor: Least fall, in the signal's units; None lets it follow the signal.
        recover: Share of the fall that has to be climbed back.
        smooth_s: Window of the line fit that smooths the signal.
        upward: A larger value means a lower body.
        span_s: Seconds of signal that a floor of None follows.
    """

    share, noise_factor = 1 / 3, 8.0
    """Of a floor of None: of the range and the usual depth, and of the deviation of the noise."""

    def __init__(
        self,
        floor: float | None = None,
        recover: float = 2 / 3,
        smooth_s: float = 0.2,
        upward: bool = False,
        span_s: float = 8.0,
    ) -> None:
        if floor is not None and not floor > 0:
            raise InputError(f"signal.floor={floor}: a fall above 0 is needed, or null")
        self._given, self._sign = floor, -1 if upward else 1
        self._cycles = CycleDetector(floor or 1.0, recover)
        self._smooth, self._window = RepeatedMedianFilter(smooth_s), TimeWindow(span_s)
        self._depths: deque[float] = deque(maxlen=5)
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self.state = CounterState()
        for part in (self._cycles, self._smooth, self._window):
            part.reset()
        self._depths.clear()

    def finish(self) -> Rep | None:
        """Nothing is left: every sample is decided at once."""
        return None

    def update(self, sample: Sample) -> Rep | None:
        """Take a sample; return the repetition that it completes. NaN is passed over."""
        if not math.isfinite(sample.value):
            return None
        value = self._sign * sample.value
        self._window.push(sample.time_s, value)
        if self._given is None:
            self._cycles.min_depth = self._floor(np.array(self._window.values))
        smooth = self._smooth.update(sample.time_s, value)
        cycle = self._cycles.update(sample.time_s, smooth)
        self.state = CounterState(smooth, self._cycles.threshold, not self._cycles.low)
        if cycle is None:
            return None
        self._depths.append(cycle.depth)
        return Rep(cycle.start_s, cycle.bottom_s, cycle.top_s, cycle.depth)

    def _floor(self, values: np.ndarray) -> float:
        """A third of the range or of the latest repetitions, or eight deviations of the noise.

        A smooth movement has small second differences; those of white noise have a variance six
        times that of the noise.
        """
        if len(values) < 5:
            return math.inf
        low, high = np.percentile(values, [2, 98])
        noise = 1.4826 * float(np.median(np.abs(np.diff(values, 2)))) / math.sqrt(6)
        usual = float(np.median(self._depths)) if self._depths else 0.0
        return max(self.share * max(high - low, usual), self.noise_factor * noise, 1e-12)


def read_samples(lines: Iterable[str], name: str, strict: bool = True) -> Iterator[Sample]:
    """Samples of lines `time_s,value`, as they come; a header is passed over.

    Args:
        lines: Text, read one line at a time.
        name: Of the source, for messages.
        strict: A line that is no sample ends it. Of a live source it is passed over with a line
            on stderr.

    Raises:
        InputError: A line is no sample, times do not increase, or there is no sample at all.
    """
    last_s, number = -math.inf, 0
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            time_s, value = (float(cell) for cell in line.split(",")[:2])
            if not last_s < time_s < math.inf:
                raise ValueError(f"the time {time_s:g} s does not increase")
        except ValueError as error:
            if last_s == -math.inf and number == 1:
                continue
            message = f"{name} line {number} is not time,value: {error}"
            if strict:
                raise InputError(f"{message}; correct the line") from error
            print(f"warning: {message}; passed over", file=sys.stderr)
            continue
        last_s = time_s
        yield Sample(time_s, value)
    if last_s == -math.inf:
        raise InputError(f"{name} holds no line of time,value: give a CSV file with two columns")
