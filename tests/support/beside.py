"""Clips of several people: rendered ones beside each other."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from pushup.synthetic.clips import RenderedClip


def beside(clips: Sequence[RenderedClip]) -> list[np.ndarray]:
    """BGR frames with all clips from left to right; they are equally high and long."""
    together = zip(*(clip.frames_rgb for clip in clips), strict=True)
    return [np.ascontiguousarray(np.hstack(frames)[..., ::-1]) for frames in together]


def write_clip(path: Path, frames_bgr: Sequence[np.ndarray], fps: float) -> Path:
    """A file of these frames."""
    size_wh = frames_bgr[0].shape[1], frames_bgr[0].shape[0]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), fps, size_wh)
    for frame in frames_bgr:
        writer.write(frame)
    writer.release()
    return path
