"""The default mode of evaluate.py: one keypoint model on one split of one data set."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch

from pushup.cli import InputError
from pushup.data.dataset import KeypointDataset
from pushup.data.module import KeypointDataModule
from pushup.evaluation.keypoints.cases import save_pictures
from pushup.evaluation.keypoints.coco_results import coco_results
from pushup.evaluation.keypoints.label_errors import suspected_label_errors
from pushup.evaluation.keypoints.markdown import markdown
from pushup.evaluation.keypoints.predictions import (
    Predictions,
    black_beside,
    keypoint_latency_ms,
    predict,
    session_of,
)
from pushup.evaluation.keypoints.summary import (
    PER_IMAGE,
    calibration,
    per_image,
    summarise,
)
from pushup.evaluation.report import save_results
from pushup.files import write_csv, write_json
from pushup.inference.backends import Session
from pushup.inference.networks import PoseNetwork
from pushup.metrics.keypoints import REFERENCE_PARTS, Reference, pcks
from pushup.models import weights
from pushup.models.keypoint_model import KeypointModel

OpenData = Callable[..., KeypointDataModule]
"""Builds a data module for a model's `skeleton`, `input_size`, `framing` and a `batch_size`."""

MEAN_POSE_IMAGES = 300
"""Enough: the standard error of a mean position is then below 1 % of the input's side."""


def load_model(ckpt_path: str | None, name: str | None) -> KeypointModel:
    """The model of a checkpoint, or the weights shipped for a name; on the GPU if there is one.

    Raises:
        InputError: Neither is given, or the file cannot be used.
    """
    if ckpt_path is None:
        if name is None:
            raise InputError("nothing to evaluate: give ckpt_path=FILE, or model=NAME")
        ckpt_path = name
    return weights.load(ckpt_path, name=name).to("cuda" if torch.cuda.is_available() else "cpu")


def evaluate_keypoints(
    ckpt_path: str | None,
    model: str | None,
    data: OpenData,
    split: str,
    output_dir: str,
    reference: Reference = "shoulders",
    flip_test: bool = False,
    batch_size: int = 32,
    framing: str | None = None,
    runtime: str = "torch",
) -> dict[str, Any]:
    """Measure one model; print and write the results and pictures.

    results.json and results.md have the figures, images.csv the error of each image, and
    predictions.json the predictions in the results format of COCO.

    Args:
        ckpt_path: A `.ckpt` or `.safetensors` file; None for the weights shipped for `model`.
        model: Name of the model.
        data: Opens the data for a model's skeleton and input size.
        split: Name of the split.
        output_dir: Existing folder for the files.
        reference: Distance by which PCKs is normalised.
        flip_test: Average with the mirrored picture; the figures without it are put beside.
        batch_size: Images a forward pass.
        framing: Another one than the model's own.
        runtime: "torch", or a runtime of `open_session`: as infer.py runs it.

    Raises:
        InputError: There is no such runtime.

    Returns:
        What results.json holds.
    """
    check_reference(reference)
    network = load_model(ckpt_path, model)
    module = open_for(network, data, batch_size, framing)
    loader = module.eval_loader(split)
    dataset = cast(KeypointDataset, loader.dataset)
    runs = PoseNetwork(session_of(network, runtime))
    predictions = predict(runs, loader, flip_test)
    pose, pose_from = mean_pose(module, split)
    beside = {f"mean pose of {pose_from}": predictions.with_constant(pose)}
    if flip_test:
        beside = {"without flip test": predict(runs, loader)} | beside
    results = {
        "model": network.name,
        "params": sum(p.numel() for p in network.network.parameters()),
        "split": split,
        "framing": str(module.framing),
        "reference": reference,
        "flip_test": flip_test,
        "runtime": runs.runtime,
        "images_per_s": len(predictions) / predictions.seconds,
        "ms": keypoint_latency_ms(network),
        "device": str(next(network.parameters()).device),
        "sources": summarise_sources(predictions, reference),
        "calibration": calibration(predictions),
        "suspected_label_errors": suspected_label_errors(predictions),
        "beside": {name: summarise_sources(p, reference) for name, p in beside.items()},
    }
    folder = Path(output_dir)
    save_pictures(folder, network, dataset, predictions, results)
    write_csv(folder / "images.csv", PER_IMAGE, per_image(predictions, reference))
    records = getattr(dataset.source, "records", None)
    write_json(folder / "predictions.json", coco_results(predictions, records))
    save_results(folder, results, markdown(results))
    return results


class PcksOf:
    """Measures PCKs of one session after another on the pictures of a split, squares, read once.

    Args:
        data: Opens the data for a model's skeleton and input size.
        split: Name of the split.
    """

    def __init__(self, data: OpenData, split: str) -> None:
        self._data, self._split = data, split
        self._batches: list[dict[str, Any]] = []

    def __call__(self, session: Session) -> float:
        """PCKs.

        Raises:
            InputError: It is no keypoint network, or the data cannot be read.
        """
        network = PoseNetwork(session)
        if not self._batches:
            module = open_for(network, self._data, 1, "square")  # some formats take no other shape
            self._batches = list(module.eval_loader(self._split))
        p = predict(network, self._batches)
        return pcks(p.pred, p.true, p.labelled, p.skeleton, "shoulders").mean()


def check_reference(reference: str) -> None:
    """InputError for a reference that no metric knows."""
    if reference not in REFERENCE_PARTS:
        known = " or ".join(REFERENCE_PARTS)
        raise InputError(f"unknown reference={reference!r}: choose {known}")


def open_for(
    model: KeypointModel | PoseNetwork, data: OpenData, batch_size: int, framing: str | None = None
) -> KeypointDataModule:
    """The data in the joints, the size and (without another `framing`) the framing of `model`.

    Raises:
        InputError: The data set has no keypoints.
    """
    module = data(
        skeleton=model.skeleton,
        input_size=model.input_size,
        framing=framing or model.framing,
        batch_size=batch_size,
    )
    if module.open_split is None:
        raise InputError("this data has no keypoints: choose another, such as data=mpii")
    return module


def summarise_sources(p: Predictions, reference: Reference) -> dict[str, Any]:
    """Figures of everything, and of each source where there are several."""
    return {name: summarise(part, reference) for name, part in p.by_source()}


def mean_pose(module: KeypointDataModule, split: str) -> tuple[torch.Tensor, str]:
    """The mean position (K, 2) of each joint, in 0..1, and the name of the split it comes from.

    From the training split; from the evaluated one where the data has no training split. A joint
    that is labelled nowhere is put in the middle.
    """
    name = module.train_split
    try:
        dataset = module.eval_dataset(name)
    except InputError as error:
        name, dataset = split, module.eval_dataset(split)
        print(f"the mean pose is that of split {split!r} itself: {error}")
    chosen = np.linspace(0, len(dataset) - 1, min(MEAN_POSE_IMAGES, len(dataset))).astype(int)
    samples = [dataset[int(i)] for i in chosen]
    side = dataset.input_size
    placed = [s["keypoints"] + black_beside(s["image"], side) for s in samples]
    keypoints = torch.stack(placed).double() / side
    labelled = torch.stack([s["labelled"] for s in samples])
    mean = torch.where(labelled[..., None], keypoints, 0).sum(0) / labelled.sum(0)[:, None]
    return torch.where(mean.isfinite(), mean, 0.5), name
