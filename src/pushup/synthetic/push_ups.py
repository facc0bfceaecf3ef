"""Push-ups of several kinds, and the forearm plank that resembles them."""

from dataclasses import dataclass, replace

import numpy as np

from pushup.synthetic.body import (
    SIDES,
    Body,
    IKTargets,
    rotation,
    thorax_and_shoulders,
    unit,
    vec,
)
from pushup.synthetic.motions import UP, Motion, Prop, nod_frame, prone_frame


@dataclass(frozen=True)
class PushUpStyle:
    """How somebody does push-ups.

    Attributes:
        kind: "floor", "knees", "incline" (hands raised) or "decline" (feet raised).
        depth: Share of the way down to the full depth.
        drop: How far the shoulders go down in arm lengths; None for what clearance and depth give.
            At about 0.3 the elbows are bent to 90 degrees.
        lopsided: Roll of the chest at the bottom in degrees; one elbow bends less.
        sag_deg: Bend at the hips; positive hangs, negative pikes.
        spread: Half distance of the hands in shoulder half widths.
        flare_deg: Elbows at the bottom: 0 along the body, 90 straight out.
    """

    kind: str
    depth: float
    lopsided: float
    sag_deg: float
    spread: float
    flare_deg: float
    ahead: float
    lockout: float
    clearance: float
    nod_deg: float
    turn_deg: float
    hand_yaw_deg: float
    feet_half: float
    surface: float
    fist: float
    curve_deg: float
    drop: float | None = None

    @classmethod
    def sample(cls, rng: np.random.Generator, **chosen: object) -> "PushUpStyle":
        """A random style; keywords fix single fields."""
        kind = chosen.pop("kind", None) or str(
            rng.choice(["floor", "knees", "incline", "decline"], p=[0.76, 0.11, 0.09, 0.04])
        )
        raised = kind in ("incline", "decline")
        values: dict[str, object] = {
            "kind": kind,
            "depth": 1.0,
            "lopsided": 0.0,
            "sag_deg": float(rng.normal(-2, 6)),
            "spread": float(
                rng.choice([rng.uniform(1.0, 1.9), rng.uniform(0.3, 2.6)], p=[0.8, 0.2])
            ),
            "flare_deg": float(np.clip(rng.normal(50, 20), 5, 88)),
            "ahead": float(rng.normal(0.02, 0.06)),
            "lockout": float(rng.uniform(0.97, 0.999)),
            "clearance": float(rng.uniform(0.3, 0.55)),
            "nod_deg": float(np.clip(rng.normal(-4, 17), -40, 45)),
            "turn_deg": float(rng.normal(0, 8) if rng.random() < 0.85 else rng.normal(0, 40)),
            "hand_yaw_deg": float(rng.normal(0, 15)),
            "feet_half": float(rng.uniform(0.02, 0.2)),
            "surface": float(rng.uniform(0.15, 0.75)) if raised else 0.0,
            "fist": float(rng.random() < 0.08),
            "curve_deg": float(rng.normal(4, 6)),
        }
        return cls(**{**values, **chosen})  # type: ignore[arg-type]


def push_up(body: Body, rng: np.random.Generator, **chosen: object) -> Motion:
    """Push-ups; keywords fix fields of `PushUpStyle`. Phase 1 is the bottom."""
    style = PushUpStyle.sample(rng, **chosen)
    on_knees = style.kind == "knees"
    hand_surface = style.surface if style.kind == "incline" else 0.0
    foot_surface = style.surface * 0.8 if style.kind == "decline" else 0.0
    ball = 0.52 * body.foot + 0.025
    pivot_z = 0.055 if on_knees else ball + foot_surface
    leg = body.thigh if on_knees else body.leg * 0.998
    sag = np.deg2rad(style.sag_deg + (12 if style.kind == "decline" else 0))
    line = np.sqrt(leg**2 + body.trunk**2 + 2 * leg * body.trunk * np.cos(sag))
    at_pivot = np.arcsin(body.trunk * np.sin(sag) / line)

    spread = max(style.spread * body.shoulder_half, 0.05)
    wrist_z = hand_surface + 0.03 + 0.05 * style.fist
    reach = style.lockout * body.arm
    rise = np.sqrt(reach**2 - (spread - body.shoulder_half) ** 2 - style.ahead**2)
    top = min(wrist_z + rise, pivot_z + 0.97 * line)
    full = wrist_z + style.clearance * body.arm
    bottom = top - style.depth * (top - full)
    if style.drop is not None:
        bottom = top - style.drop * body.arm

    def line_angle(height: float) -> float:
        return float(np.arcsin(np.clip((height - pivot_z) / line, -0.97, 0.97)))

    wrist_y = line * np.cos(line_angle(top)) + style.ahead
    wrists = np.stack([vec(s * spread, wrist_y, wrist_z) for s in SIDES])
    yaw = np.deg2rad(style.hand_yaw_deg)
    fingers = np.stack([vec(-s * np.sin(yaw), np.cos(yaw), 0) for s in SIDES])
    flare = np.deg2rad(style.flare_deg)
    poles = np.stack([vec(s * np.sin(flare), -np.cos(flare), 0.25) for s in SIDES])
    pivots = np.stack([vec(s * max(style.feet_half, 0.03), 0, pivot_z) for s in SIDES])
    shin_rise = float(rng.uniform(0.0, 1.2))
    toes_back = np.tile(unit(vec(0, -1, 0.4)), (2, 1))

    def targets(phase: float) -> IKTargets:
        angle = line_angle(top + phase * (bottom - top))
        leg_angle = angle - at_pivot
        hip = vec(0, leg * np.cos(leg_angle), pivot_z + leg * np.sin(leg_angle))
        trunk_angle = angle + sag - at_pivot
        curve = np.deg2rad(style.curve_deg)
        pelvis_frame = prone_frame(trunk_angle + 0.55 * curve)
        chest = prone_frame(trunk_angle - 0.45 * curve)
        chest = chest @ rotation(chest[2], style.lopsided * phase)
        head = nod_frame(chest, style.nod_deg + 3 * phase, style.turn_deg)
        if on_knees:
            back = unit(vec(0, -1, 0.12 + shin_rise))
            ankles = pivots + body.shank * back
            knee_poles = np.tile(vec(0, 0, -1.0), (2, 1))
            toes, soles = toes_back, np.tile(unit(vec(0, 0.4, 1)), (2, 1))
        else:
            ankles, knee_poles = pivots, np.tile(pelvis_frame[1], (2, 1))
            toes = np.tile(unit(vec(0, 0.3, -1)), (2, 1))
            soles = np.tile(unit(vec(0, -1, -0.3)), (2, 1))
        return IKTargets(
            pelvis=hip,
            pelvis_frame=pelvis_frame,
            chest_frame=chest,
            head_frame=head,
            wrists=wrists,
            elbow_poles=poles,
            ankles=ankles,
            knee_poles=knee_poles,
            fingers=fingers,
            palms=np.tile(-UP, (2, 1)),
            toes=toes,
            soles=soles,
            fist=style.fist,
            shrug=np.full(2, -0.01),
        )

    props = []
    depth = 0.25 + 0.2 * rng.random()
    if hand_surface:
        half = vec(0.28 + 0.3 * rng.random(), depth, hand_surface / 2)
        props.append(Prop(vec(0, wrist_y + depth - 0.12, hand_surface / 2), half))
    if foot_surface:
        half = vec(0.3 + 0.4 * rng.random(), depth, foot_surface / 2)
        props.append(Prop(vec(0, 0.12 - depth, foot_surface / 2), half))
    return Motion(targets, tuple(props))


def clapping_push_up(body: Body, rng: np.random.Generator) -> Motion:
    """Push-ups that throw the body up; phases from 0 to -1 lead off the floor to the clap."""
    base = push_up(body, rng, kind="floor", spread=float(rng.uniform(0.9, 1.5)))
    flight = float(rng.uniform(0.18, 0.32))

    def targets(phase: float) -> IKTargets:
        if phase >= 0:
            return base.targets(phase)
        now = base.targets(flight * phase)
        clap = np.stack([vec(s * 0.03, now.wrists[0, 1] - 0.05, 0.2) for s in SIDES])
        away = min(-1.3 * phase, 1.0)
        return replace(now, wrists=(1 - away) * now.wrists + away * clap)

    return Motion(targets)


def one_arm_push_up(body: Body, rng: np.random.Generator) -> Motion:
    """Push-ups on one hand, feet apart, the other hand on the lower back."""
    style = {"kind": "floor", "spread": float(rng.uniform(0.3, 0.7)), "ahead": 0.0}
    base = push_up(
        body,
        rng,
        **style,
        feet_half=float(rng.uniform(0.25, 0.4)),
        drop=float(rng.uniform(0.4, 0.55)),
    )
    free = int(rng.integers(2))
    roll_deg = float(SIDES[free] * rng.uniform(0, 10))

    def targets(phase: float) -> IKTargets:
        now = base.targets(phase)
        right, front, up = now.pelvis_frame
        back = now.pelvis + 0.2 * body.trunk * up - 0.14 * front + 0.05 * SIDES[free] * right
        changed = {name: getattr(now, name).copy() for name in ("wrists", "elbow_poles", "fingers")}
        changed["wrists"][free] = back
        changed["elbow_poles"][free] = SIDES[free] * right - 0.5 * front
        changed["fingers"][free] = -SIDES[free] * right - 0.3 * up
        palms = now.palms.copy()
        palms[free] = -front
        chest = now.chest_frame @ rotation(now.chest_frame[2], roll_deg * phase)
        return replace(now, **changed, palms=palms, chest_frame=chest)

    return Motion(targets)


def plank(body: Body, rng: np.random.Generator) -> Motion:
    """A forearm plank; the phase breathes by two centimetres."""
    sag = float(rng.normal(0, 6))
    nod = float(rng.normal(10, 18))
    feet = float(rng.uniform(0.03, 0.16))
    inward = float(rng.uniform(-0.2, 0.7))
    pivot_z = 0.52 * body.foot + 0.025
    leg = body.leg * 0.998

    def targets(phase: float) -> IKTargets:
        height = 0.04 + 0.98 * body.upper_arm - 0.02 * phase
        line = leg + body.trunk * np.cos(np.deg2rad(sag))
        angle = np.arcsin((height - pivot_z) / line)
        bend = np.deg2rad(sag)
        hip = vec(0, leg * np.cos(angle - bend / 2), pivot_z + leg * np.sin(angle - bend / 2))
        trunk = prone_frame(np.arcsin(np.clip((height - hip[2]) / body.trunk, -0.9, 0.9)))
        thorax, shoulders = thorax_and_shoulders(body, hip, trunk, trunk, np.zeros(2))
        fore = np.stack([unit(vec(-s * inward, 1, 0)) for s in SIDES])
        elbows = shoulders * vec(1, 1, 0) + vec(0, 0.02, 0.04)
        return IKTargets(
            pelvis=hip,
            pelvis_frame=trunk,
            chest_frame=trunk,
            head_frame=nod_frame(trunk, nod),
            wrists=elbows + body.forearm * fore,
            elbow_poles=np.tile(vec(0, -0.6, -1), (2, 1)),
            ankles=np.stack([vec(s * feet, 0, pivot_z) for s in SIDES]),
            knee_poles=np.tile(trunk[1], (2, 1)),
            fingers=fore,
            palms=np.tile(-UP, (2, 1)),
            toes=np.tile(unit(vec(0, 0.3, -1)), (2, 1)),
            soles=np.tile(unit(vec(0, -1, -0.3)), (2, 1)),
            fist=float(inward > 0.3),
            shrug=np.full(2, thorax[2] * 0),
        )

    return Motion(targets)
