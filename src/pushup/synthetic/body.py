"""An articulated person: proportions, targets for its parts, and the joints that follow.

World axes are metres with z up and the floor at z = 0. A frame is a (3, 3) matrix whose rows are
the person's right, front and up (towards the head). Pairs are ordered (right, left).
"""

from dataclasses import dataclass, fields

import numpy as np

SIDES = np.array([1.0, -1.0])
"""Sign of the body's right axis for (right, left)."""


def unit(v: np.ndarray) -> np.ndarray:
    """(..., 3) vectors scaled to length one."""
    return v / np.maximum(np.sqrt(np.einsum("...i,...i->...", v, v)), 1e-9)[..., None]


def vec(x: float, y: float, z: float) -> np.ndarray:
    """A float vector."""
    return np.array([x, y, z], float)


def cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Cross product of broadcastable (..., 3) arrays; quicker on small ones than `np.cross`."""
    ax, ay, az = a[..., 0], a[..., 1], a[..., 2]
    bx, by, bz = b[..., 0], b[..., 1], b[..., 2]
    x = ay * bz - az * by
    out = np.empty((*x.shape, 3), x.dtype)
    out[..., 0], out[..., 1], out[..., 2] = x, az * bx - ax * bz, ax * by - ay * bx
    return out


def frame(up: np.ndarray, front: np.ndarray) -> np.ndarray:
    """Orthonormal frame with that up; front is made perpendicular to it."""
    up = unit(np.asarray(up, float))
    right = unit(cross(np.asarray(front, float), up))
    return np.stack([right, cross(up, right), up])


def rotation(axis: np.ndarray, angle_deg: float) -> np.ndarray:
    """(3, 3) matrix that turns row vectors (v @ M) about an axis, right-handed."""
    x, y, z = unit(np.asarray(axis, float))
    angle = np.deg2rad(angle_deg)
    skew = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return (np.eye(3) + np.sin(angle) * skew + (1 - np.cos(angle)) * skew @ skew).T


@dataclass(frozen=True)
class Body:
    """Segment lengths in metres and build.

    Mean segment lengths are near the shares of stature of Drillis and Contini (1966), as tabulated
    in Winter, *Biomechanics and Motor Control of Human Movement*; the upper arm is a little
    shorter, since keypoint labels put the shoulder below the joint's centre.

    Attributes:
        ankle_height: Ankle joint above the sole.
        trunk: Middle of the hips to middle of the shoulders.
        neck: Middle of the shoulders to the upper neck.
        head: Upper neck to the top of the head.
        muscle: 0 slender to 1 muscular.
        fat: 0 lean to 1 heavy.
        feminine: 0 to 1, shape of hips, waist and chest.
    """

    height: float
    upper_arm: float
    forearm: float
    hand: float
    thigh: float
    shank: float
    foot: float
    ankle_height: float
    trunk: float
    neck: float
    head: float
    shoulder_half: float
    hip_half: float
    muscle: float
    fat: float
    feminine: float

    @classmethod
    def sample(cls, rng: np.random.Generator, child: bool = False) -> "Body":
        """A random adult, at times a child; or a child."""
        feminine = float(np.clip(rng.normal(0.2, 0.25) + 0.6 * (rng.random() < 0.3), 0, 1))
        child = child or rng.random() < 0.06
        height = rng.uniform(1.15, 1.5) if child else rng.normal(1.77 - 0.12 * feminine, 0.07)

        def part(share: float, spread: float = 0.04) -> float:
            return float(height * share * np.clip(rng.normal(1, spread), 0.85, 1.15))

        return cls(
            height=float(height),
            upper_arm=part(0.172),
            forearm=part(0.152),
            hand=part(0.104),
            thigh=part(0.242),
            shank=part(0.243),
            foot=part(0.152),
            ankle_height=part(0.042),
            trunk=part(0.288),
            neck=part(0.054, 0.1),
            head=part(0.148 if child else 0.129),
            shoulder_half=part(0.108 - 0.012 * feminine, 0.06),
            hip_half=part(0.052 + 0.003 * feminine, 0.06),
            muscle=float(np.clip(rng.normal(0.5 - 0.25 * feminine, 0.25), 0, 1)),
            fat=float(np.clip(rng.exponential(0.22), 0, 1)),
            feminine=feminine,
        )

    @property
    def arm(self) -> float:
        """Shoulder to wrist, straight."""
        return self.upper_arm + self.forearm

    @property
    def leg(self) -> float:
        """Hip to ankle, straight."""
        return self.thigh + self.shank


@dataclass(frozen=True)
class IKTargets:
    """What a person does at one moment; every field may be blended.

    Attributes:
        pelvis: (3,) middle of the hips.
        pelvis_frame: (3, 3) rows right, front, up; likewise chest and head.
        wrists: (2, 3) where the wrists should be; reached as far as the arms are long.
        elbow_poles: (2, 3) directions in which the elbows point.
        ankles: (2, 3); knee_poles: (2, 3) directions in which the knees point.
        fingers: (2, 3) directions of the fingers; palms: (2, 3) directions that the palms face.
        toes: (2, 3) directions of the feet; soles: (2, 3) directions that the soles face.
        fist: 0 open hand to 1 closed.
        shrug: (2,) height of the shoulders above rest, metres along the chest.
    """

    pelvis: np.ndarray
    pelvis_frame: np.ndarray
    chest_frame: np.ndarray
    head_frame: np.ndarray
    wrists: np.ndarray
    elbow_poles: np.ndarray
    ankles: np.ndarray
    knee_poles: np.ndarray
    fingers: np.ndarray
    palms: np.ndarray
    toes: np.ndarray
    soles: np.ndarray
    fist: float
    shrug: np.ndarray

    def blend(self, other: "IKTargets", weight: float) -> "IKTargets":
        """These targets at weight 0, the others at 1; frames stay orthonormal."""
        mixed = {
            f.name: (1 - weight) * getattr(self, f.name) + weight * getattr(other, f.name)
            for f in fields(self)
        }
        for name in ("pelvis_frame", "chest_frame", "head_frame"):
            mixed[name] = frame(mixed[name][2], mixed[name][1])
        return IKTargets(**mixed)

    def moved(self, turn: np.ndarray, offset: np.ndarray) -> "IKTargets":
        """Turned about the origin by a row-vector matrix, then shifted."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        for name, value in values.items():
            if name not in ("fist", "shrug"):
                values[name] = value @ turn
        for name in ("pelvis", "wrists", "ankles"):
            values[name] = values[name] + offset
        return IKTargets(**values)


@dataclass(frozen=True)
class BodyPose:
    """A solved body: the joints in the world, pairs as (2, 3) arrays (right, left).

    `elbow_out` and `knee_out` are unit vectors, perpendicular to the line from the limb's root to
    its end, towards the bent joint.
    """

    targets: IKTargets
    thorax: np.ndarray
    upper_neck: np.ndarray
    head_top: np.ndarray
    shoulders: np.ndarray
    elbows: np.ndarray
    wrists: np.ndarray
    hips: np.ndarray
    knees: np.ndarray
    ankles: np.ndarray
    elbow_out: np.ndarray
    knee_out: np.ndarray

    @property
    def joints(self) -> np.ndarray:
        """(16, 3) in the order of `MPII_JOINTS`."""
        (r_ankle, l_ankle), (r_knee, l_knee), (r_hip, l_hip) = self.ankles, self.knees, self.hips
        (r_wrist, l_wrist), (r_elbow, l_elbow) = self.wrists, self.elbows
        r_shoulder, l_shoulder = self.shoulders
        legs = [r_ankle, r_knee, r_hip, l_hip, l_knee, l_ankle]
        trunk = [self.targets.pelvis, self.shoulders.mean(0), self.upper_neck, self.head_top]
        arms = [r_wrist, r_elbow, r_shoulder, l_shoulder, l_elbow, l_wrist]
        return np.stack(legs + trunk + arms)


def thorax_and_shoulders(
    body: Body,
    pelvis: np.ndarray,
    pelvis_frame: np.ndarray,
    chest_frame: np.ndarray,
    shrug: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """The middle of the shoulders at rest, and the (2, 3) shoulders."""
    thorax = pelvis + body.trunk * (0.45 * pelvis_frame[2] + 0.55 * chest_frame[2])
    lateral = SIDES[:, None] * body.shoulder_half * chest_frame[0]
    return thorax, thorax + lateral + shrug[:, None] * chest_frame[2]


def shoulder_rise(shoulders: np.ndarray, wrists: np.ndarray, up: np.ndarray) -> np.ndarray:
    """(2, 3) by which the shoulder blades lift the shoulders under raised arms."""
    raised = np.maximum(unit(wrists - shoulders) @ up, 0)
    return 0.04 * raised[:, None] * up


def two_bone(
    root: np.ndarray, target: np.ndarray, pole: np.ndarray, first: float, second: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Inverse kinematics of limbs of two bones, by the law of cosines.

    Args:
        root: (n, 3) upper ends.
        target: (n, 3) wished lower ends; out of reach ones are brought to the reach.
        pole: (n, 3) directions towards which the middle joints bend.
        first: Length of the upper bone.
        second: Length of the lower bone.

    Returns:
        Middle joints, lower ends and unit vectors of the bend, each (n, 3).
    """
    chord = target - root
    length = np.sqrt((chord * chord).sum(-1, keepdims=True))
    along = chord / np.maximum(length, 1e-9)
    reach = np.clip(length, abs(first - second) + 0.02, (first + second) * 0.9995)
    out = unit(pole - (pole * along).sum(-1, keepdims=True) * along)
    x = (first**2 - second**2 + reach**2) / (2 * reach)
    middle = root + x * along + np.sqrt(np.maximum(first**2 - x**2, 0)) * out
    return middle, root + reach * along, out


def solve(body: Body, targets: IKTargets) -> BodyPose:
    """Place every joint: trunk and head forwards, arms and legs by inverse kinematics."""
    thorax, shoulders = thorax_and_shoulders(
        body, targets.pelvis, targets.pelvis_frame, targets.chest_frame, targets.shrug
    )
    shoulders = shoulders + shoulder_rise(shoulders, targets.wrists, targets.chest_frame[2])
    neck_up = unit(0.6 * targets.chest_frame[2] + 0.4 * targets.head_frame[2])
    upper_neck = thorax + body.neck * neck_up + 0.012 * targets.chest_frame[1]
    hips = targets.pelvis + SIDES[:, None] * body.hip_half * targets.pelvis_frame[0]
    elbows, wrists, elbow_out = two_bone(
        shoulders, targets.wrists, targets.elbow_poles, body.upper_arm, body.forearm
    )
    knees, ankles, knee_out = two_bone(
        hips, targets.ankles, targets.knee_poles, body.thigh, body.shank
    )
    return BodyPose(
        targets=targets,
        thorax=thorax,
        upper_neck=upper_neck,
        head_top=upper_neck + body.head * targets.head_frame[2],
        shoulders=shoulders,
        elbows=elbows,
        wrists=wrists,
        hips=hips,
        knees=knees,
        ankles=ankles,
        elbow_out=elbow_out,
        knee_out=knee_out,
    )
