"""Every video of a folder: each in its own subfolder, one table over all."""

import os
import sys
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import yaml
from tqdm import tqdm

from pushup.app.records import RepStream
from pushup.app.rotation import open_turned
from pushup.app.run import ANNOTATED, RECORDS, REP_STREAM, SUMMARY, run_video
from pushup.app.sessions import SessionMaker
from pushup.app.summary import COLUMNS, Summary, read_summary
from pushup.cli import CONFIG_NAME, InputError
from pushup.files import PARTIAL, write_csv
from pushup.video.source import find_videos, printable

SUMMARY_COLUMNS = ("video", *COLUMNS, "error")
"""Of summary.csv; a video that failed has its `error` and no figures."""

_NO_MATTER = ("workers",)


def run_folder(
    folder: Path,
    sessions: SessionMaker,
    make_output_dir: Callable[[Path], Path],
    output_dir: Path,
    *,
    pattern: str = "*",
    annotate: bool = True,
    audio: str = "keep",
    rotate: str | int = 0,
    workers: int = 1,
) -> int:
    """Run the videos of a folder, several at a time; a bad one is reported and passed over.

    A video that an earlier, interrupted run finished with the same settings is not run again.
    Annotated videos of earlier runs, which may lie under the folder too, are left alone.

    Args:
        folder: Searched at any depth.
        sessions: Makes a session for each video.
        make_output_dir: Makes a folder and writes the settings into it.
        output_dir: Gets summary.csv and a subfolder per video.
        pattern: Of the file names, such as "*.mp4".
        annotate: Write annotated.mp4 of each.
        audio: "keep" the sound of the file in it, or "none".
        rotate: As of `open_turned`.
        workers: Number of videos at a time; they share the cores.

    Returns:
        Number of videos that failed.

    Raises:
        InputError: There is no video, or the output cannot be written.
        KeyboardInterrupt: Every video has either all of its records or none.
    """
    videos = videos_of(folder, pattern)
    sessions.load()
    make_output_dir(output_dir)
    settings = _settings(output_dir)
    stop = threading.Event()

    def run_one(video: Path, out: Path) -> Summary | str:
        """The summary, or the line that says what failed."""
        try:
            if (done := _finished(out, settings)) is not None:
                return done
            if stop.is_set():
                raise KeyboardInterrupt
            with open_turned(os.fspath(video), rotate, sessions.predictor) as source:
                make_output_dir(out)
                clear(out)
                session = sessions.session(out, [RepStream(out / REP_STREAM)])
                return run_video(source, session, out, annotate, audio, stop)
        except (InputError, OSError, cv2.error) as error:
            tqdm.write(f"error: {error}", file=sys.stderr)
            return " ".join(str(error).split())

    outs = [output_dir / sub for sub in subfolders(videos, folder)]
    with ThreadPoolExecutor(workers) as pool:
        try:
            results = list(tqdm(pool.map(run_one, videos, outs), total=len(videos), unit="video"))
        except KeyboardInterrupt:
            stop.set()
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    names = [printable(video.relative_to(folder)) for video in videos]
    rows = [
        {"video": name, **({"error": result} if isinstance(result, str) else result.row())}
        for name, result in zip(names, results, strict=True)
    ]
    write_csv(output_dir / "summary.csv", SUMMARY_COLUMNS, rows)
    failed = sum(isinstance(result, str) for result in results)
    print(f"{output_dir / 'summary.csv'}: {len(rows)} videos, {failed} failed")
    return failed


def videos_of(folder: Path, pattern: str) -> list[Path]:
    """The videos of a folder but those that a run has written.

    Raises:
        InputError: There is none.
    """
    videos = [v for v in find_videos(folder, pattern) if not is_result(v)]
    if not videos:
        raise InputError(f"{folder}: holds only results of earlier runs: give the clips' folder")
    return videos


def clear(folder: Path) -> None:
    """Remove the records of an earlier run, and what a killed one has left half-written."""
    for path in (*(folder / name for name in RECORDS), *folder.glob(f"{PARTIAL}*")):
        path.unlink(missing_ok=True)


def _settings(folder: Path) -> dict[str, object] | None:
    """What was written into a folder by `make_output_dir`, but for what changes no result."""
    try:
        settings = yaml.safe_load((folder / CONFIG_NAME).read_bytes())
        return {k: v for k, v in settings.items() if k not in _NO_MATTER}
    except Exception:  # a damaged file fails in many ways; the video is then counted again
        return None


def _finished(folder: Path, settings: dict[str, object] | None) -> Summary | None:
    """The summary of an earlier run with the same settings."""
    if settings is None or _settings(folder) != settings:
        return None
    return read_summary(folder / SUMMARY)


def subfolders(videos: list[Path], folder: Path) -> list[Path]:
    """A distinct relative folder per video: its name without suffix, where that tells it apart."""
    relative = [video.relative_to(folder) for video in videos]
    stems = Counter(path.with_suffix("") for path in relative)
    return [p if stems[p.with_suffix("")] > 1 else p.with_suffix("") for p in relative]


def is_result(video: Path) -> bool:
    """Whether it was written by a run."""
    return video.name == ANNOTATED and (video.parent / SUMMARY).exists()
