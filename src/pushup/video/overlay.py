"""Drawing of what is known about a frame. Pure functions of values; nothing is decided here.

Sizes follow the shorter side of the picture, so that portrait, landscape, small and large frames
read alike. Text stands on a darkened plate, so that it reads on light and on dark scenes. The
signal has a strip of its own below the picture, where it hides no hands.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import cv2
import numpy as np

from pushup.drawing import confidence_colour, draw_skeleton

_FONT = cv2.FONT_HERSHEY_DUPLEX
_WHITE, _DARK, _GREY = (255, 255, 255), (24, 24, 24), (150, 150, 150)
_GREEN, _CYAN, _AMBER = (90, 200, 60), (240, 200, 60), (60, 190, 250)
_LEGIBLE_SIDE = 480
_STRIP_HEIGHT = 0.2  # of the picture's shorter side


@dataclass(frozen=True)
class Sample:
    """One point of the counter's signal; see `pushup.counting.types.CounterState`."""

    time_s: float
    value: float
    threshold: float
    gate_open: bool


@dataclass(frozen=True)
class OverlayState:
    """Everything that can be drawn over one frame.

    Attributes:
        count: Repetitions so far.
        keypoints_frame: (K, 2) frame pixels, NaN where unknown; None draws no skeleton.
        scores: (K,) confidence in 0..1.
        edges: Index pairs of joints that form limbs.
        activity: What the person does while repetitions are counted.
        gate_open: Repetitions may be counted now.
        samples: The signal's latest stretch, in order of time.
        reps_s: Times of the counted points: (bottom, counted) of each repetition.
        span_s: Seconds that the signal's strip covers.
        lines: Small lines at the top right (tempo, frames per second, latency).
        hint: A few words above the strip.
        help: Lines of a panel over the picture; empty for none.
    """

    count: int
    keypoints_frame: np.ndarray | None = None
    scores: np.ndarray | None = None
    edges: Sequence[tuple[int, int]] = ()
    activity: str = "pushing"
    gate_open: bool = True
    samples: Sequence[Sample] = ()
    reps_s: Sequence[tuple[float, float]] = ()
    span_s: float = 8.0
    lines: Sequence[str] = field(default=())
    hint: str = ""
    help: Sequence[str] = field(default=())


def canvas_size(size_wh: tuple[int, int]) -> tuple[int, int]:
    """Width and height of what `draw` makes of a frame of `size_wh`.

    A small frame is enlarged, so that writing can be read.
    """
    factor = _enlargement(size_wh)
    strip = 2 * round(_STRIP_HEIGHT * factor * min(size_wh) / 2)  # even, as video codecs like it
    return size_wh[0] * factor, size_wh[1] * factor + strip


def _enlargement(size_wh: tuple[int, int]) -> int:
    return max(1, -(-_LEGIBLE_SIDE // min(size_wh)))


def draw(frame_bgr: np.ndarray, scene: OverlayState, mirror: bool = False) -> np.ndarray:
    """A new picture of `canvas_size` with the scene drawn over the frame, optionally mirrored."""
    height, width = frame_bgr.shape[:2]
    factor = _enlargement((width, height))
    size_wh = canvas_size((width, height))
    canvas = np.empty((size_wh[1], size_wh[0], 3), np.uint8)
    picture, strip = canvas[: height * factor], canvas[height * factor :]
    strip[:] = _DARK
    cv2.resize(frame_bgr, (width * factor, height * factor), dst=picture)
    _draw_pose(picture, scene, factor)
    if mirror:
        picture[:] = picture[:, ::-1].copy()
    _draw_count(picture, scene)
    _draw_lines(picture, scene.lines)
    _draw_hint(picture, scene.hint)
    _draw_help(picture, scene.help)
    _draw_strip(strip, scene)
    return canvas


def _draw_pose(canvas: np.ndarray, scene: OverlayState, factor: int) -> None:
    """Joints and limbs from red (score 0) to green (1)."""
    if scene.keypoints_frame is None or scene.scores is None:
        return
    points = (scene.keypoints_frame + 0.5) * factor - 0.5
    scores = np.nan_to_num(scene.scores)
    limbs = [confidence_colour(min(scores[a], scores[b])) for a, b in scene.edges]
    draw_skeleton(canvas, points, scene.edges, [confidence_colour(s) for s in scores], limbs)


def _text_width(text: str, height: float) -> int:
    return cv2.getTextSize(text, _FONT, height / 22, _thickness(height))[0][0]


def _thickness(height: float) -> int:
    return max(1, round(height / 14))


def _text(canvas, text: str, origin: tuple[float, float], height: float, colour=_WHITE) -> None:
    """Write with the baseline's left end at `origin`, capitals about `height` pixels high."""
    at = round(origin[0]), round(origin[1])
    scale = height / 22  # capitals of this font are 22 pixels high at scale 1
    cv2.putText(canvas, text, at, _FONT, scale, colour, _thickness(height), cv2.LINE_AA)


def _shade(canvas: np.ndarray, left: float, top: float, right: float, bottom: float) -> None:
    """Darken a rectangle in place."""
    region = canvas[max(0, round(top)) : round(bottom), max(0, round(left)) : round(right)]
    region[:] = cv2.convertScaleAbs(region, alpha=0.3)


def _draw_count(canvas: np.ndarray, scene: OverlayState) -> None:
    unit = min(canvas.shape[:2]) / 100
    height = 17 * unit
    count, label, colour = str(scene.count), scene.activity.upper(), _GREEN
    if not scene.gate_open:
        label, colour = f"NOT {label}", _GREY
    width = max(_text_width(count, height), _text_width(label, 3 * unit))
    _shade(canvas, 0, 0, width + 8 * unit, height + 13 * unit)
    _text(canvas, count, (4 * unit, height + 3.5 * unit), height)
    _text(canvas, label, (4 * unit, height + 10 * unit), 3 * unit, colour)


def _draw_lines(canvas: np.ndarray, lines: Sequence[str]) -> None:
    if lines:
        unit, right = min(canvas.shape[:2]) / 100, canvas.shape[1]
        widths = [_text_width(line, 3 * unit) for line in lines]
        _shade(canvas, right - max(widths) - 6 * unit, 0, right, (3 + 6 * len(lines)) * unit)
        for row, (line, width) in enumerate(zip(lines, widths, strict=True)):
            _text(canvas, line, (right - width - 3 * unit, (6 + 6 * row) * unit), 3 * unit)


def _draw_hint(canvas: np.ndarray, hint: str) -> None:
    if hint:
        unit = min(canvas.shape[:2]) / 100
        lines = _wrapped(hint, 4 * unit, canvas.shape[1] - 8 * unit)
        top, bottom = canvas.shape[0] - (3 + 6 * len(lines)) * unit, canvas.shape[0] - unit
        width = max(_text_width(line, 4 * unit) for line in lines)
        _shade(canvas, 0, top, width + 8 * unit, bottom)
        for row, line in enumerate(lines):
            _text(canvas, line, (4 * unit, top + (5.5 + 6 * row) * unit), 4 * unit, _AMBER)


def _wrapped(text: str, height: float, width: float) -> list[str]:
    """The words in lines that are no wider than `width` pixels, as far as single words allow."""
    lines: list[str] = []
    for word in text.split():
        if lines and _text_width(f"{lines[-1]} {word}", height) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _draw_help(canvas: np.ndarray, lines: Sequence[str]) -> None:
    if lines:
        unit = min(canvas.shape[:2]) / 100
        top = 32 * unit
        right = max(_text_width(line, 3 * unit) for line in lines) + 8 * unit
        _shade(canvas, 0, top, right, top + (6 * len(lines) + 3) * unit)
        for row, line in enumerate(lines):
            _text(canvas, line, (4 * unit, top + (6 + 6 * row) * unit), 3 * unit)


def _draw_strip(canvas: np.ndarray, scene: OverlayState) -> None:
    """The signal (larger = higher) over the last seconds, filling the canvas.

    A bar on its upper edge shows the gate, a thin line the threshold; a repetition is a dot at
    its bottom and a tick where it was counted.
    """
    if not scene.samples:
        return
    height, width = canvas.shape[:2]
    unit = height / (100 * _STRIP_HEIGHT)
    times = np.array([s.time_s for s in scene.samples])
    curves = np.array([(s.value, s.threshold) for s in scene.samples], float)
    finite = curves[np.isfinite(curves)]
    low, high = (finite.min(), finite.max()) if finite.size else (0.0, 1.0)
    margin = 3 * unit

    def to_x(time_s):
        return (width - 1) * (1 - (times[-1] - time_s) / scene.span_s)

    def to_y(value):
        share = (value - low) / max(high - low, 1e-9)
        return height - margin - share * (height - 3 * margin)

    thin, thick = max(1, round(0.3 * unit)), max(2, round(0.6 * unit))
    _polyline(canvas, to_x(times), to_y(curves[:, 1]), _AMBER, thin)
    _polyline(canvas, to_x(times), to_y(curves[:, 0]), _CYAN, thick)
    _draw_gate(canvas, to_x(times), [s.gate_open for s in scene.samples], thick)
    for bottom_s, counted_s in scene.reps_s:
        x = round(to_x(counted_s))
        cv2.line(canvas, (x, 0), (x, height - 1), _GREEN, thin, cv2.LINE_AA)
        value = np.interp(bottom_s, times, curves[:, 0])
        if bottom_s >= times[0] and np.isfinite(value):
            at = round(to_x(bottom_s)), round(to_y(value))
            cv2.circle(canvas, at, max(3, round(1.2 * unit)), _GREEN, -1, cv2.LINE_AA)


def _draw_gate(canvas: np.ndarray, xs: np.ndarray, gate: Sequence[bool], thick: int) -> None:
    changes = [k for k in range(1, len(gate)) if gate[k] != gate[k - 1]]
    for first, last in pairwise([0, *changes, len(gate) - 1]):
        colour = _GREEN if gate[first] else _GREY
        corners = (round(xs[first]), 0), (round(xs[last]), 2 * thick)
        cv2.rectangle(canvas, *corners, colour, -1)


def _polyline(canvas: np.ndarray, xs: np.ndarray, ys: np.ndarray, colour, thick: int) -> None:
    """A line through the points, broken where one is not finite."""
    points = np.stack((xs, ys), 1)
    gaps = np.flatnonzero(~np.isfinite(ys))
    for piece in np.split(points, gaps):
        piece = piece[np.isfinite(piece[:, 1])]
        if len(piece) > 1:
            pixels = piece.round().astype(np.int32)[:, None]
            cv2.polylines(canvas, [pixels], False, colour, thick, cv2.LINE_AA)
