"""Counting with the small causal networks: states of flow, and fired repetitions."""

import math
from collections import deque

import cv2
import numpy as np
import torch

from pushup.approaches.learned import LearnedCounter
from pushup.approaches.video_counter import square_rgb
from pushup.counting.filters import Ema
from pushup.counting.types import CounterState, Rep
from pushup.models.flow import square_flow
from pushup.models.video_networks import FlowClassifier
from pushup.video.frames import Frame

_DOWN, _UP = FlowClassifier.classes.index("down"), FlowClassifier.classes.index("up")


class FlowClassifierCounter(LearnedCounter):
    """A network classes each flow field as down, still or up; down and then up is a repetition.

    Args:
        weights: A file, or the name of weights in `data/weights/video`.
        smooth_s: Time constant over which the classes' chances are smoothed.
        enter: Chance from which on the movement has a direction.
        least_s: Shortest movement of either direction that counts.
        device: Where the network runs.
    """

    kind = "flow_classifier"

    def __init__(
        self,
        weights: str = "flow_classifier",
        smooth_s: float = 0.15,
        enter: float = 0.5,
        least_s: float = 0.2,
        device: str = "cpu",
    ) -> None:
        super().__init__(weights, device)
        self.enter, self.least_s = enter, least_s
        self._smooth = {_DOWN: Ema(smooth_s), _UP: Ema(smooth_s)}
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self.state = CounterState()
        self._pace.reset()
        for low_pass in self._smooth.values():
            low_pass.reset()
        self._before: np.ndarray | None = None
        self._direction, self._since_s = "", math.nan
        self._down: tuple[float, float] | None = None

    @torch.inference_mode()
    def update(self, frame: Frame) -> Rep | None:
        """Take the next frame; return the repetition that it completes, if any."""
        if not self._pace.due(frame.time_s):
            return None
        now = cv2.cvtColor(square_rgb(frame, self.model.input_size), cv2.COLOR_RGB2GRAY)
        before, self._before = self._before, now
        if before is None:
            return None
        flow = torch.from_numpy(square_flow(before, now))[None].to(self._device)
        chances = self.model(flow).softmax(1)[0].cpu().numpy()
        time_s = frame.time_s
        down, up = (
            low_pass.update(time_s, float(chances[key])) for key, low_pass in self._smooth.items()
        )
        self.state = CounterState(up - down, math.nan, self._direction != "down")
        return self._move(time_s, down, up)

    def _move(self, time_s: float, down: float, up: float) -> Rep | None:
        """Follow the direction of the movement; a long enough down and then up is one."""
        direction = self._direction
        if max(down, up) >= self.enter:
            direction = "down" if down > up else "up"
        if direction != self._direction:
            if self._direction == "down" and time_s - self._since_s >= self.least_s:
                self._down = (self._since_s, time_s)
            self._direction, self._since_s = direction, time_s
        risen = direction == "up" and time_s - self._since_s >= self.least_s
        if self._down is None or not risen:
            return None
        (start_s, bottom_s), self._down = self._down, None
        return Rep(start_s, bottom_s, time_s, math.nan)


class FinishedCounter(LearnedCounter):
    """A network of short videos says at each frame whether a repetition was just finished.

    It fires where that chance passes `enter`, once it has been below `leave` since it last did. The
    bottom is where the network held the body to be lowest since it last fired.

    Args:
        weights: A file, or the name of weights in `data/weights/video`.
        enter: Chance at which it fires.
        leave: Chance below which it may fire again.
        window: Frames that the network is shown at a time.
        device: Where the network runs.
    """

    def __init__(
        self,
        weights: str,
        enter: float = 0.5,
        leave: float = 0.3,
        window: int = 24,
        device: str = "cpu",
    ) -> None:
        super().__init__(weights, device)
        self.enter, self.leave = enter, leave
        self._frames: deque[np.ndarray] = deque(maxlen=window)
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self.state = CounterState()
        self._pace.reset()
        self._frames.clear()
        self._armed, self._fired_s = False, math.nan  # nothing can be finished at once
        self._lowest = (-math.inf, math.nan)

    def _chances(self) -> tuple[float, float]:
        """Finished, and low, of the latest frame."""
        frames = torch.from_numpy(np.stack(self._frames))[None].to(self._device)
        return tuple(self.model(frames)[0, -1].sigmoid().tolist())

    @torch.inference_mode()
    def update(self, frame: Frame) -> Rep | None:
        """Take the next frame; return the repetition that it completes, if any."""
        if not self._pace.due(frame.time_s):
            return None
        self._frames.append(square_rgb(frame, self.model.input_size))
        finished, low = self._chances()
        time_s = frame.time_s
        if math.isnan(self._fired_s):
            self._fired_s = time_s
        self._lowest = max(self._lowest, (low, time_s))
        self.state = CounterState(1 - low, 0.5, low < 0.5)
        if finished < self.leave:
            self._armed = True
        if finished < self.enter or not self._armed:
            return None
        rep = Rep(self._fired_s, self._lowest[1], time_s, math.nan, finished)
        self._armed, self._fired_s, self._lowest = False, time_s, (-math.inf, math.nan)
        return rep


class Cnn3dCounter(FinishedCounter):
    """3D convolutions over a causal sliding window; see `FinishedCounter`."""

    kind = "cnn3d"


class CnnLstmCounter(FinishedCounter):
    """A CNN and an LSTM, whose memory goes on from frame to frame; see `FinishedCounter`."""

    kind = "cnn_lstm"

    def reset(self) -> None:
        """Forget everything."""
        super().reset()
        self._memory: tuple[torch.Tensor, torch.Tensor] | None = None

    def _chances(self) -> tuple[float, float]:
        """Finished, and low, of the latest frame."""
        latest = torch.from_numpy(np.stack(list(self._frames)[-2:]))[None].to(self._device)
        frames = self.model.normalised(latest)
        logits, self._memory = self.model.network.step(frames, self._memory)  # type: ignore
        return tuple(logits.sigmoid().tolist())
