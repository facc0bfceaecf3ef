"""One video through the whole system: source, predictor, counter, overlay, records."""

import sys
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

from pushup.app.records import write_json, write_reps
from pushup.app.session import Session
from pushup.app.window import Window
from pushup.video.overlay import canvas_size, draw
from pushup.video.sink import VideoSink
from pushup.video.source import FrameSource

ANNOTATED, SUMMARY = "annotated.mp4", "summary.json"


@dataclass(frozen=True)
class Summary:
    """What `summary.json` holds.

    Attributes:
        source: File, camera or URL.
        model: Name of the network.
        count: Repetitions counted.
        frames: Frames taken.
        fps: Announced frames per second of the source.
        duration_s: Time of the last frame.
        truncated: The file ended early or parts of it could not be decoded.
    """

    source: str
    model: str
    count: int
    frames: int
    fps: float
    duration_s: float
    truncated: bool

    def __str__(self) -> str:
        return f"{self.source}: {self.count} push-ups in {self.duration_s:.1f} s"


def run_video(
    source: FrameSource,
    session: Session,
    output_dir: Path,
    annotate: bool = True,
    window: bool = False,
) -> Summary:
    """Count in an open source; write reps.csv, summary.json and annotated.mp4 at its end.

    The run ends with the source, or when the window is closed. Ctrl-C ends a live source in
    order; for a file it gives the run up, which then leaves nothing.

    Args:
        source: Read to its end.
        session: A fresh one.
        output_dir: Existing folder.
        annotate: Write annotated.mp4.
        window: Show every frame, a file at its own pace.

    Raises:
        InputError: The folder cannot be written.
    """
    with ExitStack() as stack:
        sink = None
        if annotate:
            path = output_dir / ANNOTATED
            sink = stack.enter_context(VideoSink(path, canvas_size(source.size_wh), source.fps))
        display = None
        if window:
            display = stack.enter_context(Window(source.name, paced=not source.is_live))
        try:
            _loop(source, session, sink, display)
        except KeyboardInterrupt:
            if not source.is_live:
                raise
    summary = Summary(
        source=source.name,
        model=session.predictor.model.name,
        count=len(session.reps),
        frames=session.frames,
        fps=source.fps,
        duration_s=round(session.time_s, 3),
        truncated=source.truncated,
    )
    if summary.truncated:
        print(
            f"warning: {source.name}: ends early or is damaged; counted in what could be decoded "
            f"({session.frames} of {source.frame_count} frames)",
            file=sys.stderr,
        )
    write_reps(output_dir / "reps.csv", session.reps)
    write_json(output_dir / SUMMARY, asdict(summary))
    return summary


def _loop(
    source: FrameSource, session: Session, sink: VideoSink | None, display: Window | None
) -> None:
    for frame in source:
        scene = session.step(frame)
        if sink is None and display is None:
            continue
        canvas = draw(frame.image_bgr, scene)
        if sink is not None:
            sink.write(canvas, frame.time_s)
        if display is not None and not display.show(canvas, frame.time_s):
            return
