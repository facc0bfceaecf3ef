"""One video through the whole system: source, predictor, counter, overlay, records."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from pushup.app.notices import warn
from pushup.app.prefetch import PrefetchThread
from pushup.app.records import KEYPOINTS, KEYPOINTS_PARQUET, write_reps
from pushup.app.session import Session
from pushup.app.summary import Summary, warnings_of
from pushup.files import PARTIAL
from pushup.video.frames import Frame, FrameSource
from pushup.video.overlay import OverlayState, canvas_size, draw
from pushup.video.reconnecting import ReconnectingSource
from pushup.video.sink import VideoSink

ANNOTATED, REPS, REP_STREAM = "annotated.mp4", "reps.csv", "reps.jsonl"
SUMMARY = "summary.json"
RECORDS = (ANNOTATED, REPS, REP_STREAM, KEYPOINTS, KEYPOINTS_PARQUET, SUMMARY)
"""Everything that a run may write into its folder, beside the settings."""


def clear(folder: Path) -> None:
    """Remove the records of an earlier run, and what a killed one has left half-written."""
    for path in (*(folder / name for name in RECORDS), *folder.glob(f"{PARTIAL}*")):
        path.unlink(missing_ok=True)


def is_result(video: Path) -> bool:
    """Whether it was written by a run."""
    return video.name == ANNOTATED and (video.parent / SUMMARY).exists()


def run_video(
    source: FrameSource | ReconnectingSource,
    session: Session,
    output_dir: Path | None,
    annotate: bool = True,
    audio: str = "keep",
    stop: threading.Event | None = None,
) -> Summary:
    """Count in an open source; write reps.csv, annotated.mp4 and summary.json at its end.

    Ctrl-C, SIGTERM and SIGHUP end a run in order: what was counted until then is recorded.

    Args:
        source: Read to its end.
        session: A fresh one.
        output_dir: Existing folder; None: nothing is written.
        annotate: Write annotated.mp4.
        audio: "keep" the sound of the file in it, or "none".
        stop: Given up when this is set, or by Ctrl-C; the run then leaves nothing. None: it ends
            in order.

    Raises:
        InputError: The records cannot be written.
        KeyboardInterrupt: It was given up.
    """
    sink, interrupted, kept = None, False, False
    try:
        if annotate and output_dir is not None:
            sink = annotated_sink(source, output_dir, audio)
        try:
            with pipeline(source, session) as scenes:
                for frame, scene in scenes:
                    if sink is not None:
                        sink.write(draw(frame.image_bgr, scene), frame.time_s)
                    if stop is not None and stop.is_set():
                        raise KeyboardInterrupt
        except KeyboardInterrupt:
            if stop is not None:
                raise
            interrupted = not source.is_live
        kept = True
        return finish(source, session, output_dir, sink, interrupted)
    finally:
        if not kept:
            session.end(keep=False)
            if sink is not None:
                sink.close(keep=False)


def annotated_sink(
    source: FrameSource | ReconnectingSource, output_dir: Path, audio: str
) -> VideoSink:
    """What annotated.mp4 is written with."""
    sound = source.sound if audio == "keep" else None
    return VideoSink(output_dir / ANNOTATED, canvas_size(source.size_wh), source.fps, sound)


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


def finish(
    source: FrameSource | ReconnectingSource,
    session: Session,
    output_dir: Path | None,
    sink: VideoSink | None = None,
    interrupted: bool = False,
) -> Summary:
    """Write the records of a run that has ended: repetitions, video, and summary.json last.

    Without a folder nothing is written.

    Raises:
        InputError: The records cannot be written.
    """
    session.end(keep=True)
    tally = session.tally
    seen = None if session.seen is None else round(session.seen / max(session.frames, 1), 3)
    if output_dir is not None:
        write_reps(output_dir / REPS, tally.reps)
    warnings = warnings_of(source, session.frames, seen)
    if sink is not None:
        sink.close()
        if sink.error is not None:
            warnings.append(str(sink.error))
    live_ms = 1e3 * session.history.meter.latency_s
    summary = Summary(
        source=source.name,
        model=session.model,
        count=len(tally.reps),
        sets=[len(reps) for reps in tally.sets],
        frames=session.frames,
        fps=source.fps,
        duration_s=round(session.time_s, 3),
        seen=seen,
        truncated=source.truncated,
        interrupted=interrupted,
        turned=source.turn,
        rests_s=[round(rest_s, 1) for rest_s in tally.rests_s],
        goal=tally.goal,
        pause_s=session.coach.pause_s,
        by_hand=sum(counted.by_hand for counted in tally.reps),
        removed=tally.removed,
        latency_ms=round(live_ms, 1) if source.is_live else None,
        form=tally.form,
        people=session.people,
        warnings=warnings,
        **asdict(session.about),
    )
    if output_dir is not None:
        summary.write(output_dir / SUMMARY)
    for words in warnings:
        warn(words)
    return summary
