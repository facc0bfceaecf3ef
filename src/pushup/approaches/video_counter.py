"""Counters that look at frames, and keypoint counters joined to a predictor so that they do."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
from hydra.utils import get_object

from pushup.counting.types import CounterState, Observation, Rep
from pushup.inference.classifier import Classify, SampledClassifier
from pushup.inference.predictor import Pose, PoseTracker
from pushup.video.frames import Frame


class VideoCounter(Protocol):
    """A causal counter of frames: one pass, one frame at a time."""

    state: CounterState

    def update(self, frame: Frame) -> Rep | None:
        """Take the next frame; return the repetition that it completes, if any."""
        ...

    def finish(self) -> list[Rep]:
        """The video has ended: what the last frames still complete."""
        ...

    def reset(self) -> None:
        """Forget everything."""
        ...


class PictureCounter(ABC):
    """A `VideoCounter` that looks at the pictures itself and has no use for keypoints.

    Attributes:
        state: What a display may show.
        parameters: Learned numbers; 0 for a rule.
        files: What it was read from.
    """

    state: CounterState = CounterState()
    parameters: int = 0
    files: tuple[Path, ...] = ()

    @abstractmethod
    def update(self, frame: Frame) -> Rep | None:
        """See `VideoCounter`."""

    @abstractmethod
    def reset(self) -> None:
        """See `VideoCounter`."""

    def finish(self) -> list[Rep]:
        """See `VideoCounter`; nothing, for one that decides at every frame."""
        return []


class PoseCounter:
    """A keypoint counter that takes frames, since a predictor looks at them first.

    Attributes:
        pose: In the latest frame.
        observation: What the counter was told of it.

    Args:
        predictor: Frame to pose.
        counter: Pose to repetitions.
        classifier: Says whether somebody is pushing up; None for none.
    """

    def __init__(
        self, predictor: PoseTracker, counter: Any, classifier: Classify | None = None
    ) -> None:
        self.predictor, self.counter = predictor, counter
        self._classifier = None if classifier is None else SampledClassifier(classifier)
        self.pose: Pose | None = None
        self.observation: Observation | None = None

    @property
    def state(self) -> CounterState:
        """Of the keypoint counter."""
        return self.counter.state

    def update(self, frame: Frame) -> Rep | None:
        """See `VideoCounter`."""
        self.pose = pose = self.predictor.track(frame.image_bgr, frame.time_s)
        height, width = frame.image_bgr.shape[:2]
        classify = self._classifier
        score = None if classify is None else classify(frame.image_bgr, pose, frame.time_s)
        self.observation = Observation(
            keypoints=pose.keypoints_frame,
            scores=pose.scores,
            time_s=frame.time_s,
            pushing_up=score,
            frame_size_wh=(width, height),
        )
        return self.counter.update(self.observation)

    def finish(self) -> list[Rep]:
        """See `VideoCounter`."""
        rep = self.counter.finish()
        return [] if rep is None else [rep]

    def reset(self) -> None:
        """See `VideoCounter`."""
        self.predictor.reset()
        self.counter.reset()
        if self._classifier is not None:
            self._classifier.reset()
        self.pose = self.observation = None


def looks_at_pictures(target: str) -> bool:
    """Whether the `_target_` of a counter's configuration is a `PictureCounter`."""
    found = get_object(target)
    return isinstance(found, type) and issubclass(found, PictureCounter)


def count_frames(counter: VideoCounter, frames: Iterable[Frame]) -> list[Rep]:
    """The repetitions of a whole video."""
    reps = [rep for frame in frames if (rep := counter.update(frame)) is not None]
    return reps + counter.finish()


@lru_cache(maxsize=4)
def grey(frame: Frame, longer_side: int) -> np.ndarray:
    """A frame in grey, uint8, its longer side at most so long.

    Several counters that look at one frame share the work.
    """
    return _within(cv2.cvtColor(frame.image_bgr, cv2.COLOR_BGR2GRAY), longer_side)


@lru_cache(maxsize=4)
def square_rgb(frame: Frame, side: int) -> np.ndarray:
    """A frame stretched to a square, (side, side, 3) RGB, as video networks take it."""
    small = cv2.resize(frame.image_bgr, (side, side), interpolation=cv2.INTER_AREA)
    return cv2.cvtColor(small, cv2.COLOR_BGR2RGB)


def _within(image: np.ndarray, longer_side: int) -> np.ndarray:
    scale = longer_side / max(image.shape[:2])
    if scale >= 1:
        return image
    size_wh = [max(1, round(side * scale)) for side in image.shape[1::-1]]
    return cv2.resize(image, size_wh, interpolation=cv2.INTER_AREA)
