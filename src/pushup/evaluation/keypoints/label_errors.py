"""Labels that a network contradicts with confidence: a list of candidates for mistakes in them."""

from typing import Any

import torch

from pushup.evaluation.keypoints.predictions import Predictions
from pushup.metrics import keypoints as metrics

MIN_SCORE = 0.6
"""From here on a network is rarely far off; see the error by confidence of its card."""

MIN_ERROR = 0.25
"""In lengths of the labelled body: a shoulder is not an elbow."""


def suspected_label_errors(p: Predictions) -> list[dict[str, Any]]:
    """Images with a confident joint far from its label, largest error first.

    Returns:
        For each its `row` among the predictions, `name` of the file, `source`, the `joints`
        concerned, the largest `error` in body lengths, and whether left and right are `swapped`:
        whether that at least halves the error of the whole body.
    """
    length = metrics.body_length(p.true, p.labelled)[:, None]
    error = metrics.joint_distance(p.pred, p.true) / length
    far = p.labelled & (p.scores >= MIN_SCORE) & (error >= MIN_ERROR)
    flip = torch.from_numpy(p.skeleton.flip)
    swapped = metrics.joint_distance(p.pred[:, flip], p.true) / length
    found = [
        {
            "row": int(i),
            "name": str(p.names[i]) or f"picture {int(p.indices[i])}",
            "source": str(p.sources[i]),
            "joints": [p.skeleton.joints[k] for k in far[i].nonzero()[:, 0].tolist()],
            "error": float(error[i][far[i]].max()),
            "swapped": bool((swapped[i] - 0.5 * error[i])[p.labelled[i]].sum() < 0),
        }
        for i in far.any(1).nonzero()[:, 0].tolist()
    ]
    return sorted(found, key=lambda case: -case["error"])
