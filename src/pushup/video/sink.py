"""A video file written frame by frame that appears under its name only once complete."""

import errno
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from av.container import OutputContainer
from av.error import FFmpegError

from pushup.cli import InputError
from pushup.files import ANOTHER_FOLDER, replacing
from pushup.video.sound import Sound

TIME_BASE = Fraction(1, 90_000)

_LONGEST_GAP_S = 5.0
_ENCODER = {"preset": "veryfast", "crf": "23"}
_BT709, _LIMITED_RANGE = 1, 1  # as ITU-T H.273 numbers matrix, primaries, transfer; and range


class VideoSink:
    """Writes H.264 in an mp4 that browsers and phones play from the start; each frame at its time.

    A gap of more than five seconds (a camera that was away) is shortened to that. A context
    manager: the file gets its name when the block ends well, and nothing stays behind when it
    ends in an error. Where writing fails, on a full disk for instance, the file is given up and
    the caller goes on.

    Attributes:
        path: The file.
        error: Why it was given up; None while all is well.

    Args:
        path: File to write.
        size_wh: Width and height of the frames; an odd one gets a pixel more, as H.264 needs.
        fps: Frames per second, about.
        sound: Address of a file whose sound is kept; the frames written are those of its video.

    Raises:
        InputError: The file cannot be opened.
    """

    def __init__(
        self, path: Path, size_wh: tuple[int, int], fps: float, sound: str | None = None
    ) -> None:
        self.path, self.error, self._size_wh = Path(path), None, size_wh
        self._frames, self._ticks, self._start_s, self._time_s = 0, -1, 0.0, 0.0
        self._file = replacing(self.path, ANOTHER_FOLDER)
        self._part = self._file.__enter__()
        self._container: OutputContainer | None = None
        self._sound: Sound | None = None
        try:
            self._container = container = av.open(
                f"file:{self._part}", "w", format="mp4", options={"movflags": "+faststart"}
            )
            self._stream = _add_video(container, size_wh, fps)
            if sound is not None:
                self._sound = Sound(sound, container)
            container.start_encoding()
        except (FFmpegError, OSError) as error:
            self._give_up(error)
            assert self.error is not None
            raise self.error from error

    def write(self, image_bgr: np.ndarray, time_s: float) -> None:
        """Show (H, W, 3) `image_bgr` from `time_s` on; ValueError once closed."""
        if self.error is not None:
            return
        if self._container is None:
            raise ValueError(f"{self.path} is closed")
        if self._frames == 0:
            self._start_s = time_s
        elif time_s - self._time_s > _LONGEST_GAP_S:
            self._start_s += time_s - self._time_s - _LONGEST_GAP_S
        self._time_s, shown_s = time_s, time_s - self._start_s
        frame = av.VideoFrame.from_ndarray(self._fitted(image_bgr), format="bgr24")
        frame = frame.reformat(format="yuv420p", dst_colorspace="ITU709", dst_color_range="MPEG")
        self._ticks = max(self._ticks + 1, round(shown_s / TIME_BASE))
        frame.pts, frame.time_base = self._ticks, TIME_BASE
        try:
            self._container.mux(self._stream.encode(frame))
            if self._sound is not None:
                self._sound.advance(shown_s)
            self._frames += 1
        except (FFmpegError, OSError) as error:
            self._give_up(error)

    def close(self, keep: bool = True) -> None:
        """Finish the file, or discard it. Does nothing the second time."""
        if self._container is None:
            return
        if not keep or self._frames == 0:
            self._give_up(None)
            return
        try:
            self._container.mux(self._stream.encode(None))
            if self._sound is not None:
                self._sound.close()
            self._container.close()
            self._check()
            self._container = None
            self._file.__exit__(None, None, None)
        except (FFmpegError, OSError, InputError) as error:
            self._give_up(error)

    def _check(self) -> None:
        """That the file holds what was written: not every failure of a disk is reported."""
        with av.open(f"file:{self._part}") as written:
            frames = written.streams.video[0].frames
        if frames != self._frames:
            raise OSError(errno.EIO, f"it holds {frames} of {self._frames} frames")

    def _give_up(self, error: Exception | None) -> None:
        """Remove what was written; tell of the error, if there is one."""
        if self._container is not None:
            with suppress(FFmpegError, OSError):
                self._container.close()
        self._container = None
        if self._sound is not None:
            self._sound.close()
        if isinstance(error, FFmpegError):
            error = OSError(error.errno, error.strerror)
        reason = error or _DiscardedError()
        try:
            self._file.__exit__(type(reason), reason, None)
        except InputError as told:
            self.error = told

    def _fitted(self, image_bgr: np.ndarray) -> np.ndarray:
        """The picture in the size of the video, whose sides are even."""
        width, height = self._size_wh
        if image_bgr.shape[1::-1] != self._size_wh:
            image_bgr = cv2.resize(image_bgr, self._size_wh, interpolation=cv2.INTER_AREA)
        if width % 2 == 0 and height % 2 == 0:
            return image_bgr
        return cv2.copyMakeBorder(image_bgr, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE)

    def __enter__(self) -> "VideoSink":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_) -> None:
        self.close(keep=kind is None)


class _DiscardedError(Exception):
    """The file is not wanted."""


def _add_video(container: OutputContainer, size_wh: tuple[int, int], fps: float) -> av.VideoStream:
    rate = Fraction(fps).limit_denominator(1001)
    stream = container.add_stream("libx264", rate=rate, options=_ENCODER)
    stream.width, stream.height = (side + side % 2 for side in size_wh)
    stream.pix_fmt, stream.codec_context.time_base = "yuv420p", TIME_BASE
    stream.colorspace = stream.color_primaries = stream.color_trc = _BT709
    stream.color_range = _LIMITED_RANGE
    return stream
