"""Frames with true times from a file, a camera or a stream: upright, in order, one pass."""

import math
import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from pushup.cli import InputError

# FFmpeg and OpenCV would print their own lines beside the one that an InputError gives.
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
if "OPENCV_LOG_LEVEL" not in os.environ:
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)

VIDEO_SUFFIXES = frozenset(
    ".3gp .avi .flv .gif .m2ts .m4v .mkv .mov .mp4 .mpeg .mpg .mts .ogv .ts .webm .wmv".split()  # noqa: SIM905
)
"""Names that a folder run takes for videos; a single file may have any name."""

NOMINAL_FPS = 30.0
"""Assumed where a source announces no usable rate (many cameras); times never depend on it."""

_OPEN_TIMEOUT_MS = 10_000
_LIVE_SCHEMES = ("rtsp", "rtmp", "rtp", "udp", "tcp", "srt")
_MAX_FAILED_READS = 300
_HANGING_S = 2.0
_ROTATIONS = {
    90: cv2.ROTATE_90_CLOCKWISE,
    180: cv2.ROTATE_180,
    270: cv2.ROTATE_90_COUNTERCLOCKWISE,
}


@dataclass(frozen=True)
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


class FrameSource:
    """Iterates once over the frames of an open capture; a context manager that releases it.

    Attributes:
        name: What was opened, for messages and records.
        is_live: A camera or an endless stream: frames come at their own pace.
        fps: Announced frames per second (the mean, for a variable rate), else `NOMINAL_FPS`.
        frame_count: Announced number of frames, an estimate in some containers; None if unknown.
        size_wh: Width and height of the upright frames.
        truncated: Once read: the file ended clearly before its announced end, or parts of it
            could not be decoded. What could be decoded was delivered.

    Args:
        capture: An opened `cv2.VideoCapture`, or anything with its `read`, `get`, `set`, `release`.
        name: See above.
        is_live: See above; None = live if no length is announced.
        clock: Seconds; gives the times of a live source.

    Raises:
        InputError: Not a single frame can be decoded.
    """

    def __init__(
        self,
        capture,
        name: str,
        is_live: bool | None = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._capture, self._clock, self.name = capture, clock, name
        self._reading = threading.Lock()  # releasing a capture that is being read would crash
        # Some builds apply the rotation metadata and some do not; turning it off and rotating
        # here leaves one behaviour. Where it cannot be turned off, it has been applied.
        capture.set(cv2.CAP_PROP_ORIENTATION_AUTO, 0)
        applied = capture.get(cv2.CAP_PROP_ORIENTATION_AUTO) > 0
        degrees = 0 if applied else round(capture.get(cv2.CAP_PROP_ORIENTATION_META)) % 360
        self._rotation = _ROTATIONS.get(degrees)
        fps = capture.get(cv2.CAP_PROP_FPS)
        self.fps = float(fps) if 1 <= fps <= 480 else NOMINAL_FPS
        count = capture.get(cv2.CAP_PROP_FRAME_COUNT)
        self.frame_count = round(count) if 0 < count < 1e9 else None
        self.is_live = self.frame_count is None if is_live is None else is_live
        self.truncated = False
        self._index, self._time_s, self._start_s = 0, -math.inf, None
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
            self._capture.release()
            self._reading.release()

    def __iter__(self) -> Iterator[Frame]:
        frame, self._first = self._first, None
        while frame is not None:
            yield frame
            frame = self._read()
        self.truncated |= self._ended_early()

    def _read(self) -> Frame | None:
        image = self._read_image()
        if image is None:
            return None
        if self._rotation is not None:
            image = cv2.rotate(image, self._rotation)
        read_s = self._clock()
        frame = Frame(image, self._next_time(read_s), self._index, read_s)
        self._index += 1
        return frame

    def _read_image(self) -> np.ndarray | None:
        """The next picture; None at the end.

        A failed read is tried again while frames are announced: the decoder gets through a
        damaged stretch bit by bit.
        """
        missing = 0 if self.is_live else (self.frame_count or 0) - self._index
        for attempt in range(1 + max(0, min(missing, _MAX_FAILED_READS))):
            with self._reading:
                ok, image = self._capture.read()
            if ok:
                self.truncated |= attempt > 0
                return image
        return None

    def _next_time(self, read_s: float) -> float:
        """Time of the frame just read; repaired to one nominal step where it does not increase."""
        if self.is_live:
            self._start_s = read_s if self._start_s is None else self._start_s
            time_s = read_s - self._start_s
        else:
            time_s = self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1e3
        if not time_s > self._time_s:  # also where it is not a number
            time_s = self._time_s + 1 / self.fps
        self._time_s = time_s if math.isfinite(time_s) else 0.0
        return self._time_s

    def _ended_early(self) -> bool:
        """Both the frames and the time fall short of what was announced.

        Either alone misleads: some containers announce duration x rate as the number of frames,
        and the last frame of a variable-rate file may last long.
        """
        if self.is_live or self.frame_count is None:
            return False
        end_s, announced_s = self._time_s + 1 / self.fps, self.frame_count / self.fps
        return self._index < 0.97 * self.frame_count - 1 and end_s < 0.97 * announced_s


def open_source(source: str | int | Path) -> FrameSource:
    """Open a video file, a camera (its number, or /dev/videoN) or the URL of a stream.

    Raises:
        InputError: It does not exist, is a folder or a picture, or gives no frames.
    """
    text = str(source)
    if text.isdecimal():
        return _open_camera(int(text), f"camera {text}")
    if text.startswith("/dev/video"):
        return _open_camera(text, f"camera {text}")
    if "://" in text:
        return _open_url(text)
    return _open_file(Path(text))


def _open_camera(device: int | str, name: str) -> FrameSource:
    capture = cv2.VideoCapture(device)
    if not capture.isOpened():
        raise InputError(f"{name} does not open; check that it is plugged in, or try source=1")
    return FrameSource(capture, name, is_live=True)


def _open_url(url: str) -> FrameSource:
    timeouts = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, _OPEN_TIMEOUT_MS]
    timeouts += [cv2.CAP_PROP_READ_TIMEOUT_MSEC, _OPEN_TIMEOUT_MS]
    capture = cv2.VideoCapture(url, cv2.CAP_FFMPEG, timeouts)
    if not capture.isOpened():
        raise InputError(f"{url}: the stream does not open; check the address and the network")
    live = True if url.split("://")[0].lower() in _LIVE_SCHEMES else None
    return FrameSource(capture, url, is_live=live)


def _open_file(path: Path) -> FrameSource:
    if path.is_dir():
        raise InputError(f"{path}: is a folder; name a video file in it")
    if not path.exists():
        raise InputError(f"{path}: no such file; source= takes a file, folder, camera or URL")
    if not os.access(path, os.R_OK):
        raise InputError(f"{path}: may not be read; check its permissions")
    if path.stat().st_size == 0:
        raise InputError(f"{path}: is empty (0 bytes); copy it again")
    capture = cv2.VideoCapture(str(path))
    if not capture.isOpened():
        raise InputError(
            f"{path}: no video can be read from it (not a video, sound only, or cut off before "
            "its index); check it in a player or convert it to an H.264 mp4"
        )
    # FFmpeg takes stills for videos of one frame, and renders text files as pictures.
    still = cv2.haveImageReader(str(path)) and not capture.get(cv2.CAP_PROP_FRAME_COUNT) > 1
    text = int(capture.get(cv2.CAP_PROP_FOURCC)) == int.from_bytes(b"ansi", "little")
    if still or text:
        capture.release()
        raise InputError(f"{path}: is a {'picture' if still else 'text'} file, not a video")
    return FrameSource(capture, str(path))


def find_videos(folder: Path, pattern: str = "*") -> list[Path]:
    """All videos at any depth under a folder whose names match the pattern, sorted.

    Raises:
        InputError: There is none.
    """
    paths = (p for p in folder.rglob(pattern) if p.suffix.lower() in VIDEO_SUFFIXES)
    videos = sorted(p for p in paths if p.is_file() and not p.name.startswith("."))
    if not videos:
        raise InputError(
            f"{folder}: holds no video matching {pattern!r} ({', '.join(sorted(VIDEO_SUFFIXES))})"
        )
    return videos
