"""From a frame to the score that somebody in it is in push-up position."""

from collections.abc import Callable

import numpy as np

from pushup.cli import InputError
from pushup.geometry import FrameTransform
from pushup.inference.predictor import Pose, PoseModel, as_images
from pushup.models import weights

Recognise = Callable[[np.ndarray, Pose], float | None]
"""A frame, and the pose found in it, to a score in 0..1 for `Observation.pushing_up`."""

SHARED = "shared"
"""What chooses the second head of the keypoint model itself."""


class PushUpRecogniser:
    """Looks at the whole frame, each by itself; smoothing over time is the gate's.

    Args:
        model: As `pushup.models.weights.load_recogniser` gives it.
        device: Where it runs.
    """

    def __init__(self, model: weights.Model, device: str = "cpu") -> None:
        self.model = model.to(device).eval()
        self._device = device

    def __call__(self, frame_bgr: np.ndarray, pose: Pose | None = None) -> float:
        """Score in 0..1 of a (H, W, 3) uint8 frame, whatever the pose."""
        height, width = frame_bgr.shape[:2]
        transform = FrameTransform.pad_square((width, height), self.model.input_size)
        images = as_images(frame_bgr, transform).to(self._device)
        return float(self.model.recognise(images)[0])


def shared(frame_bgr: np.ndarray, pose: Pose) -> float | None:
    """The score that came with the pose, from the same look at the frame."""
    return pose.pushing_up


def open_recogniser(choice: str | None, model: PoseModel, device: str = "cpu") -> Recognise | None:
    """The recogniser that a configuration names.

    Args:
        choice: A file of weights, "shared" for the keypoint model's second head, None for none.
        model: The keypoint model.
        device: Where a recogniser of its own runs.

    Raises:
        InputError: The file is of no use, or the keypoint model has no second head.
    """
    if choice is None:
        return None
    if choice != SHARED:
        return PushUpRecogniser(weights.load_recogniser(choice), device)
    if not model.recognises:
        raise InputError(
            f"these weights of model {model.name!r} have no second head: give recogniser=FILE, or "
            "train one with train.py experiment=second_head init_from=FILE"
        )
    return shared
