"""A stick figure that does push-ups: exact keypoints for the counting tests."""

import math
from collections.abc import Callable

import numpy as np

from pushup.counting.types import Observation, Rep

ARM = 80.0
UPPER, FORE = 0.56 * ARM, 0.44 * ARM


def push_ups(
    count: int, period_s: float, depth: float = 0.55, pause_s: float = 0.5
) -> tuple[Callable[[float], float], float]:
    """Height of the shoulders over time in arms' lengths, and the duration: pause, reps, pause."""

    def height(time_s: float) -> float:
        inside = 0 < time_s - pause_s < count * period_s
        phase = 2 * math.pi * (time_s - pause_s) / period_s if inside else 0.0
        return 0.95 - depth * (1 - math.cos(phase)) / 2

    return height, 2 * pause_s + count * period_s


def arm(shoulder: np.ndarray, wrist: np.ndarray, bend: float) -> np.ndarray:
    """The elbow between shoulder and wrist, to the side that `bend` (1 or -1) says."""
    across = wrist - shoulder
    reach = min(float(np.hypot(*across)), UPPER + FORE - 1e-6)
    along = (UPPER**2 - FORE**2 + reach**2) / (2 * reach)
    out = math.sqrt(max(UPPER**2 - along**2, 0.0))
    unit = across / np.hypot(*across)
    return shoulder + unit * along + bend * out * np.array([-unit[1], unit[0]])


def pose(height: float, view: str = "side") -> np.ndarray:
    """(7, 2) upper7 keypoints of a body whose shoulders are `height` arms above its hands."""
    floor_y = 200.0
    y = floor_y - height * ARM
    half, hands = (4.0, 6.0) if view == "side" else (30.0, 38.0)
    middle = 200.0
    right_shoulder, left_shoulder = np.array([middle - half, y]), np.array([middle + half, y])
    right_wrist, left_wrist = (
        np.array([middle - hands, floor_y]),
        np.array([middle + hands, floor_y]),
    )
    head = np.array([middle - 30.0, y - 4.0]) if view == "side" else np.array([middle, y + 8.0])
    bends = (1.0, 1.0) if view == "side" else (1.0, -1.0)
    right_elbow = arm(right_shoulder, right_wrist, bends[0])
    left_elbow = arm(left_shoulder, left_wrist, bends[1])
    points = (right_wrist, right_elbow, right_shoulder, head, left_shoulder, left_elbow, left_wrist)
    return np.array(points)


def film(
    height: Callable[[float], float],
    duration_s: float,
    fps: float = 30.0,
    view: str = "side",
    noise: float = 0.0,
    seed: int = 0,
) -> list[Observation]:
    """One observation a frame; `noise` in arms' lengths on every coordinate."""
    rng = np.random.default_rng(seed)
    frames = []
    for index in range(round(duration_s * fps) + 1):
        time_s = index / fps
        keypoints = pose(height(time_s), view) + rng.normal(0, noise * ARM, (7, 2))
        frames.append(Observation(keypoints, np.full(7, 0.9), time_s, frame_size_wh=(400, 300)))
    return frames


def count(counter, observations: list[Observation]) -> list[Rep]:
    """Everything that a streaming counter counts."""
    return [rep for o in observations if (rep := counter.update(o)) is not None]
