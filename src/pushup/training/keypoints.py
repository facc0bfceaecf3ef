"""Training of keypoint models, all four alike."""

from collections.abc import Callable
from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from pushup.metrics.torchmetrics_keypoints import BodyPCK, KeypointMAE, PCKs
from pushup.models.keypoint_model import KeypointModel
from pushup.models.weights import SPEC_KEY, current_commit
from pushup.training.schedules import Schedule


class KeypointTask(pl.LightningModule):
    """Fits a `KeypointModel` to labelled pictures; its checkpoints carry the model's spec."""

    def __init__(
        self,
        model: KeypointModel,
        loss: nn.Module,
        optimizer: Callable[..., Optimizer],
        schedule: Schedule,
        monitor: str = "val/pcks",
        channels_last: bool = True,
    ) -> None:
        """Join the parts.

        Args:
            model: What to train.
            loss: (maps, targets, labelled) -> scalar.
            optimizer: Builds the optimizer from parameters.
            schedule: Moves the learning rate.
            monitor: Logged metric that a plateau scheduler watches.
            channels_last: Memory layout of the convolutions; faster on most hardware.
        """
        super().__init__()
        self.model, self.loss = model, loss
        self.build_optimizer, self.schedule, self.monitor = optimizer, schedule, monitor
        self.memory_format = torch.channels_last if channels_last else torch.contiguous_format
        self.model.to(memory_format=self.memory_format)
        self.metrics = nn.ModuleDict(
            {
                "pcks": PCKs(model.skeleton),
                "pck_body": BodyPCK(model.skeleton),
                "mae": KeypointMAE(model.skeleton),
            }
        )

    def _shared_step(self, batch: dict[str, Tensor], stage: str) -> Tensor:
        images = batch["image"].contiguous(memory_format=self.memory_format)
        maps = self.model(images).float()
        targets = self.model.codec.encode(
            batch["keypoints"], batch["labelled"], batch["visible"], self.model.stride
        )
        loss = self.loss(maps, targets, batch["labelled"])
        self.log(f"{stage}/loss", loss, prog_bar=True, on_epoch=True, on_step=stage == "train")
        if stage != "train":
            predicted, _ = self.model.codec.decode(maps)
            side = self.model.input_size
            for name, metric in self.metrics.items():
                metric.update(predicted / side, batch["keypoints"] / side, batch["labelled"])
                self.log(f"{stage}/{name}", metric, prog_bar=name == "pcks", on_epoch=True)
        return loss

    def training_step(self, batch: dict[str, Tensor], batch_idx: int) -> Tensor:
        """One batch of the training split."""
        return self._shared_step(batch, "train")

    def validation_step(self, batch: dict[str, Tensor], batch_idx: int) -> Tensor:
        """One batch of the validation split."""
        return self._shared_step(batch, "val")

    def configure_optimizers(self) -> dict[str, Any]:  # type: ignore[override]
        """Optimizer and schedule."""
        trained = [p for p in self.model.parameters() if p.requires_grad]
        optimizer = self.build_optimizer(trained)
        total_steps = int(self.trainer.estimated_stepping_batches)
        return {
            "optimizer": optimizer,
            "lr_scheduler": self.schedule.attach(optimizer, total_steps, self.monitor),
        }

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
