"""Where phones and cameras stand while somebody does push-ups, and how they are held."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from pushup.skeleton import BODY16
from pushup.synthetic.body import Body, BodyPose, IKTargets, unit
from pushup.synthetic.camera import Camera, aim, look_at
from pushup.synthetic.stage import Stage

WIDE, TALL = (426, 240), (240, 426)
"""Sizes of the pictures."""
_UPPER = [
    BODY16.index(joint)
    for joint in BODY16.joints
    if joint.split("_")[-1] in ("head", "neck", "thorax", "shoulder", "elbow", "wrist")
]


@dataclass(frozen=True)
class Viewpoint:
    """A way of placing the camera.

    Attributes:
        azimuths_deg: To choose from: from the head's direction, counter-clockwise from above, so
            that 90 is the person's left.
        azimuth_spread_deg: Standard deviation around it.
        elevation_deg: Lowest and highest above the person's middle.
        fill: Least and most share of the picture that the person spans.
        size_wh: Of the picture.
        rolls_deg: Turns of the camera to choose from.
        upper_body: Frame head, trunk and arms only: the legs are cut off.
    """

    azimuths_deg: tuple[float, ...]
    azimuth_spread_deg: float
    elevation_deg: tuple[float, float]
    fill: tuple[float, float] = (0.6, 0.9)
    size_wh: tuple[int, int] = WIDE
    rolls_deg: tuple[float, ...] = (0.0,)
    upper_body: bool = False

    def camera(
        self, rng: np.random.Generator, poses: Sequence[BodyPose], heading_deg: float
    ) -> tuple[Camera, float]:
        """A camera that frames the poses, and its azimuth from the heading in degrees."""
        joints = np.concatenate([p.joints[_UPPER] if self.upper_body else p.joints for p in poses])
        azimuth_deg = float(rng.choice(self.azimuths_deg) + rng.normal(0, self.azimuth_spread_deg))
        elevation_deg = float(rng.uniform(*self.elevation_deg))
        roll_deg = float(rng.choice(self.rolls_deg) + rng.normal(0, 2.0))
        angles_deg = azimuth_deg, elevation_deg
        fill = float(rng.uniform(*self.fill))
        camera = aim(rng, joints, heading_deg, angles_deg, fill, self.size_wh, roll_deg)
        return camera, azimuth_deg


@dataclass(frozen=True)
class FromBelow:
    """A phone on the floor under the chest, its screen and camera upwards."""

    size_wh: tuple[int, int] = TALL

    def camera(
        self, rng: np.random.Generator, poses: Sequence[BodyPose], heading_deg: float
    ) -> tuple[Camera, float]:
        """See `Viewpoint.camera`; the first pose is the top of a push-up."""
        top = poses[0]
        ahead = unit((top.thorax - top.targets.pelvis) * (1, 1, 0))
        position = top.thorax + rng.uniform(-0.02, 0.2) * ahead
        position[2] = top.wrists[:, 2].min() + rng.uniform(0.0, 0.02)
        above = position + np.array([0.0, 0.0, 1.0]) + rng.normal(0, 0.06, 3)
        # Along the body, either way up.
        along = np.array([-np.sin(np.deg2rad(heading_deg)), np.cos(np.deg2rad(heading_deg)), 0.0])
        camera = look_at(position, above, 0.0, self.size_wh)
        turned = np.rad2deg(np.arctan2(camera.axes[0] @ along, -camera.axes[1] @ along))
        roll_deg = float(turned + rng.choice([0.0, 180.0]) + rng.normal(0, 8))
        camera = look_at(position, above, roll_deg, self.size_wh)
        half_fov = np.deg2rad(rng.uniform(34, 44))
        focal = max(self.size_wh) / 2 / np.tan(half_fov)
        return Camera(position, camera.axes, float(focal), camera.centre, self.size_wh), 0.0


_ANY = (90.0, -90.0, 0.0, 45.0, -45.0)
VIEWPOINTS: dict[str, Viewpoint | FromBelow] = {
    "side_left": Viewpoint((90.0,), 6, (4, 20)),
    "side_right": Viewpoint((-90.0,), 6, (4, 20)),
    "front": Viewpoint((0.0,), 8, (6, 24)),
    "three_quarter": Viewpoint((42.0, -42.0), 9, (6, 24)),
    "rear": Viewpoint((180.0, 150.0, -150.0), 9, (10, 30)),
    "high_front": Viewpoint((0.0,), 14, (38, 58)),
    "high_side": Viewpoint((90.0, -90.0), 12, (38, 58)),
    "overhead": Viewpoint((0.0, 90.0, -90.0, 180.0), 15, (80, 88)),
    "floor_front": Viewpoint((0.0,), 14, (-3, 3), (0.7, 1.0)),
    "under_chest": FromBelow(),
    "far": Viewpoint(_ANY, 10, (4, 25), (0.13, 0.26)),
    "close": Viewpoint((90.0, -90.0, 45.0, -45.0, 0.0), 10, (5, 25), (0.85, 1.05), upper_body=True),
    "portrait": Viewpoint(_ANY, 10, (5, 25), (0.7, 0.98), TALL),
    "landscape": Viewpoint(_ANY, 10, (5, 25), (0.6, 0.9)),
    "rotated_90": Viewpoint(_ANY, 10, (5, 25), (0.7, 0.98), rolls_deg=(90.0, -90.0)),
    "tilted_20": Viewpoint(_ANY, 10, (5, 25), rolls_deg=(20.0, -20.0)),
}
"""The views of the placement benchmark by name. Training pictures have those of `camera.VIEWS`."""


def sample_stage(
    rng: np.random.Generator, view: str, body: Body, moments: Iterable[IKTargets]
) -> tuple[Stage, float]:
    """A body that heads anywhere before a camera, and the camera's azimuth from its front.

    Args:
        rng: Samples heading and camera.
        view: Key of `VIEWPOINTS`.
        body: Who.
        moments: What the camera frames, the top of a push-up first.
    """
    heading_deg = float(rng.uniform(0, 360))
    poses = [Stage.solve(body, targets, heading_deg) for targets in moments]
    camera, azimuth_deg = VIEWPOINTS[view].camera(rng, poses, heading_deg)
    middle = np.concatenate([pose.joints for pose in poses]).mean(0)
    return Stage(body, heading_deg, camera, middle), azimuth_deg
