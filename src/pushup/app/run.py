"""One video through the whole system: source, predictor, counter, overlay, records."""

import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from pushup.app.prefetch import PrefetchThread
from pushup.app.records import write_reps
from pushup.app.session import Session
from pushup.files import write_json
from pushup.video.frames import Frame, FrameSource
from pushup.video.overlay import OverlayState, canvas_size, draw
from pushup.video.reconnecting import ReconnectingSource
from pushup.video.sink import VideoSink

ANNOTATED, REPS, SUMMARY = "annotated.mp4", "reps.csv", "summary.json"


@dataclass(frozen=True)
class Summary:
    """What `summary.json` holds.

    Attributes:
        source: File, camera or URL.
        model: Name of the network, or of the counter where it looks at frames itself.
        count: Repetitions counted.
        frames: Frames taken.
        fps: Announced frames per second of the source.
        duration_s: Time of the last frame.
        truncated: The file ended early or parts of it could not be decoded.
        latency_ms: Of a live source, the median delay from reading a frame to its count. None for
            a file, which is read ahead: its frames wait for their turn.
        form: Number of repetitions that each rule of form had advice for.
    """

    source: str
    model: str
    count: int
    frames: int
    fps: float
    duration_s: float
    truncated: bool
    latency_ms: float | None = None
    form: dict[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.source}: {self.count} repetitions in {self.duration_s:.1f} s"


def run_video(
    source: FrameSource | ReconnectingSource,
    session: Session,
    output_dir: Path,
    annotate: bool = True,
    stop: threading.Event | None = None,
) -> Summary:
    """Count in an open source; write reps.csv, summary.json and annotated.mp4 at its end.

    Ctrl-C ends a live source in order; for a file it gives the run up, which then leaves nothing.

    Args:
        source: Read to its end.
        session: A fresh one.
        output_dir: Existing folder.
        annotate: Write annotated.mp4.
        stop: When set, acts like Ctrl-C.

    Raises:
        InputError: The folder cannot be written.
        KeyboardInterrupt: A file's run was given up.
    """
    with ExitStack() as stack:
        sink = None
        if annotate:
            size_wh = canvas_size(source.size_wh)
            sink = VideoSink(output_dir / ANNOTATED, size_wh, source.fps, source.sound)
            stack.enter_context(sink)
        try:
            with pipeline(source, session) as scenes:
                for frame, scene in scenes:
                    if sink is not None:
                        sink.write(draw(frame.image_bgr, scene), frame.time_s)
                    if stop is not None and stop.is_set():
                        raise KeyboardInterrupt
        except KeyboardInterrupt:
            if not source.is_live:
                raise
    return finish(source, session, output_dir)


@contextmanager
def pipeline(
    source: FrameSource | ReconnectingSource, session: Session
) -> Iterator[PrefetchThread[tuple[Frame, OverlayState]]]:
    """Reading, looking and the caller's drawing each in a thread, all threads ended on leaving.

    Of a live source the newest frame wins; of a file none is lost.
    """
    live = source.is_live
    frames = PrefetchThread(source, newest_wins=live)
    scenes = PrefetchThread(((f, session.step(f)) for f in frames), newest_wins=live)
    try:
        yield scenes
    finally:
        frames.close()
        scenes.close()


def finish(source: FrameSource | ReconnectingSource, session: Session, output_dir: Path) -> Summary:
    """Write the records of a run that has ended."""
    session.finish()
    summary = Summary(
        source=source.name,
        model=session.model,
        count=len(session.reps),
        frames=session.frames,
        fps=source.fps,
        duration_s=round(session.time_s, 3),
        truncated=source.truncated,
        latency_ms=round(1e3 * session.trail.meter.latency_s, 1) if source.is_live else None,
        form=dict(Counter(finding.rule for rep in session.reps for finding in rep.form)),
    )
    if summary.truncated:
        print(
            f"warning: {source.name}: ends early or is damaged; counted in what could be decoded "
            f"({session.frames} of {source.frame_count} frames)",
            file=sys.stderr,
        )
    write_reps(output_dir / REPS, session.reps)
    write_json(output_dir / SUMMARY, asdict(summary))
    return summary
