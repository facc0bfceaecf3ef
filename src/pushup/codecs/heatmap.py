"""What the heatmap codecs share: cells, peaks, validity."""

import torch
from torch import Tensor


def inside(keypoints: Tensor, size_wh: tuple[int, int]) -> Tensor:
    """(..., K) bool: which of the (..., K, 2) input-space points lie on the input's pixels."""
    end = keypoints.new_tensor(size_wh) - 0.5
    return ((keypoints >= -0.5) & (keypoints < end)).all(-1)


def peaks(heatmaps: Tensor) -> tuple[Tensor, Tensor]:
    """Cells (B, K, 2) as integer x, y and values (B, K) of the maxima of (B, K, H, W)."""
    values, flat = heatmaps.flatten(2).max(-1)
    width = heatmaps.shape[-1]
    return torch.stack((flat % width, flat // width), -1), values


def sample(maps: Tensor, cells_xy: Tensor) -> Tensor:
    """Values (B, K) of (B, K, H, W) at one integer cell (B, K, 2) each."""
    flat = cells_xy[..., 1] * maps.shape[-1] + cells_xy[..., 0]
    return maps.flatten(2).gather(-1, flat[..., None])[..., 0]
