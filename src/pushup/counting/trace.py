"""Keypoints of every frame of a clip, in memory and as `.npz`: what counters are developed on."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pushup.cli import InputError
from pushup.counting.types import Observation
from pushup.files import replacing
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
        InputError: The file is missing, damaged, or of another shape.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            time_s = arrays["time_s"].astype(float)
            joints = arrays["keypoints"].astype(float)
            width, height = (int(value) for value in arrays["size_wh"])
            pushing_up = arrays["pushing_up"].astype(float) if "pushing_up" in arrays else None
            seconds = float(arrays["seconds"]) if "seconds" in arrays else 0.0
    except (OSError, KeyError, ValueError) as error:
        raise InputError(f"cannot read {path} as a keypoint trace: {error}") from error
    if joints.shape != (len(time_s), len(UPPER7), 3):
        raise InputError(
            f"{path}: keypoints have the shape {joints.shape}, not (frames, {len(UPPER7)}, 3)"
        )
    scores = np.nan_to_num(joints[..., 2])
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
