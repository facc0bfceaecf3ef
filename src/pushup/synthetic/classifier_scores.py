"""What the push-up classifier says of a person, for simulated traces.

Measured, as the keypoints' errors are (`pushup.synthetic.errors`), on rendered clips that the
shipped classifier looked at: how sure it is depends on view and person far more than on the moment.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pushup.synthetic.body import BodyPose, unit
from pushup.synthetic.errors import wander_paths

_BY_VIEW = {
    "side_left": (8.6, 0.6),
    "side_right": (7.8, 1.6),
    "front": (4.8, 2.9),
    "three_quarter": (7.9, 2.2),
    "rear": (0.7, 1.7),
    "high_front": (1.0, 2.5),
    "high_side": (3.5, 1.5),
    "overhead": (-0.8, 2.9),
    "floor_front": (3.9, 3.3),
    "under_chest": (-1.2, 1.0),
    "far": (-0.3, 1.9),
    "close": (5.9, 2.6),
    "portrait": (5.3, 2.4),
    "landscape": (7.5, 2.5),
    "rotated_90": (-2.3, 1.9),
    "tilted_20": (3.8, 1.8),
}
"""By viewpoint: mean logit of people in push-up position, standard deviation between them."""
_ELSE = -2.3, 2.6
"""Likewise of people who do anything else."""
_MOST = 9.2


@dataclass(frozen=True)
class ClassifierScores:
    """How sure the classifier is.

    Attributes:
        mean: Logit of people in push-up position.
        spread: Its standard deviation between people.
        unrest: Its standard deviation within a second.
    """

    mean: float = 5.0
    spread: float = 3.0
    unrest: float = 0.85

    @classmethod
    def before(cls, view: str) -> "ClassifierScores":
        """As it is from a viewpoint."""
        return cls(*_BY_VIEW[view])

    def apply(
        self, poses: Sequence[BodyPose], time_s: np.ndarray, rng: np.random.Generator
    ) -> np.ndarray:
        """(T,) scores in 0..1 of the poses at (T,) seconds."""
        position = rng.normal(self.mean, self.spread)
        logit = np.where([in_position(pose) for pose in poses], position, rng.normal(*_ELSE))
        logit = logit + wander_paths(rng, self.unrest, 1.0, time_s, 1)[:, 0, 0]
        return 1 / (1 + np.exp(-np.clip(logit, -_MOST, _MOST)))


def in_position(pose: BodyPose) -> bool:
    """Whether somebody is prone on the hands with straight hips: no plank on the forearms."""
    facing_down = pose.targets.chest_frame[1, 2] < -0.3
    trunk, thighs = unit(pose.thorax - pose.targets.pelvis), unit(pose.knees - pose.hips)
    straight = (thighs @ trunk).max() < np.cos(np.deg2rad(130))
    on_hands = pose.wrists[:, 2].min() < pose.shoulders[:, 2].min() - 0.08
    off_elbows = pose.elbows[:, 2].max() > pose.wrists[:, 2].min() + 0.06
    return bool(facing_down and straight and on_hands and off_elbows)
