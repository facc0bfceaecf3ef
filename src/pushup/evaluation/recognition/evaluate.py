"""The push-up classifier on one split: figures with intervals, confusions by source, mistakes."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np
import torch
from torch.utils.data import DataLoader
from tqdm import tqdm

from pushup.cli import InputError
from pushup.data.recognition import RecognitionDataModule, RecognitionDataset
from pushup.drawing import write_picture
from pushup.evaluation import pictures
from pushup.evaluation.keypoints.predictions import latency_ms, runtime_of
from pushup.evaluation.report import markdown_table, save_results, share, with_interval
from pushup.metrics.calibration import temperature
from pushup.metrics.recognition import auc, best_threshold, bootstrap_interval, confusion
from pushup.models import weights
from pushup.models.classification_head import ClassificationHead
from pushup.models.keypoint_model import KeypointModel

FIGURES = ("accuracy", "f1", "precision", "recall")
COUNTS = ("true_positive", "false_positive", "false_negative", "true_negative")
SHEET = "misclassified.png"
SHOWN, SHOWN_PER_SCENE = 24, 4
"""Mistakes of either kind on the sheet, the worst first."""


@dataclass(frozen=True)
class Scored:
    """N images with the model's answers.

    Attributes:
        scores: (N,) in 0..1.
        labels: (N,) bool.
        groups: (N,) names of scenes.
        sources: (N,) names of collections.
        seconds: Time spent in the model.
    """

    scores: np.ndarray
    labels: np.ndarray
    groups: np.ndarray
    sources: np.ndarray
    seconds: float

    def of_source(self, name: str) -> "Scored":
        """The images of one collection."""
        here = self.sources == name
        columns = (self.scores, self.labels, self.groups, self.sources)
        return Scored(*(column[here] for column in columns), seconds=self.seconds)


def evaluate_recognition(
    ckpt_path: str | None,
    model: str | None,
    data: Callable[..., RecognitionDataModule],
    split: str,
    output_dir: str,
    published_threshold: float,
    batch_size: int = 32,
) -> dict[str, Any]:
    """Measure a push-up classifier; print and write results.json, results.md and its mistakes.

    The threshold is that of best F1 on the data's validation split, whichever split is measured;
    where there is none, that which the weights carry. The figures at the published one are put
    beside.

    Args:
        ckpt_path: A `.ckpt` or `.safetensors` file; None for the weights shipped for `model`.
        model: Name of the model.
        data: Opens the data for a model's `input_size` and a `batch_size`.
        split: Name of the split.
        output_dir: Existing folder for the files.
        published_threshold: Put beside the chosen one.
        batch_size: Images a forward pass.

    Returns:
        What results.json holds.
    """
    if ckpt_path is None and model is None:
        raise InputError("nothing to evaluate: give ckpt_path=FILE, or model=classifier")
    device = "cuda" if torch.cuda.is_available() else "cpu"
    network = weights.load(ckpt_path or str(model), "recognition", model).to(device)
    module = data(input_size=network.input_size, batch_size=batch_size)
    loader = module.eval_loader(split)
    dataset = cast(RecognitionDataset, loader.dataset)
    choosing = _choosing_loader(module, split, network)  # found or refused before any work
    scored = score(network, loader)
    if choosing is None:
        chosen, chosen_from, sureness = stored_threshold(network), "the weights", float("nan")
    else:
        on_val = scored if split == module.val_split else score(network, choosing)
        chosen, chosen_from = best_threshold(on_val.scores, on_val.labels), module.val_split
        sureness = temperature(on_val.scores, on_val.labels)
    thresholds = {"chosen": chosen, "published": published_threshold}
    results = {
        "model": network.name,
        **_describe(network),
        "input_size": network.input_size,
        "split": split,
        "images_per_s": len(dataset) / scored.seconds,
        "ms": latency_ms(runtime_of(network), (network.input_size, network.input_size)),
        "device": device,
        "threshold": chosen,
        "threshold_from": chosen_from,
        "temperature": sureness,
        **summarise(scored, thresholds),
        "sources": {
            str(name): summarise_source(scored.of_source(name), thresholds)
            for name in np.unique(scored.sources)
        },
    }
    save_mistakes(Path(output_dir) / SHEET, dataset, scored, thresholds["chosen"])
    save_results(output_dir, results, markdown(results))
    return results


def stored_threshold(model: weights.ImageModel) -> float | None:
    """The threshold that was chosen when the file of weights was made; None if it says nothing."""
    head = model.classification_head if isinstance(model, KeypointModel) else model
    stored = head.metrics.get("threshold") if head is not None else None
    return float(stored) if isinstance(stored, int | float) and 0 < stored < 1 else None


def _choosing_loader(
    module: RecognitionDataModule, split: str, model: weights.ImageModel
) -> DataLoader | None:
    """The validation split, on which the threshold is chosen; None to take that of the weights.

    Raises:
        InputError: There is no validation split, and the weights know no threshold.
    """
    try:
        return module.eval_loader(module.val_split)
    except InputError as error:
        if stored_threshold(model) is None:
            raise InputError(
                f"{error}; the threshold is chosen on data.val_split={module.val_split}, "
                "and these weights carry none"
            ) from error
        print(f"the threshold is that of the weights: {error}")
        return None


def _describe(model: weights.ImageModel) -> dict[str, Any]:
    """What answers: a classification head's parameters are its own, without the encoder's."""
    if isinstance(model, KeypointModel):
        encoder, part = (
            f"classification head, encoder of {model.name}",
            cast(ClassificationHead, model.classification_head),
        )
    else:
        encoder, part = model.encoder, model
    return {"encoder": encoder, "params": sum(p.numel() for p in part.parameters())}


def score(model: weights.ImageModel, loader: DataLoader) -> Scored:
    """The model's scores of every picture of a `RecognitionDataset`, in its order."""
    device = next(model.parameters()).device
    scores, seconds = [], 0.0
    for batch in tqdm(loader, desc="evaluate", leave=False):
        start = time.perf_counter()
        scores.append(model.classify(batch["image"].to(device)).cpu())  # waits for the device
        seconds += time.perf_counter() - start
    items = cast(RecognitionDataset, loader.dataset).items
    return Scored(
        scores=torch.cat(scores).double().numpy(),
        labels=np.array([item.label for item in items]),
        groups=np.array([item.group for item in items]),
        sources=np.array([item.source for item in items]),
        seconds=seconds,
    )


def summarise(s: Scored, thresholds: dict[str, float]) -> dict[str, Any]:
    """Figures of a split with intervals over its scenes."""

    def at(threshold: float) -> dict[str, Any]:
        outcome = confusion(s.scores, s.labels, threshold)
        figures: dict[str, Any] = {"threshold": threshold}
        for name in FIGURES:

            def figure(times: np.ndarray, name: str = name) -> float:
                return getattr(confusion(s.scores, s.labels, threshold, times), name)

            figures[name] = getattr(outcome, name)
            figures[f"{name}_ci"] = bootstrap_interval(figure, s.groups)
        return figures | {name: int(getattr(outcome, name)) for name in COUNTS}

    return {
        "images": len(s.scores),
        "positives": int(s.labels.sum()),
        "scenes": len(np.unique(s.groups)),
        "auc": auc(s.scores, s.labels),
        "auc_ci": bootstrap_interval(partial(auc, s.scores, s.labels), s.groups),
        "at": {name: at(threshold) for name, threshold in thresholds.items()},
    }


def summarise_source(s: Scored, thresholds: dict[str, float]) -> dict[str, Any]:
    """Outcomes in one collection, which is often of one kind only."""
    figures: dict[str, Any] = {"images": len(s.scores), "scenes": len(np.unique(s.groups))}
    for name, threshold in thresholds.items():
        outcome = confusion(s.scores, s.labels, threshold)
        counts = {count: int(getattr(outcome, count)) for count in COUNTS}
        figures[name] = {"accuracy": outcome.accuracy, **counts}
    return figures


def markdown(results: dict[str, Any]) -> str:
    """The report of `evaluate_recognition`."""
    chosen, published = results["at"]["chosen"], results["at"]["published"]
    headline = markdown_table(
        ("threshold", *FIGURES, *(name.replace("_", " ") for name in COUNTS)),
        [
            (
                f"{share(at['threshold'])} {name}",
                *(with_interval(at[key], at[f"{key}_ci"]) for key in FIGURES),
                *(str(at[key]) for key in COUNTS),
            )
            for name, at in (("chosen", chosen), ("published", published))
        ],
    )
    by_source = markdown_table(
        ("source", "images", "scenes", "push-ups missed", "wrongly seen", "accuracy", "published"),
        [
            (
                name or "(unnamed)",
                str(f["images"]),
                str(f["scenes"]),
                _part(f["chosen"], "false_negative", "true_positive"),
                _part(f["chosen"], "false_positive", "true_negative"),
                share(f["chosen"]["accuracy"]),
                share(f["published"]["accuracy"]),
            )
            for name, f in results["sources"].items()
        ],
    )
    auc_text = with_interval(results["auc"], results["auc_ci"])
    chosen_text = f"is that of {results['threshold_from']}"
    sureness_text = ""
    if np.isfinite(results["temperature"]):
        chosen_text = f"has the best F1 on split {results['threshold_from']}"
        sureness_text = (
            f" Temperature {results['temperature']:.2f} on split {results['threshold_from']}: what "
            "logits would have to be divided by to be calibrated."
        )
    return (
        f"# {results['model']} on split {results['split']}\n\n"
        f"{results['encoder']}, {results['params']:,} parameters, input {results['input_size']}; "
        f"{results['images']} images ({results['positives']} push-up) of {results['scenes']} "
        f"scenes; {results['images_per_s']:.1f} images/s in batches, {results['ms']:.1f} ms for "
        f"one ({results['device']}).\n\nAUC {auc_text}. The chosen threshold {chosen_text}. "
        f"Brackets: 95 % intervals that resample scenes.{sureness_text}\n\n"
        f"{headline}\n\nBy source at the chosen threshold (last column: at the published one)\n\n"
        f"{by_source}\n"
    )


def _part(counts: dict[str, int], wrong: str, right: str) -> str:
    whole = counts[wrong] + counts[right]
    return f"{counts[wrong]} of {whole}" if whole else "-"


def save_mistakes(
    path: Path, dataset: RecognitionDataset, scored: Scored, threshold: float
) -> None:
    """Write a sheet of the wrong answers, the worst first; no file where none is wrong."""
    path.unlink(missing_ok=True)
    kinds = (("push-ups missed", True), ("wrongly seen", False))
    sheets = []
    for title, label in kinds:
        wrong = (scored.labels == label) & ((scored.scores > threshold) != label)
        ranked = np.argsort(scored.scores if label else -scored.scores)
        chosen = pictures.spread(
            [int(i) for i in ranked if wrong[i]], scored.groups.tolist(), SHOWN, SHOWN_PER_SCENE
        )
        if chosen:
            tiles = [_tile(dataset, i, scored.scores[i]) for i in chosen]
            heading = f"{title}: {len(chosen)} of {wrong.sum()} mistakes, threshold {threshold:.3f}"
            sheets.append(pictures.page(tiles, 6, heading))
    if sheets:
        write_picture(path, np.vstack(sheets))


def _tile(dataset: RecognitionDataset, index: int, score: float) -> np.ndarray:
    item = dataset.items[index]
    picture = dataset[index]["image"].permute(1, 2, 0).numpy()
    side = pictures.TILE
    picture = cv2.resize(picture, (side, side), interpolation=cv2.INTER_LINEAR)
    return pictures.captioned(picture, f"{score:.3f} {item.image.stem} {item.group}")
