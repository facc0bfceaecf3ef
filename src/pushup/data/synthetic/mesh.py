"""The skin: a person as tubes of rings around the bones, posed by a `Figure`.

Every tube is a stack of rings; a ring is a centre, two axes (side, front) and the offsets of its
points along them. Offsets depend on the body and the clothes only, so a clip computes them once.
Radii are metres for a stature of 1.77 m.
"""

from dataclasses import dataclass

import numpy as np

from pushup.data.synthetic.body import SIDES, Body, Figure, cross, unit
from pushup.data.synthetic.look import Look, Part

POINTS = 16
"""Points in a ring."""
_ANGLE = np.arange(POINTS) * (2 * np.pi / POINTS)
_COS, _SIN = np.cos(_ANGLE), np.sin(_ANGLE)


def _table(text: str) -> np.ndarray:
    return np.array([[float(x) for x in row.split()] for row in text.strip().splitlines()])


# Columns: position, half width, extent to the front, extent to the back.
_TORSO = _table("""
    -0.21 0.035 0.040 0.045
    -0.17 0.085 0.070 0.085
    -0.10 0.135 0.090 0.115
     0.00 0.163 0.102 0.128
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
_HAND = _table("""
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
_FOOT = _table("""
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
_HAIR_RINGS = np.array([-1.0, -0.92, -0.75, -0.5, -0.2, 0.15, 0.5, 0.75, 0.92, 1.0])


@dataclass(frozen=True)
class _Tube:
    """Offsets of one tube: (R, POINTS) each; `position` (R,) is the material's u."""

    part: Part
    position: np.ndarray
    along_side: np.ndarray
    along_front: np.ndarray


def _rows(table: np.ndarray, extra: list[float]) -> np.ndarray:
    """The table with interpolated rows at further positions."""
    at = np.sort(
        np.concatenate([table[:, 0], [e for e in extra if table[0, 0] < e < table[-1, 0]]])
    )
    return np.column_stack([at, *(np.interp(at, table[:, 0], c) for c in table[:, 1:].T)])


def _round(table: np.ndarray, square: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Offsets from the columns (position, width, front, back); `square` < 1 is boxier."""
    cos = np.sign(_COS) * np.abs(_COS) ** square
    sin = np.sign(_SIN) * np.abs(_SIN) ** square
    depth = np.where(_SIN >= 0, table[:, 2:3], table[:, 3:4])
    return table[:, 1:2] * cos, depth * sin


def _gauss(x: np.ndarray, at: float, width: float) -> np.ndarray:
    return np.exp(-(((x - at) / width) ** 2))


def _torso(body: Body, look: Look) -> _Tube:
    scale = body.height / 1.77
    table = _rows(_TORSO, [look.shirt_from - 0.01, look.shirt_from + 0.01])
    s = table[:, 0]
    chest, waist, hip = _gauss(s, 0.78, 0.2), _gauss(s, 0.42, 0.16), _gauss(s, 0.0, 0.16)
    wide = 0.93 + 0.12 * body.muscle * chest + body.fat * (0.14 + 0.16 * waist)
    wide += body.feminine * (0.05 * hip - 0.12 * waist - 0.12 * chest)
    wide *= 1 + (body.shoulder_half / (0.108 * body.height) - 1) * chest
    table[:, 1] *= wide * scale
    table[:, 2] *= (0.9 + 0.14 * body.muscle * chest + body.fat * (0.15 + 0.55 * waist)) * scale
    table[:, 3] *= (0.92 + 0.12 * body.muscle * chest + 0.18 * body.fat) * scale
    side, front = _round(table, 0.85)
    pair = np.abs(_COS)[None]
    ahead, behind = np.maximum(_SIN, 0)[None], np.maximum(-_SIN, 0)[None]
    bust = _gauss(s, 0.72, 0.09)[:, None] * _gauss(pair, 0.5, 0.3) * ahead
    front = front + (0.010 + 0.012 * body.muscle + 0.04 * body.feminine) * bust * scale
    seat = _gauss(s, -0.04, 0.12)[:, None] * _gauss(pair, 0.5, 0.3) * behind
    front = front - (0.022 + 0.012 * body.feminine) * seat * scale
    spine = _gauss(s, 0.5, 0.3)[:, None] * _gauss(_COS, 0, 0.3)[None] * behind
    front = front + 0.010 * (1 - body.fat) * spine * scale
    cover = look.on_shirt(np.full(s.shape, Part.TORSO), s, np.zeros_like(s), -np.ones_like(s))
    loose = np.where(cover, look.loose[0] * (1 - 0.8 * np.clip(s - 0.7, 0, 0.4) / 0.4), 0)
    loose = np.maximum(loose, np.where(s < look.waist, 0.3 * look.loose[1], 0))
    return _Tube(Part.TORSO, s, *_loosen(side, front, loose))


def _loosen(side: np.ndarray, front: np.ndarray, loose: np.ndarray):
    return side + loose[:, None] * _COS, front + loose[:, None] * _SIN


def _limb(part: Part, table: np.ndarray, girth: np.ndarray, hem: float, loose: float) -> _Tube:
    """An arm or a leg; clothes widen towards the hem."""
    table = _rows(table, [hem - 0.01, hem + 0.01])
    u = table[:, 0]
    table[:, 1:] *= np.interp(u, [0, 1, 2], girth)[:, None]
    side, front = _round(table, 0.95)
    extra = np.where(u < hem, loose * np.clip(0.35 + 0.65 * u / max(hem, 0.3), 0, 1), 0)
    return _Tube(part, u, *_loosen(side, front, extra))


def _head(body: Body) -> _Tube:
    scale = body.head / 0.234
    table = _HEAD.copy()
    table[:, 1:] *= scale
    side, front = _round(table, 0.92)
    h = table[:, 0:1]
    ahead = np.maximum(_SIN, 0)[None]
    nose = _gauss(h, 0.36, 0.075) * _gauss(_COS, 0, 0.22)[None] * ahead
    lips = _gauss(h, 0.19, 0.05) * _gauss(_COS, 0, 0.4)[None] * ahead
    sockets = _gauss(h, 0.5, 0.07) * _gauss(np.abs(_COS), 0.45, 0.2)[None] * ahead
    front = front + scale * (0.022 * nose + 0.005 * lips - 0.006 * sockets)
    return _Tube(Part.HEAD, _HEAD[:, 0], side, front)


def _ball(part: Part, wide: float, front: float) -> _Tube:
    """An ellipsoid's rings; their distances along the axis are set when posed."""
    radius = np.sqrt(np.maximum(1 - _HAIR_RINGS**2, 0.003))[:, None]
    return _Tube(part, 0.5 + 0.5 * _HAIR_RINGS, radius * wide * _COS, radius * front * _SIN)


class Skin:
    """The surface of one dressed body.

    Attributes:
        faces: (F, 3) triangles, visible when clockwise in the picture.
        face_part: (F,) `Part` of each triangle.
        part: (V,) `Part` of each point.
        u: (V,) position along the part; cos, sin: (V,) position around it (see `Look.on_shirt`).
    """

    def __init__(self, body: Body, look: Look):
        self.body, self.look = body, look
        self.scale = body.height / 1.77
        size = self.scale * (0.86 + 0.2 * body.muscle + 0.3 * body.fat - 0.08 * body.feminine)
        thick = np.array([size, size, self.scale * (0.9 + 0.1 * body.muscle + 0.1 * body.fat)])
        legs = thick * (1.02 + 0.06 * body.feminine)
        self.tubes = [_torso(body, look), *self._bridges(thick[0])]
        neck = _NECK.copy()
        neck[:, 1:] *= self.scale * (
            0.9 + 0.18 * body.muscle + 0.1 * body.fat - 0.1 * body.feminine
        )
        self.tubes += [_Tube(Part.NECK, neck[:, 0], *_round(neck)), _head(body)]
        self.tubes += self._hair()
        for arm, hand, leg, foot in (
            (Part.RIGHT_ARM, Part.RIGHT_HAND, Part.RIGHT_LEG, Part.RIGHT_FOOT),
            (Part.LEFT_ARM, Part.LEFT_HAND, Part.LEFT_LEG, Part.LEFT_FOOT),
        ):
            self.tubes.append(_limb(arm, _ARM, thick, look.sleeve, look.loose[0]))
            self.tubes += self._hand(hand)
            self.tubes.append(_limb(leg, _LEG, legs, look.leg_hem, look.loose[1]))
            self.tubes.append(self._foot(foot))
        self._join()

    def _bridges(self, girth: float) -> list[_Tube]:
        """From the neck's root to each shoulder: collar bone, trapezius, top of the deltoid."""
        table = np.array([[0.98, 0.05, 0.05, 0.05], [1.0, 0.05, 0.052, 0.052], [1.02, 0.053, 0.053, 0.053], [1.03, 0.045, 0.045, 0.045]])  # fmt: skip
        table[:, 1:] *= girth
        side, front = _round(table)
        loose = np.full(4, 0.6 * self.look.loose[0] if self.look.sleeve > 0 else 0.0)
        # The material reads cos as left-right: far from the midline on a shoulder.
        return [_Tube(Part.TORSO, np.full(4, 1.0), *_loosen(side, front, loose))] * 2

    def _hand(self, part: Part) -> list[_Tube]:
        table = _HAND.copy()
        table[:, 1:] *= self.scale * (1.0 + 0.15 * self.body.muscle - 0.1 * self.body.feminine)
        thumb = np.array([[0.1, 0.013, 0.013, 0.013], [0.2, 0.014, 0.014, 0.014], [0.32, 0.011, 0.011, 0.011], [0.36, 0.004, 0.004, 0.004]])  # fmt: skip
        thumb[:, 1:] *= self.scale
        return [_Tube(part, t[:, 0], *_round(t)) for t in (table, thumb)]

    def _foot(self, part: Part) -> _Tube:
        grow = 1.1 if self.look.shoes else 0.97
        half = _FOOT[:, 2:3] * self.scale / 2 * grow
        wide = _FOOT[:, 1:2] * self.scale * grow
        sin = np.sign(_SIN) * np.abs(_SIN) ** 0.7
        return _Tube(part, _FOOT[:, 0], wide * np.sign(_COS) * np.abs(_COS) ** 0.8, half * sin)

    def _hair(self) -> list[_Tube]:
        """Shells that show where they stick out of the head: see `_pose_hair`."""
        scale, style = self.body.head / 0.234, self.look.hair
        self._hair_axes: list[tuple[float, float, float]] = []
        shells: list[_Tube] = []

        def ball(wide: float, front: float, back: float, up: float, half: float) -> None:
            shells.append(_ball(Part.HAIR, wide * scale, front * scale))
            self._hair_axes.append((-back * scale, up * scale, half * scale))

        size = self.look.hair_size
        if style != "bald":
            puff = {"afro": 0.03 * size, "hood": 0.022, "cap": 0.006}.get(
                style, 0.004 + 0.007 * size
            )
            ball(0.076 + puff, 0.094 + puff, 0.016, 0.150, 0.088 + puff)
        if style == "cap":
            ball(0.062, 0.075, -0.10, 0.165, 0.012)
        elif style == "bun":
            ball(0.035 * size, 0.035 * size, 0.105, 0.155 + 0.04 * size, 0.035 * size)
        elif style == "long":
            ball(0.078, 0.05, 0.075, 0.07, 0.11 + 0.05 * size)
        elif style == "ponytail":
            ball(0.022, 0.024, 0.13, 0.10, 0.07 + 0.04 * size)
        return shells

    def _join(self) -> None:
        rings = [len(t.position) for t in self.tubes]
        ends = np.cumsum(rings)
        self.slices = [slice(e - n, e) for e, n in zip(ends, rings, strict=True)]
        self._side = np.concatenate([t.along_side for t in self.tubes])
        self._front = np.concatenate([t.along_front for t in self.tubes])
        ring = np.arange(ends[-1])
        first = np.isin(ring, ends - rings)
        last = np.isin(ring, ends - 1)
        self._before, self._after = np.where(first, ring, ring - 1), np.where(last, ring, ring + 1)
        part = np.concatenate([np.full(n, t.part) for n, t in zip(rings, self.tubes, strict=True)])
        u = np.concatenate([t.position for t in self.tubes])
        self.part = np.repeat(part, POINTS)
        self.u = np.repeat(u, POINTS).astype(np.float32)
        self.cos = np.tile(_COS, len(ring)).astype(np.float32)
        self.sin = np.tile(_SIN, len(ring)).astype(np.float32)
        for bridge in (1, 2):
            points = slice(self.slices[bridge].start * POINTS, self.slices[bridge].stop * POINTS)
            self.cos[points] = 0.8
        row = ring[~last][:, None] * POINTS
        j, k = np.arange(POINTS), (np.arange(POINTS) + 1) % POINTS
        quads = np.stack([row + j, row + k, row + POINTS + k, row + POINTS + j], -1).reshape(-1, 4)
        self.faces = np.concatenate([quads[:, [0, 2, 1]], quads[:, [0, 3, 2]]])
        self.face_part = self.part[self.faces[:, 0]]

    def pose(self, figure: Figure) -> tuple[np.ndarray, np.ndarray]:
        """Points and outward unit normals, (V, 3) float32 each."""
        paths = [self._pose_torso(figure), *self._pose_bridges(figure)]
        paths += [self._pose_neck(figure), *self._pose_head(figure)]
        for side in (0, 1):
            paths.append(self._pose_arm(figure, side))
            paths += self._pose_hand(figure, side)
            paths.append(self._pose_leg(figure, side))
            paths.append(self._pose_foot(figure, side))
        centre, side, front = (np.concatenate(p) for p in zip(*paths, strict=True))
        points = centre[:, None] + self._side[..., None] * side[:, None]
        points += self._front[..., None] * front[:, None]
        points = points.astype(np.float32)
        around = np.roll(points, -1, 1) - np.roll(points, 1, 1)
        onward = points[self._after] - points[self._before]
        normals = unit(cross(around, onward))
        return points.reshape(-1, 3), normals.reshape(-1, 3)

    def _pose_torso(self, figure: Figure):
        stance, body = figure.stance, self.body
        s = self.tubes[0].position[:, None]
        low, high = stance.pelvis_frame, stance.chest_frame
        bend = stance.pelvis + 0.45 * body.trunk * low[2]
        t = np.clip(s, 0, 1)
        curve = (1 - t) ** 2 * stance.pelvis + 2 * t * (1 - t) * bend + t**2 * figure.thorax
        curve = curve + np.minimum(s, 0) * body.trunk * low[2]
        curve = curve + np.maximum(s - 1, 0) * body.trunk * high[2]
        mix = t * t * (3 - 2 * t)
        right = unit((1 - mix) * low[0] + mix * high[0])
        front = (1 - mix) * low[1] + mix * high[1]
        front = unit(front - (front * right).sum(-1, keepdims=True) * right)
        return curve, right, front

    def _pose_bridges(self, figure: Figure):
        chest = figure.stance.chest_frame
        t = np.array([0.0, 0.4, 0.8, 1.0])[:, None]
        out = []
        for side, sign in enumerate(SIDES):
            start = figure.thorax + (0.03 * sign * chest[0] + 0.045 * chest[2]) * self.scale
            end = figure.shoulders[side] + 0.004 * chest[2]
            path = start + t * (end - start)
            along = unit(end - start)
            front = np.tile(chest[1], (4, 1))
            out.append((path, np.tile(cross(chest[1], along), (4, 1)), front))
        return out

    def _pose_neck(self, figure: Figure):
        t = self.tubes[3].position[:, None]
        up = figure.upper_neck - figure.thorax
        front = unit(figure.stance.chest_frame[1] + figure.stance.head_frame[1])
        along = unit(up)
        front = front - (front @ along) * along
        n = len(t)
        base = figure.thorax - 0.012 * figure.stance.chest_frame[1]
        return base + t * up, np.tile(cross(front, along), (n, 1)), np.tile(front, (n, 1))

    def _pose_head(self, figure: Figure):
        right, front, up = figure.stance.head_frame
        out = []
        h = self.tubes[4].position[:, None]
        n = len(h)
        path = figure.upper_neck + h * self.body.head * up
        out.append((path, np.tile(right, (n, 1)), np.tile(front, (n, 1))))
        for ahead, above, half in self._hair_axes:
            n = len(_HAIR_RINGS)
            path = figure.upper_neck + ahead * front + (above + half * _HAIR_RINGS[:, None]) * up
            out.append((path, np.tile(right, (n, 1)), np.tile(front, (n, 1))))
        return out

    def _limb_path(self, tube: _Tube, root, middle, end, out):
        """Rings of a limb: the bend is rounded, the axes follow it without twisting."""
        u = tube.position[:, None]
        first, second = middle - root, end - middle
        path = np.where(u < 1, root + u * first, middle + (u - 1) * second)
        near = np.abs(u - 1) < 0.16
        v = (u - 0.84) / 0.32
        a, b = middle - 0.16 * first, middle + 0.16 * second
        rounded = (1 - v) ** 2 * a + 2 * v * (1 - v) * middle + v**2 * b
        path = np.where(near, rounded, path)
        w = np.clip((u - 0.8) / 0.4, 0, 1)
        along = unit((1 - w) * unit(first) + w * unit(second))
        hinge = unit(cross(out, unit(end - root)))
        side = np.tile(hinge, (len(u), 1))
        return path, side, cross(along, side)

    def _tube(self, part: Part) -> _Tube:
        return next(t for t in self.tubes if t.part == part)

    def _pose_arm(self, figure: Figure, side: int):
        tube = self._tube(Part(Part.RIGHT_ARM + side))
        path, across, front = self._limb_path(
            tube, figure.shoulders[side], figure.elbows[side], figure.wrists[side],
            figure.elbow_out[side],
        )  # fmt: skip
        along = cross(across, front)
        wanted = cross(figure.stance.palms[side], figure.stance.fingers[side])
        wanted = wanted if wanted @ across[-1] > 0 else -wanted
        twist = np.clip(tube.position[:, None] - 1, 0, 1) * 0.9
        across = (1 - twist) * across + twist * wanted
        across = unit(across - (across * along).sum(-1, keepdims=True) * along)
        return path, across, cross(along, across)

    def _pose_leg(self, figure: Figure, side: int):
        return self._limb_path(
            self._tube(Part(Part.RIGHT_LEG + side)), figure.hips[side], figure.knees[side],
            figure.ankles[side], figure.knee_out[side],
        )  # fmt: skip

    def _pose_hand(self, figure: Figure, side: int):
        stance = figure.stance
        along = unit(stance.fingers[side])
        palm = unit(stance.palms[side] - (stance.palms[side] @ along) * along)
        across = cross(palm, along)
        wrist = figure.wrists[side]
        length = self.body.hand * (1 - 0.5 * stance.fist)
        u = _HAND[:, :1]
        n, m = len(u), 4
        thick = 1 + 1.2 * stance.fist
        hand = (wrist + u * length * along, np.tile(across, (n, 1)), np.tile(palm * thick, (n, 1)))
        t = np.array([0.0, 0.4, 0.85, 1.0])[:, None]
        outward = -SIDES[side] * across
        start = wrist + 0.15 * length * along + 0.02 * self.scale * outward
        tip = wrist + 0.55 * length * along + 0.062 * self.scale * outward
        way = unit(tip - start)
        thumb = (
            start + t * (tip - start),
            np.tile(cross(palm, way), (m, 1)),
            np.tile(palm, (m, 1)),
        )
        return [hand, thumb]

    def _pose_foot(self, figure: Figure, side: int):
        stance = figure.stance
        along = unit(stance.toes[side])
        up = -unit(stance.soles[side] - (stance.soles[side] @ along) * along)
        sole = figure.ankles[side] - self.body.ankle_height * up
        x = _FOOT[:, :1]
        half = _FOOT[:, 2:3] * self.scale / 2
        n = len(x)
        path = sole + x * self.body.foot * along + half * up
        return path, np.tile(cross(up, along), (n, 1)), np.tile(up, (n, 1))
