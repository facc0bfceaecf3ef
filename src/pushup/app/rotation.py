"""Videos whose pixels lie on their side, or upside down, without saying so."""

from collections.abc import Callable, Iterator

import cv2
import numpy as np

from pushup.app.guide import SEEN_SCORE
from pushup.app.notices import warn
from pushup.cli import InputError
from pushup.inference.predictor import PoseTracker
from pushup.video.frames import TURNS, Frame, FrameSource
from pushup.video.reconnecting import ReconnectingSource
from pushup.video.source import open_source

Source = FrameSource | ReconnectingSource

AUTO = "auto"

_FIRST_S = 4.0
_LOOKS = 8
_CLEARLY = 1.15
"""How much higher the confidence under another turn has to be. On the real clips an upright one
was never turned, and of those turned on purpose about nine in ten were found."""


def open_turned(
    source: str,
    rotate: str | int,
    new_predictor: Callable[[], PoseTracker],
    open_: Callable[[str, int], Source] = open_source,
) -> Source:
    """Open a source with its pictures turned upright.

    Args:
        source: As of `open_source`.
        rotate: Degrees clockwise, or "auto": of a file the turn is taken under which the network is
            most confident in the first seconds, if it is clearly more so than as it is. What is
            not a file is taken as it is.
        new_predictor: Makes what looks at the frames.
        open_: As `open_source`.

    Raises:
        InputError: It does not open, or there is no such turn.
    """
    turn = check_rotate(rotate)
    if turn is not None:
        return open_(source, turn)
    opened = open_(source, 0)
    if opened.is_live or not opened.can_reopen:
        return opened
    predictor = new_predictor()
    turn = find_turn(_spread(opened), predictor)
    opened.close()
    predictor.reset()
    if turn:
        warn(f"{source}: lies turned: taken with rotate={turn} (rotate=0 leaves it as it is)")
    return open_(source, turn)


def check_rotate(rotate: str | int) -> int | None:
    """Degrees, or None for "auto"; InputError for anything else."""
    if str(rotate) == AUTO:
        return None
    if str(rotate) not in map(str, TURNS):
        raise InputError(f"rotate={rotate}: give auto, {', '.join(map(str, TURNS))}")
    return int(rotate)


def _spread(source: Source) -> Iterator[Frame]:
    """A few frames, spread over the first seconds."""
    due_s = 0.0
    for frame in source:
        if frame.time_s >= _FIRST_S:
            return
        if frame.time_s >= due_s:
            due_s += _FIRST_S / _LOOKS
            yield frame


def find_turn(frames: Iterator[Frame], predictor: PoseTracker) -> int:
    """The turn, in degrees clockwise, under which somebody is seen clearly most confidently."""
    scores: dict[int, list[float]] = {turn: [] for turn in TURNS}
    for frame in frames:
        for turn, code in TURNS.items():
            image = frame.image_bgr if code is None else cv2.rotate(frame.image_bgr, code)
            predictor.reset()
            scores[turn].append(float(predictor.track(image, frame.time_s).scores.mean()))
    confidence = {turn: float(np.median(found)) for turn, found in scores.items()}
    best = max(confidence, key=lambda turn: confidence[turn])
    found = confidence[best] >= SEEN_SCORE and confidence[best] > _CLEARLY * confidence[0]
    return best if found else 0
