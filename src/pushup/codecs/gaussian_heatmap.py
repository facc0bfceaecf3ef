"""Gaussian heatmaps: the published BlazePose targets, and ours at any stride."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from pushup.codecs.heatmap import inside, peaks, sigmoid
from pushup.geometry import heatmap_to_input, input_to_heatmap

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class GaussianHeatmap:
    """A Gaussian around each joint with peak 1 at its exact, sub-cell place.

    Attributes:
        input_size: Longer side of the input in pixels.
        sigma_px: Standard deviation in input pixels (published BlazePose: 4 cells of 2 pixels).
        occluded_peak: Peak of a joint known to be hidden from view (published BlazePose: 0.5).
        refine: Decode to a fraction of a cell; otherwise to the cell's centre.
        score_scale: Multiplies the logit of a peak before it becomes a score.
        score_shift: Is added to it then; see `pushup.metrics.calibration.platt_scaling`.
    """

    input_size: int = 224
    sigma_px: float = 6.4
    occluded_peak: float = 1.0
    refine: bool = True
    score_scale: float = 1.0
    score_shift: float = 0.0

    maps_per_joint: ClassVar[int] = 1

    def encode(
        self,
        keypoints: Tensor,
        labelled: Tensor,
        visible: Tensor,
        stride: int,
        size_wh: tuple[int, int] | None = None,
    ) -> Tensor:
        """Targets (B, K, H / stride, W / stride)."""
        width, height = size_wh or (self.input_size, self.input_size)
        valid = labelled & inside(keypoints, (width, height))
        peak = valid * visible.to(keypoints.dtype).clamp(min=self.occluded_peak)
        centre = input_to_heatmap(keypoints, stride)

        def along(axis: int, cells: int) -> Tensor:  # a Gaussian is separable
            grid = keypoints.new_tensor(range(cells))
            squared = (grid - centre[..., axis, None]) ** 2
            return (-squared / (2 * (self.sigma_px / stride) ** 2)).exp()

        rows, columns = along(1, height // stride), along(0, width // stride)
        return peak[..., None, None] * rows[..., :, None] * columns[..., None, :]

    def decode(self, maps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Keypoints (B, K, 2) in input space and calibrated peak probabilities (B, K)."""
        cells, values = peaks(maps)
        place = _refined(maps, cells) if self.refine else cells.astype(np.float32)
        stride = self.input_size // max(maps.shape[-2:])
        scores = sigmoid(self.score_scale * values + self.score_shift)
        return heatmap_to_input(place, stride), scores

    def calibrated(self, scale: float, shift: float) -> GaussianHeatmap:
        """The same codec, whose scores have their logits times `scale` plus `shift`."""
        scale, shift = scale * self.score_scale, scale * self.score_shift + shift
        return replace(self, score_scale=scale, score_shift=shift)

    def uncalibrated(self) -> GaussianHeatmap:
        """The same codec, whose scores are what the maps say."""
        return replace(self, score_scale=1.0, score_shift=0.0)

    def heatmaps(self, maps: Tensor) -> Tensor:
        """Probabilities (B, K, H, W)."""
        return maps.sigmoid()

    def mirror(self, maps: np.ndarray, flip: np.ndarray) -> np.ndarray:
        """Maps of a mirrored input, turned into maps of the original."""
        return maps[..., ::-1][:, flip]


def _refined(maps: np.ndarray, cells: np.ndarray) -> np.ndarray:
    """One Newton step on the logarithm of the heatmap, which is quadratic for a Gaussian.

    The distribution-aware decoding of DARK (Zhang et al., CVPR 2020), without its smoothing.

    Args:
        maps: (B, K, H, W) logits of the heatmap.
        cells: (B, K, 2) integer x, y of the maxima.

    Returns:
        (B, K, 2) maxima to a fraction of a cell, within a cell of the given ones.
    """
    height, width = maps.shape[-2:]
    centre = np.clip(cells, 1, (width - 2, height - 2))  # the 3 x 3 stencil has to fit

    # All nine cells at once, (B, K, 3, 3): each call of NumPy costs more than what it computes.
    batch, joint = np.ogrid[: maps.shape[0], : maps.shape[1]]
    around = np.arange(-1, 2)
    rows, columns = (centre[..., axis, None] + around for axis in (1, 0))
    logits = maps[
        batch[..., None, None], joint[..., None, None], rows[..., None], columns[..., None, :]
    ].astype(np.float32)
    log_probability = -np.logaddexp(np.float32(0), -logits)

    def at(dx: int, dy: int) -> np.ndarray:
        return log_probability[..., dy + 1, dx + 1]

    middle, left, right, up, down = at(0, 0), at(-1, 0), at(1, 0), at(0, -1), at(0, 1)
    gx, gy = (right - left) / 2, (down - up) / 2
    hxx, hyy = right - 2 * middle + left, down - 2 * middle + up
    hxy = (at(1, 1) - at(1, -1) - at(-1, 1) + at(-1, -1)) / 4
    determinant = hxx * hyy - hxy**2
    is_peak = (hxx < 0) & (determinant > 1e-6)
    step = np.stack((hxy * gy - hyy * gx, hxy * gx - hxx * gy), -1)
    refined = centre + step / np.where(is_peak, determinant, 1)[..., None]
    near = np.abs(refined - cells).max(-1) <= 1
    return np.where((is_peak & near)[..., None], refined, cells).astype(np.float32)
