"""Work in a thread of its own, handed over item by item."""

import threading
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class PrefetchThread(Generic[T]):
    """Runs an iterable in a thread and passes on what it yields.

    Where the newest wins, an item that nobody has taken gives way to the next one (a camera: what
    is shown is now). Otherwise the thread waits while `size` items are waiting (a file: none is
    lost). An exception of the iterable is raised where the items are taken.

    Attributes:
        dropped: Number of items that gave way.

    Args:
        items: Iterated over in the thread.
        newest_wins: See above.
        size: Most items waiting.
    """

    def __init__(self, items: Iterable[T], newest_wins: bool, size: int = 4) -> None:
        self._items, self._newest_wins = items, newest_wins
        self._size = 1 if newest_wins else size
        self._ready: deque[T] = deque()
        self._changed = threading.Condition()
        self._ended = self._closed = False
        self._error: BaseException | None = None
        self.dropped = 0
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            for item in self._items:
                if not self._put(item):
                    break
        except BaseException as error:
            self._error = error
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _put(self, item: T) -> bool:
        """Hand an item over; False once nobody wants any."""
        with self._changed:
            if self._newest_wins:
                self.dropped += len(self._ready)
                self._ready.clear()
            while len(self._ready) >= self._size and not self._closed:
                self._changed.wait()
            self._ready.append(item)
            self._changed.notify_all()
            return not self._closed

    @property
    def ended(self) -> bool:
        """Nothing is left and nothing will come, or it was closed. Raises the iterable's error."""
        with self._changed:
            if not self._closed and (self._ready or not self._ended):
                return False
            error, self._error = self._error, None
        if error is not None:
            raise error
        return True

    def poll(self, timeout_s: float) -> T | None:
        """The next item, or None if there is none within the time."""
        with self._changed:
            if not self._ready and not self._ended:
                self._changed.wait(timeout_s)
            if not self._ready:
                return None
            item = self._ready.popleft()
            self._changed.notify_all()
            return item

    def __iter__(self) -> Iterator[T]:
        while not self.ended:
            item = self.poll(timeout_s=0.5)  # short enough for Ctrl-C on every system
            if item is not None:
                yield item

    def close(self) -> None:
        """Ask the thread to end; it does at its next item."""
        with self._changed:
            self._closed = True
            self._ready.clear()
            self._changed.notify_all()
        self._thread.join(timeout=2.0)
