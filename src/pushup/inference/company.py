"""Is there more than one person? The keypoint networks look for one: they are asked a second time.

What has been found is painted over, and what is left of the frame on its left and on its right is
looked at. Who stands behind or before the first person is not noticed.
"""

import math

import numpy as np

from pushup.inference.predictor import KeypointPredictor, Pose, PoseModel

_SURE, _JOINT = 0.4, 0.1
_AROUND = 0.6  # what of a person lies beyond the joints, as a share of their box's longer side
_NARROWEST = 0.15  # of the frame's width: less holds nobody


def other_person(predictor: KeypointPredictor, frame_bgr: np.ndarray, pose: Pose) -> Pose | None:
    """Somebody else than `pose` in a frame; None where nobody else is found."""
    box = _surroundings(pose)
    if box is None:
        return None
    low, high = box
    height, width = frame_bgr.shape[:2]
    hidden = frame_bgr.copy()
    top, bottom = max(0, math.floor(low[1])), max(0, math.ceil(high[1]))
    left, right = max(0, math.floor(low[0])), max(0, math.ceil(high[0]))
    hidden[top:bottom, left:right] = frame_bgr.mean((0, 1))
    for start, end in ((0, left), (right, width)):
        if end - start > _NARROWEST * width:
            found = predictor(hidden, (start, 0, end, height))
            if found.scores.mean() > _SURE:
                return found
    return None


def _surroundings(pose: Pose) -> tuple[np.ndarray, np.ndarray] | None:
    """Corners of the box round a person; None where too little of them is seen."""
    sure = (pose.scores > _JOINT) & np.isfinite(pose.keypoints_frame).all(1)
    if sure.sum() < 2:
        return None
    points = pose.keypoints_frame[sure]
    low, high = points.min(0), points.max(0)
    margin = _AROUND * (high - low).max()
    return low - margin, high + margin


class Company:
    """Looks for others every second; what two looks running agree on holds.

    Attributes:
        found: Somebody else is in view.

    Args:
        model: As of the predictor.
        every_s: Pause between two looks.
    """

    def __init__(self, model: PoseModel, every_s: float = 1.0) -> None:
        self._predictor, self._every_s = KeypointPredictor(model), every_s
        self._looked_s, self._last = -math.inf, False
        self.found = False

    def update(self, time_s: float, frame_bgr: np.ndarray, pose: Pose) -> bool:
        """Take a frame and the person in it."""
        if time_s - self._looked_s >= self._every_s:
            self._looked_s = time_s
            seen = other_person(self._predictor, frame_bgr, pose) is not None
            if seen == self._last:
                self.found = seen
            self._last = seen
        return self.found
