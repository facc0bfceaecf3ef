"""A video file written frame by frame that appears under its name only once complete."""

import math
import os
from pathlib import Path

import cv2
import numpy as np

from pushup.cli import InputError

_LONGEST_GAP_S = 5.0


class VideoSink:
    """Writes frames at a constant rate so that playback keeps the times of the source.

    A frame is repeated or left out where the source's rate varies; a gap of more than five
    seconds (a camera that was away) is shortened to that. A context manager: the file gets its
    name when the block ends well, and nothing stays behind when it ends in an error.

    Args:
        path: File to write; its suffix chooses the container.
        size_wh: Width and height of the frames.
        fps: Frames per second of the file.
        fourcc: Codec; OpenCV writes mp4v, MJPG, VP80 and VP90 everywhere, H.264 hardly anywhere.

    Raises:
        InputError: The file cannot be written.
    """

    def __init__(
        self, path: Path, size_wh: tuple[int, int], fps: float, fourcc: str = "mp4v"
    ) -> None:
        self.path, self.size_wh, self.fps = Path(path), size_wh, fps
        self._partial = self.path.with_name(f".partial-{self.path.name}")
        self._next_s: float | None = None
        code = cv2.VideoWriter.fourcc(*fourcc)
        self._writer: cv2.VideoWriter | None = cv2.VideoWriter(
            str(self._partial), code, fps, size_wh
        )
        if not self._writer.isOpened():
            self._partial.unlink(missing_ok=True)
            raise InputError(
                f"cannot write video {self.path} (codec {fourcc}); choose another output_dir=DIR"
            )

    def write(self, image_bgr: np.ndarray, time_s: float) -> None:
        """Show (H, W, 3) `image_bgr` from `time_s` on; ValueError once closed."""
        if self._writer is None:
            raise ValueError(f"{self.path} is closed")
        if self._next_s is None:
            self._next_s = time_s
        self._next_s = max(self._next_s, time_s - _LONGEST_GAP_S)
        repeats = max(0, math.floor((time_s - self._next_s) * self.fps + 0.5) + 1)
        self._next_s += repeats / self.fps
        if image_bgr.shape[1::-1] != self.size_wh:  # OpenCV would drop such a frame in silence
            image_bgr = cv2.resize(image_bgr, self.size_wh, interpolation=cv2.INTER_AREA)
        for _ in range(repeats):
            self._writer.write(image_bgr)

    def close(self, keep: bool = True) -> None:
        """Finish the file, or discard it. Does nothing the second time."""
        if self._writer is None:
            return
        self._writer.release()
        self._writer = None
        if keep:
            os.replace(self._partial, self.path)
        else:
            self._partial.unlink(missing_ok=True)

    def __enter__(self) -> "VideoSink":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_) -> None:
        self.close(keep=kind is None)
