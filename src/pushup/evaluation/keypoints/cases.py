"""Pages of the images to look at: the worst, the best, and suspected label errors; and curves."""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from pushup.data.dataset import KeypointDataset
from pushup.drawing import write_picture
from pushup.evaluation import pictures
from pushup.evaluation.keypoints.predictions import Predictions
from pushup.evaluation.keypoints.summary import body_error
from pushup.models.keypoint_model import KeypointModel

SHOWN = 36
"""Labels to look at on the page and in the report; results.json has them all."""


def save_pictures(
    folder: Path,
    model: KeypointModel,
    dataset: KeypointDataset,
    predictions: Predictions,
    results: dict[str, Any],
) -> None:
    """Write pages of worst and best cases, by source and of suspected label errors; and curves."""
    legend = "true green, predicted orange, right side filled"
    for name, p in predictions.by_source():
        error = body_error(p).numpy()
        draw = partial(_draw, dataset, p, error)
        title = f"{model.name}, split {results['split']}, {name}: mean error / body; {legend}"
        suffix = "" if name == "all" else f"_{name}"
        sheet = pictures.worst_and_best(error, p.groups.tolist(), draw, title)
        write_picture(folder / f"worst_and_best{suffix}.png", sheet)
    error = body_error(predictions).numpy()
    tiles = [
        _draw(dataset, predictions, error, c["row"])
        for c in results["suspected_label_errors"][:SHOWN]
    ]
    if tiles:
        title = f"{model.name}, split {results['split']}: labels to look at; {legend}"
        write_picture(folder / "suspected_label_errors.png", pictures.page(tiles, 6, title))
    title = f"{model.name} on {results['split']}"
    pictures.save_curves(folder / "curves.png", results["sources"], results["reference"], title)


def _draw(dataset: KeypointDataset, p: Predictions, error: np.ndarray, i: int) -> np.ndarray:
    index = int(p.indices[i])
    label = p.names[i] or f"{p.sources[i]} {index}"
    return pictures.draw_case(
        dataset[index]["image"].permute(1, 2, 0).numpy(),
        p.true[i].numpy(),
        p.labelled[i].numpy(),
        p.pred[i].numpy(),
        p.skeleton,
        f"{error[i]:.2f} {label}",
    )
