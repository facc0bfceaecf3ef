"""Calibration: scores that are as sure as they are right, from figures that evaluate.py prints.

Only scores change: the maps and the joints are those of the file.
"""

from pathlib import Path

from pushup.cli import InputError
from pushup.codecs import GaussianHeatmap
from pushup.models.classifier import PushUpClassifier
from pushup.models.keypoint_model import KeypointModel
from pushup.models.weights.files import read, save
from pushup.models.weights.loading import build
from pushup.specs import locate


def temperature_scaling(source: str | Path, temperature: float, out: str | Path) -> None:
    """Write a push-up classifier whose logits are divided by a temperature.

    Guo et al., "On Calibration of Modern Neural Networks", ICML 2017. `evaluate.py
    mode=recognition` prints the temperature.

    Raises:
        InputError: See `load`; or the file holds no classifier, or the temperature is none.
    """
    if not 0 < temperature < float("inf"):
        raise InputError(f"a temperature is above 0, not {temperature}")
    path = locate(source)
    spec, state = read(path)
    model = build(path, spec, state)
    if not isinstance(model, PushUpClassifier):
        raise InputError(f"{path} holds no classifier: only one has logits to divide")
    model.scale_temperature(temperature)
    training = {"temperature": temperature, "of": spec.get("training", {})}
    model.metrics = {}
    save(model, {**model.spec(), "training": training}, out)


def platt_scaling(source: str | Path, scale: float, shift: float, out: str | Path) -> None:
    """Write a keypoint model whose confidences have their logits times `scale` plus `shift`.

    `evaluate.py` prints the pair that makes them chances of a joint in its place.

    Raises:
        InputError: See `load`; the file holds no keypoint model with Gaussian heatmaps, or the
            scale would turn the order of its scores.
    """
    if not 0 < scale < float("inf"):
        raise InputError(f"a scale is above 0, not {scale}")
    path = locate(source)
    spec, state = read(path)
    model = build(path, spec, state)
    if not isinstance(model, KeypointModel) or not isinstance(model.codec, GaussianHeatmap):
        raise InputError(f"{path} holds no keypoint model with Gaussian heatmaps: give another")
    model.codec = model.codec.calibrated(scale, shift)
    model.metrics = {}
    training = {"calibrated": [scale, shift], "of": spec.get("training", {})}
    save(model, {**model.spec(), "training": training}, out)
