"""Dense optical flow: the main direction of movement as a signal.

`OpticalFlowCounter` is the rule of the blog post of December 2020: the flow's main angle over time,
labelled against a moving z-score. `FlowPositionCounter` is ours: the flow is added up to a position
and cycles of it are counted, so that the speed of a movement does not matter.
"""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from pushup.approaches.pace import BandPass, Pace
from pushup.approaches.video_counter import PictureCounter, grey
from pushup.cli import InputError
from pushup.counting.cycles import CycleDetector
from pushup.counting.filters import Ema, TimeWindow
from pushup.counting.types import CounterState, Rep
from pushup.video.frames import Frame

FlowMethod = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Two grey pictures (H, W) to the displacement of each pixel, (H, W, 2) in pixels, y down."""


def farneback(before: np.ndarray, now: np.ndarray) -> np.ndarray:
    """Farneback, "Two-frame motion estimation based on polynomial expansion", SCIA 2003."""
    start = np.zeros((*before.shape, 2), np.float32)
    return cv2.calcOpticalFlowFarneback(before, now, start, 0.5, 3, 15, 3, 5, 1.2, 0)


def dis(before: np.ndarray, now: np.ndarray) -> np.ndarray:
    """Kroeger et al., "Fast optical flow using dense inverse search", ECCV 2016."""
    method = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
    return method.calc(before, now, np.zeros((*before.shape, 2), np.float32))


METHODS: dict[str, FlowMethod] = {"farneback": farneback, "dis": dis}


class FlowReader:
    """Flow from each picture to the next, at a bounded rate and size.

    Args:
        method: "farneback" or "dis".
        size: Longer side of the grey pictures.
        rate_hz: Pictures a second, at most.

    Raises:
        InputError: There is no such method.
    """

    def __init__(self, method: str, size: int, rate_hz: float) -> None:
        if method not in METHODS:
            raise InputError(f"no flow method {method!r}: give method={' or '.join(METHODS)}")
        self._method, self._size, self._pace = METHODS[method], size, Pace(rate_hz)
        self.reset()

    def reset(self) -> None:
        """Forget the last picture."""
        self._pace.reset()
        self._before: np.ndarray | None = None

    def update(self, frame: Frame) -> np.ndarray | None:
        """(H, W, 2) displacement in pixels since the last picture looked at; None without one."""
        if not self._pace.due(frame.time_s):
            return None
        now = grey(frame, self._size)
        before, self._before = self._before, now
        if before is None or before.shape != now.shape or min(now.shape) < 16:
            return None
        return self._method(before, now)


@dataclass(frozen=True)
class Direction:
    """Circular statistics of a flow field, each pixel weighted by how far it moved.

    Attributes:
        angle: Of the main direction in radians: 0 to the right, pi / 2 up.
        length: Mean resultant length in 0..1: 1 where everything moves one way.
        speed: Mean displacement in pixels.
    """

    angle: float
    length: float
    speed: float


def main_direction(flow: np.ndarray) -> Direction:
    """The magnitude-weighted circular mean of the directions of (H, W, 2) displacements.

    Weighted by its magnitude, the unit vector of a pixel's direction is the displacement itself.
    (Mardia and Jupp, "Directional Statistics", 2000, section 2.2.)
    """
    east, north = float(flow[..., 0].mean()), -float(flow[..., 1].mean())
    speed = float(np.hypot(flow[..., 0], flow[..., 1]).mean())
    length = float(np.hypot(east, north)) / speed if speed > 0 else 0.0
    return Direction(float(np.arctan2(north, east)), length, speed)


class OpticalFlowCounter(PictureCounter):
    """The post's rule: the main direction's angle, low-passed, against mean + h deviations.

    The signal is the sine of the angle, 1 upward and -1 downward, since an angle itself jumps where
    it passes pi. Each change of the label from 0 to 1 is a repetition: the movement has turned
    upward. As in the post, nothing asks how large the movement is.

    Args:
        method: "farneback" or "dis".
        size: Longer side of the pictures.
        rate_hz: Pictures a second, at most.
        window_s: Seconds over which mean and deviation are taken.
        h: How many deviations above the mean is "up".
        cutoff_hz: Of the low-pass.
    """

    def __init__(
        self,
        method: str = "farneback",
        size: int = 160,
        rate_hz: float = 15.0,
        window_s: float = 2.0,
        h: float = 0.1,
        cutoff_hz: float = 2.1,
    ) -> None:
        self.h = h
        self._flow = FlowReader(method, size, rate_hz)
        self._low_pass, self._window = Ema.at_cutoff(cutoff_hz), TimeWindow(window_s)
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self.state = CounterState()
        for part in (self._flow, self._low_pass, self._window):
            part.reset()
        self._up, self._down_s = False, float("nan")

    def update(self, frame: Frame) -> Rep | None:
        """Take the next frame; return the repetition that it completes, if any."""
        flow = self._flow.update(frame)
        if flow is None:
            return None
        direction, time_s = main_direction(flow), frame.time_s
        value = self._low_pass.update(time_s, float(np.sin(direction.angle)))
        before = np.array(self._window.values)
        self._window.push(time_s, value)
        if not len(before):
            return None
        threshold = float(before.mean() + self.h * before.std())
        was_up, self._up = self._up, value > threshold
        self.state = CounterState(value, threshold, self._up)
        if was_up and not self._up:
            self._down_s = time_s
        if was_up or not self._up:
            return None
        start_s = time_s if np.isnan(self._down_s) else self._down_s
        features = {"resultant": direction.length, "speed_px": direction.speed}
        return Rep(start_s, time_s, time_s, float("nan"), 1.0, features)


class FlowPositionCounter(PictureCounter):
    """Flow added up to a position: falls and rises of what moves, measured in picture heights.

    What the whole picture does (a camera that shakes) is the median of the flow and is subtracted;
    of the rest, the part that moves at all is averaged, weighted by how far it moves. The vertical
    displacements are added up, low frequencies taken out, and cycles counted. A cycle counts if it
    went up and down more than sideways, and if enough of the picture took part.

    Args:
        method: "farneback" or "dis".
        size: Longer side of the pictures.
        rate_hz: Pictures a second, at most.
        least_px: A pixel that moves less from picture to picture is at rest.
        low_hz: Slower changes of the position are drift.
        high_hz: Faster ones are noise.
        floor: Least fall, in heights of the picture.
        recover: Share of the fall that has to be climbed back.
        upright: Least vertical path over horizontal path of a cycle.
        least_share: Least share of the picture that moves, on average over the cycle.
    """

    def __init__(
        self,
        method: str = "farneback",
        size: int = 160,
        rate_hz: float = 15.0,
        least_px: float = 0.4,
        low_hz: float = 0.1,
        high_hz: float = 2.5,
        floor: float = 0.05,
        recover: float = 0.6,
        upright: float = 0.8,
        least_share: float = 0.04,
    ) -> None:
        self.least_px, self.upright, self.least_share = least_px, upright, least_share
        self._flow = FlowReader(method, size, rate_hz)
        self._band, self._cycles = BandPass(low_hz, high_hz), CycleDetector(floor, recover)
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self.state = CounterState()
        for part in (self._flow, self._band, self._cycles):
            part.reset()
        self._position = 0.0
        self._paths: list[tuple[float, float, float, float]] = []

    def update(self, frame: Frame) -> Rep | None:
        """Take the next frame; return the repetition that it completes, if any."""
        flow = self._flow.update(frame)
        if flow is None:
            return None
        time_s = frame.time_s
        across, up, share = self._step(flow)
        self._position += up
        self._paths = [p for p in self._paths if p[0] > time_s - 20.0]
        self._paths.append((time_s, abs(across), abs(up), share))
        value = self._band.update(time_s, self._position)
        cycle = self._cycles.update(time_s, value)
        self.state = CounterState(value, self._cycles.threshold, not self._cycles.low)
        if cycle is None:
            return None
        paths = np.array([p[1:] for p in self._paths if p[0] >= cycle.start_s])
        sideways, vertical = paths[:, 0].sum(), paths[:, 1].sum()
        upright = float(vertical / max(sideways, 1e-6))
        features = {"upright": upright, "share": float(paths[:, 2].mean())}
        if upright < self.upright or features["share"] < self.least_share:
            self.state = CounterState(value, note=f"not up and down: {features}")
            return None
        return Rep(cycle.start_s, cycle.bottom_s, cycle.top_s, cycle.depth, 1.0, features)

    def _step(self, flow: np.ndarray) -> tuple[float, float, float]:
        """Displacement across and up of what moves, in picture heights, and its share."""
        flow = flow - np.median(flow, axis=(0, 1))
        far = np.hypot(flow[..., 0], flow[..., 1])
        moving = far > self.least_px
        if not moving.any():
            return 0.0, 0.0, 0.0
        across, down = np.average(flow[moving], axis=0, weights=far[moving]) / len(flow)
        return float(across), -float(down), float(moving.mean())
