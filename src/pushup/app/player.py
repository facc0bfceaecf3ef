"""One source played in a window, steered by keys."""

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from pushup.app.prefetch import PrefetchThread
from pushup.app.run import annotated_sink, pipeline
from pushup.app.session import Session
from pushup.app.window import Window, ask_file
from pushup.cli import InputError
from pushup.video import words
from pushup.video.camera import camera_numbers
from pushup.video.frames import Frame, FrameSource
from pushup.video.overlay import OverlayState, canvas_size, draw
from pushup.video.reconnecting import ReconnectingSource
from pushup.video.sink import VideoSink

_IDLE_S = 0.02
_STALLED_S = 2.0
_BEHIND_S = 0.5
_NOTICE_S = 4.0


class Exercises(Protocol):
    """Those that the window goes round."""

    def next_exercise(self) -> None:
        """The next session is to be of another one."""
        ...

    def history(self, exercise: str) -> list[str]:
        """Lines on earlier workouts."""
        ...


@dataclass
class DisplayOptions:
    """What the user has set and was told, kept from source to source."""

    mirror: bool = False
    explain: bool = False
    help: bool = False
    full_screen: bool = False
    quiet: bool = False
    told: set[str] = field(default_factory=set)


class Player:
    """Shows a camera's newest picture at once, each of a file's at its time.

    Attributes:
        next_source: What the user asked for instead, already open; None if nothing.
        switched: The user asked for the next exercise.
        annotated: Writes annotated.mp4 of a file; still open when `play` returns.
        interrupted: A file's run was ended by a signal.

    Args:
        source: Open.
        session: A fresh one.
        window: Shown in.
        view: Kept up to date.
        output_dir: Gets annotated.mp4 of a file, and recordings.
        open_source: Opens what the user asks for.
        annotate: Write annotated.mp4 of a file.
        audio: "keep" the sound of the file in it, or "none".
        exercises: Those that the user may go on to, with their history; None for one without.
    """

    def __init__(
        self,
        source: FrameSource | ReconnectingSource,
        session: Session,
        window: Window,
        view: DisplayOptions,
        output_dir: Path,
        open_source: Callable[[str], FrameSource | ReconnectingSource],
        annotate: bool = True,
        audio: str = "keep",
        exercises: Exercises | None = None,
    ) -> None:
        self._source, self._session, self._window, self._view = source, session, window, view
        self._output_dir, self._open_source = output_dir, open_source
        self._exercises = exercises
        self.interrupted = self.switched = False
        self.annotated: VideoSink | None = None
        if annotate and not source.is_live:
            self.annotated = annotated_sink(source, output_dir, audio)
        self.next_source: FrameSource | ReconnectingSource | None = None
        self._pending: tuple[Frame, OverlayState] | None = None
        self._latest: tuple[Frame, OverlayState] | None = None
        self._start_s: float | None = None  # by the clock, of a file's time 0
        self._progress_s = time.monotonic()
        self._paused = self._stepping = self._done = False
        self._recording: VideoSink | None = None
        self._recordings = 0
        self._notice, self._notice_until_s = "", 0.0
        self._panel: Sequence[str] = ()
        self._actions = {
            "q": self._quit,
            "\x1b": self._quit,
            " ": self._pause,
            "s": self._step,
            "r": self._new_set,
            "+": lambda: self._correct(1),
            "=": lambda: self._correct(1),
            "-": lambda: self._correct(-1),
            "o": self._open_file,
            "c": self._next_camera,
            "m": self._mirror,
            "v": self._record,
            "e": self._explain,
            "h": self._help,
            "l": self._show_history,
            "x": self._next_exercise,
            "n": self._sound,
            "f": self._full_screen,
        }

    def play(self) -> None:
        """Until the end, or until the user leaves by Q, the window's button or Ctrl-C."""
        self._session.explain = self._view.explain
        self._panel = words.KEYS if self._view.help else ()
        self._window.fit(canvas_size(self._source.size_wh))
        self._window.clear()
        about = self._session.about
        tried = about.experimental is None
        self._notify(
            words.SHOWS_KEYS if tried else words.exercise(about.exercise, about.experimental)
        )
        with ExitStack() as self._sinks:
            try:
                with pipeline(self._source, self._session) as scenes:
                    while not self._done:
                        key = self._window.key(self._wait_s())
                        self._done = self._window.closed
                        self._obey(key)
                        self._advance(scenes)
            except KeyboardInterrupt:
                self.next_source, self.interrupted = None, not self._source.is_live

    def _open_sink(self, name: str) -> VideoSink:
        size_wh, fps = canvas_size(self._source.size_wh), self._source.fps
        return self._sinks.enter_context(VideoSink(self._output_dir / name, size_wh, fps))

    # The flow of pictures.

    def _wait_s(self) -> float:
        """How long keys may be waited for before there is something else to do."""
        if self._paused:
            return _IDLE_S
        if self._pending is None or self._start_s is None:
            return 0.0
        due_s = self._start_s + self._pending[0].time_s
        return min(max(due_s - time.monotonic(), 0.0), _IDLE_S)

    def _advance(self, scenes: PrefetchThread[tuple[Frame, OverlayState]]) -> None:
        """Show the next picture, if it is there and due."""
        if self._done or (self._paused and not self._stepping):
            return
        if self._pending is None:
            self._pending = scenes.poll(_IDLE_S)
        if self._pending is None:
            self._done |= scenes.ended
            if time.monotonic() - self._progress_s > _STALLED_S:
                self._progress_s = time.monotonic()
                self._notify(words.WAITING if self._source.is_live else words.ONE_MOMENT)
        elif self._stepping or self._is_due(self._pending[0]):
            self._latest, self._pending, self._stepping = self._pending, None, False
            self._progress_s = time.monotonic()
            self._pass_over()
            self._show(new=True)

    def _is_due(self, frame: Frame) -> bool:
        if self._source.is_live:
            return True
        now_s = time.monotonic()
        if self._start_s is None or now_s - self._start_s - frame.time_s > _BEHIND_S:
            self._start_s = now_s - frame.time_s  # what is late is not caught up with
        return now_s >= self._start_s + frame.time_s

    def _show(self, new: bool = False) -> None:
        """Draw the latest picture; write it to the sinks if it is a new one."""
        if self._latest is None or self._done:
            return
        frame, scene = self._latest[0], self._completed(*self._latest)
        sinks = [sink for sink in (self.annotated, self._recording) if new and sink is not None]
        if sinks:
            canvas = draw(frame.image_bgr, scene, self._view.mirror)
            for sink in sinks:
                sink.write(canvas, frame.time_s)
        room_wh = self._window.room_wh
        self._window.show(draw(frame.image_bgr, scene, self._view.mirror, room_wh))

    def _completed(self, frame: Frame, scene: OverlayState) -> OverlayState:
        """The scene with what only the window knows."""
        lines, hint = list(scene.lines), scene.hint
        if self._source.is_live and not self._paused:
            lines.append(f"{1000 * (time.monotonic() - frame.read_s):.0f} ms")
        if self._recording is not None:
            lines.append(words.RECORDING)
        now_s, told = time.monotonic(), self._view.told
        for trouble in self._session.troubles:
            if trouble not in told and now_s >= self._notice_until_s:
                told.add(trouble)
                self._notice, self._notice_until_s = trouble, now_s + _NOTICE_S
        if now_s < self._notice_until_s:
            hint = self._notice
        elif self._paused:
            hint = words.PAUSED
        return replace(scene, lines=lines, hint=hint, help=self._panel)

    def _notify(self, words: str) -> None:
        self._notice, self._notice_until_s = words, time.monotonic() + _NOTICE_S
        self._show()

    # What the keys do.

    def _new_set(self) -> None:
        self._session.new_set()
        self._notify(words.NEW_SET)

    def _correct(self, step: int) -> None:
        done = self._session.correct(step)
        self._notify(words.corrected(step) if done else words.NOTHING_TO_TAKE_BACK)
        if self._latest is not None:
            frame, scene = self._latest
            self._latest = frame, replace(scene, count=self._session.tally.count)

    def _obey(self, key: str) -> None:
        action = self._actions.get(key)
        if action is not None and not self._done:
            action()
            self._show()

    def _quit(self) -> None:
        self._done = True

    def _pause(self) -> None:
        self._paused, self._start_s = not self._paused, None
        self._pass_over()

    def _pass_over(self) -> None:
        """In a pause a file waits, but a camera goes on: its pictures are not to be counted."""
        self._session.paused = self._paused and self._source.is_live

    def _step(self) -> None:
        if not self._paused:
            self._pause()
        self._stepping, self._session.paused = True, False

    def _mirror(self) -> None:
        self._view.mirror = not self._view.mirror

    def _explain(self) -> None:
        """From now on, in words, for three seconds each; at once what holds now."""
        self._view.explain = self._session.explain = not self._view.explain
        self._notify(self._session.explanation() if self._view.explain else words.EXPLAIN_OFF)

    def _sound(self) -> None:
        self._view.quiet = not self._view.quiet
        self._notify(words.SOUND_OFF if self._view.quiet else words.SOUND_ON)

    def _full_screen(self) -> None:
        self._view.full_screen = not self._view.full_screen
        self._window.full_screen(self._view.full_screen)

    def _show_history(self) -> None:
        self._view.help = False
        if self._panel in (words.KEYS, ()) and self._exercises is not None:
            found = self._exercises.history(self._session.about.exercise)
            self._panel = found or (words.NO_HISTORY,)
        else:
            self._panel = ()

    def _next_exercise(self) -> None:
        if self._exercises is not None:
            self.switched = self._done = True

    def _help(self) -> None:
        self._view.help = not self._view.help
        self._panel = words.KEYS if self._view.help else ()

    def _record(self) -> None:
        if self._recording is not None:
            self._recording.close()
            self._notify(words.recorded(self._recording.path.name))
            self._recording = None
        else:
            self._recordings += 1
            self._recording = self._open_sink(f"recording_{self._recordings:03d}.mp4")

    def _open_file(self) -> None:
        path = ask_file()
        self._start_s = None
        if path:
            self._change_to(path)
        else:
            self._notify(words.NO_FILE)

    def _next_camera(self) -> None:
        """The next one that opens; they need not be numbered without gaps."""
        name = self._source.name.removeprefix("camera ")
        now = int(name) if name.isdecimal() else -1
        numbers = camera_numbers()
        for number in sorted(numbers, key=lambda number: (number <= now, number)):
            if number != now and self._change_to(str(number)):
                return
        self._notify(words.NO_OTHER_CAMERA)

    def _change_to(self, name: str) -> bool:
        try:
            self.next_source = self._open_source(name)
        except InputError as error:
            self._notify(str(error).partition(";")[0])
            return False
        self._done = True
        return True
