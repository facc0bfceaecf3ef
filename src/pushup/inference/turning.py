"""Which way up pictures lie: by how surely the network sees somebody under each turn."""

from collections.abc import Iterable, Iterator

import cv2
import numpy as np

from pushup.cli import InputError
from pushup.inference.predictor import SEEN_SCORE, PoseTracker
from pushup.video.frames import TURNS, Frame

AUTO = "auto"

_FIRST_S = 4.0
_LOOKS = 8
_CLEARLY = 1.1
"""How much higher the confidence under another turn has to be. On 102 real clips, on which it was
chosen, 95 in 100 of those turned on purpose were found, and two upright ones without push-ups were
turned, as with a higher margin; of 85 others 90 in 100 were found, and no upright one turned."""


def check_rotate(rotate: str | int) -> int | None:
    """Degrees, or None for "auto"; InputError for anything else."""
    if str(rotate) == AUTO:
        return None
    if str(rotate) not in map(str, TURNS):
        raise InputError(f"rotate={rotate}: give auto, {', '.join(map(str, TURNS))}")
    return int(rotate)


def find_turn(frames: Iterable[Frame], predictor: PoseTracker) -> int:
    """The turn, in degrees clockwise, under which somebody is seen clearly most confidently.

    Args:
        frames: Of a video from its start; only the first seconds are read.
        predictor: Looks at them; it is reset before each.

    Returns:
        A key of `TURNS`; 0 where no other is clearly better.
    """
    scores: dict[int, list[float]] = {turn: [] for turn in TURNS}
    for frame in _spread(frames):
        for turn, code in TURNS.items():
            image = frame.image_bgr if code is None else cv2.rotate(frame.image_bgr, code)
            predictor.reset()
            scores[turn].append(float(predictor.track(image, frame.time_s).scores.mean()))
    confidence = {turn: float(np.median(found)) for turn, found in scores.items()}
    best = max(confidence, key=lambda turn: confidence[turn])
    found = confidence[best] >= SEEN_SCORE and confidence[best] > _CLEARLY * confidence[0]
    return best if found else 0


def _spread(frames: Iterable[Frame]) -> Iterator[Frame]:
    """A few frames, spread over the first seconds."""
    due_s = 0.0
    for frame in frames:
        if frame.time_s >= _FIRST_S:
            return
        if frame.time_s >= due_s:
            due_s += _FIRST_S / _LOOKS
            yield frame
