"""Clips with counted repetitions: the reader of `counts.csv` and `reps.csv`."""

import csv
from dataclasses import dataclass
from pathlib import Path

from pushup.cli import InputError


@dataclass(frozen=True)
class LabelledClip:
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


def read_clips(root: Path, split: str) -> list[LabelledClip]:
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
        LabelledClip(
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
