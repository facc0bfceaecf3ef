"""From a frame to keypoints in frame space, whatever runs the network."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from pushup.geometry import Box, FrameTransform, Framing
from pushup.inference.networks import PoseNetwork
from pushup.inference.ready import open_network
from pushup.skeleton import Skeleton
from pushup.specs import locate

SEEN_SCORE = 0.2
"""Mean score of the joints from which somebody is held to be seen: noise and empty pictures give
0.01 to 0.03, the median of a real clip 0.29 to 0.82 (shipped MobileNet)."""


@dataclass(frozen=True)
class Pose:
    """One person in one frame.

    Attributes:
        keypoints_frame: (K, 2) float64 frame pixels; NaN where unknown.
        scores: (K,) float64 confidence in 0..1.
        box_xyxy: The part of the frame that was looked at; None for the whole.
        pushing_up: Score in 0..1 that somebody there is in push-up position; None from a model
            without a classification head.
    """

    keypoints_frame: np.ndarray
    scores: np.ndarray
    box_xyxy: Box | None = None
    pushing_up: float | None = None


class PoseModel(Protocol):
    """What a predictor asks of a network; `PoseNetwork` is one."""

    name: str
    skeleton: Skeleton
    framing: Framing
    classifies: bool

    @property
    def input_size(self) -> int:
        """Longer side of the input in pixels."""
        ...

    def predict(
        self, images: np.ndarray, flip_test: bool = False
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        """See `PoseNetwork.predict`."""
        ...


class PoseTracker(Protocol):
    """What the app asks of a predictor, with or without memory."""

    model: PoseModel

    def track(self, frame_bgr: np.ndarray, time_s: float) -> Pose:
        """The pose in the next frame, taken at `time_s`."""
        ...

    def reset(self) -> None:
        """Forget earlier frames."""
        ...


def as_images(frame_bgr: np.ndarray, transform: FrameTransform) -> np.ndarray:
    """What a network takes, (1, 3, H, W) uint8 RGB, of the part of a frame that is looked at."""
    return np.ascontiguousarray(transform.warp(frame_bgr)[..., ::-1].transpose(2, 0, 1))[None]


class KeypointPredictor:
    """Looks at the whole frame, or at a box of it, one frame at a time.

    Args:
        model: The network.
        flip_test: Average with the mirrored picture: slower, a little better.
    """

    def __init__(self, model: PoseModel, flip_test: bool = False) -> None:
        self.model = model
        self._flip_test = flip_test

    def __call__(self, frame_bgr: np.ndarray, box_xyxy: Box | None = None) -> Pose:
        """Pose in a (H, W, 3) uint8 frame; the square around the box is looked at."""
        height, width = frame_bgr.shape[:2]
        transform = self.model.framing.transform((width, height), self.model.input_size, box_xyxy)
        images = as_images(frame_bgr, transform)
        [keypoints], [scores], position = self.model.predict(images, self._flip_test)
        return Pose(
            transform.to_frame(keypoints.astype(float)),
            scores.astype(float),
            box_xyxy,
            None if position is None else float(position[0]),
        )

    def track(self, frame_bgr: np.ndarray, time_s: float) -> Pose:
        """Pose in the whole frame: nothing is remembered from frame to frame."""
        return self(frame_bgr)

    def reset(self) -> None:
        """There is nothing to forget."""


def load_model(
    path_or_name: str | Path,
    name: str | None = None,
    device: str = "cpu",
    threads: int = 0,
    runtime: str = "auto",
) -> PoseNetwork:
    """The keypoint network in a file, ready to run.

    Args:
        path_or_name: See `pushup.specs.locate`.
        name: If given, the model that the file has to hold.
        device: See `open_network`.
        threads: See `open_network`.
        runtime: See `open_network`.

    Raises:
        InputError: See `open_network` and `PoseNetwork`.
    """
    path = locate(path_or_name)
    return PoseNetwork(open_network(path, device, threads, runtime), name, path)
