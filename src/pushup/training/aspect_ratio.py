"""Random aspect ratios in training, for networks of `Framing.RECTANGLE`."""

import torch
from torch import Tensor

from pushup.geometry import GRID

SHARE = 0.6
"""Share of the batches that are cropped: the rest keep a network as good on squares."""


def crop_aspect_ratio(
    images: Tensor, keypoints: Tensor, tall: float = 0.25
) -> tuple[Tensor, Tensor]:
    """The middle of a batch of squares, as wide as before and of random height, or turned by 90.

    Half the side to all of it is kept, in steps of `GRID`. Where only padding is beside a picture
    this is what `FrameTransform.pad_rectangle` makes of it; what else it cuts off is variation.

    Args:
        images: (B, 3, S, S).
        keypoints: (B, K, 2) in input space.
        tall: Share of batches whose width is cropped in place of their height.

    Returns:
        Images (B, 3, H, W) and keypoints (B, K, 2) in their space; some may lie outside.
    """
    side = images.shape[-1]
    kept = GRID * int(torch.randint(max(1, side // (2 * GRID)), side // GRID + 1, ()))
    start = (side - kept) // 2
    if torch.rand(()) < tall:
        return images.narrow(3, start, kept), keypoints - keypoints.new_tensor((start, 0))
    return images.narrow(2, start, kept), keypoints - keypoints.new_tensor((0, start))
