"""The default mode of evaluate.py: one keypoint model on one split of one data set."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch

from pushup.cli import InputError
from pushup.data.dataset import KeypointDataset
from pushup.data.module import KeypointDataModule
from pushup.evaluation import pictures
from pushup.evaluation.keypoints.label_errors import MIN_ERROR, MIN_SCORE, suspected_label_errors
from pushup.evaluation.keypoints.predictions import (
    Predictions,
    black_beside,
    keypoint_latency_ms,
    predict,
)
from pushup.evaluation.keypoints.summary import (
    PER_IMAGE,
    body_error,
    calibration,
    per_image,
    summarise,
)
from pushup.evaluation.report import markdown_table, share, with_interval
from pushup.files import write_csv, write_json, write_text
from pushup.inference.backends.pytorch import TorchSession
from pushup.inference.networks import PoseNetwork
from pushup.metrics.keypoints import REFERENCE_PARTS, Reference
from pushup.models import weights
from pushup.models.keypoint_model import KeypointModel

OpenData = Callable[..., KeypointDataModule]
"""Builds a data module for a model's `skeleton`, `input_size`, `framing` and a `batch_size`."""

SHOWN = 36
"""Labels to look at on the page and in the report; results.json has them all."""

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
) -> dict[str, Any]:
    """Measure one model; print and write results.json, results.md, images.csv and pictures.

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

    Returns:
        What results.json holds.
    """
    check_reference(reference)
    network = load_model(ckpt_path, model)
    module = open_for(network, data, batch_size, framing)
    loader = module.eval_loader(split)
    dataset = cast(KeypointDataset, loader.dataset)
    predictions = predict(PoseNetwork(TorchSession(network)), loader, flip_test)
    pose, pose_from = mean_pose(module, split)
    beside = {f"mean pose of {pose_from}": predictions.with_constant(pose)}
    if flip_test:
        beside = {"without flip test": predict(PoseNetwork(TorchSession(network)), loader)} | beside
    results = {
        "model": network.name,
        "params": sum(p.numel() for p in network.network.parameters()),
        "split": split,
        "framing": str(module.framing),
        "reference": reference,
        "flip_test": flip_test,
        "images_per_s": len(predictions) / predictions.seconds,
        "ms": keypoint_latency_ms(network),
        "device": str(next(network.parameters()).device),
        "sources": summarise_sources(predictions, reference),
        "calibration": calibration(predictions),
        "suspected_label_errors": suspected_label_errors(predictions),
        "beside": {name: summarise_sources(p, reference) for name, p in beside.items()},
    }
    folder = Path(output_dir)
    report = markdown(results)
    print(report)
    save_pictures(folder, network, dataset, predictions, results)
    write_text(folder / "results.md", report)
    write_csv(folder / "images.csv", PER_IMAGE, per_image(predictions, reference))
    write_json(folder / "results.json", results)
    return results


def check_reference(reference: str) -> None:
    """InputError for a reference that no metric knows."""
    if reference not in REFERENCE_PARTS:
        known = " or ".join(REFERENCE_PARTS)
        raise InputError(f"unknown reference={reference!r}: choose {known}")


def open_for(
    model: KeypointModel, data: OpenData, batch_size: int, framing: str | None = None
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


def markdown(results: dict[str, Any]) -> str:
    """The report of `evaluate_keypoints`."""
    sources, per_length = results["sources"], f"distance of the {results['reference']}"
    one_by_one = " (one by one)" if results["framing"] == "rectangle" else ""
    parts = [
        f"# {results['model']} on split {results['split']}\n",
        f"{results['params']:,} parameters; framing={results['framing']}{one_by_one}; flip test "
        f"{'on' if results['flip_test'] else 'off'}; {results['images_per_s']:.1f} images/s in "
        f"torch, {results['ms']:.1f} ms for a frame of 16:9 ({results['device']}).\n",
        f"PCKs: joints within 0.25 x the true {per_length}, labelled joints only (unmasked: the "
        "released code's variant, every joint). Body PCK: within 0.1 x the longer side of the "
        "person's box. MAE: share of the input's side. PCKh: within 0.5 x head size. Brackets: "
        "95 % intervals that resample scenes. Left out: images without the reference.\n",
        _headline(sources),
        "\nMeans over scenes, each alike however many of its images there are\n",
        _scenes(sources),
        f"\nPCKs by {per_length} (thirds of the images; bounds as shares of the input's side)\n",
        _terciles(sources),
        "\nBeside it\n",
        _beside(results),
        "\nPCKs / MAE by joint\n",
        _joints(sources),
        "\nBody PCK / MAE (labelled joints) by confidence, which would be the chance of a right "
        "joint if its logits were times {scale:.2f}, plus {shift:.2f}\n".format(
            **results["calibration"]
        ),
        _confidence(sources),
        f"\nLabels to look at: a joint predicted with confidence {MIN_SCORE} or more lies "
        f"{MIN_ERROR} body lengths or more from its label "
        f"({len(results['suspected_label_errors'])} images)\n",
        _suspected_label_errors(results["suspected_label_errors"][:SHOWN]),
    ]
    return "\n".join(parts) + "\n"


def _headline(sources: dict[str, Any]) -> str:
    header = ("source", "images", "left out", "PCKs", "PCKs unmasked", "body PCK")
    header += ("MAE", "MAE unmasked", "PCKh")
    return markdown_table(
        header,
        [
            (
                name,
                str(f["images"]),
                str(f["left_out"]),
                with_interval(f["pcks"], f["pcks_ci"]),
                share(f["pcks_unmasked"]),
                with_interval(f["pck_bbox"], f["pck_body_ci"]),
                with_interval(f["mae"], f["mae_ci"]),
                share(f["mae_unmasked"]),
                share(f["pckh"]),
            )
            for name, f in sources.items()
        ],
    )


def _scenes(sources: dict[str, Any]) -> str:
    return markdown_table(
        ("source", "scenes", "PCKs", "body PCK"),
        [(name, str(f["scenes"]["number"]), *scene_means(f)) for name, f in sources.items()],
    )


def scene_means(figures: dict[str, Any]) -> tuple[str, str]:
    """PCKs and body PCK as means over scenes, with intervals, of what `summarise` gives."""
    of = figures["scenes"]
    pcks, body = (with_interval(of[name], of[f"{name}_ci"]) for name in ("pcks", "pck_bbox"))
    return pcks, body


def _terciles(sources: dict[str, Any]) -> str:
    return markdown_table(
        ("source", "shortest", "middle", "longest"),
        [
            (
                name,
                *(
                    f"{share(t['pcks'])} ({share(t['from'])} to {share(t['to'])})"
                    for t in f["pcks_terciles"]
                ),
            )
            for name, f in sources.items()
        ],
    )


def _beside(results: dict[str, Any]) -> str:
    rows = {results["model"]: results["sources"], **results["beside"]}
    header = ("PCKs / body PCK / MAE", *results["sources"])
    cells = (
        (name, *(" / ".join(share(f[k]) for k in ("pcks", "pck_bbox", "mae")) for f in s.values()))
        for name, s in rows.items()
    )
    return markdown_table(header, cells)


def _joints(sources: dict[str, Any]) -> str:
    def cell(figures: dict[str, Any], joint: str) -> str:
        at = figures["per_joint"][joint]
        return f"{share(at['pcks'])} / {share(at['mae'])}"

    return markdown_table(
        ("joint", *sources),
        [
            (joint, *(cell(figures, joint) for figures in sources.values()))
            for joint in sources["all"]["per_joint"]
        ],
    )


def _confidence(sources: dict[str, Any]) -> str:
    bins = {name: {b["from"]: b for b in f["by_confidence"]} for name, f in sources.items()}
    edges = sorted({(b["from"], b["to"]) for f in bins.values() for b in f.values()})

    def cell(found: dict[str, Any] | None) -> str:
        if not found:
            return "-"
        return f"{share(found['pck_bbox'])} / {share(found['mae'])} ({found['joints']})"

    return markdown_table(
        ("confidence", *(f"{name} (joints)" for name in bins)),
        [
            (f"{low:.1f} to {high:.1f}", *(cell(b.get(low)) for b in bins.values()))
            for low, high in edges
        ],
    )


def _suspected_label_errors(cases: list[dict[str, Any]]) -> str:
    return markdown_table(
        ("image", "error", "left and right swapped", "joints"),
        [
            (
                c["name"],
                share(c["error"], 2),
                "yes" if c["swapped"] else "no",
                ", ".join(c["joints"]),
            )
            for c in cases
        ],
    )


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
        pictures.save_rgb(folder / f"worst_and_best{suffix}.png", sheet)
    error = body_error(predictions).numpy()
    tiles = [
        _draw(dataset, predictions, error, c["row"])
        for c in results["suspected_label_errors"][:SHOWN]
    ]
    if tiles:
        title = f"{model.name}, split {results['split']}: labels to look at; {legend}"
        pictures.save_rgb(folder / "suspected_label_errors.png", pictures.page(tiles, 6, title))
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
