"""Where to look for the person in the next frame, decided from joints and scores alone.

No picture, no array: whoever runs a network, a predictor here or a page in a browser, asks `Region`
where to look and tells it what was seen there.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pushup.geometry import Box

Point = tuple[float, float]


@dataclass(frozen=True)
class Seen:
    """What one look at a frame has shown.

    Attributes:
        points: (x, y) of each joint in frame pixels; NaN where unknown.
        scores: Confidence of each joint in 0..1.
    """

    points: Sequence[Point]
    scores: Sequence[float]

    @property
    def confidence(self) -> float:
        """Mean score of the joints."""
        return sum(self.scores) / len(self.scores)


class Region:
    """A square region that follows the person; looked at instead of the whole frame.

    The confidence of a look is the mean score of its joints. It is held against its own running
    mean, since networks differ in the scores that they give.

    Args:
        enlarge: Side of the region over that of the joints' box. The box of `upper7` leaves out
            the legs, and a network trained on whole people is unsure of half a person: an arm, the
            box of a bent body, is a third of the stature, and the body lies to one side of it.
        min_score: Joints of lower confidence say nothing about the region.
        drop: The whole frame is looked at afresh where the confidence falls below this share of
            its running mean.
        memory_s: Time constant of that mean.
        refresh_s: The whole frame is also looked at this often, and taken where it is clearly
            better, so that a region that holds on to something else is given up.
        min_side: Least side of a region, as a share of the frame's shorter side.
    """

    advantage = 1.15
    """How many times better than the region a refreshing look has to be to replace it."""

    def __init__(
        self,
        enlarge: float = 4.0,
        min_score: float = 0.1,
        drop: float = 0.6,
        memory_s: float = 2.0,
        refresh_s: float = 1.0,
        min_side: float = 0.2,
    ) -> None:
        self._enlarge, self._min_score, self._min_side = enlarge, min_score, min_side
        self._drop, self._memory_s, self._refresh_s = drop, memory_s, refresh_s
        self._filters = [OneEuro(min_cutoff_hz=1.0, beta=4.0) for _ in ("x", "y", "side")]
        self.reset()

    def reset(self) -> None:
        """Look at the whole next frame."""
        self._box: Box | None = None
        self._usual = 0.0
        self._time_s = self._whole_s = -math.inf
        self._forget_place()

    def follow(self, seen: Seen, time_s: float, size_wh: tuple[int, int]) -> None:
        """Look round who was seen at `time_s`, by another look than one of its own."""
        self.reset()
        self._box = self._next_box(seen, time_s, size_wh)
        self._usual, self._time_s, self._whole_s = seen.confidence, time_s, time_s

    def _forget_place(self) -> None:
        for one_euro in self._filters:
            one_euro.reset()

    def looks(self, time_s: float, size_wh: tuple[int, int]) -> Generator[Box | None, Seen, int]:
        """The looks at the next frame, one or two.

        Yields the box to look at, None for the whole frame; is sent what was seen there; returns
        the index of the look to believe.

        Args:
            time_s: Of the frame.
            size_wh: Its width and height in pixels.
        """
        looks: list[Seen] = []
        best = yield from self._compared(time_s, looks)
        seen = looks[best]
        elapsed_s, self._time_s = time_s - self._time_s, time_s
        confidence = seen.confidence
        self._box = None
        if confidence >= self._drop * self._usual:
            self._box = self._next_box(seen, time_s, size_wh)
        if self._box is None:
            self._forget_place()
        self._usual += (1 - math.exp(-elapsed_s / self._memory_s)) * (confidence - self._usual)
        return best

    def _compared(self, time_s: float, looks: list[Seen]) -> Generator[Box | None, Seen, int]:
        """The region, the whole frame, or both: the index of the better one."""
        if self._box is not None:
            looks.append((yield self._box))
            confidence = looks[0].confidence
            dropped = confidence < self._drop * self._usual
            if not dropped and time_s - self._whole_s < self._refresh_s:
                return 0
            self._whole_s = time_s
            looks.append((yield None))
            required = confidence * (1.0 if dropped else self.advantage)
            return int(looks[1].confidence > required)
        self._whole_s = time_s
        looks.append((yield None))
        return 0

    def _next_box(self, seen: Seen, time_s: float, size_wh: tuple[int, int]) -> Box | None:
        """The square round the joints, smoothed; None where the whole frame is as good."""
        points = [
            point
            for point, score in zip(seen.points, seen.scores, strict=True)
            if score >= self._min_score and math.isfinite(point[0] + point[1])
        ]
        if len(points) < 2:
            return None
        xs, ys = zip(*points, strict=True)
        (left, right), (top, bottom) = (min(xs), max(xs)), (min(ys), max(ys))
        side = max(self._enlarge * max(right - left, bottom - top), self._min_side * min(size_wh))
        place = ((left + right) / 2, (top + bottom) / 2, side)
        x, y, side = (
            one_euro.update(time_s, value, unit=side)
            for one_euro, value in zip(self._filters, place, strict=True)
        )
        if side >= max(size_wh):
            return None
        return x - side / 2, y - side / 2, x + side / 2, y + side / 2


class OneEuro:
    """The 1 euro filter (Casiez, Roussel and Vogel, CHI 2012): calm when slow, prompt when fast.

    Args:
        min_cutoff_hz: Cutoff at rest.
        beta: Hertz of cutoff added per unit of speed, see `update`.
        speed_cutoff_hz: Cutoff of the low-passed speed.
    """

    def __init__(self, min_cutoff_hz: float, beta: float, speed_cutoff_hz: float = 1.0) -> None:
        self._min_cutoff_hz, self._beta = min_cutoff_hz, beta
        self._speed_cutoff_hz = speed_cutoff_hz
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self._value = self._time_s = math.nan
        self._speed = 0.0

    def update(self, time_s: float, value: float, unit: float = 1.0) -> float:
        """The filtered value at `time_s`; the first passes unchanged.

        A speed of `unit` a second counts as 1, so that large and small objects are treated alike.
        """
        step_s = time_s - self._time_s
        if not step_s > 0:  # NaN at the first
            self._value, self._time_s, self._speed = value, time_s, 0.0
            return value
        speed = (value - self._value) / step_s
        self._speed += _share(self._speed_cutoff_hz, step_s) * (speed - self._speed)
        cutoff_hz = self._min_cutoff_hz + self._beta * abs(self._speed) / unit
        self._value += _share(cutoff_hz, step_s) * (value - self._value)
        self._time_s = time_s
        return self._value


def _share(cutoff_hz: float, step_s: float) -> float:
    """How much of a step of the input a first-order low-pass passes on in `step_s`.

    The exact response, where the paper takes 1 / (1 + 1 / (2 pi cutoff step)): it stays the same
    filter at any frame rate.
    """
    return -math.expm1(-2 * math.pi * cutoff_hz * step_s)
