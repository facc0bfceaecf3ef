"""Loading: from a file of weights, or the name of one that ships, to a model."""

from pathlib import Path
from typing import Any, Literal, overload

from torch import Tensor

from pushup.cli import InputError
from pushup.models.classifier import PushUpClassifier
from pushup.models.counter_network import CounterNetwork
from pushup.models.keypoint_model import KeypointModel
from pushup.models.video_model import VideoModel
from pushup.models.weights import files
from pushup.models.weights.checks import check
from pushup.specs import locate

Model = KeypointModel | PushUpClassifier | VideoModel | CounterNetwork

ImageModel = KeypointModel | PushUpClassifier
"""What looks at a picture by itself."""

Task = Literal["keypoints", "recognition", "image"]
"""What a model is asked for: joints, whether somebody is in push-up position, or either."""

_KINDS: dict[str, type[Model]] = {
    "counter": CounterNetwork,
    "keypoints": KeypointModel,
    "recognition": PushUpClassifier,
    "video": VideoModel,
}


@overload
def load(
    path_or_name: str | Path, task: Literal["keypoints"] = ..., name: str | None = ...
) -> KeypointModel: ...


@overload
def load(
    path_or_name: str | Path, task: Literal["recognition", "image"], name: str | None = ...
) -> ImageModel: ...


@overload
def load(path_or_name: str | Path, task: None, name: str | None = ...) -> Model: ...


def load(
    path_or_name: str | Path, task: Task | None = "keypoints", name: str | None = None
) -> Model:
    """The model in a file, in evaluation mode and float32.

    Args:
        path_or_name: See `locate`.
        task: What the model has to be able to do; None: whatever it does. A keypoint model does
            "recognition" if it has a classification head.
        name: If given, the model that the file has to hold.

    Raises:
        InputError: See `files.read`; or the file holds another model, or one for another task.
    """
    path = locate(path_or_name)
    model = build(path, *files.read(path), name)
    has_head = isinstance(model, KeypointModel) and model.classifies
    if task == "keypoints" and not isinstance(model, KeypointModel):
        raise InputError(f"{path} holds a {_kind(model)} model: give a keypoints checkpoint")
    if task is not None and not isinstance(model, ImageModel):
        raise InputError(
            f"{path} holds a {_kind(model)} model, which sees no picture by itself: give a "
            "keypoints or recognition checkpoint"
        )
    if task == "recognition" and not (has_head or isinstance(model, PushUpClassifier)):
        raise InputError(
            f"{path} holds a keypoints model without a classification head: "
            "give a recognition checkpoint, "
            f"or train one: train.py experiment=classification_head init_from={path}"
        )
    return model


def _kind(model: Model) -> str:
    return next(kind for kind, built in _KINDS.items() if isinstance(model, built))


def build(
    path: str | Path, spec: dict[str, Any], state: dict[str, Tensor], name: str | None = None
) -> Model:
    """The model that `files.read` has read; see `load`."""
    if spec["task"] not in _KINDS:
        known = " or ".join(_KINDS)
        raise InputError(f"{path} holds a {spec['task']} model: give a {known} checkpoint")
    if name is not None and spec.get("name") != name:
        raise InputError(
            f"{path} holds model {spec.get('name')!r}, not {name!r}: give "
            f"model={spec.get('name')} or another ckpt_path"
        )
    try:
        check(path, spec, state)
        model = _KINDS[spec["task"]].from_spec(spec)
        model.load_state_dict({key: value.float() for key, value in state.items()})
    except InputError:
        raise
    except Exception as error:  # a spec from outside may say anything
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(f"{path} does not fit the model it describes: {reason}") from error
    return model.eval()
