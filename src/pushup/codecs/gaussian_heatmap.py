"""Gaussian heatmaps: the published BlazePose targets, and ours at any stride."""

from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor

from pushup.codecs.heatmap import inside, peaks, sample
from pushup.geometry import heatmap_to_input, input_to_heatmap


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
        peak = torch.where(visible, 1.0, self.occluded_peak) * valid
        centre = input_to_heatmap(keypoints, stride)

        def along(axis: int, cells: int) -> Tensor:  # a Gaussian is separable
            grid = torch.arange(cells, device=keypoints.device, dtype=keypoints.dtype)
            squared = (grid - centre[..., axis, None]) ** 2
            return torch.exp(-squared / (2 * (self.sigma_px / stride) ** 2))

        rows, columns = along(1, height // stride), along(0, width // stride)
        return peak[..., None, None] * rows[..., :, None] * columns[..., None, :]

    def decode(self, maps: Tensor) -> tuple[Tensor, Tensor]:
        """Keypoints (B, K, 2) in input space and calibrated peak probabilities (B, K)."""
        cells, values = peaks(maps)
        place = cells.to(maps.dtype)
        if self.refine:
            place = _refine(torch.nn.functional.logsigmoid(maps.float()), cells)
        stride = self.input_size // max(maps.shape[-2:])
        scores = (self.score_scale * values + self.score_shift).sigmoid()
        return heatmap_to_input(place, stride), scores

    def calibrated(self, scale: float, shift: float) -> "GaussianHeatmap":
        """The same codec, whose scores have their logits times `scale` plus `shift`."""
        scale, shift = scale * self.score_scale, scale * self.score_shift + shift
        return replace(self, score_scale=scale, score_shift=shift)

    def uncalibrated(self) -> "GaussianHeatmap":
        """The same codec, whose scores are what the maps say."""
        return replace(self, score_scale=1.0, score_shift=0.0)

    def heatmaps(self, maps: Tensor) -> Tensor:
        """Probabilities (B, K, H, W)."""
        return maps.sigmoid()

    def mirror(self, maps: Tensor, flip: Tensor) -> Tensor:
        """Maps of a mirrored input, turned into maps of the original."""
        return maps.flip(-1)[:, flip]


def _refine(log_heat: Tensor, cells: Tensor) -> Tensor:
    """One Newton step on the logarithm of the heatmap, which is quadratic for a Gaussian.

    The distribution-aware decoding of DARK (Zhang et al., CVPR 2020), without its smoothing.

    Args:
        log_heat: (B, K, H, W) logarithms of the heatmap.
        cells: (B, K, 2) integer x, y of the maxima.

    Returns:
        (B, K, 2) maxima to a fraction of a cell, within a cell of the given ones.
    """
    last = cells.new_tensor(log_heat.shape[:-3:-1]) - 2
    centre = cells.clamp(min=1).minimum(last)  # the 3 x 3 stencil has to fit

    def at(dx: int, dy: int) -> Tensor:
        return sample(log_heat, centre + torch.tensor([dx, dy], device=cells.device))

    middle, left, right, up, down = at(0, 0), at(-1, 0), at(1, 0), at(0, -1), at(0, 1)
    gx, gy = (right - left) / 2, (down - up) / 2
    hxx, hyy = right - 2 * middle + left, down - 2 * middle + up
    hxy = (at(1, 1) - at(1, -1) - at(-1, 1) + at(-1, -1)) / 4
    determinant = hxx * hyy - hxy**2
    is_peak = (hxx < 0) & (determinant > 1e-6)
    safe = torch.where(is_peak, determinant, torch.ones_like(determinant))
    step = torch.stack((hxy * gy - hyy * gx, hxy * gx - hxx * gy), -1) / safe[..., None]
    refined = centre + step
    near = (refined - cells).abs().amax(-1) <= 1
    return torch.where((is_peak & near)[..., None], refined, cells.to(log_heat.dtype))
