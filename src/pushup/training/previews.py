"""Pictures of what a model in training sees and says."""

from pathlib import Path

import cv2
import numpy as np
import pytorch_lightning as pl
import torch
from torch import Tensor

from pushup.drawing import draw_skeleton, write_picture
from pushup.models.keypoint_model import KeypointModel
from pushup.training.checkpoints import MAKE_ROOM
from pushup.training.tracking import log_picture

TRUE_RGB, PREDICTED_RGB = (60, 220, 90), (255, 120, 30)


class Previews(pl.Callback):
    """After each validation, a sheet of the same pictures: keypoints above, heatmaps below.

    True joints are green, predicted ones orange. Sheets go to `folder/epoch_NNN.png` and to
    trackers. A model of another task has none.
    """

    def __init__(self, folder: str | Path, count: int = 8) -> None:
        """Say where to.

        Args:
            folder: Where the sheets are written.
            count: Pictures on a sheet, the first of the validation split.
        """
        self.folder, self.count = Path(folder), count
        self._columns: list[np.ndarray] = []

    def on_validation_epoch_start(self, trainer: pl.Trainer, pl_module) -> None:
        """Begin a new sheet."""
        self._columns = []

    def on_validation_batch_end(self, trainer, pl_module, outputs, batch, batch_idx, *_) -> None:
        """Draw the first pictures, which may come one by one."""
        missing = self.count - len(self._columns)
        if missing > 0 and trainer.is_global_zero and "keypoints" in batch:
            first = {name: value[:missing] for name, value in batch.items()}
            self._columns += preview_columns(pl_module.model, first)

    def on_validation_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Save and log the sheet."""
        if not self._columns:
            return
        path = self.folder / f"epoch_{trainer.current_epoch:03d}.png"
        sheet_rgb = np.hstack(self._columns)
        write_picture(path, sheet_rgb, remedy=MAKE_ROOM)
        log_picture(trainer.loggers, path, sheet_rgb, trainer.global_step)


@torch.no_grad()
def preview_columns(model: KeypointModel, batch: dict[str, Tensor]) -> list[np.ndarray]:
    """(2 S, S, 3) uint8 RGB for each picture of the batch; rectangular ones on black."""
    maps = model(batch["image"]).float()
    predicted, _ = model.decode(maps)
    heat = model.codec.heatmaps(maps).amax(1).clamp(0, 1).cpu().numpy()
    edges, joints = model.skeleton.edge_indices, len(model.skeleton)
    columns = []
    for i, image in enumerate(batch["image"]):
        picture = np.ascontiguousarray(image.permute(1, 2, 0).cpu().numpy())
        glow = cv2.resize((255 * heat[i]).astype(np.uint8), picture.shape[1::-1])
        shown = cv2.applyColorMap(glow, cv2.COLORMAP_INFERNO)[..., ::-1] // 2 + picture // 2
        true = batch["keypoints"][i].cpu().numpy().copy()
        true[~batch["labelled"][i].cpu().numpy()] = np.nan
        for points, colour in ((true, TRUE_RGB), (predicted[i].cpu().numpy(), PREDICTED_RGB)):
            draw_skeleton(picture, points, edges, [colour] * joints)
        columns.append(np.vstack([_square(p, model.input_size) for p in (picture, shown)]))
    return columns


def _square(picture: np.ndarray, side: int) -> np.ndarray:
    """A picture in the middle of a black square."""
    height, width = picture.shape[:2]
    top, left = (side - height) // 2, (side - width) // 2
    margins = (top, side - height - top), (left, side - width - left), (0, 0)
    return np.pad(picture, margins)
