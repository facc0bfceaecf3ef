"""Weight averaging: several trainings of one model become one model."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch

from pushup.cli import InputError
from pushup.models.keypoint_model import KeypointModel
from pushup.models.weights.files import read, save
from pushup.models.weights.loading import build
from pushup.specs import locate


def average(paths: Sequence[str | Path], out: str | Path, input_size: int | None = None) -> None:
    """Write the mean of the weights of several trainings of one model, one begun from another.

    As good as their ensemble, at the cost of one (Wortsman et al., "Model soups", ICML 2022). The
    first file says how the mean frames a picture. A calibration of keypoint scores belongs to one
    file's weights: the mean has none.

    Args:
        paths: The files; one that is named twice weighs twice.
        out: The file to write.
        input_size: Longer side in pixels at which the mean looks. With it, keypoint networks may
            have been trained at different sizes; name and codec are those of the first file.

    Raises:
        InputError: See `load`; or the files hold different models.
    """
    models, training = [], []
    for path in map(locate, paths):
        spec, state = read(path)
        model = build(path, spec, state)
        training.append(spec.get("training", {}))
        model.metrics = {}
        models.append(model)
        if isinstance(model, KeypointModel) and isinstance(models[0], KeypointModel):
            _let_look_like(models[0], model, input_size)
        if model.spec() != models[0].spec():
            raise InputError(f"{path} holds another model than {paths[0]}: give two of one kind")
    states = [model.state_dict() for model in models]
    mean = {
        key: torch.stack([state[key].float() for state in states]).mean(0).to(value.dtype)
        for key, value in states[0].items()
    }
    models[0].load_state_dict(mean)
    save(models[0], {**models[0].spec(), "training": {"averaged": training}}, out)


def _let_look_like(first: KeypointModel, model: KeypointModel, input_size: int | None) -> None:
    model.framing = first.framing
    model.codec = model.codec.uncalibrated()
    if input_size is not None and type(model.codec) is type(first.codec):
        model.name = first.name
        model.codec = replace(first.codec, input_size=input_size)  # type: ignore[type-var]
