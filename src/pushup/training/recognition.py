"""Training of the recogniser."""

from collections.abc import Callable

from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits
from torch.optim import Optimizer
from torchmetrics import MetricCollection
from torchmetrics.classification import BinaryAccuracy, BinaryAUROC, BinaryF1Score

from pushup.cli import InputError
from pushup.models.recogniser import Recogniser
from pushup.training.schedules import Schedule
from pushup.training.task import Task


class RecognitionTask(Task):
    """Fits a `Recogniser` to labelled pictures by binary cross-entropy, as published."""

    model: Recogniser

    def __init__(
        self,
        model: Recogniser,
        optimizer: Callable[..., Optimizer],
        schedule: Schedule,
        monitor: str = "val/auc",
        channels_last: bool = True,
        started_rate: float = 1.0,
    ) -> None:
        """Join the parts.

        Args:
            model: What to train.
            optimizer: See `Task`, as the others.
            schedule: See `Task`.
            monitor: See `Task`.
            channels_last: See `Task`.
            started_rate: See `Task`.
        """
        super().__init__(model, optimizer, schedule, monitor, channels_last, started_rate)
        self.metrics = MetricCollection(
            {"auc": BinaryAUROC(), "f1": BinaryF1Score(), "accuracy": BinaryAccuracy()},
            prefix="val/",
        )

    def _shared_step(self, batch: dict[str, Tensor], stage: str) -> Tensor:
        if "label" not in batch:
            raise InputError("this data set has keypoints, no labels: add data=recognition")
        images = batch["image"].contiguous(memory_format=self.memory_format)
        logits = self.model(images).float()
        loss = binary_cross_entropy_with_logits(logits, batch["label"])
        self.log(f"{stage}/loss", loss, prog_bar=True, on_epoch=True, on_step=stage == "train")
        if stage != "train":
            self.metrics.update(logits.sigmoid(), batch["label"].int())
            self.log_dict(self.metrics, on_epoch=True)  # type: ignore[arg-type]
        return loss
