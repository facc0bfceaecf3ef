"""A camera by way of OpenCV, which knows each system's cameras."""

import math
import os
import re
from pathlib import Path

import cv2
import numpy as np

# OpenCV would print its own lines beside the one that an InputError gives.
if "OPENCV_LOG_LEVEL" not in os.environ:
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)


_NUMBERS = 10


def camera_numbers() -> list[int]:
    """Numbers that cameras may have: on Linux those of its devices, else the first ten."""
    names = [path.name for path in Path("/dev").glob("video*")]
    found = sorted(int(name[5:]) for name in names if re.fullmatch(r"video\d+", name))
    return found or list(range(_NUMBERS))


class Camera:
    """An opened camera; see `pushup.video.frames.Capture`.

    Args:
        device: Its number, or a path such as /dev/video0.

    Raises:
        OSError: It does not open.
    """

    frame_count: int | None = None
    duration_s: float | None = None
    damaged = False

    def __init__(self, device: int | str) -> None:
        self._capture = cv2.VideoCapture(device)
        if not self._capture.isOpened():
            raise OSError(f"camera {device} does not open")
        self.fps = self._capture.get(cv2.CAP_PROP_FPS)

    def read(self) -> tuple[np.ndarray, float] | None:
        """The next picture, without a time."""
        ok, image = self._capture.read()
        return (image, math.nan) if ok else None

    def close(self) -> None:
        """Release the camera."""
        self._capture.release()
