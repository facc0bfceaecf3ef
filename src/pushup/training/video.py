"""Training of video networks: flow classes, finished repetitions, periods."""

from collections.abc import Callable

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy
from torch.optim import Optimizer

from pushup.cli import InputError
from pushup.models.flow import square_flow
from pushup.models.video_model import VideoModel
from pushup.training.schedules import Schedule
from pushup.training.task import Task


class VideoTask(Task):
    """Fits a `VideoModel` to windows of frames."""

    model: VideoModel  # type: ignore[assignment]
    needs = "finished"

    def __init__(
        self,
        model: VideoModel,
        optimizer: Callable[..., Optimizer],
        schedule: Schedule,
        monitor: str = "val/loss",
        pretrained_lr_scale: float = 1.0,
    ) -> None:
        """Join the parts; see `Task`."""
        super().__init__(
            model,  # type: ignore[arg-type]
            optimizer,
            schedule,
            monitor,
            channels_last=False,  # there are 3D convolutions
            pretrained_lr_scale=pretrained_lr_scale,
        )

    def _shared_step(self, batch: dict[str, Tensor], stage: str) -> Tensor:
        if self.needs not in batch:
            raise InputError(f"model {self.model.name} learns from windows: add data=video")
        figures = self._losses(batch)
        size = len(next(iter(batch.values())))
        for name, value in figures.items():
            if name != "loss":
                self.log(f"{stage}/{name}", value, on_epoch=True, on_step=False, batch_size=size)
        self.log_loss(stage, figures["loss"], size)
        return figures["loss"]

    def _losses(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        raise NotImplementedError


class FinishedTask(VideoTask):
    """Was a repetition just finished, is the body low: weighted binary cross-entropy a frame.

    Args are those of `VideoTask`.
    """

    finished_weight = 4.0
    """A repetition ends in few frames."""

    def _losses(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        logits, valid = self.model(batch["frames"]).float(), batch["valid"]
        ended, low = batch["finished"][valid], batch["low"][valid]
        weight = torch.where(ended > 0, self.finished_weight, 1.0)
        end = binary_cross_entropy_with_logits(logits[..., 0][valid], ended, weight)
        body = binary_cross_entropy_with_logits(logits[..., 1][valid], low)
        return {"loss": end + body, "finished": end, "low": body}


class FlowTask(VideoTask):
    """Down, still or up of each flow field: cross-entropy; classes weighted to be alike."""

    needs = "phase"
    class_weights = (1.5, 0.7, 1.5)

    def _losses(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        flows, phases = [], []
        for frames, phase, valid in zip(
            batch["frames"].numpy(), batch["phase"], batch["valid"], strict=True
        ):
            grey = [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in frames]
            for i in range(1, int(valid.sum())):
                flows.append(square_flow(grey[i - 1], grey[i]))
                phases.append(phase[i])
        logits, true = self.model(torch.from_numpy(np.stack(flows))).float(), torch.stack(phases)
        loss = cross_entropy(logits, true, logits.new_tensor(self.class_weights))
        return {"loss": loss, "accuracy": (logits.argmax(1) == true).float().mean()}


class PeriodTask(VideoTask):
    """RepNet: cross-entropy of the period where there is one, binary cross-entropy whether."""

    needs = "periodic"

    def _losses(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        if "features" in batch:  # those of the frozen encoder, see `VideoDataModule`
            period, periodicity = self.model.network.periods(batch["features"])  # type: ignore[operator]
        else:
            period, periodicity = self.model(batch["frames"])
        periodic = batch["periodic"]
        repeats = binary_cross_entropy_with_logits(periodicity.float(), periodic)
        each = cross_entropy(period.float().transpose(1, 2), batch["period"], reduction="none")
        length = (each * periodic).sum() / periodic.sum().clamp(min=1)
        off = (period.argmax(-1) - batch["period"]).abs() <= 1
        right = (off * periodic).sum() / periodic.sum().clamp(min=1)
        return {
            "loss": length + repeats,
            "period": length,
            "periodicity": repeats,
            "period_within_1": right,
        }
