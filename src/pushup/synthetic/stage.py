"""A person before a camera: `Stage` knows where the joints appear, `Scene` renders the pixels."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from pushup.synthetic.appearance import Appearance
from pushup.synthetic.body import Body, BodyPose, IKTargets, rotation, solve, vec
from pushup.synthetic.camera import Camera, aim
from pushup.synthetic.environment import Background, Cuboid, Environment
from pushup.synthetic.mesh import Skin
from pushup.synthetic.motions import Prop
from pushup.synthetic.places import sample_environment
from pushup.synthetic.render import RenderedBody, behind, render_body
from pushup.synthetic.textures import pick_colour, pick_texture


@dataclass(frozen=True)
class Stage:
    """A body that heads somewhere, and the camera that frames it.

    Attributes:
        body: Who.
        heading_deg: Direction of the body's +y, counter-clockwise as seen from above.
        camera: What films it.
        middle: (3,) metres, around which the body moves.
    """

    body: Body
    heading_deg: float
    camera: Camera
    middle: np.ndarray

    @classmethod
    def sample(
        cls,
        rng: np.random.Generator,
        body: Body,
        moments: Iterable[IKTargets],
        heading_deg: float,
        angles_deg: tuple[float, float],
        fill: float,
        size_wh: tuple[int, int],
    ) -> "Stage":
        """A stage whose camera has all moments in view; see `aim` for the other arguments."""
        joints = np.concatenate(
            [cls.solve(body, targets, heading_deg).joints for targets in moments]
        )
        camera = aim(rng, joints, heading_deg, angles_deg, fill, size_wh)
        return cls(body, heading_deg, camera, joints.mean(0))

    @staticmethod
    def solve(
        body: Body, targets: IKTargets, heading_deg: float, spot: np.ndarray | float = 0.0
    ) -> BodyPose:
        """A body in the world, from targets in the motion's local frame, at `spot` (3,)."""
        return solve(body, targets.moved(rotation(vec(0, 0, 1), heading_deg), spot + np.zeros(3)))

    def pose(self, targets: IKTargets) -> BodyPose:
        """The stage's body in the world."""
        return self.solve(self.body, targets, self.heading_deg)

    def keypoints(self, targets: IKTargets) -> np.ndarray:
        """(16, 2) pixels in MPII order, also outside the picture."""
        return self.camera.project(self.pose(targets).joints)[0]


@dataclass(frozen=True)
class Scene:
    """A stage with everything that pixels need: clothes, surroundings and light.

    Attributes:
        stage: Body and camera.
        skin: The dressed body's surface.
        environment: The surroundings and their light.
        background: What the camera sees of them without the person.
    """

    stage: Stage
    skin: Skin
    environment: Environment
    background: Background

    @classmethod
    def sample(
        cls,
        rng: np.random.Generator,
        stage: Stage,
        appearance: Appearance,
        props: tuple[Prop, ...] = (),
    ) -> "Scene":
        """The stage in random surroundings, with the motion's props in them."""
        cuboids = _place_props(rng, props, stage.heading_deg)
        environment = sample_environment(
            rng, stage.camera, stage.middle, stage.heading_deg, cuboids
        )
        background = environment.render(stage.camera)
        return cls(stage, Skin(stage.body, appearance), environment, background)

    def render(self, targets: IKTargets) -> RenderedBody:
        """The person in the picture."""
        return self._render(self.skin, self.stage.pose(targets))

    def _render(self, skin: Skin, pose: BodyPose) -> RenderedBody:
        return render_body(self.background, self.stage.camera, self.environment.light, skin, pose)

    def seen_by(self, camera: Camera) -> "Scene":
        """The same scene before another camera."""
        if camera is self.stage.camera:
            return self
        stage = replace(self.stage, camera=camera)
        return replace(self, stage=stage, background=self.environment.render(camera))

    def with_bystander(
        self,
        body: Body,
        appearance: Appearance,
        targets: IKTargets,
        heading_deg: float,
        spot: np.ndarray,
    ) -> "Scene":
        """The scene with somebody else in its background, who is not labelled, at `spot` (3,)."""
        pose = Stage.solve(body, targets, heading_deg, spot)
        other = self._render(Skin(body, appearance), pose)
        return replace(self, background=behind(self.background, other))


def _place_props(
    rng: np.random.Generator, props: tuple[Prop, ...], heading_deg: float
) -> tuple[Cuboid, ...]:
    """The motion's props in the world of a person who heads that way."""
    turn = rotation(vec(0, 0, 1), heading_deg)
    colour = pick_colour(rng)
    texture = pick_texture(rng, "wall") if rng.random() < 0.3 else None
    return tuple(Cuboid(p.centre @ turn, p.half, heading_deg, colour, texture) for p in props)
