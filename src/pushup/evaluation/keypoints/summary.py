"""Predictions to figures: plain dictionaries, ready for JSON."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from pushup.evaluation.keypoints.predictions import Predictions
from pushup.metrics import keypoints as metrics
from pushup.metrics.bootstrap import group_interval, group_means, mean_interval
from pushup.metrics.calibration import platt_scaling
from pushup.metrics.keypoints import Reference, Scores

CURVE_THRESHOLDS = [round(0.05 * i, 2) for i in range(21)]
"""Of the PCKs curve, as shares of the reference length."""

PER_IMAGE = ("image", "source", "group", "error", "pcks", "pck_bbox", "confidence")
"""Columns of images.csv."""

CONFIDENCE_EDGES = [round(0.1 * i, 1) for i in range(11)]


def interval(scores: Scores, groups: np.ndarray) -> tuple[float, float]:
    """95 % interval of `scores.mean()`, resampling groups of images."""
    return group_interval(scores.values.sum(1).numpy(), scores.counted.sum(1).numpy(), groups)


def summarise(p: Predictions, reference: Reference = "shoulders") -> dict[str, Any]:
    """All figures of one source."""
    truth = p.pred, p.true, p.labelled
    length = metrics.reference_length(p.true, p.labelled, p.skeleton, reference)
    placed = metrics.place_unlabelled(p.true, p.labelled, p.frame_to_input, p.side)
    pcks = metrics.pcks(*truth, p.skeleton, reference)
    body = metrics.pck_bbox(*truth)
    mae = metrics.mae(*truth)
    pckh = metrics.pckh(*truth, p.skeleton, p.head_size)
    return {
        "images": len(p),
        "left_out": int(length.isnan().sum()),
        "pcks": pcks.mean(),
        "pcks_ci": interval(pcks, p.groups),
        "pcks_unmasked": metrics.pcks_unmasked(p.pred, placed, p.skeleton, reference).mean(),
        "pcks_terciles": _by_tercile(pcks, length),
        "pck_bbox": body.mean(),
        "pck_bbox_ci": interval(body, p.groups),
        "scenes": _by_scene({"pcks": pcks, "pck_bbox": body}, p.groups),
        "mae": mae.mean(),
        "mae_ci": interval(mae, p.groups),
        "mae_unmasked": metrics.mae_unmasked(p.pred, placed).mean(),
        "pckh": pckh.mean(),
        "pckh_images": int(p.head_size.isfinite().sum()),
        "pcks_curve": {
            "thresholds": CURVE_THRESHOLDS,
            "pcks": metrics.pck_curve(*truth, length, CURVE_THRESHOLDS),
        },
        "per_joint": _by_joint(p, pcks, body, mae),
        "by_confidence": _by_confidence(p.scores, pcks, body, mae),
    }


def _by_scene(columns: dict[str, Scores], groups: np.ndarray) -> dict[str, Any]:
    """Means over scenes of the mean over a scene's images: every scene counts alike."""
    means = {name: group_means(of_images(scores), groups) for name, scores in columns.items()}
    figures = {name: float(m.mean()) if len(m) else np.nan for name, m in means.items()}
    intervals = {f"{name}_ci": mean_interval(m) for name, m in means.items()}
    return {"number": len(np.unique(groups)), **figures, **intervals}


def of_images(scores: Scores) -> np.ndarray:
    """(N,) mean over the counted joints of each image; NaN where it has none."""
    return (scores.values.double().sum(1) / scores.counted.sum(1)).numpy()


def _by_tercile(pcks: Scores, length: Tensor) -> list[dict[str, Any]]:
    """PCKs of the images with the shortest, middle and longest reference; lengths in 0..1."""
    third, (low, high) = metrics.terciles(length)
    known = length[length.isfinite()]
    edges = [float(known.min()), low, high, float(known.max())] if len(known) else [torch.nan] * 4
    return [
        {
            "from": edges[i],
            "to": edges[i + 1],
            "images": int((third == i).sum()),
            "pcks": pcks.select(third == i).mean(),
        }
        for i in range(3)
    ]


def _by_joint(p: Predictions, pcks: Scores, body: Scores, mae: Scores) -> dict[str, Any]:
    columns = {"pcks": pcks, "pck_bbox": body, "mae": mae}
    figures = {name: scores.per_joint().tolist() for name, scores in columns.items()}
    return {
        joint: {"labelled": int(p.labelled[:, k].sum())}
        | {name: values[k] for name, values in figures.items()}
        for k, joint in enumerate(p.skeleton.joints)
    }


def _by_confidence(scores: Tensor, pcks: Scores, body: Scores, mae: Scores) -> list[dict[str, Any]]:
    """Error of the labelled joints by the confidence of their prediction; empty bins left out."""
    last = len(CONFIDENCE_EDGES) - 2
    bins = (torch.bucketize(scores, torch.tensor(CONFIDENCE_EDGES), right=True) - 1).clamp(0, last)
    rows = []
    for i in range(last + 1):
        chosen = mae.counted & (bins == i)
        if not chosen.any():
            continue
        rows.append(
            {
                "from": CONFIDENCE_EDGES[i],
                "to": CONFIDENCE_EDGES[i + 1],
                "joints": int(chosen.sum()),
                "mae": Scores(torch.where(chosen, mae.values, 0.0), chosen).mean(),
                "pcks": Scores.of(pcks.values, pcks.counted & chosen).mean(),
                "pck_bbox": Scores.of(body.values, chosen).mean(),
            }
        )
    return rows


def calibration(p: Predictions) -> dict[str, float]:
    """What would make confidences the chance of a joint to lie in its place, by body PCK."""
    right = metrics.pck_bbox(p.pred, p.true, p.labelled)
    of_joints = p.scores[right.counted].double().numpy()
    scale, shift = platt_scaling(of_joints, right.values[right.counted].numpy() > 0)
    return {"scale": scale, "shift": shift}


def per_image(p: Predictions, reference: Reference = "shoulders") -> list[dict[str, Any]]:
    """A row for each image: its body's `error`, its PCKs and body PCK, its mean confidence."""
    columns = {
        "error": body_error(p),
        "pcks": of_images(metrics.pcks(p.pred, p.true, p.labelled, p.skeleton, reference)),
        "pck_bbox": of_images(metrics.pck_bbox(p.pred, p.true, p.labelled)),
        "confidence": p.scores.mean(1),
    }
    figures = {name: values.tolist() for name, values in columns.items()}
    return [
        {"image": str(p.names[i]), "source": str(p.sources[i]), "group": str(p.groups[i])}
        | {name: values[i] for name, values in figures.items()}
        for i in range(len(p))
    ]


def body_error(p: Predictions) -> Tensor:
    """(N,) mean error of an image's labelled joints by its body's length; NaN where it has none."""
    length = metrics.body_length(p.true, p.labelled)
    error = torch.where(p.labelled, metrics.joint_distance(p.pred, p.true), 0.0)
    return error.sum(1) / p.labelled.sum(1) / length
