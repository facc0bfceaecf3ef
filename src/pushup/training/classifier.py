"""Training of the classifier, and of a keypoint model's classification head."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits
from torch.optim import Optimizer
from torchmetrics import MetricCollection
from torchmetrics.classification import BinaryAccuracy, BinaryAUROC, BinaryF1Score

from pushup.cli import InputError
from pushup.models import weights
from pushup.models.classifier import PushUpClassifier
from pushup.models.keypoint_model import KeypointModel
from pushup.specs import locate
from pushup.training.schedules import Schedule
from pushup.training.task import Task


def with_classification_head(
    path: str | Path | None, input_size: int, width: int = 128, dropout: float = 0.5
) -> KeypointModel:
    """The trained keypoint model in a file, with a new classification head to be trained.

    Raises:
        InputError: There is no file, it cannot be used, or takes pictures of another size.
    """
    if path is None:
        raise InputError(
            "a classification head belongs to a trained keypoint model: give init_from=FILE"
        )
    model = weights.load(path)
    if model.input_size != input_size:
        raise InputError(
            f"{path} takes pictures of {model.input_size} pixels: "
            f"add model.input_size={model.input_size}"
        )
    spec, _ = weights.read(locate(path))
    model.add_classification_head(width, dropout, spec.get("training"))
    return model


class RecognitionTask(Task):
    """Fits a `PushUpClassifier` to labelled pictures by binary cross-entropy, as published."""

    model: PushUpClassifier

    def __init__(
        self,
        model: PushUpClassifier,
        optimizer: Callable[..., Optimizer],
        schedule: Schedule,
        monitor: str = "val/auc",
        channels_last: bool = True,
        pretrained_lr_scale: float = 1.0,
    ) -> None:
        """Join the parts.

        Args:
            model: What to train.
            optimizer: See `Task`, as the others.
            schedule: See `Task`.
            monitor: See `Task`.
            channels_last: See `Task`.
            pretrained_lr_scale: See `Task`.
        """
        super().__init__(model, optimizer, schedule, monitor, channels_last, pretrained_lr_scale)
        self.metrics = MetricCollection(
            {"auc": BinaryAUROC(), "f1": BinaryF1Score(), "accuracy": BinaryAccuracy()},
            prefix="val/",
        )

    def _logits(self, images: Tensor) -> Tensor:
        return self.model(images)

    def _shared_step(self, batch: dict[str, Tensor], stage: str) -> Tensor:
        if "label" not in batch:
            raise InputError("this data set has keypoints, no labels: add data=recognition")
        images = batch["image"].contiguous(memory_format=self.memory_format)
        logits = self._logits(images).float()
        loss = binary_cross_entropy_with_logits(logits, batch["label"])
        self.log_loss(stage, loss, len(logits))
        if stage != "train":
            self.metrics.update(logits.sigmoid(), batch["label"].int())
            self.log_dict(self.metrics, on_epoch=True)  # type: ignore[arg-type]
        return loss


class ClassificationHeadTask(RecognitionTask):
    """Fits a keypoint model's classification head alone: its keypoints do not change."""

    model: KeypointModel  # type: ignore[assignment]

    def __init__(self, model: KeypointModel, *args: Any, **options: Any) -> None:
        """See `RecognitionTask`; the model has a classification head."""
        super().__init__(model, *args, **options)  # type: ignore[arg-type]
        self.model.network.requires_grad_(False)

    def train(self, mode: bool = True) -> "ClassificationHeadTask":
        """Training mode for the head; the network's running statistics stay as well."""
        super().train(mode)
        self.model.network.eval()
        return self

    def _logits(self, images: Tensor) -> Tensor:
        return self.model.position_logits(images)

    def _optimizer(self) -> Optimizer:
        return self.build_optimizer(self.model.classification_head.parameters())  # type: ignore
