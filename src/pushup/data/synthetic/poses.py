"""What people do: each maker draws a personal style and returns an `Act`, a stance per phase.

The phase runs from 0 (rest: arms straight, standing, hanging) to 1 (the other extreme). Stances
are built in a local frame: feet or knees near the origin, facing or heading along +y. Angles and
clearances are estimates by eye from exercise footage.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pushup.data.synthetic.body import (
    SIDES,
    Body,
    Stance,
    frame,
    rotation,
    thorax_and_shoulders,
    unit,
    vec,
)

UP = vec(0, 0, 1)


@dataclass(frozen=True)
class Prop:
    """A box that belongs to the act: a bench, a bar, a chair.

    Attributes:
        centre: (3,) metres; half: (3,) half sizes along x, y, z, in the act's local frame.
    """

    centre: np.ndarray
    half: np.ndarray


@dataclass(frozen=True)
class Act:
    """One person's way of doing one thing.

    Attributes:
        stance: The stance at a phase in 0..1.
        props: What the act needs in the scene.
    """

    stance: Callable[[float], Stance]
    props: tuple[Prop, ...] = ()


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
) -> Stance:
    """A stance whose arms follow directions of upper arms and forearms, (2, 3) each."""
    shrugs = np.full(2, shrug)
    _, shoulders = thorax_and_shoulders(body, pelvis, pelvis_frame, chest_frame, shrugs)
    fingers = unit(lower)
    palms = unit(chest_frame[0] * -SIDES[:, None] + 0.3 * chest_frame[1])
    shins = unit(ankles - pelvis)
    return Stance(
        pelvis=pelvis,
        pelvis_frame=pelvis_frame,
        chest_frame=chest_frame,
        head_frame=head_frame,
        wrists=shoulders + body.upper_arm * unit(upper) + body.forearm * unit(lower),
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


@dataclass(frozen=True)
class PushUpStyle:
    """How somebody does push-ups.

    Attributes:
        kind: "floor", "knees", "incline" (hands raised) or "decline" (feet raised).
        depth: Share of the way down to the full depth.
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
            "lockout": float(rng.uniform(0.96, 0.998)),
            "clearance": float(rng.uniform(0.26, 0.48)),
            "nod_deg": float(np.clip(rng.normal(18, 18), -25, 60)),
            "turn_deg": float(rng.normal(0, 8) if rng.random() < 0.85 else rng.normal(0, 40)),
            "hand_yaw_deg": float(rng.normal(0, 15)),
            "feet_half": float(rng.uniform(0.02, 0.2)),
            "surface": float(rng.uniform(0.15, 0.75)) if raised else 0.0,
            "fist": float(rng.random() < 0.08),
            "curve_deg": float(rng.normal(4, 6)),
        }
        return cls(**{**values, **chosen})  # type: ignore[arg-type]


def push_up(body: Body, rng: np.random.Generator, **chosen: object) -> Act:
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

    def stance(phase: float) -> Stance:
        angle = line_angle(top + phase * (bottom - top))
        leg_angle = angle - at_pivot
        hip = vec(0, leg * np.cos(leg_angle), pivot_z + leg * np.sin(leg_angle))
        trunk_angle = angle + sag - at_pivot
        curve = np.deg2rad(style.curve_deg)
        pelvis_frame = prone_frame(trunk_angle + 0.55 * curve)
        chest = prone_frame(trunk_angle - 0.45 * curve)
        chest = chest @ rotation(chest[2], style.lopsided * phase)
        head = nod_frame(chest, style.nod_deg + 6 * phase, style.turn_deg)
        if on_knees:
            back = unit(vec(0, -1, 0.12 + shin_rise))
            ankles = pivots + body.shank * back
            knee_poles = np.tile(vec(0, 0, -1.0), (2, 1))
            toes, soles = toes_back, np.tile(unit(vec(0, 0.4, 1)), (2, 1))
        else:
            ankles, knee_poles = pivots, np.tile(pelvis_frame[1], (2, 1))
            toes = np.tile(unit(vec(0, 0.3, -1)), (2, 1))
            soles = np.tile(unit(vec(0, -1, -0.3)), (2, 1))
        return Stance(
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
        half = vec(0.3 + 0.4 * rng.random(), depth, hand_surface / 2)
        props.append(Prop(vec(0, wrist_y + depth - 0.12, hand_surface / 2), half))
    if foot_surface:
        half = vec(0.3 + 0.4 * rng.random(), depth, foot_surface / 2)
        props.append(Prop(vec(0, 0.12 - depth, foot_surface / 2), half))
    return Act(stance, tuple(props))


def plank(body: Body, rng: np.random.Generator) -> Act:
    """A forearm plank; the phase breathes by two centimetres."""
    sag = float(rng.normal(0, 6))
    nod = float(rng.normal(10, 18))
    feet = float(rng.uniform(0.03, 0.16))
    inward = float(rng.uniform(-0.2, 0.7))
    pivot_z = 0.52 * body.foot + 0.025
    leg = body.leg * 0.998

    def stance(phase: float) -> Stance:
        height = 0.04 + 0.98 * body.upper_arm - 0.02 * phase
        line = leg + body.trunk * np.cos(np.deg2rad(sag))
        angle = np.arcsin((height - pivot_z) / line)
        bend = np.deg2rad(sag)
        hip = vec(0, leg * np.cos(angle - bend / 2), pivot_z + leg * np.sin(angle - bend / 2))
        trunk = prone_frame(np.arcsin(np.clip((height - hip[2]) / body.trunk, -0.9, 0.9)))
        thorax, shoulders = thorax_and_shoulders(body, hip, trunk, trunk, np.zeros(2))
        fore = np.stack([unit(vec(-s * inward, 1, 0)) for s in SIDES])
        elbows = shoulders * vec(1, 1, 0) + vec(0, 0.02, 0.04)
        return Stance(
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

    return Act(stance)


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
    upper, lower = (pair_in(chest, *d) for d in ARMS[name])
    return unit(upper + jitter[0]), unit(lower + jitter[1])


def arm_jitter(rng: np.random.Generator, spread: float = 0.12) -> np.ndarray:
    """(2, 2, 3) small changes of the directions of upper arms and forearms."""
    return rng.normal(0, spread, (2, 2, 3))


def upright_frame(lean_deg: float, turn_deg: float = 0.0) -> np.ndarray:
    lean = np.deg2rad(lean_deg)
    standing = frame(vec(0, np.sin(lean), np.cos(lean)), vec(0, np.cos(lean), -np.sin(lean)))
    return standing @ rotation(UP, turn_deg)


def squat(body: Body, rng: np.random.Generator) -> Act:
    """Squats; phase 1 is the bottom."""
    half, out = rng.uniform(0.1, 0.25), rng.uniform(0, 35)
    lean, low = rng.uniform(20, 45), rng.uniform(0.42, 0.7)
    start, end = rng.choice(["hanging", "crossed", "clasped", "behind_head"]), None
    end = "forward" if start == "hanging" else start
    jitter, nod = arm_jitter(rng, 0.08), rng.normal(5, 8)
    ankles, toes = feet_at(half, out, body.ankle_height)

    def stance(phase: float) -> Stance:
        chest, hips = upright_frame(3 + lean * phase), upright_frame(2 + 0.8 * lean * phase)
        height = body.ankle_height + body.leg * (0.985 - phase * (0.985 - low))
        pelvis = vec(0, -0.3 * phase * body.thigh * 1.6 - 0.02, height)
        a, b = arms_in(chest, str(start), jitter), arms_in(chest, end, jitter)
        upper, lower = ((1 - phase) * x + phase * y for x, y in zip(a, b, strict=True))
        return assemble(
            body, pelvis, hips, chest, nod_frame(chest, nod + 0.6 * lean * phase),
            ankles, toes + 0.02 * UP, upper, lower, toes,
        )  # fmt: skip

    return Act(stance)


def standing(body: Body, rng: np.random.Generator) -> Act:
    """Standing or taking a step, shifting weight with the phase."""
    half, out = rng.uniform(0.06, 0.2), rng.uniform(0, 25)
    stride = rng.uniform(0.1, 0.32) if rng.random() < 0.4 else 0.0
    arms, jitter = str(rng.choice(list(ARMS), p=[0.4, 0.13, 0.1, 0.06, 0.05, 0.1, 0.06, 0.05, 0.05])), arm_jitter(rng)  # fmt: skip
    if rng.random() < 0.3:
        jitter = arm_jitter(rng, 0.45)
    lean, turn, nod = rng.normal(3, 5), rng.normal(0, 10), rng.normal(0, 10)
    ankles, toes = feet_at(half, out, body.ankle_height)
    ankles = ankles + SIDES[:, None] * vec(0, stride, 0)
    height = body.ankle_height + np.sqrt(max(body.leg**2 * 0.99 - stride**2 - 0.01, 0.1))

    def stance(phase: float) -> Stance:
        chest = upright_frame(lean + 1.5 * phase, turn)
        upper, lower = arms_in(chest, arms, jitter * (0.9 + 0.2 * phase))
        pelvis = vec(0.02 * (phase - 0.5), 0, height - 0.006 * phase)
        return assemble(
            body, pelvis, upright_frame(0.5 * lean, 0.4 * turn), chest, nod_frame(chest, nod, 1.5 * turn),
            ankles, toes + 0.02 * UP, upper, lower, toes,
        )  # fmt: skip

    return Act(stance)


def jumping_jack(body: Body, rng: np.random.Generator) -> Act:
    """Jumping jacks; phase 1 is arms up and feet apart."""
    wide, high = rng.uniform(0.28, 0.48), rng.uniform(140, 172)
    bend, nod, hop = rng.uniform(0, 25), rng.normal(0, 6), rng.uniform(0.03, 0.1)

    def stance(phase: float) -> Stance:
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

    return Act(stance)


def pull_up(body: Body, rng: np.random.Generator) -> Act:
    """Pull-ups on a bar; phase 1 is the chin over the bar."""
    spread = float(rng.uniform(1.0, 1.9)) * body.shoulder_half + 0.03
    bar = float(body.height * 1.24 + rng.uniform(0, 0.25))
    knees, sway = float(rng.uniform(0.0, 1.0)), float(rng.normal(4, 5))
    top = float(rng.uniform(0.02, 0.14))
    reach = np.sqrt((0.985 * body.arm) ** 2 - (spread - body.shoulder_half) ** 2)

    def stance(phase: float) -> Stance:
        shoulder = bar - reach + phase * (reach - top)
        chest = upright_frame(sway - 14 * phase)
        pelvis_frame = upright_frame(sway - 4 * phase)
        pelvis = vec(0, -0.06 * phase, shoulder - 0.05 * (1 - phase) - body.trunk)
        legs = unit(vec(0, 0.25 * knees, -1)) * body.thigh + unit(vec(0, -knees, -1)) * body.shank
        ankles = pelvis + legs + SIDES[:, None] * vec(0.05, 0, 0)
        grip = np.stack([vec(s * spread, 0.06, bar - 0.04) for s in SIDES])
        return Stance(
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
    return Act(stance, (rail, *posts) if rng.random() < 0.7 else (rail,))


def sit_up(body: Body, rng: np.random.Generator) -> Act:
    """Sit-ups or crunches; phase 1 is up."""
    high = rng.uniform(30, 85)
    arms, jitter = str(rng.choice(["behind_head", "crossed", "forward"])), arm_jitter(rng, 0.1)
    fold, half = rng.uniform(0.5, 0.8), rng.uniform(0.06, 0.16)
    ankles, toes = feet_at(half, 5, body.ankle_height)
    ankles = ankles + vec(0, fold * body.leg, 0)

    def stance(phase: float) -> Stance:
        def supine(raised_deg: float) -> np.ndarray:
            a = np.deg2rad(raised_deg)
            return frame(vec(0, -np.cos(a), np.sin(a)), vec(0, np.sin(a), np.cos(a)))

        chest = supine(2 + high * phase)
        upper, lower = arms_in(chest, arms, jitter)
        return assemble(
            body, vec(0, 0, 0.1), supine(2 + 0.75 * high * phase), chest, nod_frame(chest, -18),
            ankles, np.tile(vec(0, 0.2, 1), (2, 1)), upper, lower, toes,
        )  # fmt: skip

    return Act(stance)
