"""Exporting: from a checkpoint to the file that ships."""

import subprocess
from pathlib import Path
from typing import Any

from pushup.cli import InputError
from pushup.foreign import read_json
from pushup.models.keypoint_model import KeypointModel
from pushup.models.weights.files import read, save
from pushup.models.weights.loading import build
from pushup.specs import locate


def current_commit() -> str:
    """The commit of this checkout, "unknown" outside one or without git."""
    command_line = ["git", "-C", str(Path(__file__).parent), "rev-parse", "--short", "HEAD"]
    try:
        result = subprocess.run(command_line, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return "unknown"
    return result.stdout.strip() or "unknown"


def export(
    checkpoint: str | Path,
    out: str | Path,
    metrics: str | Path | None = None,
    head_metrics: str | Path | None = None,
) -> None:
    """Turn a checkpoint into the file that ships: batch norm folded, fp16, no optimizer.

    Args:
        checkpoint: A `.ckpt` or `.safetensors` file.
        out: Written.
        metrics: results.json of evaluate.py to carry along.
        head_metrics: The like of the model's classification head.

    Raises:
        InputError: See `load`; or a results.json cannot be read or has no head to belong to.
    """
    path = locate(checkpoint)
    spec, state = read(path)
    model = build(path, spec, state)
    if isinstance(model, KeypointModel):
        model.fold()
    if metrics is not None:
        model.metrics = _read_results(metrics)
    if head_metrics is not None:
        if not isinstance(model, KeypointModel) or model.classification_head is None:
            raise InputError(f"{path} has no classification head: leave out --head-metrics")
        model.classification_head.metrics = _read_results(head_metrics)
    training = {**spec.get("training", {}), "export_commit": current_commit()}
    save(model, {**model.spec(), "training": training}, out)


def _read_results(path: str | Path) -> dict[str, Any]:
    results = read_json(Path(path))
    if not isinstance(results, dict):
        raise InputError(f"{path} is not a results.json of evaluate.py: give another")
    return results
