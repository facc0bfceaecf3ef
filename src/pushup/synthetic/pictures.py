"""Rendered pictures as an endless-looking source of training data."""

from pathlib import Path

import numpy as np

from pushup.data.records import Record
from pushup.synthetic.appearance import Appearance
from pushup.synthetic.body import Body, vec
from pushup.synthetic.camera import sample_view
from pushup.synthetic.effects import FrameLayout, Lens
from pushup.synthetic.exercises import MOTIONS
from pushup.synthetic.motions import Motion
from pushup.synthetic.push_ups import push_up
from pushup.synthetic.render import inside_picture
from pushup.synthetic.stage import Scene, Stage

_OTHERS = {name: make for name, make in MOTIONS.items() if name != "push_up"}
_ASPECTS = np.array([16 / 9, 4 / 3, 1.5, 1.0, 0.75, 9 / 16])


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
        planks: How often people are in a forearm plank, against most other motions.
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
        return self.picture(index)[:2]

    def picture(self, index: int) -> tuple[np.ndarray, Record, str]:
        """Picture and record, and what the person does: "push_up", "plank", "sitting" and so on."""
        if not 0 <= index < self.length:
            raise IndexError(index)
        rng = np.random.default_rng([self.seed, index])
        body = Body.sample(rng)
        appearance = Appearance.sample(rng, body.feminine, body.muscle)
        kind, motion = self._motion(body, rng)
        phase = float(np.clip(rng.uniform(-0.3, 1.1), 0, 1))
        heading_deg = float(rng.uniform(0, 360))
        layout = FrameLayout.sample(rng, self._size(rng))
        inner_wh = layout.inner_xywh[2:]
        fill = float(np.clip(rng.normal(0.72, 0.19), 0.3, 1.25))
        angles_deg = sample_view(rng, None)
        targets = motion.targets(phase)
        stage = Stage.sample(rng, body, [targets], heading_deg, angles_deg, fill, inner_wh)
        scene = Scene.sample(rng, stage, appearance, motion.props)
        if rng.random() < 0.08:
            scene = _with_bystander(rng, scene)
        rendered = scene.render(targets)
        rgb = layout.apply(rendered.rgb)
        keypoints, visible = layout.keypoints(rendered.keypoints, rendered.visible)
        inside = inside_picture(rendered.keypoints, inner_wh)
        image = Lens.sample(rng).metered(rendered.rgb).apply(rgb, rng)
        offset = np.array(layout.inner_xywh[:2] * 2)
        box = None if rendered.box_xyxy is None else np.array(rendered.box_xyxy) + offset
        quarter_turns = int(rng.choice([0, 1, 2, 3], p=[0.94, 0.025, 0.01, 0.025]))
        image, record = _record(
            image, keypoints, visible & inside, inside, box, rendered.head_size, quarter_turns,
            f"rendered_{self.seed}_{index}",
        )  # fmt: skip
        return image, record, kind

    def _motion(self, body: Body, rng: np.random.Generator) -> tuple[str, Motion]:
        if rng.random() < self.push_up_share:
            return "push_up", push_up(body, rng)
        names = list(_OTHERS)
        weights = np.array([self.weights.get(name, 1.0) for name in names])
        name = names[rng.choice(len(names), p=weights / weights.sum())]
        return name, _OTHERS[name](body, rng)

    def _size(self, rng: np.random.Generator) -> tuple[int, int]:
        aspect = float(rng.choice(_ASPECTS, p=[0.62, 0.12, 0.08, 0.05, 0.05, 0.08]))
        short = round(self.longer_side * min(aspect, 1 / aspect))
        return (self.longer_side, short) if aspect >= 1 else (short, self.longer_side)


def _with_bystander(rng: np.random.Generator, scene: Scene) -> Scene:
    """The scene with somebody further away."""
    body = Body.sample(rng)
    appearance = Appearance.sample(rng, body.feminine, body.muscle)
    name = str(rng.choice(["standing", "squat", "push_up", "jumping_jack", "lunge", "sitting"]))
    away = scene.stage.camera.axes[2] * (1, 1, 0)
    away = away / max(float(np.sqrt((away**2).sum())), 0.1)
    across = vec(-away[1], away[0], 0)
    spot = scene.stage.middle + rng.uniform(1.8, 4.0) * away + rng.uniform(-2.0, 2.0) * across
    low, high = scene.environment.low + 0.4, scene.environment.high - 0.4
    heading_deg = float(rng.uniform(0, 360))
    targets = MOTIONS[name](body, rng).targets(float(rng.random()))
    spot = np.clip(spot, low, high) * (1, 1, 0)
    return scene.with_bystander(body, appearance, targets, heading_deg, spot)


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
