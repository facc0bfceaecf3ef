"""Rendered pictures as an endless-looking source of training data."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from pushup.data.records import Record
from pushup.synthetic.appearance import Appearance
from pushup.synthetic.body import Body, rotation, solve, vec
from pushup.synthetic.camera import Camera, aim, sample_view
from pushup.synthetic.effects import Framing, Lens
from pushup.synthetic.mesh import Skin
from pushup.synthetic.other_poses import OTHER_POSES
from pushup.synthetic.places import sample_scene
from pushup.synthetic.poses import (
    Motion,
    Prop,
    jumping_jack,
    pull_up,
    sit_up,
    squat,
    standing,
)
from pushup.synthetic.push_ups import plank, push_up
from pushup.synthetic.render import behind, draw, inside_picture
from pushup.synthetic.scene import Box, Scene, View
from pushup.synthetic.textures import pick_colour, pick_texture

EXERCISES: dict[str, Callable[..., Motion]] = {
    "push_up": push_up,
    "squat": squat,
    "plank": plank,
    "pull_up": pull_up,
    "jumping_jack": jumping_jack,
    "sit_up": sit_up,
    "standing": standing,
}
"""Acts that make sense as clips."""
_OTHERS = {**{k: v for k, v in EXERCISES.items() if k != "push_up"}, **OTHER_POSES}
_ASPECTS = np.array([16 / 9, 4 / 3, 1.5, 1.0, 0.75, 9 / 16])


def place_props(
    props: tuple[Prop, ...], heading_deg: float, rng: np.random.Generator
) -> tuple[Box, ...]:
    """The act's props in the world of a person who heads that way."""
    turn = rotation(vec(0, 0, 1), heading_deg)
    colour = pick_colour(rng)
    texture = pick_texture(rng, "wall") if rng.random() < 0.3 else None
    return tuple(Box(p.centre @ turn, p.half, heading_deg, colour, texture) for p in props)


class SyntheticSource:
    """Rendered people with exact keypoints: a `KeypointSource`.

    Picture i is the same on every call for the same seed and library versions; each is a scene
    (and so a `group`) of its own.

    Args:
        length: Number of pictures.
        seed: Chooses them; different seeds share none.
        longer_side: Of the pictures, in pixels.
        push_up_share: Share of pictures that show a push-up; the others sit, stand, lie, squat,
            jump, hang or move freely.
        planks: How often people are in a forearm plank, against most other acts.
    """

    def __init__(
        self,
        length: int,
        seed: int = 0,
        longer_side: int = 288,
        push_up_share: float = 0.6,
        planks: float = 2.0,
    ):
        self.length, self.seed = length, seed
        self.longer_side, self.push_up_share = longer_side, push_up_share
        self.weights = {"free": 2.0, "all_fours": 2.0, "plank": planks}

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> tuple[np.ndarray, Record]:
        if not 0 <= index < self.length:
            raise IndexError(index)
        rng = np.random.default_rng([self.seed, index])
        body = Body.sample(rng)
        look = Appearance.sample(rng, body.feminine, body.muscle)
        act = self._act(body, rng)
        phase = float(np.clip(rng.uniform(-0.3, 1.1), 0, 1))
        heading = float(rng.uniform(0, 360))
        turn = rotation(vec(0, 0, 1), heading)
        figure = solve(body, act.stance(phase).moved(turn, vec(0, 0, 0)))
        framing = Framing.sample(rng, self._size(rng))
        inner_wh = framing.inner_xywh[2:]
        fill = float(np.clip(rng.normal(0.72, 0.19), 0.3, 1.25))
        camera = aim(rng, figure.joints, heading, sample_view(rng, None), fill, inner_wh)
        around = figure.joints.mean(0)
        scene = sample_scene(rng, camera, around, heading, place_props(act.props, heading, rng))
        view = scene.view(camera)
        if rng.random() < 0.08:
            view = _with_bystander(rng, view, camera, scene, around)
        drawing = draw(view, camera, scene.light, Skin(body, look), figure)
        rgb = framing.apply(drawing.rgb)
        keypoints, visible = framing.keypoints(drawing.keypoints, drawing.visible)
        inside = inside_picture(drawing.keypoints, inner_wh)
        image = Lens.sample(rng).metered(drawing.rgb).apply(rgb, rng)
        offset = np.array(framing.inner_xywh[:2] * 2)
        box = None if drawing.box_xyxy is None else np.array(drawing.box_xyxy) + offset
        quarter_turns = int(rng.choice([0, 1, 2, 3], p=[0.94, 0.025, 0.01, 0.025]))
        return _record(
            image, keypoints, visible & inside, inside, box, drawing.head_size, quarter_turns,
            f"rendered_{self.seed}_{index}",
        )  # fmt: skip

    def _act(self, body: Body, rng: np.random.Generator) -> Motion:
        if rng.random() < self.push_up_share:
            return push_up(body, rng)
        names = list(_OTHERS)
        weights = np.array([self.weights.get(name, 1.0) for name in names])
        return _OTHERS[names[rng.choice(len(names), p=weights / weights.sum())]](body, rng)

    def _size(self, rng: np.random.Generator) -> tuple[int, int]:
        aspect = float(rng.choice(_ASPECTS, p=[0.62, 0.12, 0.08, 0.05, 0.05, 0.08]))
        short = round(self.longer_side * min(aspect, 1 / aspect))
        return (self.longer_side, short) if aspect >= 1 else (short, self.longer_side)


def _with_bystander(
    rng: np.random.Generator, view: View, camera: Camera, scene: Scene, around: np.ndarray
) -> View:
    """The view with somebody further away, who is not labelled."""
    body = Body.sample(rng)
    look = Appearance.sample(rng, body.feminine, body.muscle)
    name = str(rng.choice(["standing", "squat", "push_up", "jumping_jack", "lunge", "sitting"]))
    make = push_up if name == "push_up" else _OTHERS[name]
    away = camera.axes[2] * (1, 1, 0)
    away = away / max(float(np.sqrt((away**2).sum())), 0.1)
    across = vec(-away[1], away[0], 0)
    spot = around + rng.uniform(1.8, 4.0) * away + rng.uniform(-2.0, 2.0) * across
    spot = np.clip(spot, scene.low + 0.4, scene.high - 0.4) * (1, 1, 0)
    turn = rotation(vec(0, 0, 1), float(rng.uniform(0, 360)))
    figure = solve(body, make(body, rng).stance(float(rng.random())).moved(turn, spot))
    return behind(view, draw(view, camera, scene.light, Skin(body, look), figure))


def _record(
    image: np.ndarray,
    keypoints: np.ndarray,
    visible: np.ndarray,
    labelled: np.ndarray,
    box: np.ndarray | None,
    head_size: float,
    quarter_turns: int,
    group: str,
) -> tuple[np.ndarray, Record]:
    """The picture, turned clockwise by quarters, and its record."""
    for _ in range(quarter_turns):
        height = image.shape[0]
        image = np.rot90(image, -1)
        keypoints = np.stack([height - 1 - keypoints[:, 1], keypoints[:, 0]], 1)
        if box is not None:
            x1, y1, x2, y2 = box
            box = np.array([height - 1 - y2, x1, height - 1 - y1, x2])
    record = Record(
        image=Path(""),
        keypoints=np.where(labelled[:, None], keypoints, np.nan),
        labelled=labelled,
        visible=visible,
        box_xyxy=None if box is None else (box[0], box[1], box[2], box[3]),
        head_size=head_size,
        source="rendered",
        group=group,
    )
    return np.ascontiguousarray(image), record
