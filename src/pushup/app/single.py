"""One source, in a window or without, with everything that listens to its count."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from pushup.app.live import run_window
from pushup.app.log import Log
from pushup.app.player import DisplayOptions
from pushup.app.records import RepsFile
from pushup.app.run import REPS, Summary, run_video
from pushup.app.session import Listener, Session
from pushup.app.speaker import Printer, Speaker
from pushup.app.window import window_available
from pushup.video.frames import FrameSource
from pushup.video.reconnecting import ReconnectingSource, open_lasting


def run_single(
    source: str,
    new_session: Callable[[Sequence[Listener]], Session],
    make_output_dir: Callable[[Path], Path],
    output_dir: Path,
    *,
    annotate: bool = True,
    window: bool = False,
    mirror: bool = False,
    sound: str = "none",
    log: str | None = None,
    rest_s: float = 20.0,
    wait_s: float = 300.0,
) -> list[Summary]:
    """Run a file, a camera or a stream. Nothing is written before it has opened.

    Args:
        source: As of `pushup.video.source.open_source`.
        new_session: Makes a session with these listeners.
        make_output_dir: Makes a folder and writes the settings into it.
        output_dir: Gets the records.
        annotate: Write annotated.mp4.
        window: Show it, where there is a display.
        mirror: Start with the picture mirrored.
        sound: As of `Speaker`.
        log: History of workouts to add to.
        rest_s: As of `Log`.
        wait_s: How long a camera that is gone is waited for.

    Returns:
        One summary; in a window, one for each source that the user opened.

    Raises:
        InputError: The source does not open, or the output cannot be written.
    """
    speaker = Speaker(sound)
    show = window and window_available()

    def session_for(opened: FrameSource | ReconnectingSource, folder: Path) -> Session:
        listeners: list[Listener] = [speaker]
        if log is not None:
            listeners.append(Log(Path(log), opened.name, rest_s))
        if opened.is_live:
            listeners.append(RepsFile(folder / REPS))
        if opened.is_live and not show:
            listeners.append(Printer())
        return new_session(listeners)

    open_ = partial(open_lasting, wait_s=wait_s)
    with open_(source) as opened:
        make_output_dir(output_dir)
        if show:
            return run_window(
                opened, open_, session_for, output_dir, annotate, DisplayOptions(mirror)
            )
        return [run_video(opened, session_for(opened, output_dir), output_dir, annotate)]
