"""Clips with counted repetitions, and the keypoint traces that counters are run on."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pushup.cli import InputError
from pushup.counting.types import Observation
from pushup.files import replacing
from pushup.skeleton import UPPER7


@dataclass(frozen=True)
class Clip:
    """One video and what is true of it.

    Attributes:
        name: Name of the video without its suffix.
        video: Its path.
        count: Number of repetitions; 0 for other exercises.
        view: From where the camera looks.
        scene: Clips of one scene share it.
        bottoms_s: Lowest point of each repetition; empty where unknown.
    """

    name: str
    video: Path
    count: int
    view: str
    scene: str
    bottoms_s: tuple[float, ...]


def read_clips(root: Path, split: str) -> list[Clip]:
    """The clips of a split by `counts.csv` and, where it exists, `reps.csv` of a folder.

    Raises:
        InputError: A file is missing or damaged, or no clip is of that split.
    """
    bottoms: dict[str, list[float]] = {}
    if (root / "reps.csv").is_file():
        for row in _rows(root / "reps.csv", ("video", "bottom_s")):
            bottom_s = _number(row, "bottom_s", root / "reps.csv")
            bottoms.setdefault(row["video"], []).append(bottom_s)
    path = root / "counts.csv"
    rows = _rows(path, ("video", "count", "split"))
    clips = [
        Clip(
            name=Path(row["video"]).stem,
            video=root / "videos" / row["video"],
            count=round(_number(row, "count", path)),
            view=row.get("view") or "other",
            scene=row.get("scene") or Path(row["video"]).stem,
            bottoms_s=tuple(sorted(bottoms.get(row["video"], ()))),
        )
        for row in rows
        if row["split"] == split
    ]
    if not clips:
        known = ", ".join(sorted({row["split"] for row in rows})) or "none"
        raise InputError(f"{path} has no clip of split {split!r}: choose split=NAME of {known}")
    return clips


def _rows(path: Path, columns: tuple[str, ...]) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            rows = list(reader)
            missing = [name for name in columns if name not in (reader.fieldnames or ())]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"cannot read {path}: {error}; give its folder: data.root=DIR") from error
    if missing:
        raise InputError(f"{path} has no column {missing[0]!r}: it needs {', '.join(columns)}")
    return rows


def _number(row: dict[str, str], column: str, path: Path) -> float:
    try:
        return float(row[column])
    except (TypeError, ValueError) as error:
        raise InputError(
            f"{path}: {row['video']} has {row[column]!r} as {column}, not a number: correct the row"
        ) from error


@dataclass(frozen=True)
class Trace:
    """The keypoints of one clip, frame by frame, in the order of `UPPER7`.

    Attributes:
        time_s: (T,) seconds.
        keypoints: (T, 7, 2) pixels of the upright frame; NaN where unknown.
        scores: (T, 7) confidence in 0..1; 0 where unknown.
        size_wh: Width and height of the frame.
        pushing_up: (T,) the recogniser's score; None without one.
        seconds: What the prediction took; 0 for a trace that was given.
    """

    time_s: np.ndarray
    keypoints: np.ndarray
    scores: np.ndarray
    size_wh: tuple[int, int]
    pushing_up: np.ndarray | None = None
    seconds: float = 0.0

    @property
    def duration_s(self) -> float:
        """From the first frame to the end of the last."""
        steps = np.diff(self.time_s)
        return float(self.time_s[-1] - self.time_s[0] + np.median(steps)) if len(steps) else 0.0

    def observations(self) -> list[Observation]:
        """One a frame, for a counter."""
        return [
            Observation(
                keypoints=self.keypoints[i],
                scores=self.scores[i],
                time_s=float(time_s),
                pushing_up=None if self.pushing_up is None else float(self.pushing_up[i]),
                frame_size_wh=self.size_wh,
            )
            for i, time_s in enumerate(self.time_s)
        ]


def load_trace(path: Path) -> Trace:
    """A trace from `.npz`: `time_s`, `keypoints` (T, 7, 3) with x, y, score, `size_wh`.

    Raises:
        InputError: The file is missing, damaged, or of another shape.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            time_s = arrays["time_s"].astype(float)
            joints = arrays["keypoints"].astype(float)
            width, height = (int(value) for value in arrays["size_wh"])
            pushing_up = arrays["pushing_up"].astype(float) if "pushing_up" in arrays else None
            seconds = float(arrays["seconds"]) if "seconds" in arrays else 0.0
    except (OSError, KeyError, ValueError) as error:
        raise InputError(f"cannot read {path} as a keypoint trace: {error}") from error
    if joints.shape != (len(time_s), len(UPPER7), 3):
        raise InputError(
            f"{path}: keypoints have the shape {joints.shape}, not (frames, {len(UPPER7)}, 3)"
        )
    scores = np.nan_to_num(joints[..., 2])
    return Trace(time_s, joints[..., :2], scores, (width, height), pushing_up, seconds)


def save_trace(path: Path, trace: Trace) -> None:
    """Write a trace as `load_trace` reads it, whole or not at all."""
    arrays = {
        "time_s": trace.time_s,
        "keypoints": np.concatenate([trace.keypoints, trace.scores[..., None]], -1).astype("f4"),
        "size_wh": np.array(trace.size_wh),
        "seconds": np.array(trace.seconds),
    }
    if trace.pushing_up is not None:
        arrays["pushing_up"] = trace.pushing_up
    with replacing(path) as part:  # its name ends in .npz, too
        np.savez_compressed(part, allow_pickle=False, **arrays)
