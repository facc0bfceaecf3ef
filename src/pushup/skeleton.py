"""Which joints a model predicts, how they connect, and which swap under a mirror."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from pushup.cli import InputError

if TYPE_CHECKING:
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
    """A named, ordered choice of joints.

    Names are those of data sets: of `MPII_JOINTS`, or any others, written as `left_shoulder` is.

    Attributes:
        name: Of the skeleton; stored with weights.
        joints: Joint names, K of them.
        edges: Pairs of joint names that are drawn as limbs.
        pairs: Pairs of joint names that swap under a mirror; None: right_NAME and left_NAME.
        reference: The two joints whose distance normalises PCKs; None: both shoulders.

    Raises:
        InputError: There is no joint, one is named twice, or a pair names one that is not there.
    """

    name: str
    joints: tuple[str, ...]
    edges: tuple[tuple[str, str], ...] = ()
    pairs: tuple[tuple[str, str], ...] | None = None
    reference: tuple[str, str] | None = None

    def __post_init__(self) -> None:
        # from YAML and from metadata they come as lists
        self._set("joints", tuple(self.joints))
        self._set("edges", tuple((a, b) for a, b in self.edges))
        if self.pairs is not None:
            self._set("pairs", tuple((a, b) for a, b in self.pairs))
        if self.reference is not None:
            self._set("reference", tuple(self.reference))
        if not self.joints or not all(isinstance(joint, str) for joint in self.joints):
            raise InputError(f"skeleton {self.name}: joints have to be names: give one at least")
        if len(set(self.joints)) < len(self.joints):
            raise InputError(f"skeleton {self.name}: a joint is named twice")
        if self.reference is not None and len(self.reference) != 2:
            raise InputError(f"skeleton {self.name}: reference names two joints")
        for pair in (*self.edges, *(self.pairs or ()), self.reference or ()):
            self.indices(pair)

    def _set(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)

    def __len__(self) -> int:
        return len(self.joints)

    def index(self, joint: str) -> int:
        """Position of a joint by name; InputError if the skeleton lacks it."""
        return self.indices((joint,))[0]

    def indices(self, joints: Iterable[str]) -> list[int]:
        """Positions of joints by name; InputError naming those that the skeleton lacks."""
        joints = tuple(joints)
        lacking = [joint for joint in joints if joint not in self.joints]
        if lacking:
            raise InputError(
                f"skeleton {self.name} lacks {', '.join(lacking)}; needed are {', '.join(joints)}, "
                f"it has {', '.join(self.joints)}"
            )
        return [self.joints.index(joint) for joint in joints]

    def within(self, joints: Sequence[str]) -> np.ndarray:
        """(K,) position of each joint in another list of names, -1 where that lacks it."""
        import numpy as np  # the counter does without

        return np.array([joints.index(j) if j in joints else -1 for j in self.joints])

    def pair(self, part: str) -> tuple[int, int]:
        """Indices (right, left) of a paired part such as "shoulder" or "wrist"."""
        right, left = self.indices((f"right_{part}", f"left_{part}"))
        return right, left

    @property
    def edge_indices(self) -> tuple[tuple[int, int], ...]:
        """`edges` as index pairs."""
        return tuple((self.index(a), self.index(b)) for a, b in self.edges)

    @property
    def flip(self) -> np.ndarray:
        """(K,) permutation: joint k of a mirrored picture is joint flip[k] of the original."""
        import numpy as np

        pairs = self.pairs
        if pairs is None:
            parts = [j.removeprefix("right_") for j in self.joints if j.startswith("right_")]
            pairs = tuple((f"right_{p}", f"left_{p}") for p in parts if f"left_{p}" in self.joints)
        other = {a: b for a, b in pairs} | {b: a for a, b in pairs}
        return np.array([self.index(other.get(joint, joint)) for joint in self.joints])

    @property
    def mpii(self) -> np.ndarray:
        """(K,) indices into the 16 joints of MPII."""
        import numpy as np

        return np.array([MPII_JOINTS.index(j) for j in self.joints])

    def spec(self) -> str | dict[str, Any]:
        """What weights say of it: its name, or all of it where the name is not one of ours."""
        return self.name if SKELETONS.get(self.name) == self else asdict(self)


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


def get_skeleton(spec: str | Mapping[str, Any]) -> Skeleton:
    """The skeleton of a name, or one that `Skeleton.spec` has described.

    Raises:
        InputError: The name is unknown; it names the known ones. Or the description is none.
    """
    if isinstance(spec, Mapping):
        try:
            return Skeleton(**spec)
        except (TypeError, ValueError) as error:
            raise InputError(f"no description of a skeleton: {error}") from error
    if spec not in SKELETONS:
        raise InputError(f"unknown skeleton {spec!r}: choose one of {', '.join(SKELETONS)}")
    return SKELETONS[spec]
