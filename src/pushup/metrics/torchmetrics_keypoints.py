"""torchmetrics classes over the pure functions, for training on any number of devices."""

from collections.abc import Callable

import torch
from torch import Tensor
from torchmetrics import Metric

from pushup.metrics import keypoints
from pushup.metrics.keypoints import Reference, Scores
from pushup.skeleton import Skeleton


class JointMean(Metric):
    """Micro average of a keypoint metric over everything seen.

    Its states are sums, so merging processes or batches of unequal size gives the very figure that
    one pass over all images gives.

    Args:
        function: `(pred, true, labelled) -> Scores`.
        joints: Number of joints, K.
    """

    full_state_update = False
    total: Tensor
    counted: Tensor

    def __init__(self, function: Callable[[Tensor, Tensor, Tensor], Scores], joints: int, **kwargs):
        super().__init__(**kwargs)
        self.function = function
        self.add_state("total", torch.zeros(joints), dist_reduce_fx="sum")
        self.add_state("counted", torch.zeros(joints), dist_reduce_fx="sum")

    def update(self, pred: Tensor, true: Tensor, labelled: Tensor) -> None:
        """Take a batch: (N, K, 2) positions divided by the input's side, and (N, K) bool."""
        scores = self.function(pred, true, labelled)
        self.total += scores.values.sum(0)
        self.counted += scores.counted.sum(0)

    def compute(self) -> Tensor:
        """Mean over all counted joints; NaN if there are none."""
        return self.total.sum() / self.counted.sum()


class PCKs(JointMean):
    """`keypoints.pcks` as a running metric."""

    higher_is_better = True

    def __init__(
        self,
        skeleton: Skeleton,
        reference: Reference = "shoulders",
        threshold: float = 0.25,
        **kwargs,
    ):
        def function(pred: Tensor, true: Tensor, labelled: Tensor) -> Scores:
            return keypoints.pcks(pred, true, labelled, skeleton, reference, threshold)

        super().__init__(function, len(skeleton), **kwargs)


class BboxPCK(JointMean):
    """`keypoints.pck_bbox` as a running metric."""

    higher_is_better = True

    def __init__(self, skeleton: Skeleton, **kwargs):
        super().__init__(keypoints.pck_bbox, len(skeleton), **kwargs)


class KeypointMAE(JointMean):
    """`keypoints.mae` as a running metric."""

    higher_is_better = False

    def __init__(self, skeleton: Skeleton, **kwargs):
        super().__init__(keypoints.mae, len(skeleton), **kwargs)
