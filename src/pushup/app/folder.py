"""Every video of a folder: each in its own subfolder, one table over all."""

import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, fields
from pathlib import Path

import cv2
from tqdm import tqdm

from pushup.app.records import csv_text, write_text
from pushup.app.run import ANNOTATED, SUMMARY, Summary
from pushup.cli import InputError
from pushup.video.source import find_videos

SUMMARY_COLUMNS = ("video", *(f.name for f in fields(Summary) if f.name != "source"), "error")
"""Of summary.csv; a video that failed has its `error` and no figures."""


def run_folder(
    folder: Path,
    pattern: str,
    run_one: Callable[[Path, Path], Summary],
    make_output_dir: Callable[[], Path],
) -> int:
    """Run the videos of a folder one after the other; a bad one is reported and passed over.

    Annotated videos of earlier runs, which may lie under it too, are left alone.

    Args:
        folder: Searched at any depth.
        pattern: Of the file names, such as "*.mp4".
        run_one: Runs a video (first argument) into a folder of its own (second).
        make_output_dir: Called once there is a video to run; the folder gets summary.csv.

    Returns:
        Number of videos that failed.

    Raises:
        InputError: There is no video, or the output cannot be written.
    """
    videos = [v for v in find_videos(folder, pattern) if not is_result(v)]
    output_dir = make_output_dir()
    rows = []
    for video, subfolder in tqdm(
        zip(videos, subfolders(videos, folder), strict=True), total=len(videos), unit="video"
    ):
        row: dict[str, object] = {"video": str(video.relative_to(folder))}
        try:
            row |= asdict(run_one(video, output_dir / subfolder))
            del row["source"]
        except (InputError, OSError, cv2.error) as error:
            row["error"] = " ".join(str(error).split())
            tqdm.write(f"error: {row['error']}", file=sys.stderr)
        rows.append(row)
    write_text(output_dir / "summary.csv", csv_text(SUMMARY_COLUMNS, rows))
    failed = sum("error" in row for row in rows)
    print(f"{output_dir / 'summary.csv'}: {len(rows)} videos, {failed} failed")
    return failed


def subfolders(videos: list[Path], folder: Path) -> list[Path]:
    """A distinct relative folder per video: its name without suffix, where that tells it apart."""
    relative = [video.relative_to(folder) for video in videos]
    stems = Counter(path.with_suffix("") for path in relative)
    return [p if stems[p.with_suffix("")] > 1 else p.with_suffix("") for p in relative]


def is_result(video: Path) -> bool:
    """Whether it was written by a run."""
    return video.name == ANNOTATED and (video.parent / SUMMARY).exists()
