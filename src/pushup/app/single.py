"""One source, in a window or without, with everything that listens to its count."""

from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path

from pushup.app import log as workouts
from pushup.app.coach import Coach
from pushup.app.exercises import log_beside
from pushup.app.history import lately
from pushup.app.listeners import Listener
from pushup.app.live import run_window
from pushup.app.player import DisplayOptions
from pushup.app.records import RepStream
from pushup.app.rotation import open_turned
from pushup.app.run import REP_STREAM, clear, run_video
from pushup.app.session import Session
from pushup.app.sessions import SessionMaker
from pushup.app.speaker import Printer, Speaker
from pushup.app.summary import Summary
from pushup.app.window import window_available
from pushup.cli import InputError
from pushup.inference.company import Company
from pushup.video import words
from pushup.video.frames import FrameSource
from pushup.video.reconnecting import ReconnectingSource, open_lasting

Source = FrameSource | ReconnectingSource


def run_single(
    source: str,
    sessions: SessionMaker,
    make_output_dir: Callable[[Path], Path],
    output_dir: Path,
    *,
    annotate: bool = True,
    audio: str = "keep",
    rotate: str | int = 0,
    window: bool = False,
    countdown_s: float = 0.0,
    full_screen: bool = False,
    mirror: bool = False,
    sound: str = "none",
    log: str | None = None,
    wait_s: float = 300.0,
    view: DisplayOptions | None = None,
) -> list[Summary]:
    """Run a file, a camera or a stream. Nothing is written before it has opened.

    Args:
        source: As of `pushup.video.source.open_source`.
        sessions: Makes a session for each source.
        make_output_dir: Makes a folder and writes the settings into it.
        output_dir: Gets the records.
        annotate: Write annotated.mp4.
        audio: "keep" the sound of the file in it, or "none".
        rotate: As of `open_turned`.
        window: Show it, where there is a display.
        countdown_s: Before the first set of a camera in a window; 0 for none.
        full_screen: Start so.
        mirror: Start with the picture mirrored.
        sound: As of `Speaker`.
        log: History of workouts to add to, for cameras and streams.
        wait_s: How long a camera that is gone is waited for.
        view: What the user sets, kept up to date; None for what `mirror` and `full_screen` say.

    Returns:
        One summary; in a window, one for each source or exercise that the user went on to.

    Raises:
        InputError: The source does not open, or the output cannot be written.
    """
    view = view or DisplayOptions(mirror, full_screen=full_screen)
    speaker = Speaker(sound, lambda: view.quiet)

    def open_(name: str) -> Source:
        return open_turned(name, rotate, sessions.predictor, partial(open_lasting, wait_s=wait_s))

    with open_(source) as opened:
        show = window and window_available()
        sessions.load()
        make_output_dir(output_dir)
        if show:
            workout = _Workout(sessions, log, speaker, countdown_s)
            return run_window(
                opened, open_, workout.session, output_dir, annotate, audio, view, workout
            )
        workout = _Workout(sessions, log, speaker)
        return [run_video(opened, workout.session(opened, output_dir), output_dir, annotate, audio)]


class _Workout:
    """Makes one session after the other with all that listens to it.

    Args:
        sessions: Of the first exercise.
        log: Its history; None for none.
        speaker: Listens to all.
        countdown_s: Of cameras; None where nothing is shown.
    """

    def __init__(
        self,
        sessions: SessionMaker,
        log: str | None,
        speaker: Speaker,
        countdown_s: float | None = None,
    ) -> None:
        self._sessions, self._speaker, self._countdown_s = sessions, speaker, countdown_s
        self._log, self._first = None if log is None else Path(log), ""

    def session(self, opened: Source, folder: Path) -> Session:
        """A session of the present exercise for an open source."""
        clear(folder)
        listeners: list[Listener] = [RepStream(folder / REP_STREAM), self._speaker]
        shown = self._countdown_s is not None
        if opened.is_live and not shown:
            listeners.append(Printer())
        session = self._sessions.session(folder, listeners)
        self._first = self._first or session.about.exercise
        if opened.is_live and (log := self._log_of(session.about.exercise)) is not None:
            session.listeners.append(workouts.Log(log, opened.name))
        if opened.is_live and shown:
            session.coach = Coach(self._countdown_s or 0.0, session.coach.pause_s)
        if shown and session.predictor is not None:
            session.company = Company(session.predictor.model)
        return session

    def next_exercise(self) -> None:
        """Sessions are of the next exercise from now on."""
        self._sessions = self._sessions.next_exercise()

    def history(self, exercise: str) -> list[str]:
        """Lines on its workouts today, this week and this month."""
        log = self._log_of(exercise)
        try:
            found = {} if log is None else lately(workouts.read(log), date.today())
        except InputError as error:
            return [str(error)]
        return [words.total(span, t.repetitions, t.best_set) for span, t in found.items() if t]

    def _log_of(self, exercise: str) -> Path | None:
        return None if self._log is None else log_beside(self._log, self._first, exercise)
