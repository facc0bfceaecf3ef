"""Keypoint traces with their true repetitions, and what a learned counter should say of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from pushup.cli import InputError
from pushup.counting.trace import Trace, load_trace
from pushup.foreign import number, read_csv

USUAL_GAP_S = 1.5
"""Between repetitions, where a clip has one alone."""


@dataclass(frozen=True)
class LabelledTrace:
    """Keypoints of a clip and what its counter should say.

    Attributes:
        name: Of the clip.
        count: True repetitions.
        scene: Clips of one scene share it.
        time_s: (T,) seconds.
        keypoints: (T, K, 2) pixels, NaN where unknown.
        scores: (T, K).
        pushing_up: (T,) score of the push-up classifier; NaN without one.
        labels: (T, 2) "down" and "active" as 0 or 1; NaN where the labels do not tell.
    """

    name: str
    count: int
    scene: str
    time_s: np.ndarray
    keypoints: np.ndarray
    scores: np.ndarray
    pushing_up: np.ndarray
    labels: np.ndarray

    def at(self, index: np.ndarray) -> "LabelledTrace":
        """The frames of an index array alone."""
        names = ("time_s", "keypoints", "scores", "pushing_up", "labels")
        return replace(self, **{name: getattr(self, name)[index] for name in names})


def read_traces(root: Path, split: str, traces: Path | None = None) -> list[LabelledTrace]:
    """The traces of a split by `counts.csv` and `reps.csv` of a folder.

    Repetitions with `start_s` and `top_s` are labelled all along; those of which only `bottom_s` is
    known near it and half-way to the next. Clips that have a count and no bottoms are left out.

    Args:
        root: Folder of the tables.
        split: Of `counts.csv`.
        traces: Folder of `NAME.npz`; None for `root/traces`.

    Raises:
        InputError: A file is missing or damaged, or no clip is of that split.
    """
    folder = traces or root / "traces"
    times: dict[str, list[tuple[float, ...]]] = {}
    for where, row in read_csv(root / "reps.csv", ("video", "bottom_s")):
        columns = ("start_s", "bottom_s", "top_s") if row.get("start_s") else ("bottom_s",)
        known = tuple(number(row[column], where) for column in columns)
        times.setdefault(row["video"], []).append(known)
    found = []
    for where, row in read_csv(root / "counts.csv", ("video", "count", "split")):
        name, reps = Path(row["video"]).stem, sorted(times.get(row["video"], []))
        count = int(number(row["count"], where))
        if row["split"] != split or len(reps) != count:
            continue
        trace = load_trace(folder / f"{name}.npz")
        found.append(_labelled(name, count, row.get("scene") or name, trace, reps))
    if not found:
        raise InputError(f"{root / 'counts.csv'} has no clip of split {split!r}: choose another")
    return found


def _labelled(
    name: str, count: int, scene: str, trace: Trace, reps: Sequence[tuple[float, ...]]
) -> LabelledTrace:
    score = trace.pushing_up
    return LabelledTrace(
        name=name,
        count=count,
        scene=scene,
        time_s=trace.time_s,
        keypoints=trace.keypoints,
        scores=trace.scores,
        pushing_up=np.full(len(trace.time_s), np.nan) if score is None else score,
        labels=labels(trace.time_s, reps),
    )


def labels(time_s: np.ndarray, reps: Sequence[tuple[float, ...]]) -> np.ndarray:
    """Labels (T, 2) by true repetitions, either (start, bottom, top) or (bottom,) in seconds.

    The body is down from half-way down to three fifths up: where a repetition is counted.
    """
    down, active = np.zeros(len(time_s)), np.zeros(len(time_s))
    bottoms = np.array([rep[len(rep) // 2] for rep in reps])
    gaps = np.diff(bottoms)
    usual = float(np.median(gaps)) if len(gaps) else USUAL_GAP_S
    for k, rep in enumerate(reps):
        bottom = bottoms[k]
        before = min(gaps[k - 1] if k > 0 else usual, 4.0)
        after = min(gaps[k] if k < len(gaps) else usual, 4.0)
        if len(rep) == 3:
            start, _, top = rep
            inside = (time_s >= (start + bottom) / 2) & (time_s < bottom + 0.6 * (top - bottom))
            down[inside] = 1
        else:
            start, top = bottom - before / 2, bottom + after / 2
            near = (time_s > bottom - 0.4 * before) & (time_s < bottom + 0.4 * after)
            sure = (time_s > bottom - 0.12 * before) & (time_s < bottom + 0.12 * after)
            down[near] = np.where(down[near] == 1, 1, np.nan)
            down[sure] = 1
        active[(time_s > start - 0.3) & (time_s < top + 0.3)] = 1
    return np.stack([down, active], -1)


def without_first_ascent(truth: np.ndarray) -> np.ndarray:
    """Labels (T, 2) of a stretch that may begin at a bottom, whose ascent then does not count.

    Where the labels do not tell whether it does, the first repetition teaches nothing.
    """
    down = truth[:, 0]
    known = np.flatnonzero(down == 0)
    end = known[0] if len(known) else len(down)
    if end == 0:
        return truth
    changed = truth.copy()
    changed[:end, 0] = 0.0 if down[0] == 1 else np.nan
    return changed
