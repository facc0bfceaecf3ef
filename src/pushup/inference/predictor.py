"""From a frame to keypoints in frame space, whatever runs the network."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from torch import Tensor, nn

from pushup.geometry import Box, FrameTransform, Framing
from pushup.inference.onnx_model import OnnxModel, to_onnx
from pushup.models import weights
from pushup.skeleton import Skeleton


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
    """A backend: `pushup.models.KeypointModel` itself, or `OnnxModel`."""

    name: str
    skeleton: Skeleton
    framing: Framing

    @property
    def input_size(self) -> int:
        """Longer side of the input in pixels."""
        ...

    @property
    def classifies(self) -> bool:
        """`predict` says whether somebody is in push-up position."""
        ...

    def predict(
        self, images: Tensor, flip_test: bool = False
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        """See `pushup.models.KeypointModel.predict`."""
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


def as_images(frame_bgr: np.ndarray, transform: FrameTransform) -> Tensor:
    """What a network takes, (1, 3, H, W) uint8 RGB, of the part of a frame that is looked at."""
    input_rgb = transform.warp(frame_bgr)[..., ::-1]
    return torch.from_numpy(np.ascontiguousarray(input_rgb.transpose(2, 0, 1)))[None]


class KeypointPredictor:
    """Looks at the whole frame, or at a box of it, one frame at a time.

    Args:
        model: Backend.
        device: Where a torch model runs; an ONNX model states its own.
        flip_test: Average with the mirrored picture: slower, a little better.
    """

    def __init__(self, model: PoseModel, device: str = "cpu", flip_test: bool = False) -> None:
        self.model = model.to(device) if isinstance(model, nn.Module) else model
        self._device = device if isinstance(model, nn.Module) else "cpu"
        self._flip_test = flip_test

    def __call__(self, frame_bgr: np.ndarray, box_xyxy: Box | None = None) -> Pose:
        """Pose in a (H, W, 3) uint8 frame; the square around the box is looked at."""
        height, width = frame_bgr.shape[:2]
        transform = self.model.framing.transform((width, height), self.model.input_size, box_xyxy)
        images = as_images(frame_bgr, transform).to(self._device)
        keypoints, scores, position = self.model.predict(images, self._flip_test)
        keypoints_frame = transform.to_frame(keypoints[0].double().cpu().numpy())
        pushing_up = None if position is None else float(position[0])
        return Pose(keypoints_frame, scores[0].double().cpu().numpy(), box_xyxy, pushing_up)

    def track(self, frame_bgr: np.ndarray, time_s: float) -> Pose:
        """Pose in the whole frame: nothing is remembered from frame to frame."""
        return self(frame_bgr)

    def reset(self) -> None:
        """There is nothing to forget."""


def load_model(
    path_or_name: str | Path, name: str | None = None, device: str = "cpu", threads: int = 0
) -> PoseModel:
    """The model in a file: in ONNX Runtime, several times as fast on a CPU as torch; else in torch.

    Args:
        path_or_name: See `pushup.models.weights.locate`; an `.onnx` file is never run by torch.
        name: If given, the model that the file has to hold.
        device: Where it is to run: "cpu", or what torch calls a device.
        threads: Threads of ONNX Runtime; 0 = as it sees fit.

    Raises:
        InputError: See `pushup.models.weights.load` and `OnnxModel`.
    """
    path = weights.locate(path_or_name)
    if path.suffix == ".onnx":
        return OnnxModel(path, name, threads)
    model = weights.load(path, name=name)
    return OnnxModel(to_onnx(model), threads=threads) if device == "cpu" else model
