"""From a frame to the score that somebody in it is in push-up position."""

from collections.abc import Callable
from typing import Protocol

import numpy as np
from torch import Tensor, nn

from pushup.cli import InputError
from pushup.geometry import FrameTransform
from pushup.inference.onnx_model import OnnxClassifier
from pushup.inference.predictor import Pose, PoseModel, as_images
from pushup.models import weights

Classify = Callable[[np.ndarray, Pose], float | None]
"""A frame, and the pose found in it, to a score in 0..1 for `Observation.pushing_up`."""

SHARED, SHIPPED = "shared", "shipped"
"""What chooses the classification head of the keypoint model itself, and the weights that ship."""


class ClassifierModel(Protocol):
    """A backend: what `pushup.models.weights.load` gives for "recognition", or `OnnxClassifier`."""

    @property
    def input_size(self) -> int:
        """Side of the square input in pixels."""
        ...

    def classify(self, images: Tensor) -> Tensor:
        """See `pushup.models.PushUpClassifier.classify`."""
        ...


class ClassifierPredictor:
    """Looks at the whole frame, each by itself; smoothing over time is the gate's.

    Args:
        model: Backend.
        device: Where a torch model runs.
    """

    def __init__(self, model: ClassifierModel, device: str = "cpu") -> None:
        self.model = model.to(device) if isinstance(model, nn.Module) else model
        self._device = device if isinstance(model, nn.Module) else "cpu"

    def __call__(self, frame_bgr: np.ndarray, pose: Pose | None = None) -> float:
        """Score in 0..1 of a (H, W, 3) uint8 frame, whatever the pose."""
        height, width = frame_bgr.shape[:2]
        transform = FrameTransform.pad_square((width, height), self.model.input_size)
        images = as_images(frame_bgr, transform).to(self._device)
        return float(self.model.classify(images)[0])


def shared(frame_bgr: np.ndarray, pose: Pose) -> float | None:
    """The score that came with the pose, from the same look at the frame."""
    return pose.pushing_up


def classifier_path(choice: str) -> str:
    """The file that a choice of `open_classifier` names; the choice itself if it names none."""
    if choice == SHARED:
        return choice
    return str(weights.locate("classifier" if choice == SHIPPED else choice))


def open_classifier(
    choice: str | None, model: PoseModel, device: str = "cpu", threads: int = 0
) -> Classify | None:
    """The push-up classifier that a configuration names; on a CPU it runs in ONNX Runtime.

    Args:
        choice: A file of weights, "shipped" for ours, "shared" for the keypoint model's second
            head, None for none.
        model: The keypoint model.
        device: Where a push-up classifier of its own runs.
        threads: Threads of ONNX Runtime; 0 = as it sees fit.

    Raises:
        InputError: The file is of no use, or the keypoint model has no classification head.
    """
    if choice is None:
        return None
    if choice != SHARED:
        network = weights.load(classifier_path(choice), "recognition")
        backend = OnnxClassifier(network, threads) if device == "cpu" else network
        return ClassifierPredictor(backend, device)
    if not model.classifies:
        raise InputError(
            f"these weights of model {model.name!r} have no classification head: give "
            "classifier=FILE, or train one: train.py experiment=classification_head init_from=FILE"
        )
    return shared
