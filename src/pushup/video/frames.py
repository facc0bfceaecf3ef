"""Frames with true times from an open capture: upright, in order, one pass."""

import math
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np

from pushup.cli import InputError

NOMINAL_FPS = 30.0
"""Assumed where a source announces no usable rate (many cameras); times never depend on it."""

TURNS = {
    0: None,
    90: cv2.ROTATE_90_CLOCKWISE,
    180: cv2.ROTATE_180,
    270: cv2.ROTATE_90_COUNTERCLOCKWISE,
}
"""Degrees clockwise that pictures can be turned by, and how OpenCV calls them."""

_HANGING_S = 2.0


@dataclass(frozen=True, eq=False)  # itself only, so that it may key a cache
class Frame:
    """One picture of a video.

    Attributes:
        image_bgr: (H, W, 3) uint8, upright.
        time_s: Its time in the file, or since the first frame of a live source; increasing.
        index: Its place among the decoded frames, from 0.
        read_s: When it was read, by the source's clock.
    """

    image_bgr: np.ndarray
    time_s: float
    index: int
    read_s: float


class Capture(Protocol):
    """What pictures are read from: `decoder.Decoder` for files and streams, `camera.Camera`.

    Attributes:
        fps: Announced frames per second; 0 if none are.
        frame_count: Announced number of frames, an estimate in some containers; None if unknown.
        duration_s: Announced duration; None if unknown.
        damaged: Some of what was read so far could not be decoded.
    """

    fps: float
    frame_count: int | None
    duration_s: float | None
    damaged: bool

    def read(self) -> tuple[np.ndarray, float] | None:
        """The next picture, (H, W, 3) uint8 BGR, and its time in s (NaN: none); None at the end."""
        ...

    def close(self) -> None:
        """Release what is open."""
        ...


class FrameSource:
    """Iterates once over the frames of an open capture; a context manager that closes it.

    Iterating again goes on with the next frame.

    Attributes:
        name: What was opened, for messages and records.
        is_live: A camera or an endless stream: frames come at their own pace.
        fps: Announced frames per second (the mean, for a variable rate), else `NOMINAL_FPS`.
        frame_count: Announced number of frames, an estimate in some containers; None if unknown.
        size_wh: Width and height of the upright frames.
        truncated: Once read: the file ended clearly before its announced end, or parts of it
            could not be decoded. What could be decoded was delivered.
        sound: Address of the file where its sound can be read; None where there is none.
        can_reopen: It is a file that can be read from its start again.
        turn: Degrees clockwise by which the pictures are turned.

    Args:
        capture: Open.
        name: See above.
        is_live: See above; None = live if no length is announced.
        clock: Seconds; gives the times of a live source.
        turn: A key of `TURNS`, see above.
        sound: See above.
        can_reopen: See above.

    Raises:
        InputError: Not a single frame can be decoded.
    """

    def __init__(
        self,
        capture: Capture,
        name: str,
        is_live: bool | None = False,
        clock: Callable[[], float] = time.monotonic,
        turn: int = 0,
        sound: str | None = None,
        can_reopen: bool = False,
    ) -> None:
        self._capture, self._clock, self.name = capture, clock, name
        self.turn, self.sound, self.can_reopen = turn, sound, can_reopen
        self._reading = threading.Lock()  # closing a capture that is being read would crash
        self.fps = float(capture.fps) if 1 <= capture.fps <= 480 else NOMINAL_FPS
        self.frame_count = capture.frame_count
        self.is_live = self.frame_count is None if is_live is None else is_live
        self.truncated = False
        self._index, self._time_s, self._start_s = 0, -math.inf, math.nan
        self._first = self._read()
        if self._first is None:
            self.close()
            raise InputError(
                f"{name}: the camera sends no picture; check that no other program uses it"
                if self.is_live
                else f"{name}: holds no frame that can be decoded; convert it to an H.264 mp4"
            )
        height, width = self._first.image_bgr.shape[:2]
        self.size_wh = width, height

    def __enter__(self) -> "FrameSource":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def close(self) -> None:
        """Release the file or camera, unless a thread hangs in reading it: then it stays open."""
        if self._reading.acquire(timeout=_HANGING_S):
            self._capture.close()
            self._reading.release()

    def __iter__(self) -> Iterator[Frame]:
        while (frame := self._first or self._read()) is not None:
            self._first = None
            yield frame
        self.truncated = self._capture.damaged or self._ended_early()

    def _read(self) -> Frame | None:
        with self._reading:
            picture = self._capture.read()
        if picture is None:
            return None
        image, time_s = picture
        if (code := TURNS[self.turn]) is not None:
            image = cv2.rotate(image, code)
        read_s = self._clock()
        frame = Frame(image, self._next_time(time_s, read_s), self._index, read_s)
        self._index += 1
        return frame

    def _next_time(self, time_s: float, read_s: float) -> float:
        """Time of the frame just read; repaired to one nominal step where it does not increase.

        A file's times begin with its first frame, wherever an edit list or a cut has put it.
        """
        time_s = read_s if self.is_live else time_s
        if math.isnan(self._start_s):
            self._start_s = time_s
        time_s -= self._start_s
        if not time_s > self._time_s:  # also where it is not a number
            time_s = self._time_s + 1 / self.fps
        self._time_s = time_s if math.isfinite(time_s) else 0.0
        return self._time_s

    def _ended_early(self) -> bool:
        """Both the frames and the time fall short of what was announced.

        Either alone misleads: some containers announce duration x rate as the number of frames,
        an edit list leaves frames out, and the last frame of a variable-rate file may last long.
        """
        duration_s = self._capture.duration_s
        if self.is_live or self.frame_count is None or duration_s is None:
            return False
        few = self._index < 0.97 * self.frame_count - 1
        return few and self._time_s + 1 / self.fps < 0.97 * duration_s
