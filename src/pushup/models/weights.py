"""Files of weights: what is in them, how they load, how a checkpoint becomes one that ships.

Two formats say the same: a Lightning checkpoint (`.ckpt`, with optimizer state, for resuming) and
safetensors (weights only, fp16, for shipping). Both carry the model's `spec`. Neither can run code.

    python -m pushup.models.weights export CHECKPOINT OUT.safetensors [--metrics results.json]
    python -m pushup.models.weights average OUT.safetensors FILE FILE ...
    python -m pushup.models.weights temper OUT.safetensors RECOGNISER TEMPERATURE
    python -m pushup.models.weights calibrate OUT.safetensors KEYPOINTS SCALE SHIFT
    python -m pushup.models.weights show FILE
"""

import argparse
import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as to_bytes
from torch import Tensor

from pushup.cli import InputError, command
from pushup.codecs import GaussianHeatmap
from pushup.files import replacing
from pushup.models.classification_head import ClassificationHead
from pushup.models.classifier import PushUpClassifier
from pushup.models.keypoint_model import KeypointModel
from pushup.paths import WEIGHTS

Model = KeypointModel | PushUpClassifier

TASKS: dict[str, type[KeypointModel] | type[PushUpClassifier]] = {
    "keypoints": KeypointModel,
    "recognition": PushUpClassifier,
}
"""What builds a model from its spec, by the task that the spec states."""

SPEC_KEY = "pushup_spec"
"""Where both formats keep the model's `spec`."""

MODEL_PREFIX = "model."
"""What precedes the model's tensors in a Lightning checkpoint."""


def find(name: str) -> Path:
    """The weights shipped for a model name; InputError when there are none."""
    path = WEIGHTS / f"{name}.safetensors"
    if not path.is_file():
        shipped = ", ".join(sorted(p.stem for p in WEIGHTS.glob("*.safetensors"))) or "none"
        raise InputError(
            f"no weights are shipped for model {name!r} (shipped: {shipped}): "
            "train it and give ckpt_path=FILE"
        )
    return path


def read(path: str | Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """The spec and the state dict in a `.ckpt` or `.safetensors` file.

    Raises:
        InputError: The file is missing, damaged, holds code, or was not written by this project.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"no checkpoint {path}: give an existing .ckpt or .safetensors file")
    spec, state = _read_safetensors(path) if path.suffix == ".safetensors" else _read_ckpt(path)
    if not isinstance(spec, dict) or "task" not in spec:
        raise InputError(
            f"{path} was not written by this project (it carries no model description): "
            "give a checkpoint made by train.py"
        )
    return spec, state


def _read_safetensors(path: Path) -> tuple[Any, dict[str, Tensor]]:
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            state = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
        return json.loads(metadata.get(SPEC_KEY, "null")), state
    except (SafetensorError, OSError, json.JSONDecodeError) as error:
        raise InputError(f"{path} is not a readable safetensors file: {error}") from error


def _read_ckpt(path: Path) -> tuple[Any, dict[str, Tensor]]:
    try:
        checkpoint = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # the restricted unpickler raises whatever its input leads it to
        raise InputError(
            f"{path} was refused: it is damaged or holds pickled objects, which could run code; "
            "give a checkpoint made by train.py"
        ) from error
    if not isinstance(checkpoint, dict):
        return None, {}
    state = {
        key.removeprefix(MODEL_PREFIX): value
        for key, value in checkpoint.get("state_dict", {}).items()
        if key.startswith(MODEL_PREFIX)
    }
    return checkpoint.get(SPEC_KEY), state


def load(path: str | Path, name: str | None = None) -> KeypointModel:
    """The keypoint model in a file; see `load_any`."""
    return cast(KeypointModel, load_any(path, name, "keypoints"))


def load_classifier(path: str | Path, name: str | None = None) -> Model:
    """What classifies push-up position: a classifier, or a keypoint model with the head.

    Raises:
        InputError: See `load_any`; or the file holds a keypoint model with one head.
    """
    model = load_any(path, name)
    if isinstance(model, KeypointModel) and model.classification_head is None:
        raise InputError(
            f"{path} holds a keypoints model without a classification head: "
            "give a recognition checkpoint, "
            f"or train one: train.py experiment=classification_head init_from={path}"
        )
    return model


def load_for_classification_head(
    path: str | Path | None, input_size: int, width: int = 128, dropout: float = 0.5
) -> KeypointModel:
    """The keypoint model in a file, with a new classification head to be trained.

    Raises:
        InputError: See `load_any`; there is no file, or it takes pictures of another size.
    """
    if path is None:
        raise InputError(
            "a classification head belongs to a trained keypoint model: give init_from=FILE"
        )
    spec, state = read(path)
    model = cast(KeypointModel, _build(path, spec, state, task="keypoints"))
    if model.input_size != input_size:
        raise InputError(
            f"{path} takes pictures of {model.input_size} pixels: "
            f"add model.input_size={model.input_size}"
        )
    channels = int(model.network.deepest_channels)  # type: ignore[arg-type]
    model.classification_head = ClassificationHead(channels, width, dropout, spec.get("training"))
    model.rectangles = False  # the head learns from squares
    return model


def load_any(path: str | Path, name: str | None = None, task: str | None = None) -> Model:
    """The model in a file, in evaluation mode and float32.

    Args:
        path: A `.ckpt` or `.safetensors` file.
        name: If given, the model that the file has to hold.
        task: If given, the task that the model has to be for.

    Raises:
        InputError: See `read`; or the file holds another model or another task.
    """
    return _build(path, *read(path), name, task)


def _build(
    path: str | Path,
    spec: dict[str, Any],
    state: dict[str, Tensor],
    name: str | None = None,
    task: str | None = None,
) -> Model:
    """What `load_any` does with what `read` has read."""
    if spec["task"] not in TASKS or spec["task"] != (task or spec["task"]):
        wanted = task or " or ".join(TASKS)
        raise InputError(f"{path} holds a {spec['task']} model: give a {wanted} checkpoint")
    if name is not None and spec["name"] != name:
        raise InputError(
            f"{path} holds model {spec['name']!r}, not {name!r}: give model={spec['name']} "
            "or another ckpt_path"
        )
    try:
        model = TASKS[spec["task"]].from_spec(spec)
        model.load_state_dict({key: value.float() for key, value in state.items()})
    except (RuntimeError, KeyError, TypeError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"{path} does not fit the model it describes: {reason}") from error
    return model.eval()


def save(model: torch.nn.Module, spec: dict[str, Any], path: str | Path) -> None:
    """Write fp16 safetensors with the spec as metadata, all at once or not at all."""
    state = {
        key: (value.half() if value.is_floating_point() else value).contiguous()
        for key, value in model.state_dict().items()
    }
    with replacing(path) as part:
        # not save_file, whose files only their owner may read
        part.write_bytes(to_bytes(state, metadata={SPEC_KEY: json.dumps(spec)}))


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
    """Turn a checkpoint into the file that ships.

    Args:
        checkpoint: A `.ckpt` or `.safetensors` file.
        out: Written.
        metrics: results.json of evaluate.py to carry along.
        head_metrics: The like of the model's classification head.
    """
    spec, state = read(checkpoint)
    model = _build(checkpoint, spec, state)
    if isinstance(model, KeypointModel):
        model.fold()
    if metrics is not None:
        model.metrics = _read_results(metrics)
    if head_metrics is not None:
        if not isinstance(model, KeypointModel) or model.classification_head is None:
            raise InputError(f"{checkpoint} has no classification head: leave out --head-metrics")
        model.classification_head.metrics = _read_results(head_metrics)
    training = {**spec.get("training", {}), "export_commit": current_commit()}
    save(model, {**model.spec(), "training": training}, out)


def average(paths: Sequence[str | Path], out: str | Path) -> None:
    """Write the mean of the weights of several trainings of one model, one begun from another.

    As good as their ensemble, at the cost of one (Wortsman et al., "Model soups", ICML 2022). The
    first file says whether the mean is a model of rectangles. A calibration of keypoint scores
    belongs to one file's weights: the mean has none.

    Raises:
        InputError: See `load_any`; or the files hold different models.
    """
    models, training = [], []
    for path in paths:
        spec, state = read(path)
        models.append(_build(path, spec, state))
        training.append(spec.get("training", {}))
        models[-1].metrics = {}
        if isinstance(models[-1], KeypointModel):
            models[-1].rectangles = models[0].rectangles
            if isinstance(models[-1].codec, GaussianHeatmap):
                models[-1].codec = models[-1].codec.uncalibrated()  # type: ignore  # frozen
        if models[-1].spec() != models[0].spec():
            raise InputError(f"{path} holds another model than {paths[0]}: give two of one kind")
    states = [model.state_dict() for model in models]
    mean = {
        key: torch.stack([state[key].float() for state in states]).mean(0).to(value.dtype)
        for key, value in states[0].items()
    }
    models[0].load_state_dict(mean)
    save(models[0], {**models[0].spec(), "training": {"averaged": training}}, out)


def temper(path: str | Path, temperature: float, out: str | Path) -> None:
    """Write a push-up classifier whose logits are divided by a temperature.

    `evaluate.py mode=recognition` prints the one that makes its scores as sure as they are right.

    Raises:
        InputError: See `load_any`; or the file holds no classifier, or the temperature is none.
    """
    if not 0 < temperature < float("inf"):
        raise InputError(f"a temperature is above 0, not {temperature}")
    model = load_any(path)
    if not isinstance(model, PushUpClassifier):
        raise InputError(f"{path} holds no classifier: only one has a score to temper")
    model.temper(temperature)
    training = {"temperature": temperature, "of": read(path)[0].get("training", {})}
    model.metrics = {}
    save(model, {**model.spec(), "training": training}, out)


def calibrate(path: str | Path, scale: float, shift: float, out: str | Path) -> None:
    """Write a keypoint model whose confidences have their logits times `scale` plus `shift`.

    `evaluate.py` prints the pair that makes them chances of a joint in its place. Only scores
    change: the weights, the maps and the joints are those of the file.

    Raises:
        InputError: See `load_any`; the file holds no keypoint model with Gaussian heatmaps, or
            the scale would turn the order of its scores.
    """
    if not 0 < scale < float("inf"):
        raise InputError(f"a scale is above 0, not {scale}")
    spec, state = read(path)
    model = _build(path, spec, state)
    if not isinstance(model, KeypointModel) or not isinstance(model.codec, GaussianHeatmap):
        raise InputError(f"{path} holds no keypoint model with Gaussian heatmaps: give another")
    model.codec = model.codec.calibrated(scale, shift)  # type: ignore  # frozen, as all codecs
    model.metrics = {}
    training = {"calibrated": [scale, shift], "of": spec.get("training", {})}
    save(model, {**model.spec(), "training": training}, out)


def _read_results(path: str | Path) -> dict[str, Any]:
    try:
        return json.loads(Path(path).read_text())
    except (OSError, json.JSONDecodeError) as error:
        raise InputError(f"{path} is not a readable results.json: {error}") from error


@command
def main(argv: list[str] | None = None) -> None:
    """Command line: see the module's docstring."""
    parser = argparse.ArgumentParser(prog="python -m pushup.models.weights")
    commands = parser.add_subparsers(dest="command", required=True)
    exporting = commands.add_parser("export", help="checkpoint to fp16 safetensors")
    exporting.add_argument("checkpoint")
    exporting.add_argument("out")
    exporting.add_argument("--metrics", help="results.json of evaluate.py to carry along")
    exporting.add_argument("--head-metrics", help="the like of its classification head")
    averaging = commands.add_parser("average", help="mean of several trainings of one model")
    averaging.add_argument("out")
    averaging.add_argument("files", nargs="+")
    tempering = commands.add_parser("temper", help="calibrate the scores of a push-up classifier")
    tempering.add_argument("out")
    tempering.add_argument("file")
    tempering.add_argument("temperature", type=float)
    calibrating = commands.add_parser("calibrate", help="calibrate the scores of keypoints")
    calibrating.add_argument("out")
    calibrating.add_argument("file")
    calibrating.add_argument("scale", type=float)
    calibrating.add_argument("shift", type=float)
    showing = commands.add_parser("show", help="print what a file says of itself")
    showing.add_argument("checkpoint")
    arguments = parser.parse_args(argv)
    if arguments.command == "export":
        export(arguments.checkpoint, arguments.out, arguments.metrics, arguments.head_metrics)
        print(f"{arguments.out}: {Path(arguments.out).stat().st_size / 1e6:.1f} MB")
    elif arguments.command == "average":
        average(arguments.files, arguments.out)
    elif arguments.command == "temper":
        temper(arguments.file, arguments.temperature, arguments.out)
    elif arguments.command == "calibrate":
        calibrate(arguments.file, arguments.scale, arguments.shift, arguments.out)
    else:
        print(json.dumps(read(arguments.checkpoint)[0], indent=2))


if __name__ == "__main__":
    main()
