"""Clips with counted repetitions: the reader of `counts.csv` and `reps.csv`."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pushup.cli import InputError
from pushup.foreign import number, read_csv
from pushup.video.frames import Frame
from pushup.video.source import open_source

MOST = 1_000_000
"""Repetitions of a clip: more is no count."""


@dataclass(frozen=True)
class LabelledClip:
    """One video and what is true of it.

    Attributes:
        name: Name of the video without its suffix.
        video: Its path.
        count: Number of repetitions; 0 for other exercises.
        also: Other numbers that are as good, where people who count by eye disagree.
        kind: Class of exercise; "" where nothing says.
        segment_s: Between which times it counts; None: from beginning to end.
        view: From where the camera looks.
        note: What is to be said of it; of rendered clips the manner or the kind.
        scene: Clips of one scene share it.
        bottoms_s: Lowest point of each repetition; empty where unknown.
    """

    name: str
    video: Path
    count: int
    view: str
    scene: str
    bottoms_s: tuple[float, ...]
    also: tuple[int, ...] = ()
    kind: str = ""
    segment_s: tuple[float, float] | None = None
    note: str = ""

    def nearest(self, predicted: int) -> int:
        """The acceptable number of repetitions that is nearest to a predicted one."""
        return min((self.count, *self.also), key=lambda count: abs(count - predicted))

    def frames(self, turn: int = 0) -> Iterator[Frame]:
        """The frames of its segment, their times those of the video.

        Args:
            turn: Degrees clockwise by which the pictures are turned.

        Raises:
            InputError: The video cannot be read, or has no frame in the segment.
        """
        start_s, end_s = self.segment_s or (-math.inf, math.inf)
        seen = False
        with open_source(self.video, turn) as source:
            for frame in source:
                if frame.time_s > end_s:
                    break
                if frame.time_s >= start_s:
                    seen = True
                    yield frame
        if not seen:
            raise InputError(
                f"{self.video}: no frame from {start_s:g} to {end_s:g} s; correct them"
            )


def read_clips(root: Path, split: str) -> list[LabelledClip]:
    """The clips of a split by `counts.csv` and, where it exists, `reps.csv` of a folder.

    A count may be a choice, `5|6`: the first is the likeliest, and scores take the nearest.
    Videos lie in its folder `videos`, or beside the tables.

    Raises:
        InputError: A file is missing or damaged, or no clip is of that split.
    """
    bottoms: dict[str, list[float]] = {}
    if (root / "reps.csv").is_file():
        for where, row in read_csv(root / "reps.csv", ("video", "bottom_s")):
            bottoms.setdefault(row["video"], []).append(number(row["bottom_s"], where))
    path = root / "counts.csv"
    rows = read_csv(path, ("video", "count", "split"))
    videos = root / "videos" if (root / "videos").is_dir() else root
    clips = [
        LabelledClip(
            name=Path(row["video"]).stem,
            video=videos / row["video"],
            count=whole_count(row["count"].split("|")[0], where),
            view=row.get("view") or "other",
            scene=row.get("scene") or Path(row["video"]).stem,
            bottoms_s=tuple(sorted(bottoms.get(row["video"], ()))),
            kind=row.get("class", ""),
            also=tuple(whole_count(text, where) for text in row["count"].split("|")[1:]),
            note=row.get("note") or "",
        )
        for where, row in rows
        if row["split"] == split
    ]
    if not clips:
        known = ", ".join(sorted({row["split"] for _, row in rows})) or "none"
        raise InputError(f"{path} has no clip of split {split!r}: choose split=NAME of {known}")
    return clips


def whole_count(text: str, where: str) -> int:
    """A number of repetitions; InputError if it is none."""
    value = number(text, where)
    if not 0 <= value <= MOST or value != int(value):
        raise InputError(f"{where}: a count is a whole number from 0, not {text!r}; correct it")
    return int(value)
