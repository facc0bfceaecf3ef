"""Keypoint traces with true repetitions: what the learned counter is trained on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, Dataset, WeightedRandomSampler

from pushup.cli import InputError
from pushup.counting.trace import Trace, load_trace
from pushup.foreign import number, read_csv
from pushup.skeleton import UPPER7

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


@dataclass(frozen=True)
class TraceAugment:
    """Random variation of a trace that leaves its labels what they are.

    Attributes:
        mirror: Chance of a mirror image.
        turn: Chance of a turn by any angle; else by a quarter in a tenth of the cases.
        pace: Times are stretched by up to this factor either way.
        noise: Standard deviation of further noise, in shares of the body's extent.
        blind: Chance that the classifier's score is missing.
        invent: Chance that one is made up where there is none.
    """

    mirror: float = 0.5
    turn: float = 0.2
    pace: float = 1.4
    noise: float = 0.006
    blind: float = 0.3
    invent: float = 0.7

    def __call__(self, trace: LabelledTrace, rng: np.random.Generator) -> LabelledTrace:
        """Another trace."""
        points, scores = trace.keypoints.copy(), trace.scores
        if rng.random() < self.mirror:
            points[..., 0] *= -1
            points, scores = points[:, UPPER7.flip], scores[:, UPPER7.flip]
        points = points @ self._turn(rng).T
        seen = points[np.isfinite(points).all((1, 2))]
        if len(seen):
            extent = np.median(np.ptp(seen, axis=1))
            points = points + rng.normal(0, self.noise * rng.random() * extent, points.shape)
        factor = self.pace ** rng.uniform(-1, 1)
        return replace(
            trace,
            time_s=trace.time_s[:1] + (trace.time_s - trace.time_s[:1]) * factor,
            keypoints=points,
            scores=scores,
            pushing_up=self._score(trace, rng),
        )

    def _turn(self, rng: np.random.Generator) -> np.ndarray:
        angle = rng.normal(0, np.deg2rad(6))
        if rng.random() < self.turn:
            angle = rng.uniform(0, 2 * np.pi)
        elif rng.random() < 0.1:
            angle += rng.integers(1, 4) * np.pi / 2
        return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])

    def _score(self, trace: LabelledTrace, rng: np.random.Generator) -> np.ndarray:
        if rng.random() < self.blind:
            return np.full(len(trace.time_s), np.nan)
        if np.isfinite(trace.pushing_up).any() or rng.random() > self.invent:
            return trace.pushing_up
        # Of a rendered clip: mostly right, slow to change, at times wrong all along.
        centre = np.where(np.nan_to_num(trace.labels[:, 1]) > 0, rng.normal(2.5, 1.5), 0.0)
        centre = np.where(centre == 0, rng.normal(-1.5, 2.0), centre)
        steps = np.repeat(rng.normal(0, 1, len(centre) // 8 + 1), 8)[: len(centre)]
        return 1 / (1 + np.exp(-(centre + steps)))


class TraceDataset(Dataset):
    """Stretches of traces at the counter's steps.

    Args:
        traces: What to draw from.
        step_s: Seconds between steps; frames that come sooner are passed over, as in counting.
        steps: Longest stretch; 0 for whole traces.
        augment: Random variation; None for evaluation.
        cut: Chance that a stretch is followed by one of another clip, as after a cut.
    """

    def __init__(
        self,
        traces: Sequence[LabelledTrace],
        step_s: float,
        steps: int = 0,
        augment: TraceAugment | None = None,
        cut: float = 0.0,
    ) -> None:
        self.traces, self.step_s, self.steps = list(traces), step_s, steps
        self.augment, self.cut = augment, cut

    def __len__(self) -> int:
        return len(self.traces)

    def __getitem__(self, index: int) -> dict[str, Any]:
        """Arrays `keypoints` (T, K, 2), `scores`, `pushing_up`, `elapsed_s`, `labels`; `count`."""
        rng = np.random.default_rng(int(torch.randint(2**62, ())))
        parts = [self._stretch(self.traces[index], rng)]
        if self.augment is not None and rng.random() < self.cut:
            parts.append(self._stretch(self.traces[int(rng.integers(len(self)))], rng))
        joined = {key: np.concatenate([p[key] for p in parts]) for key in parts[0]}
        limit = self.steps or len(joined["elapsed_s"])
        item: dict[str, Any] = {key: value[:limit] for key, value in joined.items()}
        return item | {"count": self.traces[index].count, "index": index}

    def _stretch(self, trace: LabelledTrace, rng: np.random.Generator) -> dict[str, np.ndarray]:
        if self.augment is not None:
            trace = self.augment(trace, rng)
        trace = trace.at(_steps(trace.time_s, self.step_s, rng if self.augment else None))
        if self.steps and len(trace.time_s) > self.steps:
            begin = int(rng.integers(len(trace.time_s) - self.steps + 1))
            trace = trace.at(np.arange(begin, begin + self.steps))
        elapsed_s = np.diff(trace.time_s, prepend=trace.time_s[:1] - self.step_s)
        truth = without_first_ascent(trace.labels) if len(trace.time_s) else trace.labels
        return {
            "keypoints": trace.keypoints,
            "scores": trace.scores,
            "pushing_up": trace.pushing_up,
            "elapsed_s": elapsed_s,
            "labels": truth,
        }


def _steps(time_s: np.ndarray, step_s: float, rng: np.random.Generator | None) -> np.ndarray:
    """Indices of the frames that a counter looks at; at random it misses some."""
    kept, last_s = [], -np.inf
    missed = 0.0 if rng is None or rng.random() < 0.6 else rng.uniform(0, 0.3)
    for k, now_s in enumerate(time_s.tolist()):
        if now_s - last_s >= step_s - 1e-3 and (not missed or rng.random() >= missed):  # type: ignore
            kept.append(k)
            last_s = now_s
    return np.array(kept or [0])


def collate(items: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Arrays padded to the longest; padding has NaN labels, so that it teaches nothing."""
    longest = max(len(item["elapsed_s"]) for item in items)
    batch: dict[str, Any] = {}
    for key in ("keypoints", "scores", "pushing_up", "elapsed_s", "labels"):
        empty = 0.0 if key in ("scores", "elapsed_s") else np.nan
        values = [np.asarray(item[key], float) for item in items]
        shape = (len(items), longest, *values[0].shape[1:])
        batch[key] = np.full(shape, empty)
        for row, value in enumerate(values):
            batch[key][row, : len(value)] = value
    return batch | {key: torch.tensor([item[key] for item in items]) for key in ("count", "index")}


class TraceDataModule(pl.LightningDataModule):
    """Traces of several folders for training, and of others for validation.

    Args:
        train_sets: `root`, `split` and, where they lie apart, `traces` of each folder; `weight`:
            how often a trace of it is drawn, relative to the others.
        val_sets: The like, each measured apart.
        step_s: See `TraceDataset`.
        steps: See `TraceDataset`, in training.
        cut: See `TraceDataset`.
        batch_size: Stretches a batch.
        draws: Stretches an epoch; None for as many as there are traces.

    Raises:
        InputError: There is no set, or one cannot be read.
    """

    def __init__(
        self,
        train_sets: Sequence[Mapping[str, Any]],
        val_sets: Sequence[Mapping[str, Any]],
        step_s: float | None,
        steps: int = 240,
        cut: float = 0.3,
        batch_size: int = 32,
        draws: int | None = None,
        augment: TraceAugment | None = None,
    ) -> None:
        super().__init__()
        if step_s is None:
            raise InputError("data=traces trains the learned counter: add model=counter")
        if not train_sets or not val_sets:
            raise InputError(
                "no traces: give data.train_sets=[{root:DIR,split:fit}] and data.val_sets, "
                "made by python -m pushup synthetic traces"
            )
        read = [(_read(chosen), float(chosen.get("weight", 1))) for chosen in train_sets]
        traces = [trace for found, _ in read for trace in found]
        self._weights = [weight for found, weight in read for _ in found]
        self._draws, self._batch_size = draws or len(traces), batch_size
        self._train = TraceDataset(traces, step_s, steps, augment or TraceAugment(), cut)
        self._val = [TraceDataset(_read(chosen), step_s) for chosen in val_sets]

    def train_dataloader(self) -> DataLoader:
        """Random stretches."""
        sampler = WeightedRandomSampler(self._weights, self._draws)
        return DataLoader(self._train, self._batch_size, sampler=sampler, collate_fn=collate)

    def val_dataloader(self) -> list[DataLoader]:
        """Whole traces, one loader a set."""
        return [DataLoader(part, self._batch_size, collate_fn=collate) for part in self._val]


def _read(chosen: Mapping[str, Any]) -> list[LabelledTrace]:
    traces = chosen.get("traces")
    return read_traces(Path(chosen["root"]), chosen["split"], Path(traces) if traces else None)
