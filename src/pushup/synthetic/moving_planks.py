"""What people do on their hands that is no push-up, or more than one: cycles that repeat.

The phase of these motions runs from 0 to 1 through one cycle and begins again.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from pushup.synthetic.body import SIDES, Body, IKTargets, unit, vec
from pushup.synthetic.motions import UP, Motion, nod_frame, prone_frame, standing
from pushup.synthetic.push_ups import push_up
from pushup.synthetic.timing import ease


def _bump(phase: float, centre: float, width: float) -> float:
    """0 but for a smooth hill of height 1 around a phase of the cycle."""
    away = abs((phase - centre + 0.5) % 1 - 0.5) / (width / 2)
    return float(np.cos(np.pi / 2 * min(away, 1.0)) ** 2)


def _top(body: Body, rng: np.random.Generator, **style: object) -> IKTargets:
    """A straight-arm plank."""
    spread = float(rng.uniform(0.9, 1.5))
    return push_up(body, rng, kind="floor", **{"spread": spread, **style}).targets(0.0)


def high_plank(body: Body, rng: np.random.Generator) -> Motion:
    """A plank on straight arms; the phase shifts the weight."""
    top = _top(body, rng)
    way = vec(float(rng.normal(0, 0.02)), float(rng.normal(0, 0.03)), -0.015)
    return Motion(lambda phase: replace(top, pelvis=top.pelvis + (phase - 0.5) * way))


def scapular_push_up(body: Body, rng: np.random.Generator) -> Motion:
    """Shoulder blades that sink and rise on straight arms."""
    base = push_up(body, rng, kind="floor", spread=float(rng.uniform(0.9, 1.4)), drop=0.08)
    return Motion(lambda phase: base.targets(_bump(phase, 0.5, 1.0)))


def shoulder_taps(body: Body, rng: np.random.Generator) -> Motion:
    """One hand after the other touches the other shoulder."""
    top = _top(body, rng, feet_half=float(rng.uniform(0.1, 0.28)))
    shift = float(rng.uniform(0.0, 0.06))

    def targets(phase: float) -> IKTargets:
        lifted = _bump(phase, 0.25, 0.42), _bump(phase, 0.75, 0.42)
        right, front, up = top.chest_frame
        wrists, poles = top.wrists.copy(), top.elbow_poles.copy()
        chest = top.pelvis + body.trunk * up
        for side, raised in enumerate(lifted):
            touch = chest - SIDES[side] * body.shoulder_half * 0.8 * right + 0.1 * front
            wrists[side] = (1 - raised) * wrists[side] + raised * touch
            poles[side] = poles[side] + raised * (SIDES[side] * right + 0.8 * front)
        lean = shift * (lifted[1] - lifted[0]) * right
        return replace(top, wrists=wrists, elbow_poles=poles, pelvis=top.pelvis + lean)

    return Motion(targets)


def mountain_climbers(body: Body, rng: np.random.Generator) -> Motion:
    """The knees come to the chest in turn."""
    top = _top(body, rng)
    reach = float(rng.uniform(0.75, 1.05)) * body.thigh

    def targets(phase: float) -> IKTargets:
        pulled = np.array([_bump(phase, 0.25, 0.55), _bump(phase, 0.75, 0.55)])[:, None]
        near = top.pelvis + np.stack(
            [vec(s * 0.1, reach - body.shank * 0.75, 0.1 - top.pelvis[2]) for s in SIDES]
        )
        ankles = (1 - pulled) * top.ankles + pulled * near
        poles = top.knee_poles + pulled * vec(0, 1.0, -0.6)
        hop = 0.03 * float(pulled.max()) * UP
        return replace(top, ankles=ankles, knee_poles=poles, pelvis=top.pelvis + hop)

    return Motion(targets)


def plank_jacks(body: Body, rng: np.random.Generator) -> Motion:
    """The feet hop apart and together; the hips bounce."""
    top = _top(body, rng, feet_half=0.05)
    apart, bounce = float(rng.uniform(0.2, 0.4)), float(rng.uniform(0.02, 0.06))

    def targets(phase: float) -> IKTargets:
        wide = _bump(phase, 0.5, 1.0)
        out = np.stack([vec(s * apart * wide, 0.05 * wide, 0) for s in SIDES])
        hop = bounce * abs(np.sin(2 * np.pi * phase)) * UP
        return replace(top, ankles=top.ankles + out + 0.5 * hop, pelvis=top.pelvis + hop)

    return Motion(targets)


def bear_crawl(body: Body, rng: np.random.Generator) -> Motion:
    """On hands and feet, knees off the floor: opposite hand and foot step forward and back."""
    stride = float(rng.uniform(0.08, 0.16))
    hip_z = body.shank * 0.9
    trunk = prone_frame(float(rng.uniform(-0.05, 0.1)))
    pelvis = vec(0, 0, hip_z + 0.1)
    wrists = np.stack([vec(s * body.shoulder_half, body.trunk, 0.03) for s in SIDES])
    ankles = np.stack([vec(s * 0.12, -0.15, 0.12) for s in SIDES])

    def targets(phase: float) -> IKTargets:
        swing = np.sin(2 * np.pi * phase) * SIDES
        lift = np.maximum(np.cos(2 * np.pi * phase) * SIDES, 0) * 0.09
        hands = np.stack([np.zeros(2), stride * swing, lift], 1)
        feet = np.stack([np.zeros(2), -stride * swing, lift[::-1]], 1)
        rock = vec(0.02 * np.sin(2 * np.pi * phase), 0.02 * np.cos(4 * np.pi * phase), 0)
        return IKTargets(
            pelvis=pelvis + rock,
            pelvis_frame=trunk,
            chest_frame=trunk,
            head_frame=nod_frame(trunk, 20),
            wrists=wrists + hands,
            elbow_poles=np.stack([vec(s * 0.6, -0.8, 0.1) for s in SIDES]),
            ankles=ankles + feet,
            knee_poles=np.tile(vec(0, 1.0, -0.3), (2, 1)),
            fingers=np.tile(vec(0, 1.0, 0), (2, 1)),
            palms=np.tile(-UP, (2, 1)),
            toes=np.tile(unit(vec(0, 0.4, -1)), (2, 1)),
            soles=np.tile(unit(vec(0, -1, -0.4)), (2, 1)),
            fist=0.0,
            shrug=np.zeros(2),
        )

    return Motion(targets)


def down_dog_to_cobra(body: Body, rng: np.random.Generator) -> Motion:
    """Hips high and arms ahead, then hips low and the chest raised; hands and feet stay."""
    top = _top(body, rng)
    wrist_y = float(top.wrists[:, 1].mean())
    # Feet, hips and hands are a triangle: straight legs, and trunk and arms in one line.
    leg, upper = 0.97 * body.leg, 0.97 * (body.trunk + body.arm)
    hips_y = (leg**2 - upper**2 + wrist_y**2) / (2 * wrist_y)
    dog_hips = vec(0, hips_y, np.sqrt(max(leg**2 - hips_y**2, 0.01)) + 0.08)
    fall = np.arctan2(dog_hips[2], wrist_y - hips_y) * float(rng.uniform(0.9, 1.1))
    dog = prone_frame(-float(fall))
    cobra_hips = vec(0, 0.985 * body.leg, 0.14)
    cobra = prone_frame(np.deg2rad(float(rng.uniform(40, 60))))

    def pose(pelvis: np.ndarray, hips: np.ndarray, chest: np.ndarray, nod: float) -> IKTargets:
        return replace(
            top, pelvis=pelvis, pelvis_frame=hips, chest_frame=chest,
            head_frame=nod_frame(chest, nod), knee_poles=np.tile(vec(0, 0.3, -1), (2, 1)),
        )  # fmt: skip

    return _through(
        (0.0, pose(dog_hips, dog, dog, -10.0)),
        (0.2, pose(dog_hips, dog, dog, -10.0)),
        (0.5, pose(cobra_hips, prone_frame(0.3), cobra, 15.0)),
        (0.7, pose(cobra_hips, prone_frame(0.3), cobra, 15.0)),
        (1.0, pose(dog_hips, dog, dog, -10.0)),
    )


BURPEE_PUSH_UP = 0.32, 0.45, 0.58
"""Phases of a burpee at which its push-up starts, is lowest and is over."""


def burpee(body: Body, rng: np.random.Generator) -> Motion:
    """Stand, hands to the floor, feet back, one push-up, feet in, stand up with a hop."""
    base = push_up(body, rng, kind="floor", spread=float(rng.uniform(0.9, 1.4)))
    top = base.targets(0.0)
    wrist_y = float(top.wrists[:, 1].mean())
    feet_y = wrist_y - float(rng.uniform(0.3, 0.42))
    feet = np.stack([vec(s * 0.14, feet_y, 0.1) for s in SIDES])
    hips = vec(0, feet_y - 0.16, 0.36)
    rise = np.clip((0.9 * body.arm - hips[2]) / body.trunk, -0.4, 0.6)
    trunk = prone_frame(float(np.arcsin(rise)))
    crouch = replace(
        top, pelvis=hips, pelvis_frame=trunk, chest_frame=trunk, head_frame=nod_frame(trunk, 20),
        ankles=feet, knee_poles=np.stack([vec(s * 0.5, 1.0, 0.3) for s in SIDES]),
        toes=np.tile(unit(vec(0, 1, -0.7)), (2, 1)), soles=np.tile(unit(vec(0, -0.7, -1)), (2, 1)),
    )  # fmt: skip
    upright = (
        standing(body, np.random.default_rng(3)).targets(0).moved(np.eye(3), vec(0, feet_y, 0))
    )
    hop = upright.moved(np.eye(3), vec(0, 0, float(rng.uniform(0.0, 0.15))))
    cycle = _through(
        (0.0, upright), (0.06, upright), (0.2, crouch), (0.3, top), (BURPEE_PUSH_UP[0], top),
        (BURPEE_PUSH_UP[2], top), (0.6, top), (0.72, crouch), (0.86, upright), (0.93, hop),
        (1.0, upright),
    )  # fmt: skip
    start, bottom, end = BURPEE_PUSH_UP

    def targets(phase: float) -> IKTargets:
        if start < phase % 1 < end:
            down = (phase % 1 - start) / (bottom - start), (end - phase % 1) / (end - bottom)
            return base.targets(0.97 * float(ease(min(down))))
        return cycle.targets(phase)

    return Motion(targets)


def _through(*keys: tuple[float, IKTargets]) -> Motion:
    """A cycle through targets at given phases, at rest at each of them."""
    phases: Sequence[float] = [phase for phase, _ in keys]

    def targets(phase: float) -> IKTargets:
        i = min(int(np.searchsorted(phases, phase % 1, side="right")), len(keys) - 1)
        (before, a), (after, b) = keys[i - 1], keys[i]
        return a.blend(b, float(ease((phase % 1 - before) / (after - before))))

    return Motion(targets)


MOVING_PLANKS: dict[str, Callable[[Body, np.random.Generator], Motion]] = {
    "high_plank": high_plank,
    "scapular_push_up": scapular_push_up,
    "shoulder_taps": shoulder_taps,
    "mountain_climbers": mountain_climbers,
    "plank_jacks": plank_jacks,
    "bear_crawl": bear_crawl,
    "down_dog_to_cobra": down_dog_to_cobra,
}
"""None of these is a push-up."""
