"""From a frame to the score that somebody in it is in push-up position."""

import math
from collections.abc import Callable
from typing import Protocol

import numpy as np

from pushup.cli import InputError
from pushup.geometry import FrameTransform
from pushup.inference.networks import ClassifierNetwork
from pushup.inference.predictor import Pose, PoseModel, as_images
from pushup.inference.ready import open_network
from pushup.specs import locate

Classify = Callable[[np.ndarray, Pose], float | None]
"""A frame, and the pose found in it, to a score in 0..1 for `Observation.pushing_up`."""

SHARED, SHIPPED = "shared", "shipped"
"""What chooses the classification head of the keypoint model itself, and the weights that ship."""


class ClassifierModel(Protocol):
    """What a predictor asks of a network; `ClassifierNetwork` is one."""

    input_size: int

    def classify(self, images: np.ndarray) -> np.ndarray:
        """See `ClassifierNetwork.classify`."""
        ...


class ClassifierPredictor:
    """Looks at the whole frame, each by itself; smoothing over time is the gate's.

    Args:
        model: The network.
    """

    def __init__(self, model: ClassifierModel) -> None:
        self.model = model

    def __call__(self, frame_bgr: np.ndarray, pose: Pose | None = None) -> float:
        """Score in 0..1 of a (H, W, 3) uint8 frame, whatever the pose."""
        height, width = frame_bgr.shape[:2]
        transform = FrameTransform.pad_square((width, height), self.model.input_size)
        return float(self.model.classify(as_images(frame_bgr, transform))[0])


def shared(frame_bgr: np.ndarray, pose: Pose) -> float | None:
    """The score that came with the pose, from the same look at the frame."""
    return pose.pushing_up


class SampledClassifier:
    """Asks a classifier every `interval_s` and repeats its answer in between; one for each video.

    A position outlasts a tenth of a second, and a third of the frames cost a third of the time. The
    score of a classification head comes with each pose for nothing.

    Args:
        classify: What to ask.
    """

    interval_s = 0.1

    def __init__(self, classify: Classify) -> None:
        self._classify = classify
        self.reset()

    def reset(self) -> None:
        """Ask at the next frame."""
        self._asked_s, self._score = -math.inf, None

    def __call__(self, frame_bgr: np.ndarray, pose: Pose, time_s: float) -> float | None:
        """Score in 0..1 of the frame at a time in seconds, or of one shortly before."""
        due = time_s - self._asked_s >= self.interval_s - 1e-3
        if due or self._classify is shared:
            self._asked_s, self._score = time_s, self._classify(frame_bgr, pose)
        return self._score


def classifier_path(choice: str) -> str:
    """The file that a choice of `open_classifier` names; the choice itself if it names none."""
    if choice == SHARED:
        return choice
    return str(locate("classifier" if choice == SHIPPED else choice))


def open_classifier(
    choice: str | None,
    model: PoseModel,
    device: str = "cpu",
    threads: int = 0,
    runtime: str = "auto",
) -> Classify | None:
    """The push-up classifier that a configuration names.

    Args:
        choice: A file of weights, "shipped" for ours, "shared" for the keypoint model's
            classification head, None for none.
        model: The keypoint model.
        device: Where a classifier of its own runs, see `open_network`.
        threads: See `open_network`.
        runtime: See `open_network`.

    Raises:
        InputError: The file is of no use, or the keypoint model has no classification head.
    """
    if choice is None:
        return None
    if choice != SHARED:
        path = locate(classifier_path(choice))
        session = open_network(path, device, threads, runtime)
        return ClassifierPredictor(ClassifierNetwork(session, path))
    if not model.classifies:
        raise InputError(
            f"these weights of model {model.name!r} have no classification head: give "
            "classifier=FILE, or train one: train.py experiment=classification_head init_from=FILE"
        )
    return shared
