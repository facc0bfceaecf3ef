"""Moving pixels: where the picture changes is where the body is.

The naive method that the blog post of December 2020 cites and rejects: frame differences, the
height of the pixels that change, a band-pass, peaks.
"""

import numpy as np

from pushup.approaches.pace import BandPass, Pace
from pushup.approaches.video_counter import PictureCounter, grey
from pushup.counting.cycles import CycleDetector
from pushup.counting.types import CounterState, Rep
from pushup.video.frames import Frame


class MovingPixelsCounter(PictureCounter):
    """Counts the falls and rises of the mean height of changing pixels.

    Args:
        size: Longer side of the grey pictures that are compared.
        rate_hz: Pictures compared a second, at most.
        threshold: A pixel has changed if its grey value (0..255) differs by more.
        least_share: With a smaller share of changed pixels nothing moves: the height stays.
        low_hz: Slower changes are no repetitions.
        high_hz: Nor are faster ones.
        floor: Least fall of a repetition, in heights of the picture.
        recover: Share of the fall that has to be climbed back.
        light_share: Light-change guard: a picture of which a larger share changed in one
            direction is passed over. None, the default, for no guard.
    """

    def __init__(
        self,
        size: int = 160,
        rate_hz: float = 15.0,
        threshold: float = 15.0,
        least_share: float = 0.002,
        low_hz: float = 0.15,
        high_hz: float = 1.5,
        floor: float = 0.04,
        recover: float = 0.6,
        light_share: float | None = None,
    ) -> None:
        self.size, self.threshold = size, threshold
        self.least_share, self.light_share = least_share, light_share
        self._pace, self._band = Pace(rate_hz), BandPass(low_hz, high_hz)
        self._cycles = CycleDetector(floor, recover)
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self.state = CounterState()
        for part in (self._pace, self._band, self._cycles):
            part.reset()
        self._before: np.ndarray | None = None
        self._height = 0.5

    def update(self, frame: Frame) -> Rep | None:
        """Take the next frame; return the repetition that it completes, if any."""
        if not self._pace.due(frame.time_s):
            return None
        now = grey(frame, self.size).astype(np.int16)
        before, self._before = self._before, now
        if before is None or before.shape != now.shape:
            return None
        self._height = self._moving_height(now - before)
        value = self._band.update(frame.time_s, self._height)
        cycle = self._cycles.update(frame.time_s, value)
        self.state = CounterState(value, self._cycles.threshold, not self._cycles.low)
        if cycle is None:
            return None
        return Rep(cycle.start_s, cycle.bottom_s, cycle.top_s, cycle.depth)

    def _moving_height(self, change: np.ndarray) -> float:
        """Mean height of the changed pixels, 0 at the bottom of the picture, 1 at its top."""
        changed = np.abs(change) > self.threshold
        if changed.mean() < self.least_share or self._light_changed(change, changed):
            return self._height
        rows = changed.sum(1)
        return 1 - float(rows @ np.arange(len(rows)) / rows.sum()) / len(rows)

    def _light_changed(self, change: np.ndarray, changed: np.ndarray) -> bool:
        if self.light_share is None:
            return False
        brighter = float((change[changed] > 0).sum()) / change.size
        return max(brighter, float(changed.mean()) - brighter) > self.light_share
