"""A video file or network stream decoded by FFmpeg, by way of PyAV."""

import math
from collections import deque
from collections.abc import Iterator

import av
import cv2
import numpy as np
from av.container import InputContainer
from av.error import FFmpegError
from av.filter import Graph
from av.stream import Disposition

TIMEOUT_S = 10.0
"""Of opening, and of each read from a network."""

_MAX_DAMAGES = 300


class Decoder:
    """One pass over the pictures of a file or stream; see `pushup.video.frames.Capture`.

    Pictures are upright and unmirrored as the display matrix says, with square pixels, and
    progressive. The video is the best one of the file, never its cover picture. Damaged stretches
    are passed over.

    Attributes:
        has_sound: There is an audio stream.
        is_still: The file is a picture.
        is_text: The file is text, which FFmpeg would render.

    Args:
        url: Address, or path with `file:` before it, so that no part of a name is taken for a
            protocol.
        live: Decode for little delay, not for speed.

    Raises:
        FFmpegError: It does not open.
        LookupError: It holds no video that can be decoded.
    """

    def __init__(self, url: str, live: bool = False) -> None:
        self._container = av.open(
            url,
            metadata_errors="replace",
            timeout=TIMEOUT_S,
            options={"rtsp_transport": "tcp"} if url.startswith("rtsp") else {},
        )
        try:
            self._stream = stream = _best_video(self._container)
        except LookupError:
            self._container.close()
            raise
        stream.thread_type = "SLICE" if live else "AUTO"
        self.damaged = False
        self.has_sound = bool(self._container.streams.audio)
        rate = stream.average_rate or stream.guessed_rate
        self.fps = float(rate) if rate else 0.0
        self.duration_s = self._announced_s()
        self.frame_count = stream.frames or None
        if self.frame_count is None and self.duration_s is not None and rate:
            self.frame_count = max(1, round(self.duration_s * self.fps))
        self._convert = _Converter(float(stream.sample_aspect_ratio or 1))
        self._pictures = self._decode()
        self._ahead: deque[tuple[np.ndarray, float]] = deque()
        kind = self._container.format.name
        self.is_text = kind == "tty"
        self.is_still = kind == "image2" or (kind.endswith("_pipe") and self._has_one_picture())

    def read(self) -> tuple[np.ndarray, float] | None:
        """The next picture and its time in the file."""
        return self._ahead.popleft() if self._ahead else next(self._pictures, None)

    def close(self) -> None:
        """Close the file."""
        self._container.close()

    def _announced_s(self) -> float | None:
        """The shorter of the stream's and the file's duration: an edit list may cut either."""
        stream, durations = self._stream, []
        if stream.duration is not None and stream.time_base is not None:
            durations.append(float(stream.duration * stream.time_base))
        if self._container.duration is not None:
            durations.append(self._container.duration / av.time_base)
        return min((d for d in durations if d > 0), default=None)

    def _has_one_picture(self) -> bool:
        for _ in range(2):
            if (picture := next(self._pictures, None)) is not None:
                self._ahead.append(picture)
        return len(self._ahead) == 1

    def _decode(self) -> Iterator[tuple[np.ndarray, float]]:
        matrix, known = None, False
        for frame in self._frames():
            for converted in self._convert(frame):
                if not known:  # once: PyAV's list of side data keeps a frame's memory in a cycle
                    matrix, known = _display_matrix(converted), True
                yield _upright(converted, matrix), _time_s(converted)

    def _frames(self) -> Iterator[av.VideoFrame | None]:
        """Decoded frames, then None."""
        for packet in self._packets():
            try:
                frames = packet.decode()
            except FFmpegError:
                self.damaged = True
                continue
            self.damaged |= any(frame.is_corrupt for frame in frames)
            yield from frames
        yield None

    def _packets(self) -> Iterator[av.Packet]:
        """All packets, last the one that empties the decoder."""
        for _ in range(_MAX_DAMAGES):
            try:
                yield from self._container.demux(self._stream)
                return
            except FFmpegError:  # reading goes on behind it, where there is something
                self.damaged = True


class _Converter:
    """Makes BGR frames with square pixels, progressive where they are marked as interlaced.

    FFmpeg's filters do it: they use memory again, which the system would otherwise map anew for
    each large picture.

    Args:
        aspect: Width of a pixel over its height.
    """

    def __init__(self, aspect: float) -> None:
        self._aspect = aspect if not 0.98 < aspect < 1.02 else 1.0
        self._graph: Graph | None = None
        self._kind: tuple[int, int, str] | None = None
        self._interlaced = False

    def __call__(self, frame: av.VideoFrame | None) -> Iterator[av.VideoFrame]:
        """What is ready once `frame` is in; None brings the last."""
        if frame is None:
            yield from self._pull(None)
            return
        kind = frame.width, frame.height, frame.format.name
        newly_interlaced = frame.interlaced_frame and not self._interlaced
        if kind != self._kind or newly_interlaced:
            yield from self._pull(None)
            self._kind, self._interlaced = kind, self._interlaced or frame.interlaced_frame
            self._graph = self._new_graph(frame)
        yield from self._pull(frame)

    def _pull(self, frame: av.VideoFrame | None) -> Iterator[av.VideoFrame]:
        if self._graph is None:
            return
        self._graph.vpush(frame)
        while True:
            try:
                yield self._graph.vpull()
            except (BlockingIOError, EOFError):  # it waits for more, or has no more
                return

    def _new_graph(self, frame: av.VideoFrame) -> Graph:
        graph = Graph()
        graph.threads = 1  # the decoder's threads are enough
        nodes = [
            graph.add_buffer(
                width=frame.width,
                height=frame.height,
                format=frame.format,
                time_base=frame.time_base,
            )
        ]
        if self._interlaced:
            nodes.append(graph.add("bwdif", "mode=send_frame:deint=interlaced"))
        if self._aspect != 1:
            nodes.append(graph.add("scale", f"w=iw*{self._aspect}:h=ih"))
        nodes += [graph.add("format", "bgr24"), graph.add("buffersink")]
        graph.link_nodes(*nodes).configure()
        return graph


def _best_video(container: InputContainer) -> av.VideoStream:
    """What FFmpeg holds to be the main video, else the longest that is no cover picture."""
    videos = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
    if not videos:
        raise LookupError("no video")
    best = container.streams.best("video")
    chosen = next((v for v in videos if v is best), max(videos, key=lambda video: video.frames))
    if chosen.codec_context is None:
        raise LookupError("no decoder")
    return chosen


def _time_s(frame: av.VideoFrame) -> float:
    if frame.pts is None or frame.time_base is None:
        return math.nan
    return float(frame.pts * frame.time_base)


def _upright(frame: av.VideoFrame, matrix: np.ndarray | None) -> np.ndarray:
    """(H, W, 3) view of a BGR frame, or a copy turned and flipped as its display matrix says.

    The matrix is [[a, b, u], [c, d, v], [x, y, w]]; a pixel at (x, y) is shown at
    (a x + c y, b x + d y); see ISO/IEC 14496-12, 8.2.2. Turns are taken to be quarter turns.
    """
    plane, shape = frame.planes[0], (frame.height, frame.width, 3)
    image = np.ndarray(shape, np.uint8, memoryview(plane), strides=(plane.line_size, 3, 1))
    if matrix is None:
        return image
    (a, b), (c, d) = matrix
    if abs(b) + abs(c) > abs(a) + abs(d):
        image, a, d = cv2.transpose(image), c, b
    if a < 0 or d < 0:
        image = cv2.flip(image, -1 if a < 0 and d < 0 else (1 if a < 0 else 0))
    return image


def _display_matrix(frame: av.VideoFrame) -> np.ndarray | None:
    """Upper left (2, 2) of the display matrix; None where there is none."""
    try:
        data = frame.side_data.get("DISPLAYMATRIX")
    except ValueError:  # PyAV does not know a kind of data that lies beside it
        turn = np.deg2rad(frame.rotation)
        return np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    return None if data is None else np.frombuffer(data, np.int32).reshape(3, 3)[:2, :2].copy()
