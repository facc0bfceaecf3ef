"""The published representation of the encoder-decoder nets: one-hot heatmaps and offsets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from pushup.codecs.heatmap import inside, peaks, sample, sigmoid

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class OffsetHeatmap:
    """Heatmap 1 at the joint's cell and 0 elsewhere; at that cell the place inside it.

    The offsets are whole pixels (0..stride-1) divided by the heatmap's side, as in the released
    targets. The released decoder multiplied by the stride instead, which lost them; here
    x = stride * cell + side * offset inverts the targets.

    Attributes:
        input_size: Longer side of the input in pixels.
    """

    input_size: int = 224

    maps_per_joint: ClassVar[int] = 3

    def encode(
        self,
        keypoints: Tensor,
        labelled: Tensor,
        visible: Tensor,
        stride: int,
        size_wh: tuple[int, int] | None = None,
    ) -> Tensor:
        """Targets (B, 3K, H / stride, W / stride): K heatmaps, K x-offsets, K y-offsets."""
        batch, joints = labelled.shape
        width, height = size_wh or (self.input_size, self.input_size)
        valid = labelled & inside(keypoints, (width, height))
        pixels = keypoints.round().long().clamp(min=0)
        pixels = pixels.minimum(pixels.new_tensor((width - 1, height - 1)))
        side = self.input_size // stride
        cells, within = pixels // stride, (pixels % stride).to(keypoints.dtype) / side
        targets = keypoints.new_zeros(batch, 3, joints, height // stride, width // stride)
        b, k = valid.nonzero(as_tuple=True)
        x, y = cells[b, k].unbind(-1)
        targets[b, 0, k, y, x] = 1.0
        targets[b, 1, k, y, x] = within[b, k, 0]
        targets[b, 2, k, y, x] = within[b, k, 1]
        return targets.flatten(1, 2)

    def decode(self, maps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Keypoints (B, K, 2) in input space and peak probabilities (B, K)."""
        heat, offset_x, offset_y = np.split(maps, 3, 1)
        cells, values = peaks(heat)
        side = max(maps.shape[-2:])
        offsets = np.stack((sample(offset_x, cells), sample(offset_y, cells)), -1)
        stride = self.input_size // side
        within = np.clip(offsets * side, -0.5, stride - 0.5)
        return (cells * stride + within).astype(np.float32), sigmoid(values)

    def uncalibrated(self) -> OffsetHeatmap:
        """The same codec: its scores always are what the maps say."""
        return self

    def heatmaps(self, maps: Tensor) -> Tensor:
        """Probabilities (B, K, H, W)."""
        return maps.chunk(3, 1)[0].sigmoid()

    def mirror(self, maps: np.ndarray, flip: np.ndarray) -> np.ndarray:
        """Maps of a mirrored input, turned into maps of the original."""
        heat, offset_x, offset_y = (m[..., ::-1][:, flip] for m in np.split(maps, 3, 1))
        side = max(maps.shape[-2:])
        last_within = (self.input_size // side - 1) / side
        return np.concatenate((heat, last_within - offset_x, offset_y), 1)
