"""Training of keypoint models, all four alike."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torchmetrics import Metric

from pushup.geometry import Framing
from pushup.metrics.torchmetrics_keypoints import BboxPCK, KeypointMAE, PCKs
from pushup.models.keypoint_model import KeypointModel
from pushup.training.aspect_ratio import SHARE, crop_aspect_ratio
from pushup.training.distillation import Teacher
from pushup.training.losses import MapLoss
from pushup.training.schedules import Schedule
from pushup.training.task import Task


class KeypointTask(Task):
    """Fits a `KeypointModel` to labelled pictures."""

    model: KeypointModel

    def __init__(
        self,
        model: KeypointModel,
        loss: MapLoss,
        optimizer: Callable[..., Optimizer],
        schedule: Schedule,
        monitor: str = "val/pcks",
        channels_last: bool = True,
        pretrained_lr_scale: float = 1.0,
        teacher: Teacher | None = None,
    ) -> None:
        """Join the parts.

        Args:
            model: What to train.
            loss: For the maps of the model's codec.
            optimizer: See `Task`, as the others.
            schedule: See `Task`.
            monitor: See `Task`.
            channels_last: See `Task`.
            pretrained_lr_scale: See `Task`.
            teacher: Adds a trained network's heatmaps to the targets in training.

        Raises:
            InputError: The loss is none for the model's codec.
        """
        loss.check(model.codec)
        super().__init__(model, optimizer, schedule, monitor, channels_last, pretrained_lr_scale)
        self.loss = loss
        self.teacher = teacher
        self.metrics = nn.ModuleDict(
            {
                "pcks": PCKs(model.skeleton),
                "pck_bbox": BboxPCK(model.skeleton),
                "mae": KeypointMAE(model.skeleton),
            }
        )

    def _shared_step(self, batch: dict[str, Tensor], stage: str) -> Tensor:
        images, keypoints, labelled = batch["image"], batch["keypoints"], batch["labelled"]
        training = stage == "train"
        if training and self.model.framing is Framing.RECTANGLE and torch.rand(()) < SHARE:
            images, keypoints = crop_aspect_ratio(images, keypoints)
        height, width = images.shape[2:]
        targets = self.model.codec.encode(
            keypoints, labelled, batch["visible"], self.model.stride, (width, height)
        )
        images = images.contiguous(memory_format=self.memory_format)
        maps = self.model(images).float()
        if training and self.teacher is not None:
            targets = self.teacher.mix(images, targets, labelled)
            labelled = torch.ones_like(labelled)
        loss = self.loss(maps, targets, labelled)
        self.log_loss(stage, loss, len(images))
        if not training:
            predicted, _ = self.model.decode(maps)
            side = self.model.input_size
            metric: Metric
            for name, metric in self.metrics.items():  # type: ignore[assignment]
                metric.update(predicted / side, keypoints / side, batch["labelled"])
                self.log(f"{stage}/{name}", metric, prog_bar=name == "pcks", batch_size=len(images))
        return loss
