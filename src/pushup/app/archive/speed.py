"""How fast an engine counts many videos, beside the loop that one would write for one worker."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from pushup.app.archive.manifest import find
from pushup.app.archive.run import ROWS, Journal, run_videos
from pushup.app.rotation import open_turned
from pushup.app.sessions import Sessions
from pushup.cli import InputError
from pushup.engines import Engine

TOGETHER_S = 0.02
"""Results nearer than this to each other come together."""


@dataclass(frozen=True)
class Speed:
    """Of a run over videos.

    Attributes:
        videos: Their number.
        wall_s: Of the whole run.
        first_s: Until the first came: what starting costs.
        cpu_s: Time of processors that counting took, in all workers.
        first: How many came together with the first: Ray's come in parts.
    """

    videos: int
    wall_s: float
    first_s: float
    cpu_s: float
    first: int = 1

    @property
    def rate(self) -> float:
        """Videos a second after those that came first."""
        return (self.videos - self.first) / (self.wall_s - self.first_s)

    @property
    def core_ms(self) -> float:
        """Time of a core for a video."""
        return 1e3 * self.cpu_s / self.videos

    def __str__(self) -> str:
        return (
            f"{self.rate:7.2f} videos/s after {self.first_s:5.1f} s of starting; a video takes "
            f"{self.core_ms:6.0f} ms of a core; {self.rate * self.core_ms / 1e3:.2f} cores are busy"
        )


def bare_loop(source: str, sessions: Sessions, rotate: str | int) -> Speed:
    """Count in each video in this process and keep nothing."""
    started, first_s = time.perf_counter(), 0.0
    paths = [video.path for video in find(source)]
    sessions.load()
    cpu_s = time.process_time()
    for path in paths:
        try:
            with open_turned(path, rotate, sessions.predictor) as frames:
                session = sessions.session(None)
                for frame in frames:
                    session.step(frame)
                session.end()
        except InputError:
            pass
        first_s = first_s or time.perf_counter() - started
    cpu_s = time.process_time() - cpu_s
    return Speed(len(paths), time.perf_counter() - started, first_s, cpu_s)


def of_engine(
    source: str,
    sessions: Sessions,
    make_output_dir: Callable[[Path], Path],
    output_dir: Path,
    engine: Engine,
    rotate: str | int,
) -> Speed:
    """Count in each video on an engine, into a new folder, and keep the rows alone."""
    timed = _Timed(engine)
    run_videos(source, sessions, make_output_dir, output_dir, timed, records=False, rotate=rotate)
    journal = Journal(output_dir / ROWS).read()
    cpu_s = sum(row["cpu_s"] for row in journal.rows())
    return Speed(timed.count, timed.last_s, timed.first_s, cpu_s, timed.first)


def compare(pairs: Sequence[tuple[Speed, Speed]]) -> str:
    """What an engine adds to the loop, as pairs of (loop, engine) that were measured in turn."""
    rate = median(engine.rate / bare.rate for bare, engine in pairs)
    core = median(engine.core_ms / bare.core_ms for bare, engine in pairs)
    return (
        f"median of {len(pairs)}: {rate:.3f} times the videos/s of the loop, "
        f"{100 * (core - 1):+.1f} % time of a core for a video"
    )


class _Timed:
    """An engine that says when results come."""

    def __init__(self, engine: Engine) -> None:
        self._engine, self.threads, self.outlives = engine, engine.threads, engine.outlives
        self._started = time.perf_counter()
        self.count, self.first, self.first_s, self.last_s = 0, 0, 0.0, 0.0

    def map(self, make: Callable[[], Callable], items: Mapping[str, Any]) -> Iterator[Any]:
        for outcome in self._engine.map(make, items):
            now = time.perf_counter() - self._started
            self.first_s = self.first_s or now
            if self.first == self.count and (not self.count or now < self.last_s + TOGETHER_S):
                self.first += 1
            self.count, self.last_s = self.count + 1, now
            yield outcome
