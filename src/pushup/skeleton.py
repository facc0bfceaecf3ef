"""Which joints a model predicts, how they connect, and which swap under a mirror."""

from dataclasses import dataclass

import numpy as np

MPII_JOINTS = (
    "right_ankle",
    "right_knee",
    "right_hip",
    "left_hip",
    "left_knee",
    "left_ankle",
    "pelvis",
    "thorax",
    "upper_neck",
    "head",
    "right_wrist",
    "right_elbow",
    "right_shoulder",
    "left_shoulder",
    "left_elbow",
    "left_wrist",
)
"""The 16 joints of MPII in the order of its annotations; "head" is the top of the head."""


@dataclass(frozen=True)
class Skeleton:
    """A named, ordered choice of MPII joints.

    Attributes:
        name: Key under which `get_skeleton` finds it; stored with weights.
        joints: Joint names, K of them, each one of `MPII_JOINTS`.
        edges: Pairs of joint names that are drawn as limbs.
    """

    name: str
    joints: tuple[str, ...]
    edges: tuple[tuple[str, str], ...]

    def __len__(self) -> int:
        return len(self.joints)

    def index(self, joint: str) -> int:
        """Position of a joint by name; ValueError if the skeleton lacks it."""
        return self.joints.index(joint)

    def pair(self, part: str) -> tuple[int, int]:
        """Indices (right, left) of a paired part such as "shoulder" or "wrist"."""
        return self.index(f"right_{part}"), self.index(f"left_{part}")

    @property
    def edge_indices(self) -> tuple[tuple[int, int], ...]:
        """`edges` as index pairs."""
        return tuple((self.index(a), self.index(b)) for a, b in self.edges)

    @property
    def flip(self) -> np.ndarray:
        """(K,) permutation: joint k of a mirrored picture is joint flip[k] of the original."""
        swap = {"right_": "left_", "left_": "right_"}
        mirrored = [
            next((new + j[len(old) :] for old, new in swap.items() if j.startswith(old)), j)
            for j in self.joints
        ]
        return np.array([self.index(j) for j in mirrored])

    @property
    def mpii(self) -> np.ndarray:
        """(K,) indices into the 16 joints of MPII."""
        return np.array([MPII_JOINTS.index(j) for j in self.joints])


_ARMS = (
    ("right_wrist", "right_elbow"),
    ("right_elbow", "right_shoulder"),
    ("right_shoulder", "left_shoulder"),
    ("left_shoulder", "left_elbow"),
    ("left_elbow", "left_wrist"),
)

UPPER7 = Skeleton(
    name="upper7",
    joints=(
        "right_wrist",
        "right_elbow",
        "right_shoulder",
        "head",
        "left_shoulder",
        "left_elbow",
        "left_wrist",
    ),
    edges=(*_ARMS, ("right_shoulder", "head"), ("left_shoulder", "head")),
)
"""The seven keypoints of the published push-up counter, in its order."""

BODY16 = Skeleton(
    name="body16",
    joints=MPII_JOINTS,
    edges=(
        *_ARMS,
        ("thorax", "upper_neck"),
        ("upper_neck", "head"),
        ("thorax", "pelvis"),
        ("right_hip", "pelvis"),
        ("pelvis", "left_hip"),
        ("right_hip", "right_knee"),
        ("right_knee", "right_ankle"),
        ("left_hip", "left_knee"),
        ("left_knee", "left_ankle"),
    ),
)
"""All joints of MPII."""

SKELETONS = {s.name: s for s in (UPPER7, BODY16)}


def get_skeleton(name: str) -> Skeleton:
    """The skeleton of that name; ValueError naming the known ones otherwise."""
    if name not in SKELETONS:
        raise ValueError(f"unknown skeleton {name!r}: choose one of {', '.join(SKELETONS)}")
    return SKELETONS[name]
