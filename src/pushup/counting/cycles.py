"""Down-and-up cycles of one signal over time.

In: a time in seconds and a value, larger = body higher, one sample at a time. Out: a `Cycle` with
the sample that completes it. The units are the signal's: arm lengths in a `CycleCounter`.
"""

import math
from dataclasses import dataclass, replace

from pushup.counting.filters import Ema


@dataclass(frozen=True)
class Cycle:
    """A descent from `peak` to `bottom` and the return, all in the signal's units.

    It leaves its peak at `start_s`, is down from `down_s` on, and back at `top_s`; `bottom_s` is
    the middle of its stay at the bottom. They are in this order.
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

    A cycle is complete once the value has fallen by at least `min_depth` from its peak and has
    climbed back `recover` of that fall. An ascent with no descent before it is none. When a return
    stays short and the value falls again by `min_depth`, the place of that turn is the new peak: a
    body that has come down for good (from standing to the floor) does not block what follows. Nor
    does one that has come down by more than `max_depth` and rests there.

    Args:
        min_depth: Least descent, in the signal's units.
        recover: Share of the descent after which the body is back.
        at_bottom: Report a cycle as soon as the value turns, half a `min_depth` above its bottom.
        max_depth: What is deeper, and followed by a rest, is a change of position.
        short_returns: A short return before another fall completes a cycle, too, such as the first
            repetition of a body that has just come down: its peak is the height of the return, its
            start the time at which the value came down through it. Something has to judge it.
        first_ascent: A value that begins low and rises by `min_depth` before it has ever fallen by
            that has made a cycle, too: it is reported once the value has turned.
    """

    rest_s = 0.7
    """How long a body that came down has to rest to be taken for ready."""

    def __init__(
        self,
        min_depth: float,
        recover: float = 2 / 3,
        at_bottom: bool = False,
        max_depth: float = math.inf,
        short_returns: bool = False,
        first_ascent: bool = False,
    ) -> None:
        if not (min_depth > 0 and 0 < recover <= 1):
            raise ValueError(
                f"need min_depth > 0 and 0 < recover <= 1, got {min_depth} and {recover}"
            )
        self.min_depth = min_depth
        self.recover = recover
        self._at_bottom, self._max_depth = at_bottom, max_depth
        self._short_returns, self._first_ascent = short_returns, first_ascent
        self._stillness = Stillness(min_depth / 4)
        self.reset()

    def reset(self) -> None:
        """Forget the past: the next sample is a peak."""
        self.peak = -math.inf
        self.start_s = math.nan
        self._reported = self._staying = False
        self._way_down: list[tuple[float, float]] = []
        self._base_s, self._base = math.nan, math.inf
        self._awaits_ascent = self._first_ascent
        self._stillness.reset()
        self._fall(math.nan, math.inf)

    @property
    def low(self) -> bool:
        """The value has left its peak by at least `min_depth` and has not come back."""
        return self.peak - self.bottom >= self.min_depth

    @property
    def threshold(self) -> float:
        """What the value has to cross next: on its way back while it is low, or down."""
        if self.low:
            return self.bottom + self.recover * (self.peak - self.bottom)
        return self.peak - self.min_depth

    @property
    def _band(self) -> float:
        """How close to the bottom still counts as held at the bottom."""
        return max(self.min_depth / 4, (self.peak - self.bottom) / 8)

    def _begin(self, time_s: float, value: float) -> None:
        """Take this sample as the peak of a new cycle."""
        self.peak, self.start_s = value, time_s
        self._reported = False
        self._way_down = []
        self._fall(time_s, value)

    def _fall(self, time_s: float, value: float) -> None:
        """Take this sample as the bottom so far; a stay at the bottom begins, or goes on."""
        self.bottom = self._rise = value
        self._rise_s = self._stay_end_s = time_s
        if not self.low or not self._staying or value < self._stay - self._band:
            self._stay, self._stay_s = value, time_s
        self._staying = True
        if not self._way_down or value < self._way_down[-1][1] - self.min_depth / 5:
            self._way_down.append((time_s, value))

    def update(self, time_s: float, value: float) -> Cycle | None:
        """Take a sample; return the cycle that it completes."""
        if not self.low:
            if value >= self.peak:
                self._begin(time_s, value)
            elif value >= self.peak - self.min_depth / 5:
                self.start_s = time_s
        if value < self.bottom:
            self._fall(time_s, value)
        elif value > self.bottom + self._band:
            self._staying = False
        elif self._staying:
            self._stay_end_s = time_s
        if value > self._rise:
            self._rise, self._rise_s = value, time_s
        cycle = self._ascent(time_s, value)
        if self.low:
            cycle = self._turn(time_s, value) or cycle
        still_s = self._stillness.update(time_s, value)
        if self.peak - self.bottom > self._max_depth and still_s >= self.rest_s:
            self._begin(time_s, value)
        return cycle

    def finish(self, recover: float) -> Cycle | None:
        """The recording is over: the cycle that has recovered that share of its descent, if any."""
        if self._awaits_ascent and self.peak - self._base >= self.min_depth:
            self._awaits_ascent = False
            return self._first_cycle()
        back = self.bottom + recover * (self.peak - self.bottom)
        if self._reported or not self.low or self._rise < back:
            return None
        self._reported = True
        return self._cycle(self._rise_s)

    def _ascent(self, time_s: float, value: float) -> Cycle | None:
        """The ascent with which the recording begins, once the value has turned after it."""
        if not self._awaits_ascent:
            return None
        if value < self._base and self._base > self.peak - self.min_depth:
            self._base_s, self._base = time_s, value
        turned = value <= self.peak - self.min_depth / 4
        if turned and self.peak - self._base >= self.min_depth and self.start_s > self._base_s:
            self._awaits_ascent = False
            return self._first_cycle()
        self._awaits_ascent = not self.low
        return None

    def _first_cycle(self) -> Cycle:
        base_s = self._base_s
        return Cycle(base_s, base_s, base_s, max(self.start_s, base_s), self.peak, self._base)

    def _short_cycle(self) -> Cycle:
        """The bottom and the rise after it, with as much of the descent as was climbed back."""
        start_s = self.start_s
        for time_s, value in self._way_down:
            if value < self._rise:
                break
            start_s = time_s
        whole = self._cycle(self._rise_s)
        return replace(whole, start_s=start_s, peak=self._rise)

    def _cycle(self, top_s: float) -> Cycle:
        bottom_s = (self._stay_s + min(self._stay_end_s, top_s)) / 2
        return Cycle(self.start_s, self._stay_s, bottom_s, top_s, self.peak, self.bottom)

    def _turn(self, time_s: float, value: float) -> Cycle | None:
        """While low: the value is back, has turned, or falls again after a short return."""
        back = value >= self.threshold
        turned = self._at_bottom and value >= self.bottom + self.min_depth / 2
        cycle = None
        if (back or turned) and not self._reported:
            cycle = self._cycle(time_s)
            self._reported = True
        if back:
            self._begin(time_s, value)
        elif self._rise - value >= self.min_depth:
            if self._short_returns and not self._reported:
                cycle = self._short_cycle()
            self._begin(self._rise_s, self._rise)
            self._fall(time_s, value)
        return cycle


class Stillness:
    """For how long a value has stayed within a band, once its noise is taken out.

    Args:
        band: Width of the band, in the signal's units.
        smooth_s: Time constant of the average that takes the noise out.
    """

    def __init__(self, band: float, smooth_s: float = 0.3) -> None:
        self._band = band
        self._average = Ema(smooth_s)
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self._average.reset()
        self._low = self._high = self._since_s = math.nan

    def update(self, time_s: float, value: float) -> float:
        """Seconds of stillness up to this sample; 0 while it moves."""
        value = self._average.update(time_s, value)
        low, high = min(self._low, value), max(self._high, value)
        if high - low <= self._band:
            self._low, self._high = low, high
        else:
            self._low = self._high = value
            self._since_s = time_s
        return time_s - self._since_s
