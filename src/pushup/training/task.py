"""What the training of every model shares: optimizer, schedule, and checkpoints that say what."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from pushup.cli import InputError
from pushup.models.weights import Model, current_commit
from pushup.specs import SPEC_KEY
from pushup.training.schedules import Schedule


class Task(pl.LightningModule, ABC):
    """Fits `model` to batches; its checkpoints carry the model's spec."""

    def __init__(
        self,
        model: Model,
        optimizer: Callable[..., Optimizer],
        schedule: Schedule,
        monitor: str,
        channels_last: bool = True,
        pretrained_lr_scale: float = 1.0,
    ) -> None:
        """Join the parts.

        Args:
            model: What to train.
            optimizer: Builds the optimizer from parameters.
            schedule: Moves the learning rate.
            monitor: Logged metric that a plateau scheduler watches.
            channels_last: Memory layout of the convolutions; faster on most hardware.
            pretrained_lr_scale: Learning rate of the parameters that a pretrained start has filled,
                relative to that of the others.
        """
        super().__init__()
        self.model = model
        self.build_optimizer, self.schedule, self.monitor = optimizer, schedule, monitor
        self.pretrained_lr_scale = pretrained_lr_scale
        self.memory_format = torch.channels_last if channels_last else torch.contiguous_format
        self.model.to(memory_format=self.memory_format)  # type: ignore[call-overload]

    @abstractmethod
    def _shared_step(self, batch: dict[str, Tensor], stage: str) -> Tensor:
        """Loss of a batch of "train" or "val", with everything logged under `stage/`."""

    def log_loss(self, stage: str, loss: Tensor, size: int) -> None:
        """Log the loss of a batch of `size`: of an epoch the mean over all processes.

        That of a step is the first process's: to wait for the others each time would cost time.
        """
        self.log(
            f"{stage}/loss",
            loss,
            prog_bar=True,
            on_epoch=True,
            on_step=False,
            sync_dist=True,
            batch_size=size,
        )
        if stage == "train":
            self.log("train/loss_step", loss, on_epoch=False, on_step=True, batch_size=size)

    def training_step(self, batch: dict[str, Tensor], batch_idx: int) -> Tensor:
        """One batch of the training split; InputError for a loss that is no number."""
        loss = self._shared_step(batch, "train")
        # looking at it waits for the device: on a GPU only now and then
        if loss.device.type == "cpu" or batch_idx % self.trainer.log_every_n_steps == 0:  # type: ignore[attr-defined]
            self._refuse_divergence(loss)
        return loss

    def on_train_epoch_end(self) -> None:
        """No checkpoint is written of weights that are no numbers."""
        loss = self.trainer.callback_metrics.get("train/loss")
        if loss is not None:
            self._refuse_divergence(loss)

    def _refuse_divergence(self, loss: Tensor) -> None:
        if not torch.isfinite(loss):
            raise InputError(
                f"the loss is {float(loss.detach())} in epoch {self.current_epoch}: lower "
                "optimizer.lr, or compute in trainer.precision=32-true; the last checkpoint "
                "is that of the epoch before"
            )

    def validation_step(self, batch: dict[str, Tensor], batch_idx: int) -> Tensor:
        """One batch of the validation split."""
        return self._shared_step(batch, "val")

    def configure_optimizers(self) -> dict[str, Any]:  # type: ignore[override]
        """Optimizer and schedule."""
        optimizer = self._optimizer()
        total_steps = int(self.trainer.estimated_stepping_batches)
        return {
            "optimizer": optimizer,
            "lr_scheduler": self.schedule.attach(optimizer, total_steps, self.monitor),
        }

    def _optimizer(self) -> Optimizer:
        parts: dict[bool, list[nn.Parameter]] = {False: [], True: []}
        for name, parameter in self.model.network.named_parameters():
            if parameter.requires_grad:
                parts[name in self.model.started].append(parameter)
        optimizer = self.build_optimizer([{"params": part} for part in parts.values() if part])
        if parts[True] and parts[False]:
            optimizer.param_groups[1]["lr"] *= self.pretrained_lr_scale
        return optimizer

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Describe the model beside its weights."""
        checkpoint[SPEC_KEY] = {
            **self.model.spec(),
            "training": {
                "commit": current_commit(),
                "epoch": self.current_epoch,
                "steps": self.global_step,
            },
        }
