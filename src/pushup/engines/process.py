"""Worker processes on this machine, which do not outlive what started them."""

import multiprocessing
import os
import signal
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, TypeVar

from pushup.engines import TRIES, WorkerDiedError, attempt, portable

T = TypeVar("T")
R = TypeVar("R")

_SPAWN = multiprocessing.get_context("spawn")
"""A forked process would inherit the locks of the parent's threads."""

_END_S = 10.0


class ProcessEngine:
    """The default engine, see `pushup.engines.Engine`.

    Args:
        workers: Number of processes; with one, or a single item, all is done in this process.
    """

    outlives = False

    def __init__(self, workers: int = 2) -> None:
        self.workers = workers
        self.threads = max(1, (os.cpu_count() or 1) // workers) if workers > 1 else 0

    def map(
        self, make: Callable[[], Callable[[T], R]], items: Mapping[str, T]
    ) -> Iterator[tuple[str, R | Exception]]:
        """See `pushup.engines.Engine.map`."""
        if self.workers > 1 and len(items) > 1:
            yield from _Team(make, items, self.workers).results()
            return
        function = make()
        for name, item in items.items():
            yield name, attempt(function, item)


class _Team:
    """Processes, each with the item in its hands."""

    def __init__(self, make: Callable, items: Mapping[str, Any], workers: int) -> None:
        self._make, self._items, self._workers = make, items, workers
        self._waiting, self._deaths = deque(items), Counter()
        self._busy: dict[Connection, tuple[BaseProcess, str]] = {}
        self._free: dict[Connection, BaseProcess] = {}

    def results(self) -> Iterator[tuple[str, Any]]:
        try:
            while self._waiting or self._busy:
                while self._waiting and len(self._busy) < self._workers:
                    self._hand_out(self._waiting.popleft())
                for pipe in wait(list(self._busy)):
                    assert isinstance(pipe, Connection)
                    if (outcome := self._outcome(pipe)) is not None:
                        yield outcome
        finally:
            self._end()

    def _hand_out(self, name: str) -> None:
        pipe, process = self._free.popitem() if self._free else self._start()
        self._busy[pipe] = process, name
        with suppress(OSError):  # it has just died, as `_outcome` will find
            pipe.send(self._items[name])

    def _start(self) -> tuple[Connection, BaseProcess]:
        here, there = _SPAWN.Pipe()
        process = _SPAWN.Process(target=_work, args=(there, self._make), daemon=True)
        process.start()
        there.close()  # then ours tells when the process has ended
        return here, process

    def _outcome(self, pipe: Connection) -> tuple[str, Any] | None:
        """What a worker sends; None where it has died and its item is to be tried again."""
        process, name = self._busy.pop(pipe)
        try:
            made, outcome = pipe.recv()
        except (EOFError, OSError):
            pipe.close()
            process.join()
            self._deaths[name] += 1
            if self._deaths[name] == TRIES:
                return name, WorkerDiedError()
            self._waiting.appendleft(name)
            return None
        self._free[pipe] = process
        if not made:
            raise outcome
        return name, outcome

    def _end(self) -> None:
        """Let the free workers end; stop those that are busy, as the caller gave up."""
        team = [*self._free.values(), *(process for process, _ in self._busy.values())]
        for process, _ in self._busy.values():
            process.terminate()
        for pipe in (*self._free, *self._busy):
            pipe.close()
        for process in team:
            process.join(_END_S)
            if process.is_alive():
                process.kill()
                process.join()


def _work(pipe: Connection, make: Callable[[], Callable]) -> None:
    """Answer each item with (the function could be made, its outcome) until the pipe closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's, who tells its workers
    signal.signal(signal.SIGTERM, _interrupt)
    threading.Thread(target=_watch, daemon=True).start()
    try:
        function = None
        while True:
            item = pipe.recv()
            try:
                function = function or make()
            except Exception as error:
                pipe.send((False, portable(error)))
            else:
                pipe.send((True, attempt(function, item)))
    except (EOFError, OSError, KeyboardInterrupt):
        return


def _interrupt(*_: object) -> None:
    """Let the function clean up, as with Ctrl-C."""
    raise KeyboardInterrupt


def _watch() -> None:
    """End this process once its parent has ended, even killed."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
