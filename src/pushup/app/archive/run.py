"""Count in many videos: each once, on any engine, with one table over all."""

import hashlib
import json
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import yaml
from tqdm import tqdm

from pushup.app.archive.count import Row, Settings, count_path
from pushup.app.archive.journal import Journal
from pushup.app.archive.manifest import Video, absolute, find
from pushup.app.archive.table import write_summary
from pushup.app.run import SUMMARY
from pushup.app.sessions import SessionMaker
from pushup.app.summary import read_summary
from pushup.cli import CONFIG_NAME
from pushup.engines import Engine

ROWS = "rows"
"""Folder of the journal."""

_NO_MATTER = ("source", "output_dir", "pattern", "engine", "workers", "retry", "single", "videos")
_IN_DIGEST = ("ckpt_path", "model", "default_model", "classifier")
"""Which files these name does not matter, but what is in them."""


def run_videos(
    source: str,
    sessions: SessionMaker,
    make_output_dir: Callable[[Path], Path],
    output_dir: Path,
    engine: Engine,
    *,
    pattern: str = "*",
    annotate: bool = True,
    audio: str = "keep",
    rotate: str | int = 0,
    records: bool = True,
    retry: bool = False,
) -> int:
    """Count in each video of a source; a bad one is reported and passed over.

    A video that an earlier run has done is not run again while its path, size and time of change,
    the networks and the settings are the same. Annotated videos of earlier runs, which may lie
    under a folder too, are left alone.

    Args:
        source: See `pushup.app.archive.manifest.find`.
        sessions: Makes a session for each video.
        make_output_dir: Makes a folder and writes the settings into it.
        output_dir: Gets summary.csv, where pyarrow is installed summary.parquet, and the records.
        engine: Runs them.
        pattern: Of the names of files in a folder, such as "*.mp4".
        annotate: Write annotated.mp4 of each.
        audio: "keep" the sound of the file in it, or "none".
        rotate: As of `open_turned`.
        records: Give each video a folder of its own; else only its row is kept.
        retry: Try again those that have failed.

    Returns:
        Number of videos that failed.

    Raises:
        InputError: There is no video, or the output cannot be written.
        KeyboardInterrupt: Every video has either all of its records or none.
    """
    videos = find(source, pattern)
    sessions.load()
    make_output_dir(output_dir)
    key = partial(_key, weights=sessions.weights, settings=_settings(output_dir))
    by_key = {key(video): video for video in videos}
    journal = Journal(output_dir / ROWS).read()

    def folder_of(video: Video) -> Path | None:
        return output_dir / video.folder if records else None

    def is_done(key: str, video: Video) -> bool:
        failed, folder = journal.failed(key), folder_of(video)
        if failed or failed is None:
            return bool(failed) and not retry
        return folder is None or read_summary(folder / SUMMARY) is not None

    todo = {
        key: (key, video, folder_of(video))
        for key, video in by_key.items()
        if not is_done(key, video)
    }
    settings = Settings(sessions, make_output_dir, annotate, audio, rotate)
    make = partial(_Counting, settings, output_dir / ROWS if engine.outlives else None, os.getcwd())
    outcomes = engine.map(make, todo)
    with closing(outcomes), _bar(len(videos), len(videos) - len(todo)) as bar:  # type: ignore[type-var]
        for key, outcome in outcomes:
            record = _record(by_key[key], outcome)
            by_worker = engine.outlives and isinstance(outcome, Row)
            journal.add(key, record, write=not by_worker)
            if record["error"]:
                tqdm.write(f"error: {record['error']}", file=sys.stderr)
            bar.update()
    table = write_summary(output_dir, lambda: map(journal.row, by_key))
    failed = sum(bool(journal.failed(key)) for key in by_key)
    again = ": retry=true tries them again" if failed else ""
    print(f"{table}: {len(videos)} videos, {failed} failed{again}")
    return failed


class _Counting:
    """`count_path` with settings, in a worker. One that outlives the run writes its rows itself."""

    def __init__(self, settings: Settings, rows: Path | None, folder: str) -> None:
        self._settings, self._journal = settings, None if rows is None else Journal(rows)
        if os.getcwd() != folder:  # of a worker elsewhere; paths may be relative
            os.chdir(folder)

    def __call__(self, item: tuple[str, Video, Path | None]) -> Row:
        key, video, folder = item
        row = count_path(video.path, self._settings, folder)
        if self._journal is not None:
            self._journal.add(key, _record(video, row))
        return row


def _record(video: Video, outcome: Row | Exception) -> dict[str, Any]:
    if isinstance(outcome, Exception):  # none that bad input makes
        line = " ".join(str(outcome).split())
        outcome = Row(None, error=f"{video.path}: {type(outcome).__name__}: {line}")
    return {"video": video.name, "size": video.size, "mtime": video.mtime, **outcome.record()}


def _bar(total: int, done: int) -> tqdm:
    return tqdm(total=total, initial=done, unit="video", smoothing=0.05)


def _settings(folder: Path) -> dict[str, Any]:
    """What was written by `make_output_dir`, but for what changes no result."""
    settings = yaml.safe_load((folder / CONFIG_NAME).read_bytes())
    return {k: v for k, v in settings.items() if k not in (*_NO_MATTER, *_IN_DIGEST)}


def _key(video: Video, weights: str, settings: Mapping[str, Any]) -> str:
    """What a result depends on, in short."""
    parts = [absolute(video.path), video.size, video.mtime, weights, settings]
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]
