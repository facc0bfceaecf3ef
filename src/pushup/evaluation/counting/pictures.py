"""Counters that look at frames, over clips: each clip is decoded once for all of them."""

import hashlib
import json
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from pushup.approaches.video_counter import PictureCounter
from pushup.cli import InputError
from pushup.counting.build import build_counter, counter_config
from pushup.counting.types import Rep
from pushup.data.clips import LabelledClip
from pushup.engines import Engine
from pushup.evaluation.counting.runs import Run, in_parallel
from pushup.files import replacing
from pushup.foreign import floats, read_npz

_CODE = Path(__file__).parents[2]
_ROOMS = ("approaches", "models", "counting")
_FIELDS = ("start_s", "bottom_s", "top_s", "depth", "confidence")


def count_pictures(
    names: Sequence[str],
    clips: Sequence[LabelledClip],
    gate: dict[str, Any],
    folder: Path,
    engine: Engine | None,
) -> dict[str, dict[str, Run]]:
    """Every counter on every clip: runs by counter and clip.

    A run is kept in `folder` and taken from there as long as the clip's content, the counter's
    settings, its weights and the code are the same.

    Args:
        names: Files of `conf/counter` that are `PictureCounter`s.
        clips: What to look at.
        gate: Configuration that counters may refer to.
        folder: Of the runs that are kept.
        engine: Runs them.

    Raises:
        InputError: A video cannot be read, or a counter's weights are missing.
    """
    keys = {name: _settings_digest(name, gate) for name in names}
    if not keys:
        return {}
    tasks = {clip.name: partial(_count_clip, keys, clip, gate, folder) for clip in clips}
    found = dict(in_parallel(tasks, engine, "pictures"))
    return {name: {clip.name: found[clip.name][name] for clip in clips} for name in names}


def _settings_digest(name: str, gate: dict[str, Any]) -> str:
    """Of a counter's configuration, of its weights, and of the code it runs."""
    config = counter_config(name, gate)
    counter = build_counter(name, gate)  # what is wrong with it is told before any work
    digest = hashlib.sha256(json.dumps(config, sort_keys=True).encode())
    code = sorted(file for room in _ROOMS for file in (_CODE / room).rglob("*.py"))
    for file in (*counter.files, *code):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _count_clip(
    keys: dict[str, str], clip: LabelledClip, gate: dict[str, Any], folder: Path
) -> dict[str, Run]:
    video = hashlib.sha256(clip.video.read_bytes()).hexdigest() if clip.video.is_file() else ""
    video += str(clip.segment_s or "")
    paths = {name: folder / name / f"{clip.name}.npz" for name in keys}
    found = {name: _load(paths[name], key + video) for name, key in keys.items()}
    missing = {name: build_counter(name, gate) for name, run in found.items() if run is None}
    fresh = run_pictures(missing, clip) if missing else {}
    for name, run in fresh.items():
        _save(paths[name], keys[name] + video, run)
    return {name: run for name, run in found.items() if run is not None} | fresh


def run_pictures(counters: dict[str, PictureCounter], clip: LabelledClip) -> dict[str, Run]:
    """Run counters over a clip that is decoded once; each is timed apart, on one core."""
    cv2.setNumThreads(1)
    reps: dict[str, list[Rep]] = {name: [] for name in counters}
    signals: dict[str, list[tuple[float, ...]]] = {name: [] for name in counters}
    seconds = dict.fromkeys(counters, 0.0)
    times_s: list[float] = []
    for frame in clip.frames():
        times_s.append(frame.time_s)
        for name, counter in counters.items():
            started = time.thread_time()
            rep = counter.update(frame)
            seconds[name] += time.thread_time() - started
            reps[name] += [] if rep is None else [rep]
            state = counter.state
            row = (frame.time_s, state.value, state.threshold, state.gate_open)
            signals[name].append(row)
    for name, counter in counters.items():
        started = time.thread_time()
        reps[name] += counter.finish()
        seconds[name] += time.thread_time() - started
    steps = np.diff(times_s)
    duration_s = times_s[-1] - times_s[0] + float(np.median(steps)) if len(steps) else 0.0
    return {
        name: Run(
            reps[name], seconds[name], duration_s, np.array(signals[name], float), len(times_s)
        )
        for name in counters
    }


def _save(path: Path, key: str, run: Run) -> None:
    reps = np.array([[getattr(rep, field) for field in _FIELDS] for rep in run.reps], float)
    with replacing(path) as part:
        np.savez_compressed(
            part,
            allow_pickle=False,
            key=np.array(key),
            reps=reps.reshape(-1, len(_FIELDS)),
            figures=np.array([run.seconds, run.duration_s, run.frames]),
            signal=run.signal,
        )


def _load(path: Path, key: str) -> Run | None:
    """A run that was kept; None if there is none of this key."""
    try:
        arrays = read_npz(path, ("key", "reps", "figures", "signal"), "a run", "count it again")
        if str(arrays["key"]) != key:
            return None
        rows = floats(arrays["reps"], (None, len(_FIELDS)), f"{path}: reps").tolist()
        reps = [Rep(start, bottom, top, depth, sure) for start, bottom, top, depth, sure in rows]
        seconds, duration_s, frames = floats(arrays["figures"], (3,), f"{path}: figures").tolist()
    except InputError:
        return None
    return Run(reps, seconds, duration_s, arrays["signal"], int(frames))
