"""Whether the person can be counted as they stand, and what to say where not."""

import math

import numpy as np

from pushup.inference.predictor import SEEN_SCORE, Pose
from pushup.skeleton import Skeleton
from pushup.video import words

_GONE_S, _ADVISE_S, _BRIEF_S = 1.0, 3.0, 0.5
_EDGE, _NARROW, _SMALL, _WIDE = 0.02, 0.12, 0.22, 0.6


def is_seen(pose: Pose) -> bool:
    """Whether a pose is somebody's."""
    return float(np.mean(pose.scores)) >= SEEN_SCORE


class Guide:
    """Watches what is seen of the person.

    Attributes:
        seen: Somebody was seen within the last second.
        advice: What to do, once the same was in the way for three seconds, brief moments apart; ""
            if nothing is.

    Args:
        skeleton: Of the poses.
    """

    def __init__(self, skeleton: Skeleton) -> None:
        self._wrists = [k for k, joint in enumerate(skeleton.joints) if joint.endswith("wrist")]
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self.seen, self.advice = True, ""
        self._seen_s = self._since_s = self._held_s = -math.inf
        self._obstacle = ""

    def update(
        self, time_s: float, pose: Pose, size_wh: tuple[int, int], counting: bool = True
    ) -> None:
        """Take the pose in the frame, of this size, at `time_s`, and whether it may be counted."""
        if is_seen(pose) or self._seen_s == -math.inf:
            self._seen_s = time_s
        self.seen = time_s - self._seen_s < _GONE_S
        obstacle = self._in_the_way(pose, size_wh, counting)
        if obstacle == self._obstacle:
            self._held_s = time_s
        elif not self._obstacle or time_s - self._held_s > _BRIEF_S:
            self._obstacle, self._since_s, self._held_s = obstacle, time_s, time_s
            self.advice = ""
        if obstacle == self._obstacle and time_s - self._since_s >= _ADVISE_S:
            self.advice = obstacle

    def _in_the_way(self, pose: Pose, size_wh: tuple[int, int], counting: bool) -> str:
        if not is_seen(pose):
            return words.STEP_IN
        sure = (pose.scores >= SEEN_SCORE) & np.isfinite(pose.keypoints_frame).all(1)
        if self._wrists and not sure[self._wrists].any():
            return words.HANDS
        if sure.sum() < 2:
            return ""
        low, high = (f(pose.keypoints_frame[sure] / size_wh, 0) for f in (np.min, np.max))
        if ((low < _EDGE) | (high > 1 - _EDGE)).any():
            return words.STEP_BACK if (high - low).max() > _WIDE else words.MIDDLE
        pixels = ((high - low) * size_wh).max()
        least = _NARROW if counting else _SMALL
        return words.CLOSER if pixels < least * min(size_wh) else ""
