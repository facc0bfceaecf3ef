"""A video file written frame by frame that appears under its name only once complete."""

import errno
from contextlib import suppress
from dataclasses import dataclass
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

TIME_BASE = Fraction(1, 60_000)  # MPEG-4 knows none much finer

_LONGEST_GAP_S = 5.0
_BT709 = 1  # as ITU-T H.273 numbers matrix, primaries and transfer


@dataclass(frozen=True)
class Encoding:
    """How pictures are compressed.

    Attributes:
        codec: FFmpeg's name of an encoder whose stream an mp4 holds.
        options: Its own, as names and values.
        full_range: Black is 0 and white 255, as in JPEG, not 16 and 235.
    """

    codec: str = "libx264"
    options: tuple[tuple[str, str], ...] = (("preset", "veryfast"), ("crf", "23"))
    full_range: bool = False


H264 = Encoding()


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
        encoding: Another than H.264 is for tests of what reads it.

    Raises:
        InputError: The file cannot be opened.
    """

    def __init__(
        self,
        path: Path,
        size_wh: tuple[int, int],
        fps: float,
        sound: str | None = None,
        encoding: Encoding = H264,
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
            self._stream = _add_video(container, size_wh, fps, encoding)
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
        frame = frame.reformat(
            format=self._stream.pix_fmt,
            dst_colorspace="ITU709",
            dst_color_range=self._stream.color_range,
        )
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


def _add_video(
    container: OutputContainer, size_wh: tuple[int, int], fps: float, encoding: Encoding
) -> av.VideoStream:
    rate = Fraction(fps).limit_denominator(1001)
    stream = container.add_stream(encoding.codec, rate=rate, options=dict(encoding.options))
    assert isinstance(stream, av.VideoStream), "the codec is a video's"
    stream.width, stream.height = (side + side % 2 for side in size_wh)
    stream.pix_fmt = "yuvj420p" if encoding.full_range else "yuv420p"
    stream.codec_context.time_base = TIME_BASE
    stream.colorspace = stream.color_primaries = stream.color_trc = _BT709
    stream.color_range = 2 if encoding.full_range else 1  # as H.273 has it for FFmpeg
    return stream
