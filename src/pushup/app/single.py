"""One source, in a window or without, with everything that listens to its count."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from pushup.app.folder import clear
from pushup.app.listeners import Listener
from pushup.app.live import run_window
from pushup.app.log import Log
from pushup.app.player import DisplayOptions
from pushup.app.records import RepStream
from pushup.app.rotation import open_turned
from pushup.app.run import REP_STREAM, run_video
from pushup.app.session import Session
from pushup.app.sessions import SessionMaker
from pushup.app.speaker import Printer, Speaker
from pushup.app.summary import Summary
from pushup.app.window import window_available
from pushup.video.frames import FrameSource
from pushup.video.reconnecting import ReconnectingSource, open_lasting


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
    mirror: bool = False,
    sound: str = "none",
    log: str | None = None,
    wait_s: float = 300.0,
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
        mirror: Start with the picture mirrored.
        sound: As of `Speaker`.
        log: History of workouts to add to, for cameras and streams.
        wait_s: How long a camera that is gone is waited for.

    Returns:
        One summary; in a window, one for each source that the user opened.

    Raises:
        InputError: The source does not open, or the output cannot be written.
    """
    speaker = Speaker(sound)

    def session_for(opened: FrameSource | ReconnectingSource, folder: Path) -> Session:
        clear(folder)
        listeners: list[Listener] = [RepStream(folder / REP_STREAM), speaker]
        if log is not None and opened.is_live:
            listeners.append(Log(Path(log), opened.name))
        if opened.is_live and not show:
            listeners.append(Printer())
        return sessions.session(folder, listeners)

    def open_(name: str) -> FrameSource | ReconnectingSource:
        return open_turned(name, rotate, sessions.predictor, partial(open_lasting, wait_s=wait_s))

    with open_(source) as opened:
        show = window and window_available()
        sessions.load()
        make_output_dir(output_dir)
        view = DisplayOptions(mirror)
        if show:
            return run_window(opened, open_, session_for, output_dir, annotate, audio, view)
        session = session_for(opened, output_dir)
        return [run_video(opened, session, output_dir, annotate, audio)]
