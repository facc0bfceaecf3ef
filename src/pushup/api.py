"""The library in five names: `load`, `count`, `stream`, `pcks` and `Skeleton`.

They are importable from `pushup` itself. Counting runs the networks and the counter that the
commands run, with the same settings.
"""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np

from pushup.approaches.video_counter import PoseCounter
from pushup.cli import InputError
from pushup.counting.build import build_counter
from pushup.counting.types import OfflineCounter, Rep
from pushup.inference.classifier import open_classifier
from pushup.inference.predictor import KeypointPredictor, Pose, PoseNetwork, load_model
from pushup.inference.tracking import RegionTracker
from pushup.skeleton import UPPER7, Skeleton
from pushup.video.frames import Frame
from pushup.video.source import open_source

__all__ = ["Model", "Result", "Skeleton", "Update", "count", "load", "pcks", "stream"]


@dataclass(frozen=True)
class Model:
    """A keypoint network that is ready to run.

    Attributes:
        network: Its pieces, for those who need them.
    """

    network: PoseNetwork

    @property
    def skeleton(self) -> Skeleton:
        """Its joints."""
        return self.network.skeleton

    def predict(self, image_rgb: np.ndarray) -> Pose:
        """The pose of the person in a picture, (H, W, 3) uint8 RGB; in its own pixels."""
        return KeypointPredictor(self.network)(cv2.cvtColor(image_rgb, cv2.COLOR_RGB2BGR))


@dataclass(frozen=True)
class Update:
    """What is known after one frame.

    Attributes:
        count: Repetitions so far.
        rep: The one that this frame completed, if any.
        pose: In this frame.
        in_position: The person is held to be in push-up position.
    """

    count: int
    rep: Rep | None
    pose: Pose | None
    in_position: bool


@dataclass(frozen=True)
class Result:
    """What was counted in a video.

    Attributes:
        reps: In order of time.
    """

    reps: tuple[Rep, ...]

    @property
    def count(self) -> int:
        """Number of repetitions."""
        return len(self.reps)

    def to_records(self) -> list[dict[str, Any]]:
        """Plain rows, one a repetition: `pandas.DataFrame(result.to_records())`."""
        rows = []
        for number, rep in enumerate(self.reps, 1):
            values = asdict(rep)
            values.pop("form")
            rows.append({"rep": number, **values.pop("features"), **values})
        return rows


def load(name_or_path: str | Path = "mobilenet", runtime: str = "auto") -> Model:
    """A keypoint network, by the name of weights that ship or from a file of your own.

    Args:
        name_or_path: Such as "mobilenet", or a `.ckpt`, `.safetensors` or `.onnx` file.
        runtime: "openvino", "onnxruntime" or "auto".

    Raises:
        InputError: There is no such file, or it cannot be used.

    >>> model = load("mobilenet")
    >>> pose = model.predict(np.zeros((240, 320, 3), np.uint8))
    >>> pose.keypoints_frame.shape, model.skeleton.joints[3]
    ((7, 2), 'head')
    """
    return Model(load_model(name_or_path, runtime=runtime))


def stream(
    frames: Iterable[Frame], model: Model | str | Path = "mobilenet", counter: str = "default"
) -> Iterator[Update]:
    """Count while frames come.

    Args:
        frames: Such as an open `pushup.video.source.open_source("clip.mp4")`, or your own
            `Frame(image_bgr, time_s, index, read_s)`.
        model: What `load` gave, or what it takes.
        counter: A streaming counter of `conf/counter`.

    Yields:
        One `Update` a frame.

    Raises:
        InputError: The model or the counter cannot be used.

    >>> black = Frame(np.zeros((90, 120, 3), np.uint8), 0.0, 0, 0.0)
    >>> [update.count for update in stream([black])]
    [0]
    """
    joined, done = _join(model, counter), 0
    for frame in frames:
        rep = joined.update(frame)
        done += rep is not None
        yield Update(done, rep, joined.pose, joined.state.gate_open)


def count(
    video: str | Path, counter: str = "default", model: Model | str | Path = "mobilenet"
) -> Result:
    """Count the push-ups of a video.

    Args:
        video: A file, or the address of a stream that ends.
        counter: A streaming counter of `conf/counter`.
        model: What `load` gave, or what it takes.

    Raises:
        InputError: The video cannot be read, or the model or the counter cannot be used.

    >>> count("nosuch.mp4")
    Traceback (most recent call last):
    pushup.cli.InputError: ...
    """
    with open_source(str(video)) as frames:
        joined = _join(model, counter)
        reps = [rep for frame in frames if (rep := joined.update(frame)) is not None]
        return Result((*reps, *joined.finish()))


def _join(model: Model | str | Path, counter: str) -> PoseCounter:
    network = (model if isinstance(model, Model) else load(model)).network
    built = build_counter(counter, skeleton=network.skeleton)
    if isinstance(built, OfflineCounter):
        raise InputError(f"counter {counter!r} needs the whole clip at once: choose another")
    classifier = open_classifier("shipped", network)
    return PoseCounter(RegionTracker(network), built, classifier)


def pcks(
    predicted: np.ndarray,
    true: np.ndarray,
    labelled: np.ndarray | None = None,
    skeleton: Skeleton = UPPER7,
    reference: Literal["shoulders", "wrists"] = "shoulders",
) -> float:
    """Share of labelled joints within a quarter of the true shoulder distance; needs torch.

    Args:
        predicted: (N, K, 2) positions in any unit.
        true: (N, K, 2) in the same unit.
        labelled: (N, K) which joints have a label; None for all whose position is finite.
        skeleton: Their order.
        reference: "shoulders", or "wrists" as the published post's text says.

    >>> true = np.arange(14.0).reshape(1, 7, 2)
    >>> pcks(true, true), pcks(true + 9, true)
    (1.0, 0.0)
    """
    import torch

    from pushup.metrics import keypoints

    known = np.isfinite(true).all(-1) if labelled is None else np.asarray(labelled, bool)
    found, wanted = (torch.as_tensor(np.nan_to_num(values)) for values in (predicted, true))
    scores = keypoints.pcks(found, wanted, torch.as_tensor(known), skeleton, reference)
    return scores.mean()
