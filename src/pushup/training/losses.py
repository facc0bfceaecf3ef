"""Losses on maps: (maps, targets, labelled) -> scalar. Maps are logits where they are heatmaps.

Each says in `codec` whose maps and targets it takes.
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from pushup.cli import InputError
from pushup.codecs import Codec, GaussianHeatmap, OffsetHeatmap


class MapLoss(nn.Module):
    """What every loss here is.

    Attributes:
        codec: The representation that it is made for.
    """

    codec: type

    def check(self, codec: Codec) -> None:
        """InputError unless the loss is made for maps of this codec."""
        if not isinstance(codec, self.codec):
            raise InputError(
                f"{type(self).__name__} is no loss for {type(codec).__name__}: "
                f"choose a loss for it, or a codec of {self.codec.__name__}"
            )


class OffsetHeatmapLoss(MapLoss):
    """The published loss of the encoder-decoder nets, for `OffsetHeatmap` maps.

    4 x mean binary cross-entropy of the heatmaps + the squared error of the offsets at the joints'
    cells / (2 x 7 x batch), where 7 is the number of joints. Unlabelled joints count as empty
    heatmaps, as released.
    """

    codec = OffsetHeatmap

    def __init__(self, heatmap_weight: float = 4.0, offset_weight: float = 1.0) -> None:
        super().__init__()
        self.heatmap_weight, self.offset_weight = heatmap_weight, offset_weight

    def forward(self, maps: Tensor, targets: Tensor, labelled: Tensor) -> Tensor:
        """Maps and targets (B, 3K, S, S), labelled (B, K)."""
        heat, offset_x, offset_y = maps.chunk(3, 1)
        true_heat, true_x, true_y = targets.chunk(3, 1)
        classification = binary_cross_entropy_with_logits(heat, true_heat)
        squared = (offset_x - true_x) ** 2 + (offset_y - true_y) ** 2
        batch, joints = labelled.shape
        regression = (squared * true_heat).sum() / (2 * joints * batch)
        return self.heatmap_weight * classification + self.offset_weight * regression


class HeatmapBCELoss(MapLoss):
    """The published loss of BlazePose: mean binary cross-entropy over all cells and channels."""

    codec = GaussianHeatmap

    def forward(self, maps: Tensor, targets: Tensor, labelled: Tensor) -> Tensor:
        """Maps and targets (B, K, S, S), labelled (B, K) (not used, as released)."""
        return binary_cross_entropy_with_logits(maps, targets)


class MaskedGaussianLoss(MapLoss):
    """Binary cross-entropy against Gaussian targets, over labelled joints only.

    Summed over a joint's cells, so that its size does not depend on how much of a map is empty,
    and less the targets' own entropy, so that a perfect prediction costs 0.

    Args:
        hardest: Only so many joints of each picture count, those of the highest loss: the online
            hard keypoint mining of Chen et al., "Cascaded Pyramid Network", CVPR 2018. None: all.
    """

    codec = GaussianHeatmap

    def __init__(self, hardest: int | None = None) -> None:
        super().__init__()
        if hardest is not None and hardest < 1:
            raise InputError(f"loss.hardest={hardest} leaves no joint: choose 1 or more")
        self.hardest = hardest

    def forward(self, maps: Tensor, targets: Tensor, labelled: Tensor) -> Tensor:
        """Maps and targets (B, K, S, S), labelled (B, K)."""
        losses = binary_cross_entropy_with_logits(maps, targets, reduction="none")
        entropy = binary_cross_entropy_with_logits(
            torch.logit(targets, eps=1e-6), targets, reduction="none"
        )
        per_joint = (losses - entropy).flatten(2).sum(-1) * labelled
        if self.hardest is None:
            return per_joint.sum() / labelled.sum().clamp(min=1)
        kept = min(self.hardest, labelled.shape[1])
        number = labelled.sum(1).clamp(max=kept).sum().clamp(min=1)
        return per_joint.topk(kept, 1).values.sum() / number
