"""From a frame to the score that somebody in it is in push-up position."""

from collections.abc import Callable
from typing import Protocol

import numpy as np
from torch import Tensor, nn

from pushup.cli import InputError
from pushup.geometry import FrameTransform
from pushup.inference.onnx_model import OnnxRecogniser
from pushup.inference.predictor import Pose, PoseModel, as_images
from pushup.models import weights

Recognise = Callable[[np.ndarray, Pose], float | None]
"""A frame, and the pose found in it, to a score in 0..1 for `Observation.pushing_up`."""

SHARED, SHIPPED = "shared", "shipped"
"""What chooses the second head of the keypoint model itself, and the weights that ship."""


class RecogniserModel(Protocol):
    """A backend: what `pushup.models.weights.load_recogniser` gives, or `OnnxRecogniser`."""

    @property
    def input_size(self) -> int:
        """Side of the square input in pixels."""
        ...

    def recognise(self, images: Tensor) -> Tensor:
        """See `pushup.models.Recogniser.recognise`."""
        ...


class PushUpRecogniser:
    """Looks at the whole frame, each by itself; smoothing over time is the gate's.

    Args:
        model: Backend.
        device: Where a torch model runs.
    """

    def __init__(self, model: RecogniserModel, device: str = "cpu") -> None:
        self.model = model.to(device) if isinstance(model, nn.Module) else model
        self._device = device if isinstance(model, nn.Module) else "cpu"

    def __call__(self, frame_bgr: np.ndarray, pose: Pose | None = None) -> float:
        """Score in 0..1 of a (H, W, 3) uint8 frame, whatever the pose."""
        height, width = frame_bgr.shape[:2]
        transform = FrameTransform.pad_square((width, height), self.model.input_size)
        images = as_images(frame_bgr, transform).to(self._device)
        return float(self.model.recognise(images)[0])


def shared(frame_bgr: np.ndarray, pose: Pose) -> float | None:
    """The score that came with the pose, from the same look at the frame."""
    return pose.pushing_up


def recogniser_path(choice: str) -> str:
    """The file that a choice of `open_recogniser` names; the choice itself if it names none."""
    return str(weights.find("recogniser")) if choice == SHIPPED else choice


def open_recogniser(
    choice: str | None, model: PoseModel, device: str = "cpu", threads: int = 0
) -> Recognise | None:
    """The recogniser that a configuration names; on a CPU it runs in ONNX Runtime.

    Args:
        choice: A file of weights, "shipped" for ours, "shared" for the keypoint model's second
            head, None for none.
        model: The keypoint model.
        device: Where a recogniser of its own runs.
        threads: Threads of ONNX Runtime; 0 = as it sees fit.

    Raises:
        InputError: The file is of no use, or the keypoint model has no second head.
    """
    if choice is None:
        return None
    if choice != SHARED:
        network = weights.load_recogniser(recogniser_path(choice))
        backend = OnnxRecogniser(network, threads) if device == "cpu" else network
        return PushUpRecogniser(backend, device)
    if not model.recognises:
        raise InputError(
            f"these weights of model {model.name!r} have no second head: give recogniser=FILE, or "
            "train one with train.py experiment=second_head init_from=FILE"
        )
    return shared
