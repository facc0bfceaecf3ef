"""Keypoints of every frame of a clip, in memory and as `.npz`: what counters are developed on."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pushup.cli import InputError
from pushup.counting.types import Observation
from pushup.files import replacing
from pushup.foreign import floats, read_npz
from pushup.skeleton import UPPER7


@dataclass(frozen=True)
class Trace:
    """The keypoints of one clip, frame by frame, in the order of `UPPER7`.

    Attributes:
        time_s: (T,) seconds.
        keypoints: (T, 7, 2) pixels of the upright frame; NaN where unknown.
        scores: (T, 7) confidence in 0..1; 0 where unknown.
        size_wh: Width and height of the frame.
        pushing_up: (T,) the push-up classifier's score; None without one.
        seconds: What the prediction took; 0 for a trace that was given.
    """

    time_s: np.ndarray
    keypoints: np.ndarray
    scores: np.ndarray
    size_wh: tuple[int, int]
    pushing_up: np.ndarray | None = None
    seconds: float = 0.0

    @property
    def duration_s(self) -> float:
        """From the first frame to the end of the last."""
        steps = np.diff(self.time_s)
        return float(self.time_s[-1] - self.time_s[0] + np.median(steps)) if len(steps) else 0.0

    def observations(self) -> list[Observation]:
        """One a frame, for a counter."""
        return [
            Observation(
                keypoints=self.keypoints[i],
                scores=self.scores[i],
                time_s=float(time_s),
                pushing_up=None if self.pushing_up is None else float(self.pushing_up[i]),
                frame_size_wh=self.size_wh,
            )
            for i, time_s in enumerate(self.time_s)
        ]


def load_trace(path: Path) -> Trace:
    """A trace from `.npz`: `time_s`, `keypoints` (T, 7, 3) with x, y, score, `size_wh`.

    Raises:
        InputError: The file is missing, damaged, or of another shape, or its times do not
            increase.
    """
    kind = "a keypoint trace"
    arrays = read_npz(path, ("time_s", "keypoints", "size_wh"), kind, "make it again")
    time_s = floats(arrays["time_s"], (None,), f"{path}: time_s")
    joints = floats(arrays["keypoints"], (len(time_s), len(UPPER7), 3), f"{path}: keypoints")
    size_wh = floats(arrays["size_wh"], (2,), f"{path}: size_wh")
    if not len(time_s) or not (np.isfinite(time_s).all() and (np.diff(time_s) > 0).all()):
        raise InputError(f"{path}: time_s has to increase from frame to frame; make it again")
    if not ((size_wh >= 1) & (size_wh < 2**16)).all():
        raise InputError(f"{path}: size_wh says {size_wh.tolist()} pixels; make it again")
    pushing_up, seconds = None, 0.0
    if "pushing_up" in arrays:
        pushing_up = floats(arrays["pushing_up"], (len(time_s),), f"{path}: pushing_up")
    if "seconds" in arrays:
        seconds = float(floats(arrays["seconds"], (), f"{path}: seconds"))
    scores = np.nan_to_num(joints[..., 2], posinf=0.0, neginf=0.0)
    width, height = (int(value) for value in size_wh)
    return Trace(time_s, joints[..., :2], scores, (width, height), pushing_up, seconds)


def save_trace(path: Path, trace: Trace) -> None:
    """Write a trace as `load_trace` reads it, whole or not at all."""
    arrays = {
        "time_s": trace.time_s,
        "keypoints": np.concatenate([trace.keypoints, trace.scores[..., None]], -1).astype("f4"),
        "size_wh": np.array(trace.size_wh),
        "seconds": np.array(trace.seconds),
    }
    if trace.pushing_up is not None:
        arrays["pushing_up"] = trace.pushing_up
    with replacing(path) as part:  # its name ends in .npz, too
        np.savez_compressed(part, allow_pickle=False, **arrays)
