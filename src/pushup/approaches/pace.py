"""Frames at a bounded rate, and the part of a signal that repetitions live in."""

from pushup.counting.filters import Ema


class Pace:
    """Lets frames through at `rate_hz` at most, whatever the rate of the video."""

    def __init__(self, rate_hz: float) -> None:
        self.rate_hz = rate_hz
        self.reset()

    def reset(self) -> None:
        """The next frame is due."""
        self._next_s: float | None = None

    def due(self, time_s: float) -> bool:
        """Whether the frame at `time_s` is to be looked at."""
        step = 1 / self.rate_hz
        if self._next_s is not None and time_s < self._next_s - 0.25 * step:
            return False
        late = self._next_s is None or time_s > self._next_s + step
        self._next_s = time_s + step if late else self._next_s + step  # type: ignore[operator]
        return True


class BandPass:
    """What of a signal lies between two frequencies: two one-pole low-passes, subtracted."""

    def __init__(self, low_hz: float, high_hz: float) -> None:
        self._slow, self._fast = Ema.at_cutoff(low_hz), Ema.at_cutoff(high_hz)

    def reset(self) -> None:
        """Forget everything."""
        self._slow.reset()
        self._fast.reset()

    def update(self, time_s: float, value: float) -> float:
        """The filtered value at `time_s`."""
        return self._fast.update(time_s, value) - self._slow.update(time_s, value)
