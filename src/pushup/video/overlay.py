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
from pushup.video import words
from pushup.video.lettering import (
    AMBER,
    CYAN,
    DARK,
    GREEN,
    GREY,
    WHITE,
    fitted,
    shade,
    text_width,
    write,
)
from pushup.video.strip import Sample, draw_strip

Corner = tuple[str, str]

_LEGIBLE_SIDE = 480
_STRIP_HEIGHT = 0.2  # of the picture's shorter side
_STRIP_LEAST = 40  # pixels
_FEW = 5  # lines that leave room for larger letters
_LEAST_UNIT = 2.3  # pixels: the smallest letters are then 7 high


@dataclass(frozen=True)
class Figure:
    """One of several people in a frame.

    Attributes:
        number: From 1 on.
        count: Their repetitions so far.
        keypoints_frame: (K, 2) frame pixels, NaN where unknown.
        scores: (K,) confidence in 0..1.
    """

    number: int
    count: int
    keypoints_frame: np.ndarray
    scores: np.ndarray


@dataclass(frozen=True)
class OverlayState:
    """Everything that can be drawn over one frame.

    Attributes:
        count: Repetitions so far.
        goal: Repetitions wanted; None for none.
        seen: Somebody is seen; if not, that is said in place of a skeleton.
        below: Small lines below the count (the set).
        corner: Where the count stands: ("left" or "right", "top" or "bottom"), before mirroring.
        keypoints_frame: (K, 2) frame pixels, NaN where unknown; None draws no skeleton.
        scores: (K,) confidence in 0..1.
        people: Of several, those in view, each with a skeleton, a number and a count.
        edges: Index pairs of joints that form limbs.
        activity: What the person does while repetitions are counted.
        status: Stands in its place; "" for the activity.
        big: One or two words, or a number, in the middle of the picture.
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
    people: Sequence[Figure] = ()
    edges: Sequence[tuple[int, int]] = ()
    activity: str = "pushing"
    status: str = ""
    big: str = ""
    gate_open: bool = True
    samples: Sequence[Sample] = ()
    reps_s: Sequence[tuple[float, float]] = ()
    span_s: float = 8.0
    lines: Sequence[str] = field(default=())
    hint: str = ""
    help: Sequence[str] = field(default=())


def canvas_size(size_wh: tuple[int, int]) -> tuple[int, int]:
    """Width and height of what `draw` makes of a frame of `size_wh`, where nothing else is asked.

    A small frame is enlarged, so that writing can be read.
    """
    factor = max(1, -(-_LEGIBLE_SIDE // min(size_wh)))
    width, height = size_wh[0] * factor, size_wh[1] * factor
    return width, height + 2 * round(_STRIP_HEIGHT * min(width, height) / 2)  # even, for codecs


def _strip_height(room_wh: tuple[int, int], size_wh: tuple[int, int]) -> int:
    """Of the strip in a canvas of this size, below a frame that fills the rest of it."""
    if room_wh == canvas_size(size_wh):
        return room_wh[1] - room_wh[0] * size_wh[1] // size_wh[0]
    high = room_wh[1] / (1 + _STRIP_HEIGHT)
    strip = _STRIP_HEIGHT * min(room_wh[0], high)
    return min(round(max(_STRIP_LEAST, strip)), room_wh[1] // 2)


def _unit(picture: np.ndarray) -> float:
    """In pixels, what letters and plates are measured in: a hundredth of the shorter side."""
    return max(_LEAST_UNIT, min(picture.shape[:2]) / 100)


def draw(
    frame_bgr: np.ndarray,
    scene: OverlayState,
    mirror: bool = False,
    room_wh: tuple[int, int] | None = None,
) -> np.ndarray:
    """A new picture with the scene drawn over the frame.

    Args:
        frame_bgr: (H, W, 3) uint8.
        scene: What is drawn.
        mirror: Mirror the frame, and what belongs to a place in it.
        room_wh: Size of the picture, in which the frame keeps its proportions; None: `canvas_size`.
    """
    size_wh = frame_bgr.shape[1], frame_bgr.shape[0]
    width, height = room_wh or canvas_size(size_wh)
    strip_height = _strip_height((width, height), size_wh)
    canvas = np.empty((height, width, 3), np.uint8)
    cv2.rectangle(canvas, (0, 0), (width, height), DARK, -1)  # NumPy takes 7 ms for it
    picture, strip = canvas[: height - strip_height], canvas[height - strip_height :]
    _draw_frame(picture, frame_bgr, scene, mirror)
    side, edge = scene.corner
    if mirror:
        side = "left" if side == "right" else "right"
    panel = _draw_count(picture, scene, (side, edge))
    _draw_lines(picture, scene.lines, edge == "top" and side == "right", panel)
    _draw_big(picture, scene.big)
    _draw_help(picture, scene.help)
    draw_strip(strip, scene.samples, scene.reps_s, scene.span_s)
    _draw_hint(strip, scene.hint)
    return canvas


def _draw_frame(
    picture: np.ndarray, frame_bgr: np.ndarray, scene: OverlayState, mirror: bool
) -> None:
    """The frame with its skeleton, as large as it fits, in the middle."""
    (height, width), (high, wide) = frame_bgr.shape[:2], picture.shape[:2]
    scale = min(wide / width, high / height)
    shown_wh = max(1, min(wide, round(scale * width))), max(1, min(high, round(scale * height)))
    left, top = (wide - shown_wh[0]) // 2, (high - shown_wh[1]) // 2
    shown = picture[top : top + shown_wh[1], left : left + shown_wh[0]]
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    shown[:] = cv2.resize(frame_bgr, shown_wh, interpolation=way)
    factor = np.array(shown_wh) / (width, height)
    if scene.seen and scene.keypoints_frame is not None and scene.scores is not None:
        _draw_pose(shown, (scene.keypoints_frame + 0.5) * factor - 0.5, scene.scores, scene.edges)
    points = [(figure.keypoints_frame + 0.5) * factor - 0.5 for figure in scene.people]
    for figure, joints in zip(scene.people, points, strict=True):
        _draw_pose(shown, joints, figure.scores, scene.edges)
    if mirror:
        shown[:] = shown[:, ::-1].copy()
    for figure, joints in zip(scene.people, points, strict=True):
        _draw_number(shown, figure, joints, mirror)


def _draw_pose(
    canvas: np.ndarray, points: np.ndarray, scores: np.ndarray, edges: Sequence[tuple[int, int]]
) -> None:
    """Joints and limbs from red (score 0) to green (1)."""
    scores = np.nan_to_num(scores)
    limbs = [confidence_colour(min(scores[a], scores[b])) for a, b in edges]
    draw_skeleton(canvas, points, edges, [confidence_colour(s) for s in scores], limbs)


def _draw_number(canvas: np.ndarray, figure: Figure, points: np.ndarray, mirror: bool) -> None:
    """Number and count over the highest joint, inside the picture."""
    known = points[np.isfinite(points).all(1)]
    if not len(known):
        return
    unit, (height, width) = _unit(canvas), canvas.shape[:2]
    text, capitals = words.figure(figure.number, figure.count), 6 * unit
    x, y = known[:, 0].mean(), known[:, 1].min()
    wide, high = text_width(text, capitals) + 3 * unit, capitals + 3 * unit
    left = min(max((width - x if mirror else x) - wide / 2, 0), width - wide)
    bottom = min(max(y - 3 * unit, high), height)
    shade(canvas, left, bottom - high, left + wide, bottom)
    write(canvas, text, (left + 1.5 * unit, bottom - 1.5 * unit), capitals)


def _draw_count(canvas: np.ndarray, scene: OverlayState, corner: Corner) -> int:
    """The panel in its corner; its width."""
    unit, (width, height) = _unit(canvas), canvas.shape[1::-1]
    capitals, rows = 17 * unit, len(scene.below)
    count, goal = str(scene.count), "" if scene.goal is None else words.of_goal(scene.goal)
    label = words.activity(scene.activity, scene.seen, scene.gate_open)
    colour = (GREEN if scene.gate_open else GREY) if scene.seen else AMBER
    if scene.status and scene.seen:
        label, colour = scene.status.upper(), CYAN
    small = [label, *scene.below]
    counted = text_width(count, capitals)
    wide = max(
        counted + text_width(goal, 6 * unit), *(text_width(line, 3.5 * unit) for line in small)
    )
    wide, high = round(wide + 8 * unit), capitals + (13 + 6 * rows) * unit
    left = 0 if corner[0] == "left" else width - wide
    top = 0 if corner[1] == "top" else height - high
    shade(canvas, left, top, left + wide, top + high)
    left += 4 * unit
    reached = scene.goal is not None and scene.count >= scene.goal
    numeral = GREEN if reached else WHITE
    write(canvas, count, (left, top + capitals + 3.5 * unit), capitals, numeral)
    write(canvas, goal, (left + counted, top + capitals + 3.5 * unit), 6 * unit, numeral)
    write(canvas, label, (left, top + capitals + 10 * unit), 3.5 * unit, colour)
    for row, line in enumerate(scene.below):
        write(canvas, line, (left, top + capitals + (16 + 6 * row) * unit), 3.5 * unit)
    return wide


def _draw_lines(canvas: np.ndarray, lines: Sequence[str], on_left: bool, panel: int) -> None:
    """In an upper corner, where there is room beside the panel."""
    if not lines:
        return
    unit = _unit(canvas)
    wide = max(text_width(line, 3 * unit) for line in lines) + 6 * unit
    if wide + panel <= canvas.shape[1]:
        left = 0 if on_left else canvas.shape[1] - wide
        shade(canvas, left, 0, left + wide, (3 + 6 * len(lines)) * unit)
        for row, line in enumerate(lines):
            write(canvas, line, (left + 3 * unit, (6 + 6 * row) * unit), 3 * unit)


def _draw_big(canvas: np.ndarray, text: str) -> None:
    """In the middle, as large as it fits."""
    if not text:
        return
    height, width = canvas.shape[:2]
    lines, capitals = fitted(text.upper(), 0.8 * width, 0.8 * height, 30 * _unit(canvas))
    wides = [text_width(line, capitals) for line in lines]
    margin, step = 0.4 * capitals, 1.4 * capitals
    high = capitals + step * (len(lines) - 1)
    left, top = (width - max(wides)) / 2, (height - high) / 2
    shade(canvas, left - margin, top - margin, left + max(wides) + margin, top + high + margin)
    for row, (line, wide) in enumerate(zip(lines, wides, strict=True)):
        place = (width - wide) / 2, top + capitals + step * row
        write(canvas, line, place, capitals)


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
    """A panel over everything, in one column, or in two where it is too long for one."""
    if not lines:
        return
    height, width = canvas.shape[:2]
    unit = _unit(canvas) * (1.6 if len(lines) <= _FEW else 1.0)
    columns = 1 if (6 * len(lines) + 4) * unit <= height else 2
    rows = -(-len(lines) // columns)
    widest = max(text_width(line, 3 * unit) for line in lines) + 4 * unit
    shrink = min(1.0, width / (columns * widest + 4 * unit), height / ((6 * rows + 4) * unit))
    unit, widest = shrink * unit, shrink * widest
    top = max(0.0, (height - (6 * rows + 4) * unit) / 2)
    right = columns * widest + 4 * unit
    for _ in range(2):  # darker: it may lie over other writing
        shade(canvas, 0, top, right, top + (6 * rows + 4) * unit)
    for position, line in enumerate(lines):
        column, row = divmod(position, rows)
        place = 4 * unit + column * widest, top + (7 + 6 * row) * unit
        write(canvas, line, place, 3 * unit)
