"""The shape of a dressed body: tubes of rings whose offsets depend on body and clothes only.

A ring is a stack's horizontal cut: a centre and two axes, known once a pose is, and the offsets of
its points along them, known here. Radii are metres for a stature of 1.77 m, modelled by eye after
photographs.
"""

from dataclasses import dataclass

import numpy as np

from pushup.synthetic.appearance import Appearance, Part
from pushup.synthetic.body import Body

POINTS = 16
"""Points in a ring."""
_ANGLE = np.arange(POINTS) * (2 * np.pi / POINTS)
COS, SIN = np.cos(_ANGLE), np.sin(_ANGLE)


def _table(text: str) -> np.ndarray:
    return np.array([[float(x) for x in row.split()] for row in text.strip().splitlines()])


# Columns: position, half width, extent to the front, extent to the back.
_TORSO = _table("""
    -0.22 0.004 0.004 0.004
    -0.21 0.035 0.040 0.045
    -0.17 0.085 0.066 0.062
    -0.10 0.135 0.088 0.098
     0.00 0.163 0.102 0.122
     0.12 0.163 0.104 0.110
     0.28 0.147 0.100 0.088
     0.42 0.140 0.098 0.084
     0.56 0.148 0.104 0.094
     0.70 0.160 0.116 0.106
     0.80 0.167 0.114 0.110
     0.90 0.160 0.096 0.106
     0.98 0.132 0.074 0.098
     1.05 0.090 0.060 0.082
     1.12 0.062 0.052 0.066
     1.18 0.052 0.046 0.056
""")
# Columns: position along the limb, half width, extent to the bent joint's side, to the other side.
_ARM = _table("""
    -0.17 0.010 0.010 0.010
    -0.13 0.036 0.036 0.036
    -0.05 0.052 0.052 0.050
     0.08 0.058 0.057 0.056
     0.22 0.054 0.053 0.055
     0.40 0.048 0.048 0.053
     0.60 0.044 0.045 0.050
     0.80 0.040 0.040 0.042
     0.94 0.040 0.038 0.037
     1.06 0.042 0.039 0.040
     1.20 0.045 0.040 0.043
     1.40 0.040 0.035 0.038
     1.65 0.032 0.028 0.029
     1.88 0.028 0.022 0.023
     2.00 0.027 0.021 0.021
     2.08 0.024 0.019 0.019
""")
_LEG = _table("""
    -0.22 0.030 0.030 0.030
    -0.17 0.065 0.060 0.070
    -0.08 0.085 0.080 0.095
     0.05 0.090 0.090 0.104
     0.20 0.088 0.092 0.096
     0.40 0.080 0.087 0.084
     0.60 0.070 0.077 0.072
     0.80 0.060 0.066 0.061
     0.94 0.056 0.060 0.053
     1.05 0.054 0.056 0.054
     1.18 0.057 0.052 0.068
     1.32 0.056 0.050 0.070
     1.50 0.047 0.045 0.056
     1.72 0.038 0.038 0.043
     1.92 0.035 0.036 0.042
     2.03 0.036 0.036 0.045
""")
_NECK = _table("""
    -0.30 0.066 0.056 0.070
     0.10 0.061 0.054 0.062
     0.55 0.057 0.053 0.057
     1.00 0.056 0.050 0.056
     1.30 0.052 0.045 0.052
""")
_HEAD = _table("""
    -0.10 0.008 0.070 -0.045
    -0.07 0.026 0.088 -0.020
     0.00 0.043 0.096 0.000
     0.10 0.054 0.098 0.030
     0.22 0.062 0.099 0.060
     0.34 0.068 0.099 0.080
     0.46 0.072 0.095 0.093
     0.60 0.076 0.097 0.099
     0.74 0.074 0.090 0.096
     0.86 0.064 0.072 0.082
     0.94 0.046 0.050 0.060
     0.985 0.026 0.028 0.034
     1.00 0.005 0.006 0.006
""")
# Columns: share of the hand's length, half width, half thickness (both ways).
HAND = _table("""
    -0.12 0.024 0.020 0.020
     0.05 0.029 0.019 0.019
     0.22 0.038 0.018 0.018
     0.42 0.043 0.016 0.016
     0.58 0.041 0.013 0.013
     0.78 0.037 0.010 0.010
     0.93 0.029 0.008 0.008
     1.00 0.012 0.004 0.004
""")
# Columns: share of the foot's length from the ankle, half width, top above the sole (metres).
FOOT = _table("""
    -0.27 0.014 0.030
    -0.24 0.030 0.062
    -0.12 0.036 0.092
     0.06 0.037 0.098
     0.22 0.041 0.074
     0.40 0.047 0.052
     0.58 0.047 0.038
     0.70 0.034 0.028
     0.75 0.010 0.014
""")
HAIR_RINGS = np.array([-1.0, -0.92, -0.75, -0.5, -0.2, 0.15, 0.5, 0.75, 0.92, 1.0])


@dataclass(frozen=True)
class Tube:
    """One tube of R rings.

    Attributes:
        part: What it shows.
        position: (R,) position of the rings along the part.
        along_side: (R, POINTS) offsets along the rings' first axis, metres.
        along_front: (R, POINTS) offsets along the second.
        ball: For hair only: its centre ahead of and above the upper neck, and its half height.
    """

    part: Part
    position: np.ndarray
    along_side: np.ndarray
    along_front: np.ndarray
    ball: tuple[float, float, float] | None = None


def _rows(table: np.ndarray, extra: list[float]) -> np.ndarray:
    """The table with interpolated rows at further positions."""
    at = np.sort(
        np.concatenate([table[:, 0], [e for e in extra if table[0, 0] < e < table[-1, 0]]])
    )
    return np.column_stack([at, *(np.interp(at, table[:, 0], c) for c in table[:, 1:].T)])


def _round(table: np.ndarray, square: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Offsets from the columns (position, width, front, back); `square` < 1 is boxier."""
    cos = np.sign(COS) * np.abs(COS) ** square
    sin = np.sign(SIN) * np.abs(SIN) ** square
    depth = np.where(SIN >= 0, table[:, 2:3], table[:, 3:4])
    return table[:, 1:2] * cos, depth * sin


def _gauss(x: np.ndarray, at: float, width: float) -> np.ndarray:
    return np.exp(-(((x - at) / width) ** 2))


def _torso(body: Body, appearance: Appearance) -> Tube:
    scale = body.height / 1.77
    table = _rows(_TORSO, [appearance.shirt_from - 0.01, appearance.shirt_from + 0.01])
    s = table[:, 0]
    chest, waist, hip = _gauss(s, 0.78, 0.2), _gauss(s, 0.42, 0.16), _gauss(s, 0.0, 0.16)
    wide = 0.93 + 0.12 * body.muscle * chest + body.fat * (0.14 + 0.16 * waist)
    wide += body.feminine * (0.05 * hip - 0.12 * waist - 0.12 * chest)
    wide *= 1 + (body.shoulder_half / (0.108 * body.height) - 1) * chest
    table[:, 1] *= wide * scale
    table[:, 2] *= (0.9 + 0.14 * body.muscle * chest + body.fat * (0.15 + 0.55 * waist)) * scale
    table[:, 3] *= (0.92 + 0.12 * body.muscle * chest + 0.18 * body.fat) * scale
    side, front = _round(table, 0.85)
    pair = np.abs(COS)[None]
    ahead, behind = np.maximum(SIN, 0)[None], np.maximum(-SIN, 0)[None]
    bust = _gauss(s, 0.72, 0.09)[:, None] * _gauss(pair, 0.5, 0.3) * ahead
    front = front + (0.010 + 0.012 * body.muscle + 0.04 * body.feminine) * bust * scale
    seat = _gauss(s, -0.04, 0.12)[:, None] * _gauss(pair, 0.5, 0.3) * behind
    front = front - (0.014 + 0.012 * body.feminine) * seat * scale
    spine = _gauss(s, 0.5, 0.3)[:, None] * _gauss(COS, 0, 0.3)[None] * behind
    front = front + 0.010 * (1 - body.fat) * spine * scale
    cover = appearance.on_shirt(np.full(s.shape, Part.TORSO), s, np.zeros_like(s), -np.ones_like(s))
    loose = np.where(cover, appearance.loose[0] * (1 - 0.8 * np.clip(s - 0.7, 0, 0.4) / 0.4), 0)
    loose = np.maximum(loose, np.where(s < appearance.waist, 0.3 * appearance.loose[1], 0))
    return Tube(Part.TORSO, s, *_loosen(side, front, loose))


def _loosen(side: np.ndarray, front: np.ndarray, loose: np.ndarray):
    return side + loose[:, None] * COS, front + loose[:, None] * SIN


def _limb(part: Part, table: np.ndarray, girth: np.ndarray, hem: float, loose: float) -> Tube:
    """An arm or a leg; clothes widen towards the hem."""
    table = _rows(table, [hem - 0.01, hem + 0.01])
    u = table[:, 0]
    table[:, 1:] *= np.interp(u, [0, 1, 2], girth)[:, None]
    side, front = _round(table, 0.95)
    extra = np.where(u < hem, loose * np.clip(0.35 + 0.65 * u / max(hem, 0.3), 0, 1), 0)
    return Tube(part, u, *_loosen(side, front, extra))


def _head(body: Body) -> Tube:
    scale = body.head / 0.234
    table = _HEAD.copy()
    table[:, 1:] *= scale
    side, front = _round(table, 0.92)
    h = table[:, 0:1]
    ahead = np.maximum(SIN, 0)[None]
    nose = _gauss(h, 0.36, 0.075) * _gauss(COS, 0, 0.22)[None] * ahead
    lips = _gauss(h, 0.19, 0.05) * _gauss(COS, 0, 0.4)[None] * ahead
    sockets = _gauss(h, 0.5, 0.07) * _gauss(np.abs(COS), 0.45, 0.2)[None] * ahead
    front = front + scale * (0.022 * nose + 0.005 * lips - 0.006 * sockets)
    return Tube(Part.HEAD, _HEAD[:, 0], side, front)


EAR = _table("""
    -1.0 0.004 0.006 0.006
    -0.5 0.010 0.017 0.015
     0.5 0.011 0.020 0.018
     1.0 0.004 0.006 0.006
""")
_BRIDGE = _table("""
    0.98 0.040 0.042 0.050
    1.00 0.045 0.048 0.054
    1.02 0.050 0.052 0.053
    1.03 0.042 0.044 0.044
""")
_FLANK = _table("""
    0.0 0.020 0.030 0.030
    0.3 0.044 0.046 0.054
    0.7 0.042 0.042 0.050
    1.0 0.030 0.030 0.032
""")
_THUMB = _table("""
    0.10 0.013 0.013 0.013
    0.20 0.014 0.014 0.014
    0.32 0.011 0.011 0.011
    0.36 0.004 0.004 0.004
""")


def _bridge(appearance: Appearance, girth: float) -> Tube:
    """From the neck's root to a shoulder: collar bone, trapezius, top of the deltoid."""
    table = _BRIDGE.copy()
    table[:, 1:] *= girth
    loose = np.full(len(table), 0.6 * appearance.loose[0] if appearance.sleeve > 0 else 0.0)
    return Tube(Part.TORSO, np.full(len(table), 1.0), *_loosen(*_round(table), loose))


def _flank(girth: float) -> Tube:
    """From the side of the chest to an upper arm: the muscles around the armpit."""
    table = _FLANK.copy()
    table[:, 1:] *= girth
    return Tube(Part.TORSO, np.full(len(table), 0.8), *_round(table))


def _neck(body: Body, scale: float) -> Tube:
    table = _NECK.copy()
    build = 0.9 + 0.18 * body.muscle + 0.1 * body.fat - 0.1 * body.feminine
    table[:, 1:] *= scale * build
    return Tube(Part.NECK, table[:, 0], *_round(table))


def _hand(part: Part, body: Body, scale: float) -> tuple[Tube, Tube]:
    """The hand without its thumb, and the thumb."""
    hand, thumb = HAND.copy(), _THUMB.copy()
    hand[:, 1:] *= scale * (1.0 + 0.15 * body.muscle - 0.1 * body.feminine)
    thumb[:, 1:] *= scale
    return Tube(part, hand[:, 0], *_round(hand)), Tube(part, thumb[:, 0], *_round(thumb))


def _foot(part: Part, appearance: Appearance, scale: float) -> Tube:
    grow = scale * (1.1 if appearance.shoes else 0.97)
    side = np.sign(COS) * np.abs(COS) ** 0.8
    up = np.sign(SIN) * np.abs(SIN) ** 0.7
    return Tube(part, FOOT[:, 0], FOOT[:, 1:2] * grow * side, FOOT[:, 2:3] / 2 * grow * up)


def _hair(appearance: Appearance, scale: float) -> list[Tube]:
    """Balls that show where they stick out of the head, so that they end in a hairline."""

    def ball(wide: float, deep: float, ahead: float, above: float, half: float) -> Tube:
        radius = scale * np.sqrt(np.maximum(1 - HAIR_RINGS**2, 1e-5))[:, None]
        place = (ahead * scale, above * scale, half * scale)
        u = 0.5 + 0.5 * HAIR_RINGS
        return Tube(Part.HAIR, u, radius * wide * COS, radius * deep * SIN, place)

    style, size = appearance.hair, appearance.hair_size
    if style == "bald":
        return []
    puffs = {"afro": 0.03 * size, "hood": 0.022, "cap": 0.006}
    puff = puffs.get(style, 0.004 + 0.007 * size)
    cap = ball(0.076 + puff, 0.094 + puff, -0.016, 0.150, 0.088 + puff)
    more = {
        "cap": (0.062, 0.075, 0.10, 0.165, 0.012),
        "bun": (0.035 * size, 0.035 * size, -0.105, 0.155 + 0.04 * size, 0.035 * size),
        "long": (0.078, 0.05, -0.075, 0.07, 0.11 + 0.05 * size),
        "ponytail": (0.022, 0.024, -0.125, 0.09, 0.07 + 0.04 * size),
    }
    return [cap, ball(*more[style])] if style in more else [cap]


def _ear(scale: float) -> Tube:
    """A flat ear, on the skull unless hair is there."""
    return Tube(Part.HEAD, np.full(len(EAR), 0.45), *_round(EAR * (1, scale, scale, scale)))


@dataclass(frozen=True)
class Tubes:
    """All tubes of a body; pairs are (right, left)."""

    torso: Tube
    bridges: tuple[Tube, Tube]
    flanks: tuple[Tube, Tube]
    neck: Tube
    head: Tube
    ears: tuple[Tube, Tube]
    hair: tuple[Tube, ...]
    arms: tuple[Tube, Tube]
    hands: tuple[tuple[Tube, Tube], tuple[Tube, Tube]]
    legs: tuple[Tube, Tube]
    feet: tuple[Tube, Tube]


def build(body: Body, appearance: Appearance) -> Tubes:
    """The shape of a dressed body."""
    scale = body.height / 1.77
    size = scale * (0.86 + 0.2 * body.muscle + 0.3 * body.fat - 0.08 * body.feminine)
    girth = np.array([size, size, scale * (0.9 + 0.1 * body.muscle + 0.1 * body.fat)])
    legs = girth * (1.02 + 0.06 * body.feminine)
    bridge = _bridge(appearance, size)
    sleeve, trousers = appearance.loose
    return Tubes(
        torso=_torso(body, appearance),
        bridges=(bridge, bridge),
        flanks=(_flank(size), _flank(size)),
        neck=_neck(body, scale),
        head=_head(body),
        ears=(_ear(body.head / 0.234), _ear(body.head / 0.234)),
        hair=tuple(_hair(appearance, body.head / 0.234)),
        arms=(
            _limb(Part.RIGHT_ARM, _ARM, girth, appearance.sleeve, sleeve),
            _limb(Part.LEFT_ARM, _ARM, girth, appearance.sleeve, sleeve),
        ),
        hands=(_hand(Part.RIGHT_HAND, body, scale), _hand(Part.LEFT_HAND, body, scale)),
        legs=(
            _limb(Part.RIGHT_LEG, _LEG, legs, appearance.leg_hem, trousers),
            _limb(Part.LEFT_LEG, _LEG, legs, appearance.leg_hem, trousers),
        ),
        feet=(_foot(Part.RIGHT_FOOT, appearance, scale), _foot(Part.LEFT_FOOT, appearance, scale)),
    )
