"""Training of the learned counter."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits
from torch.optim import Optimizer
from torchmetrics import MeanMetric

from pushup.counting.pose_features import PoseFeatures
from pushup.models.counter_network import CounterNetwork
from pushup.training.schedules import Schedule
from pushup.training.task import Task

ACTIVE_WEIGHT = 0.3
"""Of the loss of "push-ups are being done" beside that of "the body is down"."""


class CounterTask(Task):
    """Fits a `CounterNetwork` to labelled traces by binary cross-entropy at every step.

    Args:
        model: See `Task`, as the others.
        optimizer: See `Task`.
        schedule: See `Task`.
        monitor: See `Task`.
        enter: See `LearnedCounter`: validation counts as it does.
        leave: See `LearnedCounter`.
    """

    model: CounterNetwork  # type: ignore[assignment]

    def __init__(
        self,
        model: CounterNetwork,
        optimizer: Callable[..., Optimizer],
        schedule: Schedule,
        monitor: str = "val/exact",
        enter: float = 0.6,
        leave: float = 0.4,
    ) -> None:
        super().__init__(model, optimizer, schedule, monitor, channels_last=False)  # type: ignore
        self._enter, self._leave = enter, leave
        self.metrics = torch.nn.ModuleDict(
            {name: MeanMetric() for name in ("loss", "exact", "mae")}
        )

    def transfer_batch_to_device(self, batch: Any, device: torch.device, _: int) -> Any:
        """Features of a batch of traces, on the device."""
        features, labels = featurize(batch, self.model)
        return {
            "features": torch.from_numpy(features).to(device),
            "labels": torch.from_numpy(labels).to(device),
            "count": batch["count"].to(device),
        }

    def _shared_step(self, batch: dict[str, Tensor], stage: str) -> Tensor:
        logits, labels = self.model(batch["features"]).float(), batch["labels"]
        known = torch.isfinite(labels)
        losses = binary_cross_entropy_with_logits(logits, labels.nan_to_num(), reduction="none")
        weights = known * labels.new_tensor([1.0, ACTIVE_WEIGHT])
        loss = (losses * weights).sum() / weights.sum().clamp(min=1)
        if stage == "train":
            self.log_loss(stage, loss, len(labels))
        else:
            self.metrics["loss"].update(loss, len(labels))  # type: ignore[operator]
            down = logits[..., 0].sigmoid().cpu().numpy()
            ends = torch.isfinite(labels).any(-1).sum(1).tolist()
            counts = [
                count(row[:end], self._enter, self._leave)
                for row, end in zip(down, ends, strict=True)
            ]
            true = batch["count"].tolist()
            for found, expected in zip(counts, true, strict=True):
                self.metrics["exact"].update(float(found == expected))  # type: ignore[operator]
                error = abs(found - expected) / max(expected, 1)
                self.metrics["mae"].update(error)  # type: ignore[operator]
        return loss

    def validation_step(self, batch: dict[str, Tensor], batch_idx: int, dataloader_idx: int = 0):
        """One batch of one of the validation sets."""
        return self._shared_step(batch, "val")

    def on_validation_epoch_end(self) -> None:
        """Loss and counting figures over all validation sets."""
        for name, metric in self.metrics.items():
            self.log(f"val/{name}", metric.compute(), prog_bar=True)  # type: ignore[operator]
            metric.reset()  # type: ignore[operator]


def featurize(batch: dict[str, Any], model: CounterNetwork) -> tuple[np.ndarray, np.ndarray]:
    """Features (B, T, F) and labels (B, T, 2), float32, of a batch of `collate`."""
    steps, size = batch["elapsed_s"].shape[1], len(batch["elapsed_s"])
    maker = PoseFeatures(model.skeleton, batch=size)
    names = ("keypoints", "scores", "pushing_up", "elapsed_s")
    features = [maker.step(*(batch[name][:, k] for name in names)) for k in range(steps)]
    return np.stack(features, 1), batch["labels"].astype(np.float32)


def count(down: np.ndarray, enter: float, leave: float) -> int:
    """Repetitions in probabilities (T,), by the hysteresis of `LearnedCounter`."""
    found, is_down = 0, False
    for value in down.tolist():
        if not is_down and value > enter:
            is_down = True
        elif is_down and value < leave:
            is_down, found = False, found + 1
    return found + (is_down and down[-1] < 0.5)
