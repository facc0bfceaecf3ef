"""What the heatmap codecs share: cells, peaks, validity.

Targets are made of torch tensors, where a training has them; maps are read with NumPy, so that
counting needs no torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor


def inside(keypoints: Tensor, size_wh: tuple[int, int]) -> Tensor:
    """(..., K) bool: which of the (..., K, 2) input-space points lie on the input's pixels."""
    end = keypoints.new_tensor(size_wh) - 0.5
    return ((keypoints >= -0.5) & (keypoints < end)).all(-1)


def sigmoid(logits: np.ndarray) -> np.ndarray:
    """Probabilities of logits, without overflow."""
    return 0.5 * (1 + np.tanh(0.5 * logits))


def peaks(heatmaps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cells (B, K, 2) as integer x, y and values (B, K) of the maxima of (B, K, H, W)."""
    flat = heatmaps.reshape(*heatmaps.shape[:2], -1)
    index = flat.argmax(-1)
    values = np.take_along_axis(flat, index[..., None], -1)[..., 0]
    width = heatmaps.shape[-1]
    return np.stack((index % width, index // width), -1), values


def sample(maps: np.ndarray, cells_xy: np.ndarray) -> np.ndarray:
    """Values (B, K) of (B, K, H, W) at one integer cell (B, K, 2) each."""
    batch, joint = np.ogrid[: maps.shape[0], : maps.shape[1]]
    return maps[batch, joint, cells_xy[..., 1], cells_xy[..., 0]]
