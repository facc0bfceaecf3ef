"""Training on the rectangles that whole frames are looked at in, beside squares."""

import torch
from torch import Tensor

from pushup.geometry import GRID

RECTANGLES = 0.6
"""Share of the batches that are cut: the rest keep a network as good on squares."""


def cut_to_band(
    images: Tensor, targets: Tensor, keypoints: Tensor, tall: float = 0.25
) -> tuple[Tensor, Tensor]:
    """The middle of a batch of squares, as wide as before and of random height, or turned by 90.

    Half the side to all of it is kept, in steps of `GRID`. Where nothing but black is beside a
    picture this is what `FrameTransform.fit` makes of it; what else it cuts off is variation.

    Args:
        images: (B, 3, S, S).
        targets: (B, maps_per_joint * K, S / stride, S / stride).
        keypoints: (B, K, 2) in input space.
        tall: Share of batches whose width is cut in place of their height.

    Returns:
        Images (B, 3, H, W) and targets (B, maps_per_joint * K, H / stride, W / stride), with empty
        heatmaps for the joints that were cut off.
    """
    side, cells = images.shape[-1], targets.shape[-1]
    kept = GRID * int(torch.randint(max(1, side // (2 * GRID)), side // GRID + 1, ()))
    start = (side - kept) // 2
    axis = 3 if torch.rand(()) < tall else 2
    along = keypoints[..., 3 - axis]  # x for columns, y for rows
    seen = (along >= start - 0.5) & (along < start + kept - 0.5)
    targets = targets * seen.repeat(1, targets.shape[1] // seen.shape[1])[..., None, None]
    stride = side // cells
    return (
        images.narrow(axis, start, kept),
        targets.narrow(axis, start // stride, kept // stride),
    )
