"""A trained network's heatmaps as soft targets for another."""

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from pushup.cli import InputError
from pushup.codecs import GaussianHeatmap
from pushup.models import weights


class Teacher:
    """Mixes its heatmaps into the targets of a student.

    Cross-entropy is linear in the target, so that mixing targets weighs two losses: that of the
    labels and that of the teacher, as in Zhang et al., "Fast Human Pose Estimation", CVPR 2019.
    Where a joint is not labelled, the teacher alone is the target.
    """

    def __init__(self, ckpt_path: str, weight: float = 0.5) -> None:
        """Load the teacher.

        Args:
            ckpt_path: A keypoint model with Gaussian heatmaps, of any stride and input size.
            weight: Share of the teacher in the targets of labelled joints.

        Raises:
            InputError: The file cannot be used, or its maps are no Gaussians.
        """
        model = weights.load(ckpt_path).requires_grad_(False)
        self.model = model.to(memory_format=torch.channels_last)  # type: ignore  # half the time on a CPU
        if not isinstance(self.model.codec, GaussianHeatmap):
            raise InputError(
                f"{ckpt_path} has no Gaussian heatmaps: give another teacher.ckpt_path"
            )
        self.weight = weight

    @torch.no_grad()
    def mix(self, images: Tensor, targets: Tensor, labelled: Tensor) -> Tensor:
        """Targets (B, K, S, S) that also say what the teacher sees.

        Args:
            images: (B, 3, H, W) uint8, the student's.
            targets: (B, K, S, S) from the labels.
            labelled: (B, K) bool.
        """
        maps = self.model.to(images.device)(images)
        soft = self.model.codec.heatmaps(maps.to(targets.dtype))
        if soft.shape != targets.shape:
            soft = interpolate(soft, targets.shape[-2:], mode="bilinear", align_corners=False)
        share = torch.where(labelled, self.weight, 1.0)[..., None, None]
        return (1 - share) * targets + share * soft
