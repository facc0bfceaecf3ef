"""Several noisy joints as one point, and where a point has lately been."""

import math

from pushup.counting.filters import Ema, MovingMedian

Point = tuple[float, float]
UNKNOWN: Point = (math.nan, math.nan)


def weighted_median(values: list[float], weights: list[float]) -> float:
    """Where half of the weight is reached, interpolated between the values."""
    pairs = sorted(zip(values, weights, strict=True))
    half, below = sum(weights) / 2, 0.0
    last_value, last_middle = pairs[0][0], -math.inf
    for value, weight in pairs:
        middle = below + weight / 2
        if middle >= half:
            share = (half - last_middle) / (middle - last_middle) if middle > last_middle else 1.0
            return last_value + (value - last_value) * (share if math.isfinite(share) else 1.0)
        last_value, last_middle, below = value, middle, below + weight
    return pairs[-1][0]


class RobustCentroid:
    """Several joints that move together, as one point that survives the loss of any of them.

    Each joint is corrected by its running offset from the point, so that the point does not jump
    when a joint drops out; the point is the weighted median of the corrected joints, so that one
    wild joint does not move it.

    Args:
        joints: Their indices.
        offset_s: Time constant of the offsets.
    """

    def __init__(self, joints: tuple[int, ...], offset_s: float = 2.0) -> None:
        self.joints = joints
        self._offset_s = offset_s
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self._offsets: dict[int, Point] = {}
        self._time_s = math.nan
        self._seen = 0

    def locate(self, points: list[Point], weights: list[float]) -> Point:
        """The point in pixels by one frame's joints, with nothing learnt; NaN if none is seen."""
        seen = [j for j in self.joints if weights[j] > 0]
        if self._offsets:
            seen = [j for j in seen if j in self._offsets]
        if not seen:
            return UNKNOWN
        seen_weights = [weights[j] for j in seen]
        offsets = [self._offsets.get(j, (0.0, 0.0)) for j in seen]
        xs = [points[j][0] - dx for j, (dx, _) in zip(seen, offsets, strict=True)]
        ys = [points[j][1] - dy for j, (_, dy) in zip(seen, offsets, strict=True)]
        return weighted_median(xs, seen_weights), weighted_median(ys, seen_weights)

    def update(self, time_s: float, points: list[Point], weights: list[float]) -> Point:
        """The point in pixels; NaN when no joint is seen."""
        x, y = self.locate(points, weights)
        if math.isnan(x):
            return UNKNOWN
        elapsed_s = max(0.0, time_s - self._time_s) if self._offsets else 0.0
        self._seen += 1
        # young offsets are means, so that a wild first frame does not last
        share = max(1 - math.exp(-elapsed_s / self._offset_s), 1 / self._seen)
        for j in self.joints:
            if weights[j] > 0:
                dx, dy = points[j][0] - x, points[j][1] - y
                old_dx, old_dy = self._offsets.get(j, (dx, dy))
                self._offsets[j] = old_dx + share * (dx - old_dx), old_dy + share * (dy - old_dy)
        self._time_s = time_s
        return x, y


class SmoothedAnchor:
    """Where a point has lately been: median against spikes, moving average against the rest.

    Args:
        tau_s: Time constant with which a moved point is followed.
        median_s: Window of the median.
    """

    def __init__(self, tau_s: float, median_s: float = 0.3) -> None:
        self._median_x, self._median_y = MovingMedian(median_s), MovingMedian(median_s)
        self._x, self._y = Ema(tau_s), Ema(tau_s)

    def reset(self) -> None:
        """Forget everything."""
        for part in (self._median_x, self._median_y, self._x, self._y):
            part.reset()

    def update(self, time_s: float, point: Point) -> Point:
        """The place; an unknown point leaves it where it is. NaN before any point."""
        if math.isnan(point[0]):
            return self._x.value, self._y.value
        x = self._x.update(time_s, self._median_x.update(time_s, point[0]))
        y = self._y.update(time_s, self._median_y.update(time_s, point[1]))
        return x, y
