"""Keypoint metrics as pure functions: PCKs, MAE, body-normalised PCK, PCKh.

Shapes: N images, K joints of one `Skeleton`. `pred` and `true` are (N, K, 2) positions divided by
the side of the square input, `labelled` is (N, K) bool. What `true` holds where `labelled` is False
never matters to a masked function, NaN included.

Every metric is a `Scores`: one value for each joint of each image, and whether it counts. All
averages are micro, over the counted joints, so any of them can be split by joint, image or group.
"""

from typing import Literal, NamedTuple

import torch
from torch import Tensor

from pushup.skeleton import Skeleton

Reference = Literal["shoulders", "wrists"]
REFERENCE_PARTS = {"shoulders": "shoulder", "wrists": "wrist"}
NOT_IN_PCKH_MEAN = ("pelvis", "thorax")


class Scores(NamedTuple):
    """One value for each joint of each image.

    Attributes:
        values: (N, K) float, 0 where not counted.
        counted: (N, K) bool, which values enter averages.
    """

    values: Tensor
    counted: Tensor

    @classmethod
    def of(cls, values: Tensor, counted: Tensor) -> "Scores":
        """Scores with whatever is not counted set to 0."""
        return cls(torch.where(counted, values.to(torch.float32), 0.0), counted)

    def mean(self) -> float:
        """Mean over all counted joints; NaN if there are none."""
        return float(self.values.double().sum() / self.counted.sum())

    def per_joint(self) -> Tensor:
        """(K,) mean of each joint; NaN for a joint that is never counted."""
        return self.values.double().sum(0) / self.counted.sum(0)

    def select(self, images: Tensor) -> "Scores":
        """The scores of some images, given as indices or a mask."""
        return Scores(self.values[images], self.counted[images])


def joint_distance(pred: Tensor, true: Tensor) -> Tensor:
    """(N, K) Euclidean distance."""
    return torch.linalg.vector_norm(pred - true, dim=-1)


def reference_length(
    true: Tensor, labelled: Tensor, skeleton: Skeleton, reference: Reference = "shoulders"
) -> Tensor:
    """(N,) true distance between both shoulders or both wrists; NaN unless both are labelled.

    ValueError for an unknown reference.
    """
    if reference not in REFERENCE_PARTS:
        raise ValueError(f"unknown reference {reference!r}: choose {' or '.join(REFERENCE_PARTS)}")
    right, left = reference_joints(skeleton, reference)
    length = torch.linalg.vector_norm(true[:, right] - true[:, left], dim=-1)
    return torch.where(labelled[:, right] & labelled[:, left], length, torch.nan)


def reference_joints(skeleton: Skeleton, reference: Reference) -> tuple[int, int]:
    """The two joints of a reference; "shoulders" are what a skeleton of its own names instead."""
    if reference == "shoulders" and skeleton.reference is not None:
        first, second = skeleton.indices(skeleton.reference)
        return first, second
    return skeleton.pair(REFERENCE_PARTS[reference])


def pck(pred: Tensor, true: Tensor, labelled: Tensor, length: Tensor, threshold: float) -> Scores:
    """Joints whose error is strictly below `threshold` x `length`.

    Args:
        pred: (N, K, 2).
        true: (N, K, 2).
        labelled: (N, K) bool.
        length: (N,) reference length of each image; an image whose length is NaN is left out.
        threshold: Share of the reference length.
    """
    correct = joint_distance(pred, true) < threshold * length[:, None]
    return Scores.of(correct, labelled & length.isfinite()[:, None])


def pcks(
    pred: Tensor,
    true: Tensor,
    labelled: Tensor,
    skeleton: Skeleton,
    reference: Reference = "shoulders",
    threshold: float = 0.25,
) -> Scores:
    """PCKs: labelled joints with an error strictly below `threshold` x the true reference distance.

    Images without both reference joints are left out. The metric of the published counter, which
    writes "2 wrists" where its name and its code use the shoulders; here over labelled joints only.
    """
    return pck(
        pred, true, labelled, reference_length(true, labelled, skeleton, reference), threshold
    )


def place_unlabelled(true: Tensor, labelled: Tensor, frame_to_input: Tensor, side: int) -> Tensor:
    """(N, K, 2) where the released code takes unlabelled joints to be, for the unmasked metrics.

    The authors' JSON writes an unlabelled point as (-1, -1). Their loader pads, scales and clips it
    into the picture like any other point, so that it becomes a target at the corner of the frame
    (VNOpenAI/pushup-keypoint-detection, `finetune_data`). Here: the frame's
    (-1, -1) mapped to the input and clipped to its pixel centres.

    Args:
        true: (N, K, 2) positions divided by `side`.
        labelled: (N, K) bool.
        frame_to_input: (N, 3, 3).
        side: Of the square input in pixels.
    """
    corner_input = frame_to_input[:, :2, 2] - frame_to_input[:, :2, :2].sum(-1)
    corner = (corner_input.clamp(0, side - 1) / side).to(true.dtype)
    return torch.where(labelled[..., None], true, corner[:, None])


def pcks_unmasked(
    pred: Tensor,
    true_placed: Tensor,
    skeleton: Skeleton,
    reference: Reference = "shoulders",
    threshold: float = 0.25,
) -> Scores:
    """PCKs as the authors' code computes it: every joint of every image counts, labelled or not.

    `true_placed` comes from `place_unlabelled`. An unlabelled joint asks for a prediction at the
    frame's corner, and an unlabelled shoulder makes the reference the distance to that corner, or
    zero (all joints wrong) when both are unlabelled. No image is left out.
    """
    everything = torch.ones(true_placed.shape[:2], dtype=torch.bool, device=true_placed.device)
    return pcks(pred, true_placed, everything, skeleton, reference, threshold)


def mae(pred: Tensor, true: Tensor, labelled: Tensor) -> Scores:
    """Mean absolute error of a labelled joint's two coordinates, as a share of the input's side."""
    return Scores.of((pred - true).abs().mean(-1), labelled)


def mae_unmasked(pred: Tensor, true_placed: Tensor) -> Scores:
    """`mae` as the authors' code computes it; see `pcks_unmasked`."""
    everything = torch.ones(true_placed.shape[:2], dtype=torch.bool, device=true_placed.device)
    return mae(pred, true_placed, everything)


def body_length(true: Tensor, labelled: Tensor) -> Tensor:
    """(N,) longer side of the box around the labelled joints; NaN with fewer than two of them."""
    where = labelled[..., None]
    low = torch.where(where, true, torch.inf).amin(1)
    high = torch.where(where, true, -torch.inf).amax(1)
    return torch.where(labelled.sum(1) > 1, (high - low).amax(-1), torch.nan)


def pck_bbox(pred: Tensor, true: Tensor, labelled: Tensor, threshold: float = 0.1) -> Scores:
    """PCK by `body_length`, which, unlike the shoulders' distance, survives a side view."""
    return pck(pred, true, labelled, body_length(true, labelled), threshold)


def pckh(
    pred: Tensor,
    true: Tensor,
    labelled: Tensor,
    skeleton: Skeleton,
    head_size: Tensor,
    threshold: float = 0.5,
) -> Scores:
    """PCKh: error at most `threshold` x the head size; pelvis and thorax do not count.

    The bound is inclusive, as in MPII's own evaluation (Andriluka et al., CVPR 2014).

    Args:
        pred: (N, K, 2).
        true: (N, K, 2).
        labelled: (N, K) bool.
        skeleton: Names the K joints.
        head_size: (N,) 0.6 x the head box's diagonal in the units of `true`; NaN if unknown, which
            leaves the image out.
        threshold: Share of the head size.
    """
    in_mean = torch.tensor(
        [joint not in NOT_IN_PCKH_MEAN for joint in skeleton.joints], device=labelled.device
    )
    correct = joint_distance(pred, true) <= threshold * head_size[:, None]
    return Scores.of(correct, labelled & in_mean & head_size.isfinite()[:, None])


def pck_curve(
    pred: Tensor, true: Tensor, labelled: Tensor, length: Tensor, thresholds: list[float]
) -> list[float]:
    """The micro average of `pck` at each threshold."""
    return [pck(pred, true, labelled, length, threshold).mean() for threshold in thresholds]


def terciles(length: Tensor) -> tuple[Tensor, tuple[float, float]]:
    """Sorts images into thirds by their reference length.

    Returns:
        (N,) 0 for the shortest third to 2 for the longest, -1 where the length is NaN; and the two
        lengths that divide them (NaN when no image has a length).
    """
    known = length[length.isfinite()].double()
    if not len(known):
        return torch.full(length.shape, -1), (torch.nan, torch.nan)
    bounds = torch.quantile(known, torch.tensor([1 / 3, 2 / 3], dtype=torch.float64))
    third = torch.bucketize(length.double(), bounds)
    return torch.where(length.isfinite(), third, -1), (float(bounds[0]), float(bounds[1]))
