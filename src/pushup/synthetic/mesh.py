"""The skin: a body's tubes placed around the bones of a `BodyPose`."""

import numpy as np

from pushup.synthetic.appearance import Appearance
from pushup.synthetic.body import SIDES, Body, BodyPose, cross, unit
from pushup.synthetic.shape import COS, EAR, FOOT, HAIR_RINGS, HAND, POINTS, SIN, Tube, build

_Path = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Rings of one tube: (R, 3) centres, first axes and second axes."""


class Skin:
    """The surface of one dressed body.

    Attributes:
        faces: (F, 3) triangles, visible when clockwise in the picture.
        face_part: (F,) `Part` of each triangle.
        part: (V,) `Part` of each point.
        u: (V,) position along the part.
        cos: (V,) position around the part, 1 at the body's right on the trunk.
        sin: (V,) position around the part, 1 at the front.
    """

    def __init__(self, body: Body, appearance: Appearance):
        self.body, self.appearance = body, appearance
        self.scale = body.height / 1.77
        self._tubes = tubes = build(body, appearance)
        order = [tubes.torso, *tubes.bridges, *tubes.flanks, tubes.neck, tubes.head]
        order += [*tubes.ears, *tubes.hair]
        for side in (0, 1):
            order += [tubes.arms[side], *tubes.hands[side], tubes.legs[side], tubes.feet[side]]
        self._join(order)

    def _join(self, tubes: list[Tube]) -> None:
        """Put all rings into one array, in the order in which `pose` places them."""
        rings = np.array([len(t.position) for t in tubes])
        ends = np.cumsum(rings)
        ring = np.arange(ends[-1])
        first, last = np.isin(ring, ends - rings), np.isin(ring, ends - 1)
        self._side = np.concatenate([t.along_side for t in tubes])
        self._front = np.concatenate([t.along_front for t in tubes])
        self._before, self._after = np.where(first, ring, ring - 1), np.where(last, ring, ring + 1)
        self.part = np.repeat([t.part for t in tubes], rings * POINTS)
        u = np.concatenate([t.position for t in tubes])
        self.u = np.repeat(u, POINTS).astype(np.float32)
        self.cos = np.tile(COS, len(ring)).astype(np.float32)
        self.sin = np.tile(SIN, len(ring)).astype(np.float32)
        # Bridges and flanks run sideways: all of them is far from the midline, as straps see it.
        self.cos[ends[0] * POINTS : ends[4] * POINTS] = 0.8
        row = ring[~last][:, None] * POINTS
        j, k = np.arange(POINTS), (np.arange(POINTS) + 1) % POINTS
        quads = np.stack([row + j, row + k, row + POINTS + k, row + POINTS + j], -1).reshape(-1, 4)
        self.faces = np.concatenate([quads[:, [0, 2, 1]], quads[:, [0, 3, 2]]])
        self.face_part = self.part[self.faces[:, 0]]

    def pose(self, pose: BodyPose) -> tuple[np.ndarray, np.ndarray]:
        """Points and outward unit normals, (V, 3) float32 each."""
        paths = [self._pose_torso(pose), *self._pose_bridges(pose)]
        paths += [self._pose_neck(pose), *self._pose_head(pose)]
        for side in (0, 1):
            paths.append(self._pose_arm(pose, side))
            paths += self._pose_hand(pose, side)
            paths.append(self._pose_leg(pose, side))
            paths.append(self._pose_foot(pose, side))
        centre, side, front = (np.concatenate(p) for p in zip(*paths, strict=True))
        points = centre[:, None] + self._side[..., None] * side[:, None]
        points += self._front[..., None] * front[:, None]
        points = points.astype(np.float32)
        around = np.roll(points, -1, 1) - np.roll(points, 1, 1)
        onward = points[self._after] - points[self._before]
        normals = unit(cross(around, onward))
        return points.reshape(-1, 3), normals.reshape(-1, 3)

    def _pose_torso(self, pose: BodyPose) -> _Path:
        targets, body = pose.targets, self.body
        s = self._tubes.torso.position[:, None]
        low, high = targets.pelvis_frame, targets.chest_frame
        bend = targets.pelvis + 0.45 * body.trunk * low[2]
        t = np.clip(s, 0, 1)
        curve = (1 - t) ** 2 * targets.pelvis + 2 * t * (1 - t) * bend + t**2 * pose.thorax
        curve = curve + np.minimum(s, 0) * body.trunk * low[2]
        curve = curve + np.maximum(s - 1, 0) * body.trunk * high[2]
        mix = t * t * (3 - 2 * t)
        right = unit((1 - mix) * low[0] + mix * high[0])
        front = (1 - mix) * low[1] + mix * high[1]
        front = unit(front - (front * right).sum(-1, keepdims=True) * right)
        return curve, right, front

    def _pose_bridges(self, pose: BodyPose) -> list[_Path]:
        chest, scale = pose.targets.chest_frame, self.scale
        bridges, flanks = [], []
        for side, sign in enumerate(SIDES):
            shoulder = pose.shoulders[side]
            neck = pose.thorax + (0.03 * sign * chest[0] + 0.062 * chest[2]) * scale
            bridges.append(_straight(self._tubes.bridges[side], neck, shoulder, chest[1]))
            flank = pose.thorax + (0.095 * sign * chest[0] - 0.12 * chest[2]) * scale
            arm = 0.7 * shoulder + 0.3 * pose.elbows[side]
            flanks.append(_straight(self._tubes.flanks[side], flank, arm, chest[1]))
        return bridges + flanks

    def _pose_neck(self, pose: BodyPose) -> _Path:
        t = self._tubes.neck.position[:, None]
        up = pose.upper_neck - pose.thorax
        front = unit(pose.targets.chest_frame[1] + pose.targets.head_frame[1])
        along = unit(up)
        front = front - (front @ along) * along
        n = len(t)
        base = pose.thorax - 0.012 * pose.targets.chest_frame[1]
        return base + t * up, np.tile(cross(front, along), (n, 1)), np.tile(front, (n, 1))

    def _pose_head(self, pose: BodyPose) -> list[_Path]:
        right, front, up = pose.targets.head_frame
        out = []
        h = self._tubes.head.position[:, None]
        n = len(h)
        path = pose.upper_neck + h * self.body.head * up
        out.append((path, np.tile(right, (n, 1)), np.tile(front, (n, 1))))
        out += [self._pose_ear(pose, side) for side in (0, 1)]
        n = len(HAIR_RINGS)
        for tube in self._tubes.hair:
            assert tube.ball is not None
            ahead, above, half = tube.ball
            path = pose.upper_neck + ahead * front + (above + half * HAIR_RINGS[:, None]) * up
            out.append((path, np.tile(right, (n, 1)), np.tile(front, (n, 1))))
        return out

    def _pose_ear(self, pose: BodyPose, side: int) -> _Path:
        right, front, up = pose.targets.head_frame
        scale = self.body.head / 0.234
        t = EAR[:, :1]
        place = pose.upper_neck + scale * (0.074 * SIDES[side] * right - 0.008 * front)
        path = place + (0.105 + 0.028 * t) * scale * up
        n = len(t)
        return path, np.tile(right, (n, 1)), np.tile(front, (n, 1))

    def _limb_path(self, tube: Tube, root, middle, end, out) -> _Path:
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

    def _pose_arm(self, pose: BodyPose, side: int) -> _Path:
        tube = self._tubes.arms[side]
        path, across, front = self._limb_path(
            tube, pose.shoulders[side], pose.elbows[side], pose.wrists[side],
            pose.elbow_out[side],
        )  # fmt: skip
        along = cross(across, front)
        wanted = cross(pose.targets.palms[side], pose.targets.fingers[side])
        wanted = wanted if wanted @ across[-1] > 0 else -wanted
        twist = np.clip(tube.position[:, None] - 1, 0, 1) * 0.9
        across = (1 - twist) * across + twist * wanted
        across = unit(across - (across * along).sum(-1, keepdims=True) * along)
        return path, across, cross(along, across)

    def _pose_leg(self, pose: BodyPose, side: int) -> _Path:
        return self._limb_path(
            self._tubes.legs[side], pose.hips[side], pose.knees[side],
            pose.ankles[side], pose.knee_out[side],
        )  # fmt: skip

    def _pose_hand(self, pose: BodyPose, side: int) -> list[_Path]:
        targets = pose.targets
        along = unit(targets.fingers[side])
        palm = unit(targets.palms[side] - (targets.palms[side] @ along) * along)
        across = cross(palm, along)
        wrist = pose.wrists[side]
        length = self.body.hand * (1 - 0.5 * targets.fist)
        u = HAND[:, :1]
        n, m = len(u), 4
        thick = 1 + 1.2 * targets.fist
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

    def _pose_foot(self, pose: BodyPose, side: int) -> _Path:
        targets = pose.targets
        along = unit(targets.toes[side])
        up = -unit(targets.soles[side] - (targets.soles[side] @ along) * along)
        sole = pose.ankles[side] - self.body.ankle_height * up
        x = FOOT[:, :1]
        half = FOOT[:, 2:3] * self.scale / 2
        n = len(x)
        path = sole + x * self.body.foot * along + half * up
        return path, np.tile(cross(up, along), (n, 1)), np.tile(up, (n, 1))


def _straight(tube: Tube, start: np.ndarray, end: np.ndarray, front: np.ndarray) -> _Path:
    """Rings evenly from start to end, their second axis as near to `front` as can be."""
    n = len(tube.position)
    along = unit(end - start)
    front = unit(front - (front @ along) * along)
    path = start + np.linspace(0, 1, n)[:, None] * (end - start)
    return path, np.tile(cross(front, along), (n, 1)), np.tile(front, (n, 1))
