"""One video of many: a path to a row."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2

from pushup.app.archive.manifest import local_copy
from pushup.app.records import RepStream
from pushup.app.rotation import open_turned
from pushup.app.run import REP_STREAM, clear, run_video
from pushup.app.sessions import SessionMaker
from pushup.app.summary import COLUMNS, Summary
from pushup.cli import InputError


@dataclass(frozen=True)
class Settings:
    """How videos are counted; can be pickled.

    Attributes:
        sessions: Makes a session for each video; loads the networks once.
        make_output_dir: Makes a folder and writes the settings into it.
        annotate: Write annotated.mp4 of each, where there are records.
        audio: "keep" the sound of the file in it, or "none".
        rotate: As of `open_turned`.
    """

    sessions: SessionMaker
    make_output_dir: Callable[[Path], Path]
    annotate: bool = True
    audio: str = "keep"
    rotate: str | int = 0


@dataclass(frozen=True)
class Row:
    """What became of a video.

    Attributes:
        summary: None of one that failed.
        reps_s: When each repetition was counted.
        seconds: How long it took.
        cpu_s: Time of processors that it took.
        error: The line that says what failed.
    """

    summary: Summary | None
    reps_s: tuple[float, ...] = ()
    seconds: float = 0.0
    cpu_s: float = 0.0
    error: str = ""

    def record(self) -> dict[str, Any]:
        """It as a row of a table; what failed has no figures."""
        figures = dict.fromkeys(COLUMNS) if self.summary is None else self.summary.row()
        times = {"seconds": round(self.seconds, 3), "cpu_s": round(self.cpu_s, 3)}
        return {**figures, "reps_s": list(self.reps_s), **times, "error": self.error}


def count_path(path: str, settings: Settings, folder: Path | None = None) -> Row:
    """Count in one video; what is wrong with it becomes the row's error.

    Args:
        path: A file, or a URL that fsspec knows, which is copied for the time.
        settings: See there.
        folder: Gets the records; None: only the row is kept.

    Raises:
        KeyboardInterrupt: It was given up, and leaves nothing.
    """
    started, cpu_s = time.perf_counter(), time.process_time()

    def took() -> tuple[float, float]:
        return time.perf_counter() - started, time.process_time() - cpu_s

    try:
        with local_copy(path) as file:
            summary, reps_s = _count(file, settings, folder)
    except (InputError, OSError, cv2.error) as error:
        line = " ".join(str(error).split())
        return Row(None, (), *took(), line)
    if file != path:
        warnings = [words.replace(file, path) for words in summary.warnings]
        summary = replace(summary, source=path, warnings=warnings)
    return Row(summary, reps_s, *took())


def _count(file: str, settings: Settings, folder: Path | None) -> tuple[Summary, tuple[float, ...]]:
    sessions = settings.sessions
    with open_turned(file, settings.rotate, sessions.predictor) as source:
        if folder is not None:
            settings.make_output_dir(folder)
            clear(folder)
        listeners = [] if folder is None else [RepStream(folder / REP_STREAM)]
        session = sessions.session(folder, listeners)
        stop = threading.Event()  # never set: Ctrl-C gives this video up
        summary = run_video(source, session, folder, settings.annotate, settings.audio, stop)
        return summary, tuple(round(counted.rep.top_s, 3) for counted in session.tally.reps)
