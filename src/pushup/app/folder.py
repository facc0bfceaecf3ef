"""Every video of a folder: each in its own subfolder, one table over all."""

import json
import sys
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, fields
from pathlib import Path

import cv2
import yaml
from tqdm import tqdm

from pushup.app.run import ANNOTATED, SUMMARY, Summary, run_video
from pushup.app.session import Session
from pushup.cli import InputError
from pushup.files import write_csv
from pushup.video.source import find_videos, open_source

SUMMARY_COLUMNS = ("video", *(f.name for f in fields(Summary) if f.name != "source"), "error")
"""Of summary.csv; a video that failed has its `error` and no figures."""


def run_folder(
    folder: Path,
    new_session: Callable[[], Session],
    make_output_dir: Callable[[Path], Path],
    output_dir: Path,
    pattern: str = "*",
    annotate: bool = True,
    workers: int = 1,
) -> int:
    """Run the videos of a folder, several at a time; a bad one is reported and passed over.

    A video that an earlier, interrupted run finished with the same settings is not run again.
    Annotated videos of earlier runs, which may lie under the folder too, are left alone.

    Args:
        folder: Searched at any depth.
        new_session: Called for each video.
        make_output_dir: Makes a folder and writes the settings into it.
        output_dir: Gets summary.csv and a subfolder per video.
        pattern: Of the file names, such as "*.mp4".
        annotate: Write annotated.mp4 of each.
        workers: Number of videos at a time.

    Returns:
        Number of videos that failed.

    Raises:
        InputError: There is no video, or the output cannot be written.
        KeyboardInterrupt: Every video has either all of its records or none.
    """
    videos = [v for v in find_videos(folder, pattern) if not is_result(v)]
    if not videos:
        raise InputError(f"{folder}: holds only results of earlier runs: give the clips' folder")
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
            with open_source(video) as source:
                (out / SUMMARY).unlink(missing_ok=True)
                make_output_dir(out)
                return run_video(source, new_session(), out, annotate, stop)
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
    rows = [_row(str(v.relative_to(folder)), r) for v, r in zip(videos, results, strict=True)]
    write_csv(output_dir / "summary.csv", SUMMARY_COLUMNS, rows)
    failed = sum(isinstance(result, str) for result in results)
    print(f"{output_dir / 'summary.csv'}: {len(rows)} videos, {failed} failed")
    return failed


def _row(video: str, result: Summary | str) -> dict[str, object]:
    if isinstance(result, str):
        return {"video": video, "error": result}
    figures = asdict(result)
    del figures["source"]
    figures["form"] = " ".join(f"{rule}={number}" for rule, number in result.form.items())
    return {"video": video, **figures}


def _settings(folder: Path) -> dict[str, object] | None:
    """What was written into a folder by `make_output_dir`, but for what changes no result."""
    try:
        settings = yaml.safe_load((folder / "config.yaml").read_text())
    except (OSError, yaml.YAMLError):
        return None
    return {k: v for k, v in settings.items() if k != "workers"} if settings else None


def _finished(folder: Path, settings: dict[str, object] | None) -> Summary | None:
    """The summary of an earlier run with the same settings."""
    if settings is None or _settings(folder) != settings:
        return None
    try:
        return Summary(**json.loads((folder / SUMMARY).read_text()))
    except (OSError, ValueError, TypeError):
        return None


def subfolders(videos: list[Path], folder: Path) -> list[Path]:
    """A distinct relative folder per video: its name without suffix, where that tells it apart."""
    relative = [video.relative_to(folder) for video in videos]
    stems = Counter(path.with_suffix("") for path in relative)
    return [p if stems[p.with_suffix("")] > 1 else p.with_suffix("") for p in relative]


def is_result(video: Path) -> bool:
    """Whether it was written by a run."""
    return video.name == ANNOTATED and (video.parent / SUMMARY).exists()
