"""Drawing of what is known about a frame. Pure functions of values; nothing is decided here.

Sizes follow the shorter side of the picture, so that portrait, landscape, small and large frames
read alike. Text stands on a darkened plate, so that it reads on light and on dark scenes. The
signal has a strip of its own below the picture, where it hides no hands.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from pushup.drawing import confidence_colour, draw_skeleton
from pushup.video.lettering import AMBER, DARK, GREEN, GREY, fitted, shade, text_width, write
from pushup.video.strip import Sample, draw_strip

Corner = tuple[str, str]

_LEGIBLE_SIDE = 480
_STRIP_HEIGHT = 0.2  # of the picture's shorter side


@dataclass(frozen=True)
class OverlayState:
    """Everything that can be drawn over one frame.

    Attributes:
        count: Repetitions so far.
        goal: Repetitions wanted; None for none.
        seen: Somebody is seen; if not, that is said in place of a skeleton.
        below: Small lines below the count (set, rest).
        corner: Where the count stands: ("left" or "right", "top" or "bottom"), before mirroring.
        keypoints_frame: (K, 2) frame pixels, NaN where unknown; None draws no skeleton.
        scores: (K,) confidence in 0..1.
        edges: Index pairs of joints that form limbs.
        activity: What the person does while repetitions are counted.
        gate_open: Repetitions may be counted now.
        samples: The signal's latest stretch, in order of time.
        reps_s: Times of the counted points: (bottom, counted) of each repetition.
        span_s: Seconds that the signal's strip covers.
        lines: Small lines in another corner (tempo, frames per second, latency).
        hint: A few words over the strip.
        help: Lines of a panel over the picture; empty for none.
    """

    count: int
    goal: int | None = None
    seen: bool = True
    below: Sequence[str] = ()
    corner: Corner = ("left", "top")
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
    strip[:] = DARK
    cv2.resize(frame_bgr, (width * factor, height * factor), dst=picture)
    _draw_pose(picture, scene, factor)
    side, edge = scene.corner
    if mirror:
        picture[:] = picture[:, ::-1].copy()
        side = "left" if side == "right" else "right"
    _draw_count(picture, scene, (side, edge))
    _draw_lines(picture, scene.lines, on_left=edge == "top" and side == "right")
    _draw_help(picture, scene.help)
    draw_strip(strip, scene.samples, scene.reps_s, scene.span_s)
    _draw_hint(strip, scene.hint)
    return canvas


def _draw_pose(canvas: np.ndarray, scene: OverlayState, factor: int) -> None:
    """Joints and limbs from red (score 0) to green (1)."""
    if not scene.seen or scene.keypoints_frame is None or scene.scores is None:
        return
    points = (scene.keypoints_frame + 0.5) * factor - 0.5
    scores = np.nan_to_num(scene.scores)
    limbs = [confidence_colour(min(scores[a], scores[b])) for a, b in scene.edges]
    draw_skeleton(canvas, points, scene.edges, [confidence_colour(s) for s in scores], limbs)


def _draw_count(canvas: np.ndarray, scene: OverlayState, corner: Corner) -> None:
    unit, (width, height) = min(canvas.shape[:2]) / 100, canvas.shape[1::-1]
    capitals, rows = 17 * unit, len(scene.below)
    count, goal = str(scene.count), "" if scene.goal is None else f" of {scene.goal}"
    label, colour = scene.activity.upper(), GREEN
    if not scene.seen:
        label, colour = "I CAN'T SEE YOU", AMBER
    elif not scene.gate_open:
        label, colour = f"NOT {label}", GREY
    small = [label, *scene.below]
    counted = text_width(count, capitals)
    wide = max(
        counted + text_width(goal, 6 * unit), *(text_width(line, 3.5 * unit) for line in small)
    )
    wide, high = wide + 8 * unit, capitals + (13 + 6 * rows) * unit
    left = 0 if corner[0] == "left" else width - wide
    top = 0 if corner[1] == "top" else height - high
    shade(canvas, left, top, left + wide, top + high)
    left += 4 * unit
    write(canvas, count, (left, top + capitals + 3.5 * unit), capitals)
    write(canvas, goal, (left + counted, top + capitals + 3.5 * unit), 6 * unit)
    write(canvas, label, (left, top + capitals + 10 * unit), 3.5 * unit, colour)
    for row, line in enumerate(scene.below):
        write(canvas, line, (left, top + capitals + (16 + 6 * row) * unit), 3.5 * unit)


def _draw_lines(canvas: np.ndarray, lines: Sequence[str], on_left: bool) -> None:
    if lines:
        unit = min(canvas.shape[:2]) / 100
        wide = max(text_width(line, 3 * unit) for line in lines) + 6 * unit
        left = 0 if on_left else canvas.shape[1] - wide
        shade(canvas, left, 0, left + wide, (3 + 6 * len(lines)) * unit)
        for row, line in enumerate(lines):
            write(canvas, line, (left + 3 * unit, (6 + 6 * row) * unit), 3 * unit)


def _draw_hint(canvas: np.ndarray, hint: str) -> None:
    """Over the signal, where it hides nobody, as large as it fits: it is read from afar."""
    if hint:
        height, width = canvas.shape[:2]
        shade(canvas, 0, 0, width, height)
        margin = 0.1 * height
        lines, capitals = fitted(hint, width - 4 * margin, height - 2 * margin, 0.42 * height)
        top = (height - 1.6 * capitals * len(lines)) / 2
        for row, line in enumerate(lines):
            baseline = top + (1.6 * row + 1.3) * capitals
            write(canvas, line, (2 * margin, baseline), capitals, AMBER)


def _draw_help(canvas: np.ndarray, lines: Sequence[str]) -> None:
    if lines:
        unit = min(canvas.shape[:2]) / 100
        top = (100 - 6 * len(lines)) / 2 * unit
        right = max(text_width(line, 3 * unit) for line in lines) + 8 * unit
        for _ in range(2):  # darker: it may lie over other writing
            shade(canvas, 0, top - 3 * unit, right, top + (6 * len(lines) + 1) * unit)
        for row, line in enumerate(lines):
            write(canvas, line, (4 * unit, top + (4 + 6 * row) * unit), 3 * unit)
