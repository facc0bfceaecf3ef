"""Region tracking: after a detection, the next frame is looked at round the person only.

As BlazePose does (Bazarevsky et al., 2020): the last pose says where to look, so that a small or
off-centre person fills the network's input as well as a large one.
"""

import numpy as np

from pushup.inference.predictor import KeypointPredictor, Pose, PoseModel
from pushup.inference.region import Region, Seen


class RegionTracker(KeypointPredictor):
    """A predictor that follows the person with a square region.

    Args:
        model: Backend.
        flip_test: Average with the mirrored picture.
        region: Says where to look; None for one with the default settings.
    """

    def __init__(
        self, model: PoseModel, flip_test: bool = False, region: Region | None = None
    ) -> None:
        super().__init__(model, flip_test)
        self._region = region or Region()

    def reset(self) -> None:
        """Look at the whole next frame."""
        self._region.reset()

    def follow(self, pose: Pose, time_s: float, size_wh: tuple[int, int]) -> None:
        """Look round a pose that was found at `time_s` in a frame of this width and height."""
        self._region.follow(_as_seen(pose), time_s, size_wh)

    def track(self, frame_bgr: np.ndarray, time_s: float) -> Pose:
        """The pose in the next frame, taken at `time_s`."""
        height, width = frame_bgr.shape[:2]
        looks, poses = self._region.looks(time_s, (width, height)), []
        box = next(looks)
        while True:
            pose = self(frame_bgr, box)
            poses.append(pose)
            try:
                box = looks.send(_as_seen(pose))
            except StopIteration as end:
                return poses[end.value]


def _as_seen(pose: Pose) -> Seen:
    return Seen(pose.keypoints_frame.tolist(), pose.scores.tolist())
