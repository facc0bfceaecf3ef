"""Predictions in the results format of COCO, which other evaluation tools read."""

from collections.abc import Sequence
from typing import Any

import torch

from pushup.data.records import Record
from pushup.evaluation.keypoints.predictions import Predictions

CATEGORY = 1


def coco_results(p: Predictions, records: Sequence[Record] | None) -> list[dict[str, Any]]:
    """An entry for each prediction, in pixels of the picture.

    Args:
        p: Predictions.
        records: What was predicted, by `p.indices`; None for pictures that are no files.

    Returns:
        `image_id` (that of a COCO annotation, else the name of the file or the position in the
        data), `category_id`, `keypoints` [x, y, score] * K in the order of the skeleton, and
        `score`, their mean.
    """
    to_frame = torch.linalg.inv(p.frame_to_input)
    points = torch.cat([p.pred * p.side, torch.ones_like(p.pred[..., :1])], -1)
    frame = (points @ to_frame.transpose(1, 2))[..., :2]
    triples = torch.cat([frame, p.scores.double()[..., None]], -1).flatten(1)
    return [
        {
            "image_id": _image_id(p, i, records),
            "category_id": CATEGORY,
            "keypoints": [round(value, 4) for value in triples[i].tolist()],
            "score": round(float(p.scores[i].mean()), 6),
        }
        for i in range(len(p))
    ]


def _image_id(p: Predictions, i: int, records: Sequence[Record] | None) -> int | str:
    index = int(p.indices[i])
    stated = records[index].image_id if records is not None else None
    return stated if stated is not None else str(p.names[i]) or index
