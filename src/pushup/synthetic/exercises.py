"""All motions by name, and which of them have repetitions."""

from collections.abc import Callable

from pushup.synthetic.motions import Motion, jumping_jack, pull_up, sit_up, squat, standing
from pushup.synthetic.other_poses import OTHER_POSES
from pushup.synthetic.push_ups import plank, push_up

EXERCISES: dict[str, Callable[..., Motion]] = {
    "push_up": push_up,
    "squat": squat,
    "plank": plank,
    "pull_up": pull_up,
    "jumping_jack": jumping_jack,
    "sit_up": sit_up,
    "standing": standing,
}
"""Motions that make sense as clips."""
MOTIONS: dict[str, Callable[..., Motion]] = {**EXERCISES, **OTHER_POSES}
"""Everything that a rendered person can do."""
REPEATING = ("push_up", "squat", "pull_up", "jumping_jack", "sit_up")
"""Exercises that have repetitions."""
PRONE = ("push_up", "plank", "all_fours")
"""Motions that begin on the hands: people go down over their knees."""
