"""Keypoint traces as the learned counter is trained on them: stretches, batches, data module."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, Dataset, WeightedRandomSampler

from pushup.cli import InputError
from pushup.data.trace_augment import TraceAugment
from pushup.data.trace_labels import LabelledTrace, read_traces, without_first_ascent


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
