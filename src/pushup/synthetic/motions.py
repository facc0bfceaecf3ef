"""What people do: each maker samples a personal style and returns a `Motion`.

The phase runs from 0 (rest: arms straight, standing, hanging) to 1 (the other extreme). Targets
are built in a local frame: feet or knees near the origin, facing or heading along +y. Angles and
clearances are estimates by eye from exercise footage.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from pushup.synthetic.body import (
    SIDES,
    Body,
    IKTargets,
    frame,
    rotation,
    shoulder_rise,
    thorax_and_shoulders,
    unit,
    vec,
)

UP = vec(0, 0, 1)


@dataclass(frozen=True)
class Prop:
    """A cuboid that belongs to the motion: a bench, a bar, a chair.

    Attributes:
        centre: (3,) metres; half: (3,) half sizes along x, y, z, in the motion's local frame.
    """

    centre: np.ndarray
    half: np.ndarray


@dataclass(frozen=True)
class Motion:
    """One person's way of doing one thing.

    Attributes:
        targets: What the body aims for at a phase in 0..1.
        props: What has to stand there: a bench, a bar.
    """

    targets: Callable[[float], IKTargets]
    props: tuple[Prop, ...] = ()

    def shifted(self, offset: np.ndarray) -> "Motion":
        """The same motion elsewhere: `offset` (3,) metres."""
        props = tuple(replace(prop, centre=prop.centre + offset) for prop in self.props)
        return Motion(lambda phase: self.targets(phase).moved(np.eye(3), offset), props)


def pair_in(frame_: np.ndarray, out: float, front: float, up: float) -> np.ndarray:
    """(2, 3) unit directions in a frame, mirrored: `out` points away from the midline."""
    return np.stack([unit(np.array([s * out, front, up]) @ frame_) for s in SIDES])


def assemble(
    body: Body,
    pelvis: np.ndarray,
    pelvis_frame: np.ndarray,
    chest_frame: np.ndarray,
    head_frame: np.ndarray,
    ankles: np.ndarray,
    knee_poles: np.ndarray,
    upper: np.ndarray,
    lower: np.ndarray,
    toes: np.ndarray,
    shrug: float = 0.0,
    fist: float = 0.0,
) -> IKTargets:
    """Targets whose arms follow directions of upper arms and forearms, (2, 3) each."""
    shrugs = np.full(2, shrug)
    _, shoulders = thorax_and_shoulders(body, pelvis, pelvis_frame, chest_frame, shrugs)
    wrists = shoulders + body.upper_arm * unit(upper) + body.forearm * unit(lower)
    wrists = wrists + shoulder_rise(shoulders, wrists, chest_frame[2])
    fingers = unit(lower)
    palms = unit(chest_frame[0] * -SIDES[:, None] + 0.3 * chest_frame[1])
    shins = unit(ankles - pelvis)
    return IKTargets(
        pelvis=pelvis,
        pelvis_frame=pelvis_frame,
        chest_frame=chest_frame,
        head_frame=head_frame,
        wrists=wrists,
        elbow_poles=unit(unit(upper) - unit(lower) - 0.02 * chest_frame[1]),
        ankles=ankles,
        knee_poles=knee_poles,
        fingers=fingers,
        palms=palms,
        toes=unit(toes),
        soles=unit(shins - (shins * unit(toes)).sum(-1, keepdims=True) * unit(toes)),
        fist=fist,
        shrug=shrugs,
    )


def nod_frame(chest: np.ndarray, extension_deg: float, turn_deg: float = 0.0) -> np.ndarray:
    """Head frame: the chest's, tilted back by the extension and turned to the person's left."""
    tilt = np.deg2rad(extension_deg)
    up = np.cos(tilt) * chest[2] - np.sin(tilt) * chest[1]
    front = np.cos(tilt) * chest[1] + np.sin(tilt) * chest[2]
    return frame(up, front @ rotation(up, turn_deg))


def prone_frame(angle: float) -> np.ndarray:
    """Frame of a trunk that heads along +y, raised by an angle (radians), facing down."""
    cos, sin = np.cos(angle), np.sin(angle)
    return frame(vec(0, cos, sin), vec(0, sin, -cos))


def feet_at(half: float, turn_out_deg: float, ankle_height: float) -> tuple[np.ndarray, np.ndarray]:
    """Ankles and foot directions of somebody who stands at the origin facing +y."""
    turn = np.deg2rad(turn_out_deg)
    ankles = np.stack([vec(s * half, -0.03, ankle_height) for s in SIDES])
    return ankles, np.stack([vec(s * np.sin(turn), np.cos(turn), 0) for s in SIDES])


ARMS: dict[str, tuple[tuple[float, float, float], tuple[float, float, float]]] = {
    "hanging": ((0.18, 0.02, -1), (0.1, 0.18, -1)),
    "hips": ((0.75, -0.3, -0.8), (-0.6, 0.35, -0.6)),
    "crossed": ((0.25, 0.25, -1), (-0.95, 0.35, 0.15)),
    "forward": ((0.1, 1, -0.1), (-0.05, 1, 0.0)),
    "behind_head": ((1, 0.05, 0.55), (-1, -0.15, 0.75)),
    "clasped": ((0.3, 0.3, -1), (-0.5, 0.6, 0.65)),
    "overhead": ((0.35, 0.05, 1), (0.1, 0.0, 1)),
    "sideways": ((1, 0.05, 0.05), (1, 0.15, 0.1)),
    "curl": ((0.1, 0.05, -1), (0.05, 0.75, 0.55)),
}
"""Named arm positions: directions (out, front, up) of upper arm and forearm in the chest frame."""


def arms_in(chest: np.ndarray, name: str, jitter: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Directions (2, 3) of upper arms and forearms of a named position, jittered."""
    upper, lower = (pair_in(chest, *d) for d in ARMS[name])
    return unit(upper + jitter[0]), unit(lower + jitter[1])


def arm_jitter(rng: np.random.Generator, spread: float = 0.12) -> np.ndarray:
    """(2, 2, 3) small changes of the directions of upper arms and forearms."""
    return rng.normal(0, spread, (2, 2, 3))


def upright_frame(lean_deg: float, turn_deg: float = 0.0) -> np.ndarray:
    """Frame of an upright trunk that leans forward and is turned to the left."""
    lean = np.deg2rad(lean_deg)
    standing = frame(vec(0, np.sin(lean), np.cos(lean)), vec(0, np.cos(lean), -np.sin(lean)))
    return standing @ rotation(UP, turn_deg)


def squat(body: Body, rng: np.random.Generator) -> Motion:
    """Squats; phase 1 is the bottom."""
    half, out = rng.uniform(0.1, 0.25), rng.uniform(0, 35)
    lean, low = rng.uniform(20, 45), rng.uniform(0.42, 0.7)
    start, end = rng.choice(["hanging", "crossed", "clasped", "behind_head"]), None
    end = "forward" if start == "hanging" else start
    jitter, nod = arm_jitter(rng, 0.08), rng.normal(5, 8)
    ankles, toes = feet_at(half, out, body.ankle_height)

    def targets(phase: float) -> IKTargets:
        chest, hips = upright_frame(3 + lean * phase), upright_frame(2 + 0.8 * lean * phase)
        height = body.ankle_height + body.leg * (0.985 - phase * (0.985 - low))
        pelvis = vec(0, -0.3 * phase * body.thigh * 1.6 - 0.02, height)
        a, b = arms_in(chest, str(start), jitter), arms_in(chest, end, jitter)
        upper, lower = ((1 - phase) * x + phase * y for x, y in zip(a, b, strict=True))
        return assemble(
            body, pelvis, hips, chest, nod_frame(chest, nod + 0.6 * lean * phase),
            ankles, toes + 0.02 * UP, upper, lower, toes,
        )  # fmt: skip

    return Motion(targets)


def standing(body: Body, rng: np.random.Generator) -> Motion:
    """Standing or taking a step, shifting weight with the phase."""
    half, out = rng.uniform(0.06, 0.2), rng.uniform(0, 25)
    stride = rng.uniform(0.1, 0.32) if rng.random() < 0.4 else 0.0
    arms = str(rng.choice(list(ARMS), p=[0.4, 0.13, 0.1, 0.06, 0.05, 0.1, 0.06, 0.05, 0.05]))
    jitter = arm_jitter(rng)
    if rng.random() < 0.3:
        jitter = arm_jitter(rng, 0.45)
    lean, turn, nod = rng.normal(3, 5), rng.normal(0, 10), rng.normal(0, 10)
    ankles, toes = feet_at(half, out, body.ankle_height)
    ankles = ankles + SIDES[:, None] * vec(0, stride, 0)
    height = body.ankle_height + np.sqrt(max(body.leg**2 * 0.99 - stride**2 - 0.01, 0.1))

    def targets(phase: float) -> IKTargets:
        chest = upright_frame(lean + 1.5 * phase, turn)
        upper, lower = arms_in(chest, arms, jitter * (0.9 + 0.2 * phase))
        pelvis = vec(0.02 * (phase - 0.5), 0, height - 0.006 * phase)
        return assemble(
            body, pelvis, upright_frame(0.5 * lean, 0.4 * turn), chest,
            nod_frame(chest, nod, 1.5 * turn),
            ankles, toes + 0.02 * UP, upper, lower, toes,
        )  # fmt: skip

    return Motion(targets)


def jumping_jack(body: Body, rng: np.random.Generator) -> Motion:
    """Jumping jacks; phase 1 is arms up and feet apart."""
    wide, high = rng.uniform(0.28, 0.48), rng.uniform(140, 172)
    bend, nod, hop = rng.uniform(0, 25), rng.normal(0, 6), rng.uniform(0.03, 0.1)

    def targets(phase: float) -> IKTargets:
        chest = upright_frame(2)
        angle = np.deg2rad(10 + (high - 10) * phase)
        fold = angle + np.deg2rad(bend)
        upper = pair_in(chest, np.sin(angle), 0.05, -np.cos(angle))
        lower = pair_in(chest, np.sin(fold), 0.08, -np.cos(fold))
        half = 0.07 + (wide - 0.07) * phase
        air = hop * np.sin(np.pi * phase) ** 2
        ankles, toes = feet_at(half, 12, body.ankle_height + air)
        height = body.ankle_height + np.sqrt(body.leg**2 * 0.985 - (half - body.hip_half) ** 2)
        return assemble(
            body, vec(0, -0.02, height + air), chest, chest, nod_frame(chest, nod),
            ankles, toes + 0.02 * UP, upper, lower, toes, shrug=0.05 * phase,
        )  # fmt: skip

    return Motion(targets)


def pull_up(body: Body, rng: np.random.Generator) -> Motion:
    """Pull-ups on a bar; phase 1 is the chin over the bar."""
    spread = float(rng.uniform(1.0, 1.9)) * body.shoulder_half + 0.03
    bar = float(body.height * 1.24 + rng.uniform(0, 0.25))
    knees, sway = float(rng.uniform(0.0, 1.0)), float(rng.normal(4, 5))
    top = float(rng.uniform(0.02, 0.14))
    reach = np.sqrt((0.985 * body.arm) ** 2 - (spread - body.shoulder_half) ** 2)

    def targets(phase: float) -> IKTargets:
        shoulder = bar - reach + phase * (reach - top)
        chest = upright_frame(sway - 14 * phase)
        pelvis_frame = upright_frame(sway - 4 * phase)
        pelvis = vec(0, -0.06 * phase, shoulder - 0.05 * (1 - phase) - body.trunk)
        legs = unit(vec(0, 0.25 * knees, -1)) * body.thigh + unit(vec(0, -knees, -1)) * body.shank
        ankles = pelvis + legs + SIDES[:, None] * vec(0.05, 0, 0)
        grip = np.stack([vec(s * spread, 0.06, bar - 0.04) for s in SIDES])
        return IKTargets(
            pelvis=pelvis,
            pelvis_frame=pelvis_frame,
            chest_frame=chest,
            head_frame=nod_frame(chest, 14 * phase + 6),
            wrists=grip,
            elbow_poles=pair_in(chest, 0.8, -0.1, -0.8),
            ankles=ankles,
            knee_poles=np.tile(vec(0, 1.0, 0.1), (2, 1)),
            fingers=np.tile(unit(vec(0, 0.1, 1)), (2, 1)),
            palms=np.tile(vec(0, 1.0, 0), (2, 1)),
            toes=np.tile(unit(vec(0, 0.5, -1)), (2, 1)),
            soles=np.tile(unit(vec(0, -1, -0.5)), (2, 1)),
            fist=1.0,
            shrug=np.full(2, 0.05 * (1 - phase)),
        )

    rail = Prop(vec(0, 0.07, bar + 0.02), vec(0.9, 0.02, 0.02))
    posts = [Prop(vec(s * 0.9, 0.07, bar / 2), vec(0.04, 0.04, bar / 2)) for s in SIDES]
    return Motion(targets, (rail, *posts) if rng.random() < 0.7 else (rail,))


def sit_up(body: Body, rng: np.random.Generator) -> Motion:
    """Sit-ups or crunches; phase 1 is up."""
    high = rng.uniform(30, 85)
    arms, jitter = str(rng.choice(["behind_head", "crossed", "forward"])), arm_jitter(rng, 0.1)
    fold, half = rng.uniform(0.5, 0.8), rng.uniform(0.06, 0.16)
    ankles, toes = feet_at(half, 5, body.ankle_height)
    ankles = ankles + vec(0, fold * body.leg, 0)

    def targets(phase: float) -> IKTargets:
        def supine(raised_deg: float) -> np.ndarray:
            a = np.deg2rad(raised_deg)
            return frame(vec(0, -np.cos(a), np.sin(a)), vec(0, np.sin(a), np.cos(a)))

        chest = supine(2 + high * phase)
        upper, lower = arms_in(chest, arms, jitter)
        return assemble(
            body, vec(0, 0, 0.1), supine(2 + 0.75 * high * phase), chest, nod_frame(chest, -18),
            ankles, np.tile(vec(0, 0.2, 1), (2, 1)), upper, lower, toes,
        )  # fmt: skip

    return Motion(targets)
