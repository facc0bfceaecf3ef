"""Down-and-up cycles of one value over time: the rule beneath the default counter."""

import math
from dataclasses import dataclass

from pushup.counting.filters import LowPass


@dataclass(frozen=True)
class Cycle:
    """A descent from `peak` to `bottom` and the return, all in the signal's units.

    It leaves its peak at `start_s`, is down from `down_s` on, and back at `top_s`; `bottom_s` is
    the middle of its stay at the bottom.
    """

    start_s: float
    down_s: float
    bottom_s: float
    top_s: float
    peak: float
    bottom: float

    @property
    def depth(self) -> float:
        """How far the value went down."""
        return self.peak - self.bottom

    @property
    def duration_s(self) -> float:
        """From the peak until it was back."""
        return self.top_s - self.start_s


class CycleDetector:
    """Finds cycles with hysteresis, one sample at a time, with no memory but the last extremes.

    A cycle is complete once the value has fallen by at least `floor` from its peak and has climbed
    back `recover` of that fall. An ascent with no descent before it is none. When a return stays
    short and the value falls again by `floor`, the place of that turn is the new peak: a body that
    has come down for good (from standing to the floor) does not block what follows.

    Args:
        floor: Least descent, in the signal's units; may be changed between samples.
        recover: Share of the descent after which the body is back.
        at_bottom: Report a cycle as soon as the value turns, half a floor above its bottom.
    """

    def __init__(self, floor: float, recover: float = 2 / 3, at_bottom: bool = False) -> None:
        if not (floor > 0 and 0 < recover <= 1):
            raise ValueError(f"need floor > 0 and 0 < recover <= 1, got {floor} and {recover}")
        self.floor = floor
        self.recover = recover
        self._at_bottom = at_bottom
        self.reset()

    def reset(self) -> None:
        """Forget the past: the next sample is a peak."""
        self.peak = -math.inf
        self.start_s = math.nan
        self._reported = False
        self._fall(math.nan, math.inf)

    @property
    def low(self) -> bool:
        """The value has left its peak by at least `floor` and has not come back."""
        return self.peak - self.bottom >= self.floor

    @property
    def return_level(self) -> float:
        """Where the value will be back; NaN unless it is low."""
        if not self.low:
            return math.nan
        return self.bottom + self.recover * (self.peak - self.bottom)

    @property
    def _band(self) -> float:
        """How close to the bottom still counts as held at the bottom."""
        return max(self.floor / 4, (self.peak - self.bottom) / 8)

    def begin(self, time_s: float, value: float) -> None:
        """Take this sample as the peak of a new cycle."""
        self.peak, self.start_s = value, time_s
        self._reported = False
        self._fall(time_s, value)

    def _fall(self, time_s: float, value: float) -> None:
        """Take this sample as the bottom so far."""
        self.bottom = self._rise = value
        self._rise_s = self._hold_end_s = time_s
        if not self.low or value < self._hold - self._band:
            self._hold, self._hold_s = value, time_s

    def update(self, time_s: float, value: float) -> Cycle | None:
        """Take a sample; return the cycle that it completes."""
        if not self.low:
            if value >= self.peak:
                self.begin(time_s, value)
            elif value >= self.peak - self.floor / 5:
                self.start_s = time_s
        if value < self.bottom:
            self._fall(time_s, value)
        elif value <= self.bottom + self._band:
            self._hold_end_s = time_s
        if value > self._rise:
            self._rise, self._rise_s = value, time_s
        return self._turn(time_s, value) if self.low else None

    def _turn(self, time_s: float, value: float) -> Cycle | None:
        """While low: the value is back, has turned, or falls again after a short return."""
        back = value >= self.return_level
        turned = self._at_bottom and value >= self.bottom + self.floor / 2
        cycle = None
        if (back or turned) and not self._reported:
            bottom_s = (self._hold_s + self._hold_end_s) / 2
            cycle = Cycle(self.start_s, self._hold_s, bottom_s, time_s, self.peak, self.bottom)
            self._reported = True
        if back:
            self.begin(time_s, value)
        elif self._rise - max(value, self.bottom) >= self.floor:
            self.begin(self._rise_s, self._rise)
            self._fall(time_s, value)
        return cycle


class Stillness:
    """For how long a value has stayed within a band, once its noise is taken out.

    Args:
        band: Width of the band, in the signal's units.
        smooth_s: Time constant of the low-pass that takes the noise out.
    """

    def __init__(self, band: float, smooth_s: float = 0.3) -> None:
        self._band = band
        self._low_pass = LowPass.over(smooth_s)
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self._low_pass.reset()
        self._low = self._high = self._since_s = math.nan

    def update(self, time_s: float, value: float) -> float:
        """Seconds of stillness up to this sample; 0 while it moves."""
        value = self._low_pass.update(time_s, value)
        low, high = min(self._low, value), max(self._high, value)
        if high - low <= self._band:
            self._low, self._high = low, high
        else:
            self._low = self._high = value
            self._since_s = time_s
        return time_s - self._since_s
