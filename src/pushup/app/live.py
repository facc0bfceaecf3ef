"""The window over one source after another, as the user asks."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from pushup.app.player import DisplayOptions, Exercises, Player
from pushup.app.run import finish
from pushup.app.session import Session
from pushup.app.summary import Summary
from pushup.app.window import Window
from pushup.video.frames import FrameSource
from pushup.video.reconnecting import ReconnectingSource


def run_window(
    source: FrameSource | ReconnectingSource,
    open_source: Callable[[str], FrameSource | ReconnectingSource],
    new_session: Callable[[FrameSource | ReconnectingSource, Path], Session],
    output_dir: Path,
    annotate: bool = True,
    audio: str = "keep",
    view: DisplayOptions | None = None,
    exercises: Exercises | None = None,
) -> list[Summary]:
    """Play sources in a window until the user leaves; the records of each as of `run_video`.

    The first writes into `output_dir`, the next ones into `02`, `03` ... below it.

    Args:
        source: The first, open.
        open_source: Opens what the user asks for.
        new_session: Makes a session for a source and its output folder.
        output_dir: Existing folder.
        annotate: Write annotated.mp4 of files.
        audio: "keep" the sound of the file in it, or "none".
        view: What is set at the start, kept up to date.
        exercises: Those that the user may go on to; None where there is only one.

    Returns:
        A summary per source.
    """
    view = view or DisplayOptions()
    summaries: list[Summary] = []
    current: FrameSource | ReconnectingSource | None = source
    with Window("pushup", view.full_screen) as window:
        while current is not None:
            folder = output_dir / f"{len(summaries) + 1:02d}" if summaries else output_dir
            folder.mkdir(exist_ok=True)
            with ExitStack() as opened:
                opened.enter_context(current)
                session = new_session(current, folder)
                player = Player(
                    current, session, window, view, folder, open_source, annotate, audio,
                    exercises=exercises,
                )  # fmt: skip
                try:
                    player.play()
                finally:  # whatever ended it, what was counted is recorded
                    summaries.append(
                        finish(current, session, folder, player.annotated, player.interrupted)
                    )
                if player.switched and exercises is not None:
                    exercises.next_exercise()
                    opened.pop_all()  # the same goes on; a file from its start again
                    if not current.is_live:
                        current.close()
                        current = open_source(current.name)
                else:
                    current = player.next_source
    return summaries
