"""Runs a keypoint model over a data set once, and keeps what every figure is computed from."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from pushup.cli import InputError
from pushup.inference.backends import Session, open_session
from pushup.inference.backends.pytorch import TorchSession
from pushup.inference.onnx_export import to_onnx
from pushup.inference.predictor import PoseModel
from pushup.models.keypoint_model import KeypointModel
from pushup.models.weights import ImageModel
from pushup.skeleton import Skeleton


@dataclass(frozen=True)
class Predictions:
    """Predictions and truth of N images with K joints, in a square input whose side is 1.

    Where a model looked at a rectangle, that is the middle of the square.

    Attributes:
        skeleton: Names the joints.
        side: Side of the square in pixels.
        pred: (N, K, 2).
        true: (N, K, 2), meaningless where not labelled.
        labelled: (N, K) bool.
        scores: (N, K) confidence.
        frame_to_input: (N, 3, 3) pixels to pixels.
        head_size: (N,) PCKh reference, NaN if unknown.
        sources: (N,) names of collections.
        groups: (N,) names of scenes.
        names: (N,) names of image files.
        indices: (N,) position in the data set.
        seconds: Time spent in the model.
    """

    skeleton: Skeleton
    side: int
    pred: Tensor
    true: Tensor
    labelled: Tensor
    scores: Tensor
    frame_to_input: Tensor
    head_size: Tensor
    sources: np.ndarray
    groups: np.ndarray
    names: np.ndarray
    indices: np.ndarray
    seconds: float

    def __len__(self) -> int:
        return len(self.pred)

    def with_constant(self, pose: Tensor) -> "Predictions":
        """The same truth beside a model that always answers `pose` (K, 2)."""
        return replace(self, pred=pose.expand_as(self.pred), scores=torch.ones_like(self.scores))

    def by_source(self) -> Iterator[tuple[str, "Predictions"]]:
        """Everything as "all", then each source in alphabetical order where there are several."""
        yield "all", self
        names = np.unique(self.sources)
        for name in names if len(names) > 1 else []:
            yield str(name), self._select(np.flatnonzero(self.sources == name))

    def _select(self, where: np.ndarray) -> "Predictions":
        tensors = "pred", "true", "labelled", "scores", "frame_to_input", "head_size"
        arrays = "sources", "groups", "names", "indices"
        return replace(self, **{name: getattr(self, name)[where] for name in tensors + arrays})


def predict(
    network: PoseModel, loader: Iterable[dict[str, Any]], flip_test: bool = False
) -> Predictions:
    """Run a network over every batch of a loader of `KeypointDataset` items.

    Raises:
        InputError: There is no batch.
    """
    batches: list[dict[str, Any]] = []
    seconds = 0.0
    for batch in tqdm(loader, desc="evaluate", leave=False):
        start = time.perf_counter()
        found = network.predict(batch["image"].numpy(), flip_test)
        keypoints, scores = torch.from_numpy(found[0]), torch.from_numpy(found[1])
        seconds += time.perf_counter() - start
        beside = black_beside(batch["image"], network.input_size)
        matrix = batch["matrix"].clone()
        matrix[:, :2, 2] += beside
        truth = {key: value for key, value in batch.items() if key != "image"}
        placed = {"keypoints": batch["keypoints"] + beside, "pred": keypoints + beside}
        batches.append({**truth, **placed, "matrix": matrix, "scores": scores})
    if not batches:
        raise InputError("there are no images to evaluate: choose another split or data.root")

    def tensor(key: str) -> Tensor:
        return torch.cat([batch[key] for batch in batches])

    def names(key: str) -> np.ndarray:
        return np.array([name for batch in batches for name in batch[key]])

    side = network.input_size
    return Predictions(
        skeleton=network.skeleton,
        side=side,
        pred=tensor("pred").double() / side,
        true=tensor("keypoints").double() / side,
        labelled=tensor("labelled"),
        scores=tensor("scores"),
        frame_to_input=tensor("matrix"),
        head_size=tensor("head_size") / side,
        sources=names("source"),
        groups=names("group"),
        names=names("name"),
        indices=tensor("index").numpy(),
        seconds=seconds,
    )


def black_beside(images: Tensor, side: int) -> Tensor:
    """Pixels (2,) to the left of and above images (..., H, W) in the middle of a square."""
    return (side - torch.tensor(images.shape[:-3:-1])) / 2


def latency_ms(session: Session, size_wh: tuple[int, int], repeats: int = 20) -> float:
    """Median milliseconds of a network for one picture of `size_wh`."""
    width, height = size_wh
    images = np.zeros((1, 3, height, width), np.uint8)
    durations = []
    for _ in range(repeats + 3):
        start = time.perf_counter()
        session.run(images)
        durations.append(time.perf_counter() - start)
    return float(np.median(durations[3:]) * 1000)  # the first calls choose algorithms


def session_of(model: ImageModel, runtime: str) -> Session:
    """A model in torch, or exported and in another runtime; see `open_session`."""
    return TorchSession(model) if runtime == "torch" else open_session(to_onnx(model), runtime)


def runtime_of(model: ImageModel) -> Session:
    """A model as infer.py runs it: exported on a CPU, in torch on any other device."""
    on_cpu = next(model.parameters()).device.type == "cpu"
    return session_of(model, "auto" if on_cpu else "torch")


def keypoint_latency_ms(model: KeypointModel) -> float:
    """Median milliseconds of the network for a frame of 16:9, as infer.py runs it."""
    input_wh = model.framing.transform((16, 9), model.input_size).input_wh
    return latency_ms(runtime_of(model), input_wh)
