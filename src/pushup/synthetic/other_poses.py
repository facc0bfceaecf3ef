"""What people do between exercises: sit, lie, kneel, crawl, lunge, bend and free poses."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from pushup.synthetic.body import (
    SIDES,
    Body,
    IKTargets,
    frame,
    rotation,
    solve,
    thorax_and_shoulders,
    unit,
    vec,
)
from pushup.synthetic.motions import (
    ARMS,
    UP,
    Motion,
    Prop,
    arm_jitter,
    arms_in,
    assemble,
    feet_at,
    nod_frame,
    pair_in,
    prone_frame,
    upright_frame,
)


def _lay_down(body: Body, targets: IKTargets, clearance: float = 0.07) -> IKTargets:
    """The targets lifted or lowered so that its lowest joint has that height."""
    lift = (clearance - float(solve(body, targets).joints[:, 2].min())) * UP
    return replace(
        targets,
        pelvis=targets.pelvis + lift,
        wrists=targets.wrists + lift,
        ankles=targets.ankles + lift,
    )


def _still(targets: IKTargets, sway: np.ndarray, props: tuple[Prop, ...] = ()) -> Motion:
    """A motion that stays where it is; the phase moves its trunk by the sway."""
    return Motion(lambda phase: replace(targets, pelvis=targets.pelvis + phase * sway), props)


def _legs(
    body: Body, pelvis: np.ndarray, pelvis_frame: np.ndarray, thighs: np.ndarray, shanks: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Ankles, knee poles and foot directions from directions (2, 3) of thighs and shanks."""
    hips = pelvis + SIDES[:, None] * body.hip_half * pelvis_frame[0]
    ankles = hips + body.thigh * unit(thighs) + body.shank * unit(shanks)
    poles = unit(thighs) - unit(shanks) + 0.05 * pelvis_frame[1]
    toes = unit(poles + 0.3 * unit(shanks) + 0.1 * pelvis_frame[1])
    return ankles, poles, toes


def sitting(body: Body, rng: np.random.Generator) -> Motion:
    """Sitting on a box, or on the floor with the legs in front."""
    on_box = rng.random() < 0.6
    seat = float(rng.uniform(0.32, 0.52)) if on_box else 0.0
    lean = float(rng.normal(-4, 12)) if on_box else float(rng.normal(-12, 14))
    pelvis, hips = vec(0, 0, seat + 0.09), upright_frame(0.5 * lean)
    chest = upright_frame(lean, float(rng.normal(0, 10)))
    apart = float(rng.uniform(0.05, 0.4))
    down = -min(seat + 0.05 - body.ankle_height, body.shank * 0.95) if on_box else -0.02
    stretch = rng.uniform(0.85, 1.2) * body.thigh, rng.uniform(0.5, 0.97) * body.leg
    ankle_y = stretch[0] if on_box else stretch[1]
    ankles = pelvis + np.stack([vec(s * (0.1 + 0.3 * apart), ankle_y, down - 0.04) for s in SIDES])
    name = str(rng.choice(["clasped", "forward", "crossed", "hanging", "curl"]))
    upper, lower = arms_in(chest, name, arm_jitter(rng, 0.25))
    toes = np.tile(vec(0, 1.0, 0.0 if on_box else 0.8), (2, 1))
    knees = np.stack([vec(s * apart, 0.2, 1.0) for s in SIDES])
    targets = assemble(
        body, pelvis, hips, chest, nod_frame(chest, rng.normal(0, 12), rng.normal(0, 20)),
        ankles, knees, upper, lower, toes,
    )  # fmt: skip
    box = Prop(vec(0, -0.12, seat / 2), vec(0.28, 0.26, seat / 2))
    return _still(targets, vec(0.01, 0.01, 0), (box,) if on_box else ())


def lying(body: Body, rng: np.random.Generator) -> Motion:
    """Lying on the back, the belly or a side, limbs at ease."""
    roll = float(rng.choice([0, 180, 90, -90], p=[0.4, 0.3, 0.15, 0.15]) + rng.normal(0, 8))
    trunk = prone_frame(0.0)
    trunk = trunk @ rotation(trunk[2], 180 + roll)
    pelvis = vec(0, 0, 0.12)
    thighs = unit(pair_in(trunk, 0.12, rng.uniform(0, 0.9), -1) + rng.normal(0, 0.12, (2, 3)))
    shanks = unit(pair_in(trunk, 0.05, rng.uniform(-0.6, 0.05), -1) + rng.normal(0, 0.12, (2, 3)))
    ankles, poles, toes = _legs(body, pelvis, trunk, thighs, shanks)
    upper, lower = arms_in(trunk, str(rng.choice(list(ARMS))), arm_jitter(rng, 0.3))
    targets = assemble(
        body, pelvis, trunk, trunk, nod_frame(trunk, rng.normal(0, 12), rng.normal(0, 25)),
        ankles, poles, upper, lower, toes,
    )  # fmt: skip
    return _still(_lay_down(body, targets, 0.08), vec(0, 0, 0.01))


def lying_with_phone(body: Body, rng: np.random.Generator) -> Motion:
    """On the back, on a sofa or the floor, a phone held over the face; the phase moves the arms."""
    seat = float(rng.choice([0.0, rng.uniform(0.35, 0.5)]))
    trunk = prone_frame(float(rng.uniform(0.0, 0.35)))
    trunk = trunk @ rotation(trunk[2], 180)
    pelvis = vec(0, 0, 0.12)
    bend = float(rng.uniform(0.0, 0.9))
    thighs, shanks = pair_in(trunk, 0.1, bend, -1), pair_in(trunk, 0.05, -0.9 * bend, -1)
    ankles, poles, toes = _legs(body, pelvis, trunk, thighs, shanks)
    out, jitter = float(rng.uniform(0.2, 0.5)), arm_jitter(rng, 0.08)

    def targets(phase: float) -> IKTargets:
        upper = pair_in(trunk, out, 1.0, -0.25 + 0.1 * phase) + jitter[0]
        lower = pair_in(trunk, -0.25, 0.8, 0.75 - 0.15 * phase) + jitter[1]
        held = assemble(
            body, pelvis, trunk, trunk, nod_frame(trunk, -20), ankles, poles, upper, lower, toes,
        )  # fmt: skip
        return _lay_down(body, held, seat + 0.09)

    box = Prop(vec(0, 0.0, seat / 2), vec(0.45, 1.0, seat / 2))
    return Motion(targets, (box,) if seat else ())


def all_fours(body: Body, rng: np.random.Generator) -> Motion:
    """On hands and knees, as people are before and after push-ups; the phase rocks forward."""
    trunk = prone_frame(np.deg2rad(rng.uniform(-4, 28)))
    knee_z, apart = 0.055, float(rng.uniform(0.06, 0.18))
    tilt = float(rng.uniform(-0.2, 0.35))
    hip = vec(0, tilt * body.thigh, knee_z + body.thigh * np.sqrt(1 - tilt**2 - 0.02))
    spread = float(rng.uniform(0.9, 1.7)) * body.shoulder_half
    nod = float(rng.normal(10, 20))
    thorax, _ = thorax_and_shoulders(body, hip, trunk, trunk, np.zeros(2))
    fall = np.clip(thorax[2] - 0.03, 0.1, body.arm * 0.985)
    ahead = float(rng.uniform(-0.3, 0.9)) * np.sqrt((0.99 * body.arm) ** 2 - fall**2)
    wrists = np.stack([vec(s * spread, thorax[1] + ahead, 0.03) for s in SIDES])
    knees = np.stack([vec(s * apart, 0, knee_z) for s in SIDES])
    ankles = knees + body.shank * unit(vec(0, -1, rng.uniform(0, 0.2)))

    def targets(phase: float) -> IKTargets:
        return IKTargets(
            pelvis=hip + vec(0, 0.04 * phase, 0),
            pelvis_frame=trunk,
            chest_frame=trunk,
            head_frame=nod_frame(trunk, nod),
            wrists=wrists,
            elbow_poles=np.stack([vec(s * 0.5, -0.6, 0.2) for s in SIDES]),
            ankles=ankles,
            knee_poles=np.tile(vec(0, 0.3, -1), (2, 1)),
            fingers=np.tile(vec(0, 1.0, 0), (2, 1)),
            palms=np.tile(-UP, (2, 1)),
            toes=np.tile(unit(vec(0, -1, -0.3)), (2, 1)),
            soles=np.tile(unit(vec(0, -0.3, 1)), (2, 1)),
            fist=0.0,
            shrug=np.zeros(2),
        )

    return Motion(targets)


def kneeling(body: Body, rng: np.random.Generator) -> Motion:
    """Kneeling upright or sitting on the heels."""
    heels = rng.random() < 0.5
    lean = float(rng.normal(8, 10))
    apart = float(rng.uniform(0.06, 0.2))
    height = 0.055 + body.thigh * (0.42 if heels else 0.985)
    back = -np.sqrt(max(body.thigh**2 - (height - 0.055) ** 2, 0.0))
    pelvis, chest = vec(0, back, height), upright_frame(lean, float(rng.normal(0, 12)))
    ankles = np.stack([vec(s * apart, -body.shank, 0.06) for s in SIDES])
    upper, lower = arms_in(chest, str(rng.choice(list(ARMS))), arm_jitter(rng, 0.2))
    targets = assemble(
        body, pelvis, upright_frame(lean * 0.5), chest, nod_frame(chest, rng.normal(0, 12)),
        ankles, np.tile(vec(0, 1.0, 0.1), (2, 1)), upper, lower, np.tile(vec(0, -1, -0.2), (2, 1)),
    )  # fmt: skip
    return _still(targets, vec(0.01, 0, 0))


def lunge(body: Body, rng: np.random.Generator) -> Motion:
    """One foot ahead, knees bent by the phase; also walking, running and punching shapes."""
    ahead = SIDES * float(rng.choice([-1, 1]))
    stride = float(rng.uniform(0.2, 0.42)) * body.height * 0.7
    lean, low = float(rng.uniform(-2, 30)), float(rng.uniform(0.55, 0.9))
    name, jitter = str(rng.choice(list(ARMS))), arm_jitter(rng, 0.5)
    lift = body.ankle_height + np.where(ahead > 0, 0.0, rng.uniform(0, 0.1))
    ankles = np.stack([SIDES * 0.08, ahead * stride, lift], 1)
    toes = np.stack([SIDES * 0.1, np.ones(2), np.where(ahead > 0, 0.0, -0.8)], 1)

    def targets(phase: float) -> IKTargets:
        chest = upright_frame(lean * (0.5 + 0.5 * phase), 12 * ahead[0])
        upper, lower = arms_in(chest, name, jitter)
        reach = np.sqrt(max((0.985 * body.leg) ** 2 - stride**2, 0.05))
        height = body.ankle_height + reach * (1 - phase * (1 - low))
        return assemble(
            body, vec(0, 0.02, height), upright_frame(0.4 * lean), chest, nod_frame(chest, 5),
            ankles, toes + 0.1 * UP, upper, lower, toes,
        )  # fmt: skip

    return Motion(targets)


def bent_over(body: Body, rng: np.random.Generator) -> Motion:
    """Standing bent at the hips: picking up, rowing, touching the floor, a downward dog."""
    lean, knees = float(rng.uniform(40, 125)), float(rng.uniform(0.82, 0.995))
    name = str(rng.choice(["hanging", "forward", "hips", "behind_head"]))
    jitter = arm_jitter(rng, 0.2)
    ankles, toes = feet_at(float(rng.uniform(0.06, 0.25)), 10, body.ankle_height)

    def targets(phase: float) -> IKTargets:
        now = lean * (1 - 0.25 * phase)
        chest = upright_frame(now)
        upper, lower = arms_in(chest, name, jitter)
        if name == "hanging":
            upper = lower = pair_in(upright_frame(0), 0.1, 0.15, -1)
        pelvis = vec(0, -0.0022 * now * body.leg, body.ankle_height + knees * body.leg * 0.97)
        return assemble(
            body, pelvis, upright_frame(0.8 * now), chest, nod_frame(chest, 5),
            ankles, toes + 0.1 * UP, upper, lower, toes,
        )  # fmt: skip

    return Motion(targets)


def free(body: Body, rng: np.random.Generator) -> Motion:
    """Any trunk orientation and any limbs within wide limits: acrobatics, dance, sports."""
    trunk = frame(unit(rng.normal(0, 1, 3) + vec(0, 0, 0.5)), rng.normal(0, 1, 3))
    chest = trunk @ rotation(rng.normal(0, 1, 3), float(rng.normal(0, 15)))
    pelvis = vec(0, 0, 1.0)
    out = rng.uniform(0, 0.8)
    thighs = pair_in(trunk, out, rng.uniform(-0.3, 1), -0.8) + rng.normal(0, 0.35, (2, 3))
    bend = rng.uniform(0, 1.2, (2, 1))
    ankles, poles, toes = _legs(body, pelvis, trunk, thighs, unit(thighs) - bend * trunk[1])
    upper = unit(rng.normal(0, 1, (2, 3)) + 0.6 * SIDES[:, None] * chest[0] + 0.4 * chest[1])
    lower = upper + rng.uniform(0, 1.3, (2, 1)) * unit(rng.normal(0, 1, (2, 3)) + chest[1])
    targets = assemble(
        body, pelvis, trunk, chest, nod_frame(chest, rng.normal(0, 20), rng.normal(0, 30)),
        ankles, poles, upper, lower, toes,
    )  # fmt: skip
    air = 0.5 * rng.random() if rng.random() < 0.4 else 0.0
    return _still(_lay_down(body, targets, 0.08 + air), vec(0, 0, 0.02))


OTHER_POSES: dict[str, Callable[[Body, np.random.Generator], Motion]] = {
    "sitting": sitting,
    "lying": lying,
    "all_fours": all_fours,
    "kneeling": kneeling,
    "lunge": lunge,
    "bent_over": bent_over,
    "free": free,
}
"""Poses for single pictures."""
