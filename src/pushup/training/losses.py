"""Losses on maps: (maps, targets, labelled) -> scalar. Maps are logits where they are heatmaps."""

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from pushup.cli import InputError
from pushup.codecs import GaussianHeatmap
from pushup.metrics.keypoints import reference_length
from pushup.skeleton import Skeleton


class OffsetHeatmapLoss(nn.Module):
    """The published loss of the encoder-decoder nets, for `OffsetHeatmap` maps.

    4 x mean binary cross-entropy of the heatmaps + the squared error of the offsets at the joints'
    cells / (2 x 7 x batch), where 7 is the number of joints. Unlabelled joints count as empty
    heatmaps, as released.
    """

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


class HeatmapBCELoss(nn.Module):
    """The published loss of BlazePose: mean binary cross-entropy over all cells and channels."""

    def forward(self, maps: Tensor, targets: Tensor, labelled: Tensor) -> Tensor:
        """Maps and targets (B, K, S, S), labelled (B, K) (not used, as released)."""
        return binary_cross_entropy_with_logits(maps, targets)


class MaskedGaussianLoss(nn.Module):
    """Binary cross-entropy against Gaussian targets, over labelled joints only.

    Summed over a joint's cells, so that its size does not depend on how much of a map is empty,
    and less the targets' own entropy, so that a perfect prediction costs 0.

    Args:
        hardest: Only so many joints of each picture count, those of the highest loss: the online
            hard keypoint mining of Chen et al., "Cascaded Pyramid Network", CVPR 2018. None: all.
    """

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


class SoftPCKsLoss(nn.Module):
    """The loss of the heatmaps, and weight x (1 - a PCKs with a gradient) of the decoded joints.

    A joint at distance d from its label counts exp(-d^2 / 2 r^2) in place of 1 or 0, where r is
    PCKs' radius, a quarter of the shoulders' distance, and at least `MIN_RADIUS_PX`. Heatmaps alone
    hardly tell a joint that is a pixel off from one in its place, where side views ask for just
    that. Where PCKs leaves a picture out, or a joint lies outside of it, the heatmaps are all.

    Args:
        heatmaps: The loss of the heatmaps.
        codec: Decodes maps and targets.
        skeleton: Joints of the maps.
        weight: Of the joints against the heatmaps, whose loss grows with (sigma / stride)^2.

    Raises:
        InputError: `codec` has no gradient.
    """

    MIN_RADIUS_PX = 1.0

    def __init__(
        self, heatmaps: nn.Module, codec: GaussianHeatmap, skeleton: Skeleton, weight: float
    ) -> None:
        super().__init__()
        if not isinstance(codec, GaussianHeatmap) or not codec.refine:
            raise InputError(
                "loss=soft_pcks reads places within a cell: add codec=gaussian codec.refine=true"
            )
        self.heatmaps, self.codec, self.skeleton, self.weight = heatmaps, codec, skeleton, weight

    def forward(self, maps: Tensor, targets: Tensor, labelled: Tensor) -> Tensor:
        """Maps and targets (B, K, S, S), labelled (B, K)."""
        pred, _ = self.codec.decode(maps)
        true, _ = self.codec.decode(torch.logit(targets, eps=1e-9))
        inside = labelled & (targets.flatten(2).amax(-1) > 0.5)
        radius = 0.25 * reference_length(true, inside, self.skeleton)[:, None]
        counted = inside & radius.isfinite()
        radius = radius.nan_to_num().clamp(min=self.MIN_RADIUS_PX)
        found = torch.exp(-((pred - true) ** 2).sum(-1) / (2 * radius**2))
        missed = ((1 - found) * counted).sum() / counted.sum().clamp(min=1)
        return self.heatmaps(maps, targets, labelled) + self.weight * missed
