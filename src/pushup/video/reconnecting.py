"""A camera that may be unplugged: it is waited for and opened again."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from pushup.cli import InputError
from pushup.video.frames import Frame, FrameSource
from pushup.video.source import open_source

log = logging.getLogger(__name__)


class ReconnectingSource:
    """A live source that goes on when its capture ends; times and indices run on too.

    Has the attributes of `FrameSource`, those of the first capture.

    Args:
        source: The first capture.
        reopen: Opens it again, raising `InputError` while it is not there.
        wait_s: After so long without a picture the source ends.
        retry_s: Pause between two attempts to open.
    """

    is_live, truncated, frame_count, sound, can_reopen = True, False, None, None, False

    def __init__(
        self,
        source: FrameSource,
        reopen: Callable[[], FrameSource],
        wait_s: float = 300.0,
        retry_s: float = 0.5,
    ) -> None:
        self._source: FrameSource | None = source
        self._open, self._wait_s, self._retry_s = reopen, wait_s, retry_s
        self.name, self.fps, self.size_wh = source.name, source.fps, source.size_wh
        self.turn = source.turn
        self._closed = threading.Event()

    def __enter__(self) -> "ReconnectingSource":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def close(self) -> None:
        """End the iteration, wherever it is, and release the camera."""
        self._closed.set()
        if self._source is not None:
            self._source.close()

    def __iter__(self) -> Iterator[Frame]:
        index, start_s = 0, None
        while self._source is not None:
            for frame in self._source:
                if self._closed.is_set():
                    return
                start_s = frame.read_s if start_s is None else start_s
                yield replace(frame, time_s=frame.read_s - start_s, index=index)
                index += 1
            self._source.close()
            self._source = self._reopen()

    def _reopen(self) -> FrameSource | None:
        """The camera once it is back; None when closed, or given up."""
        if not self._closed.is_set():
            log.warning("warning: %s is gone: waiting for it", self.name)
        given_up_s = time.monotonic() + self._wait_s
        while not self._closed.wait(self._retry_s) and time.monotonic() < given_up_s:
            try:
                return self._open()
            except InputError:
                continue
        return None


def open_lasting(
    source: str | int, turn: int = 0, wait_s: float = 300.0
) -> FrameSource | ReconnectingSource:
    """As `open_source`, but a camera or stream that ends is waited for.

    Raises:
        InputError: It does not open now.
    """
    reopen = partial(open_source, source, turn)
    first = reopen()
    return ReconnectingSource(first, reopen, wait_s) if first.is_live else first
