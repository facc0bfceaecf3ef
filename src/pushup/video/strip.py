"""The counter's signal over the last seconds, drawn."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np

from pushup.drawing import Colour
from pushup.video.lettering import AMBER, CYAN, GREEN, GREY


@dataclass(frozen=True)
class Sample:
    """One point of the counter's signal; see `pushup.counting.types.CounterState`."""

    time_s: float
    value: float
    threshold: float
    gate_open: bool


def draw_strip(
    canvas: np.ndarray,
    samples: Sequence[Sample],
    reps_s: Sequence[tuple[float, float]],
    span_s: float,
) -> None:
    """The signal (larger = higher) over the last seconds, filling the canvas.

    A bar on its upper edge shows the gate, a thin line the threshold; a repetition is a dot at
    its bottom and a tick where it was counted.

    Args:
        canvas: (H, W, 3) uint8, drawn on in place.
        samples: In order of time.
        reps_s: Times of the counted points: (bottom, counted) of each repetition.
        span_s: Seconds that the canvas covers.
    """
    if not samples:
        return
    height, width = canvas.shape[:2]
    unit = height / 20
    times = np.array([s.time_s for s in samples])
    curves = np.array([(s.value, s.threshold) for s in samples], float)
    finite = curves[np.isfinite(curves)]
    low, high = (finite.min(), finite.max()) if finite.size else (0.0, 1.0)
    margin = 3 * unit

    def to_x(time_s):
        return (width - 1) * (1 - (times[-1] - time_s) / span_s)

    def to_y(value):
        share = (value - low) / max(high - low, 1e-9)
        return height - margin - share * (height - 3 * margin)

    thin, thick = max(1, round(0.3 * unit)), max(2, round(0.6 * unit))
    _polyline(canvas, to_x(times), to_y(curves[:, 1]), AMBER, thin)
    _polyline(canvas, to_x(times), to_y(curves[:, 0]), CYAN, thick)
    _draw_gate(canvas, to_x(times), [s.gate_open for s in samples], thick)
    for bottom_s, counted_s in reps_s:
        x = round(to_x(counted_s))
        cv2.line(canvas, (x, 0), (x, height - 1), GREEN, thin, cv2.LINE_AA)
        value = np.interp(bottom_s, times, curves[:, 0])
        if bottom_s >= times[0] and np.isfinite(value):
            at = round(to_x(bottom_s)), round(to_y(value))
            cv2.circle(canvas, at, max(3, round(1.2 * unit)), GREEN, -1, cv2.LINE_AA)


def _draw_gate(canvas: np.ndarray, xs: np.ndarray, gate: Sequence[bool], thick: int) -> None:
    changes = [k for k in range(1, len(gate)) if gate[k] != gate[k - 1]]
    for first, last in pairwise([0, *changes, len(gate) - 1]):
        colour = GREEN if gate[first] else GREY
        corners = (round(xs[first]), 0), (round(xs[last]), 2 * thick)
        cv2.rectangle(canvas, *corners, colour, -1)


def _polyline(
    canvas: np.ndarray, xs: np.ndarray, ys: np.ndarray, colour: Colour, thick: int
) -> None:
    """A line through the points, broken where one is not finite."""
    points = np.stack((xs, ys), 1)
    gaps = np.flatnonzero(~np.isfinite(ys))
    for piece in np.split(points, gaps):
        piece = piece[np.isfinite(piece[:, 1])]
        if len(piece) > 1:
            pixels = piece.round().astype(np.int32)[:, None]
            cv2.polylines(canvas, [pixels], False, colour, thick, cv2.LINE_AA)
