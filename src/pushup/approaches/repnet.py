"""Counting with RepNet: periods of 64 frames at several speeds, added up.

The procedure is the published one: windows of every `stride`-th frame, the stride chosen by its
mean score, periods under three frames and windows without periodicity count nothing, a frame counts
periodicity / (stride x period). US patent 12,469,290 B2 is said to cover counting by
self-similarity: this is an optional research baseline.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from scipy.ndimage import median_filter

from pushup.approaches.learned import LearnedCounter
from pushup.approaches.video_counter import square_rgb
from pushup.counting.types import CounterState, Rep
from pushup.models.repnet import RepNet
from pushup.video.frames import Frame


@dataclass(frozen=True)
class Reading:
    """What RepNet says of the frames of a window at one stride.

    Attributes:
        stride: Every so many frames were looked at.
        rate: (T,) repetitions a frame of the video, 0 where none.
        score: Of the whole: mean of sqrt(periodicity x confidence of the period).
    """

    stride: int
    rate: np.ndarray
    score: float


def reading(
    period: np.ndarray, periodicity: np.ndarray, stride: int, frame_threshold: float = 0.5
) -> Reading:
    """The reading of logits: `period` (T, P), whose class i is i + 1 frames, `periodicity` (T,).

    >>> logits = np.zeros((4, 8)); logits[:, 3] = 20.0  # four frames
    >>> reading(logits, np.full(4, 20.0), stride=2).rate.round(3).tolist()
    [0.125, 0.125, 0.125, 0.125]
    """
    chances = np.exp(period - period.max(1, keepdims=True))
    chances /= chances.sum(1, keepdims=True)
    periodic = 1 / (1 + np.exp(-periodicity))
    frames = 1 + chances.argmax(1)
    confidence = np.where(frames < 3, 0.0, chances.max(1))
    score = float(np.sqrt(periodic * confidence).mean())
    counted = (periodic > frame_threshold) & (frames >= 3)
    return Reading(stride, np.where(counted, periodic / (stride * frames), 0.0), score)


def choose(readings: Sequence[Reading], clip_threshold: float = 0.2) -> Reading | None:
    """The reading with the best score; None where no score passes."""
    best = max(readings, key=lambda r: r.score, default=None)
    return best if best is not None and best.score > clip_threshold else None


@torch.inference_mode()
def read_window(network: RepNet, features: torch.Tensor, stride: int) -> Reading:
    """The reading of the window that ends with the last of the frames' `features` (N, C, H, W).

    A window that begins before them shows their first one until then.
    """
    at = len(features) - 1 - stride * np.arange(network.frames)[::-1]
    period, periodicity = network.periods(features[torch.from_numpy(np.maximum(at, 0))][None])
    one = reading(period[0].float().cpu().numpy(), periodicity[0].float().cpu().numpy(), stride)
    return Reading(stride, np.where(at >= 0, one.rate, 0.0), one.score)


class RepNetCounter(LearnedCounter):
    """RepNet over a sliding window; counts as whole repetitions add up.

    Every `hop` frames the latest window is read at each stride, and the rate of repetitions a
    little before its end, where both sides of a frame are seen, is added up. A repetition is
    counted half a repetition after the sum has passed the last whole one, so that the final count
    is the sum rounded. Nothing tells where in the movement the body is: a repetition's bottom is
    put halfway between its ends.

    Args:
        weights: A file, or the name of weights in `data/weights/video`.
        strides: Speeds that are tried.
        hop: Frames between two looks.
        lag: How far before the window's end frames are read, in looked-at frames of stride 1.
        clip_threshold: A window of a lower score has no repetition.
        device: Where the network runs.
    """

    kind = "repnet"

    def __init__(
        self,
        weights: str = "repnet_small",
        strides: Sequence[int] = (1, 2, 3, 4),
        hop: int = 8,
        lag: int = 16,
        clip_threshold: float = 0.2,
        device: str = "cpu",
    ) -> None:
        super().__init__(weights, device)
        self.strides, self.hop, self.lag = tuple(strides), hop, lag
        self.clip_threshold = clip_threshold
        self._network = cast(RepNet, self.model.network)
        self._length = self._network.frames * max(self.strides)
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self.state = CounterState()
        self._pace.reset()
        self._features: list[torch.Tensor] = []
        self._times: list[float] = []
        self._seen = self._read = 0
        self._sum, self._whole_s, self._due = 0.0, float("nan"), []

    def update(self, frame: Frame) -> Rep | None:
        """Take the next frame; return the repetition that it completes, if any.

        Two that are completed by one look come one frame after the other.
        """
        if self._pace.due(frame.time_s):
            self._features.append(self._encode(frame))
            self._times.append(frame.time_s)
            self._features = self._features[-self._length :]
            self._times = self._times[-self._length :]
            self._seen += 1
            if self._seen % self.hop == 0:
                self._look(self.lag)
        return self._due.pop(0) if self._due else None

    @torch.inference_mode()
    def _encode(self, frame: Frame) -> torch.Tensor:
        """The encoder looks at each frame once, whatever the strides."""
        picture = torch.from_numpy(square_rgb(frame, self.model.input_size))[None, None]
        return self._network.features(self.model.normalised(picture.to(self._device))[0])[0]

    def finish(self) -> list[Rep]:
        """What the last frames complete."""
        if self._features:
            self._look(0)
        reps, self._due = self._due, []
        return reps

    def _look(self, lag: int) -> None:
        """Read the window; add up the rates of the frames not read yet, up to `lag` before now."""
        last = self._seen - lag
        if last <= self._read:
            return
        features = torch.stack(self._features)
        readings = [read_window(self._network, features, stride) for stride in self.strides]
        best = choose(readings, self.clip_threshold)
        rates = np.zeros(1) if best is None else median_filter(best.rate, 5, mode="nearest")
        stride = 1 if best is None else best.stride
        for number in range(self._read, last):
            back = self._seen - 1 - number
            index = len(rates) - 1 - back // stride
            rate = float(rates[index]) if index >= 0 else 0.0
            self._add(rate, self._times[max(len(self._times) - 1 - back, 0)])
        self._read = last
        self.state = CounterState(self._sum % 1, 0.5, note="" if best else "nothing repeats")

    def _add(self, rate: float, time_s: float) -> None:
        """Add one frame's share of a repetition."""
        before, self._sum = self._sum, self._sum + rate
        if np.isnan(self._whole_s) or int(self._sum) > int(before):
            self._whole_s = time_s
        if int(self._sum + 0.5) > int(before + 0.5):
            self._due.append(Rep(self._whole_s, time_s, time_s, float("nan")))
