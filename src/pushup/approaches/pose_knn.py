"""Nearest poses: the recipe of a mobile SDK (ML Kit's and MediaPipe's "pose classification").

Each pose becomes a vector of normalised distances between its joints; the nearest known poses vote
"down" or "up"; the share of "down" is smoothed exponentially; a repetition is counted where it
leaves "down", with a threshold to enter and a lower one to leave. The known poses are rendered
push-ups with exact keypoints, seen from anywhere.
"""

import math
from functools import lru_cache
from itertools import combinations

import numpy as np

from pushup.counting.filters import Ema
from pushup.counting.types import CounterState, Observation, Rep
from pushup.skeleton import UPPER7, Skeleton
from pushup.synthetic.routines import Errors, Routine

_PAIRS = np.array(list(combinations(range(len(UPPER7)), 2)))
_EXACT = Errors(0.0, 0.0, 0.0, 0.0, 0.0)


def embed(keypoints: np.ndarray) -> np.ndarray:
    """(..., 21) distances between the joints of (..., 7, 2) poses, over their root mean square.

    Neither the place, the size, the turn nor the mirror image of a pose matters.
    """
    ends = keypoints[..., _PAIRS, :]
    distances = np.linalg.norm(ends[..., 0, :] - ends[..., 1, :], axis=-1)
    scale = np.sqrt((distances**2).mean(-1, keepdims=True))
    return distances / np.maximum(scale, 1e-9)


@lru_cache(maxsize=1)
def known_poses(people: int = 40, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Embedded poses (N, 21) of rendered push-ups, and whether each is down (N,) bool.

    Down is within 0.12 s of the lowest point, up as far from halfway between two of them.
    """
    poses, down = [], []
    for number in range(people):
        routine = Routine.sample(10_000 * (seed + 1) + number, ["push_up"], segment_s=8.0)
        trace = routine.trace(fps=12.5, errors=_EXACT)
        bottoms = np.array(routine.bottoms_s)
        if len(bottoms) < 2:
            continue
        for times, is_down in ((bottoms, True), ((bottoms[1:] + bottoms[:-1]) / 2, False)):
            near = np.abs(trace.time_s[:, None] - times).min(1) < 0.12
            poses.append(trace.keypoints[near])
            down.append(np.full(near.sum(), is_down))
    return embed(np.concatenate(poses)), np.concatenate(down)


class PoseKnnCounter:
    """Counts where the smoothed vote of the nearest known poses leaves "down".

    Args:
        neighbours: Poses that vote.
        enter: Share of "down" votes from which on the body is down.
        leave: Share below which it is up again.
        smooth_s: Time constant of the smoothing.
        min_score: A pose with a joint of lower confidence is not looked at.
        skeleton: Order of the keypoints.
    """

    def __init__(
        self,
        neighbours: int = 10,
        enter: float = 0.6,
        leave: float = 0.4,
        smooth_s: float = 0.15,
        min_score: float = 0.1,
        skeleton: Skeleton = UPPER7,
    ) -> None:
        if not 0 < leave <= enter < 1:
            raise ValueError(f"need 0 < leave <= enter < 1, got {leave} and {enter}")
        self.neighbours, self.enter, self.leave = neighbours, enter, leave
        self.min_score = min_score
        self._joints = skeleton.indices(UPPER7.joints)
        self._low_pass = Ema(smooth_s)
        self._poses, self._down = known_poses()
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self.state = CounterState(threshold=1 - self.enter)
        self._low_pass.reset()
        self._up_s = math.nan
        self._lowest = (math.inf, math.nan)

    def finish(self) -> Rep | None:
        """Nothing is left: every frame is decided at once."""
        return None

    def update(self, observation: Observation) -> Rep | None:
        """Take the next frame; return the repetition that it completes, if any."""
        keypoints = observation.keypoints[self._joints]
        scores = observation.scores[self._joints]
        if not (np.isfinite(keypoints).all() and (scores >= self.min_score).all()):
            return None
        time_s = observation.time_s
        up = 1 - self._low_pass.update(time_s, self._votes(keypoints))
        was_up, rep = self.state.high, None
        high = up > 1 - self.leave or (was_up and up > 1 - self.enter)
        if high and not was_up:
            rep = Rep(self._up_s, self._lowest[1], time_s, math.nan)
            self._lowest = (math.inf, math.nan)
        if high:
            self._up_s = time_s
        else:
            self._lowest = min(self._lowest, (up, time_s))
        self.state = CounterState(up, 1 - (self.enter if high else self.leave), high)
        return rep

    def _votes(self, keypoints: np.ndarray) -> float:
        """Share of the nearest known poses that are down."""
        distances = np.abs(self._poses - embed(keypoints)).mean(1)
        nearest = np.argpartition(distances, self.neighbours)[: self.neighbours]
        return float(self._down[nearest].mean())
