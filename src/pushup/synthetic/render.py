"""Render a person into a background, and say which joints can be seen."""

from dataclasses import dataclass

import cv2
import numpy as np

from pushup.synthetic.appearance import Part
from pushup.synthetic.body import BodyPose, unit
from pushup.synthetic.camera import Camera
from pushup.synthetic.environment import Background, Light, floor_shadow
from pushup.synthetic.mesh import Skin
from pushup.synthetic.raster import Fragments, rasterize
from pushup.synthetic.textures import noise

_ARMS = ((Part.RIGHT_ARM, Part.RIGHT_HAND), (Part.LEFT_ARM, Part.LEFT_HAND))
_LEGS = ((Part.RIGHT_LEG, Part.RIGHT_FOOT), (Part.LEFT_LEG, Part.LEFT_FOOT))
_TRUNK = (Part.TORSO, Part.RIGHT_LEG, Part.LEFT_LEG)
_NECK = (Part.NECK, Part.HEAD, Part.HAIR, Part.TORSO)

OWN_PARTS: tuple[tuple[Part, ...], ...] = (
    _LEGS[0], _LEGS[0], (*_LEGS[0], Part.TORSO), (*_LEGS[1], Part.TORSO), _LEGS[1], _LEGS[1],
    _TRUNK, (Part.TORSO, Part.NECK), _NECK, (Part.HEAD, Part.HAIR),
    _ARMS[0], _ARMS[0], (*_ARMS[0], Part.TORSO), (*_ARMS[1], Part.TORSO), _ARMS[1], _ARMS[1],
)  # fmt: skip
"""Parts behind whose surface each MPII joint lies."""
JOINT_DEPTH = 1.15 * np.array(
    [0.09, 0.10, 0.19, 0.19, 0.10, 0.09, 0.20, 0.17, 0.14, 0.12, 0.07, 0.08, 0.12, 0.12, 0.08, 0.07]
)
"""How deep below its own surface each joint may lie and still count as seen, metres."""


@dataclass(frozen=True)
class RenderedBody:
    """A person in a picture.

    Attributes:
        rgb: (H, W, 3) float32 in about 0..1.
        keypoints: (16, 2) pixels in MPII order; visible: (16,) bool.
        box_xyxy: Edges of the rendered person, clipped to the picture; None where nothing shows.
        head_size: 0.6 x diagonal of the head's box, as PCKh takes it.
        part: (H, W) `Part` in front, -1 where there is none.
        depth: (H, W) float32 of whatever is in front, along the camera's axis.
    """

    rgb: np.ndarray
    keypoints: np.ndarray
    visible: np.ndarray
    box_xyxy: tuple[float, float, float, float] | None
    head_size: float
    part: np.ndarray
    depth: np.ndarray


def render_body(
    background: Background, camera: Camera, light: Light, skin: Skin, pose: BodyPose
) -> RenderedBody:
    """The background with the person's shadow and the person, hidden where cuboids are nearer."""
    width, height = camera.size_wh
    points, normals = skin.pose(pose)
    pixels, depth = camera.project(points)
    pixels, depth = pixels.astype(np.float32), depth.astype(np.float32)
    # A triangle with a corner behind the camera has no picture.
    faces = np.flatnonzero((depth > 0.1)[skin.faces].all(1))
    fragments = rasterize(pixels, depth, skin.faces[faces], camera.size_wh)
    nearer = fragments.depth < background.depth.ravel()[fragments.pixel]
    fragments = Fragments(
        fragments.pixel[nearer],
        faces[fragments.face[nearer]],
        fragments.weights[nearer],
        fragments.depth[nearer],
    )
    rgb = background.rgb * _shadow(background, light, skin, pose)[..., None]
    if len(fragments.pixel):
        colours = _shade(fragments, skin, points, normals, light, camera)
        composite(rgb, fragments.pixel, colours)
    surface = np.full(height * width, np.inf, np.float32)
    surface[fragments.pixel] = fragments.depth
    part = np.full(height * width, -1)
    part[fragments.pixel] = skin.face_part[fragments.face]
    joints, joint_depth = camera.project(pose.joints)
    visible = _visible(
        joints,
        joint_depth,
        part.reshape(height, width),
        surface.reshape(height, width),
        background.depth,
    )
    head = pixels[(skin.part == Part.HEAD)]
    diagonal = float(np.sqrt((np.ptp(head, axis=0) ** 2).sum()))
    return RenderedBody(
        rgb=rgb,
        keypoints=joints,
        visible=visible,
        box_xyxy=_box(fragments.pixel, width),
        head_size=0.6 * diagonal,
        part=part.reshape(height, width),
        depth=np.minimum(background.depth, surface.reshape(height, width)),
    )


def behind(background: Background, bystander: RenderedBody) -> Background:
    """The background with somebody already in it, before whom another person is rendered."""
    floor = background.floor * (bystander.part < 0)
    return Background(bystander.rgb, bystander.depth, floor, background.floor_xy)


def inside_picture(keypoints: np.ndarray, size_wh: tuple[int, int]) -> np.ndarray:
    """(N,) bool: the keypoints (N, 2) lie on a pixel; NaN does not."""
    low, high = keypoints > -0.5, keypoints < np.array(size_wh) - 0.5
    return np.asarray((low & high).all(axis=1))


def _box(pixel: np.ndarray, width: int) -> tuple[float, float, float, float] | None:
    if not len(pixel):
        return None
    x, y = pixel % width, pixel // width
    return float(x.min() - 0.5), float(y.min() - 0.5), float(x.max() + 0.5), float(y.max() + 0.5)


def _visible(joints, joint_depth, part, surface, background_depth) -> np.ndarray:
    """(16,) bool: inside the picture, before the background and just below its own surface."""
    height, width = part.shape
    x, y = np.round(joints).astype(int).T
    inside = (x >= 0) & (y >= 0) & (x < width) & (y < height) & (joint_depth > 0)
    x, y = np.clip(x, 0, width - 1), np.clip(y, 0, height - 1)
    owner, front = part[y, x], surface[y, x]
    own = np.array([o == -1 or o in parts for o, parts in zip(owner, OWN_PARTS, strict=True)])
    shallow = front > joint_depth - JOINT_DEPTH
    return inside & own & shallow & (background_depth[y, x] > joint_depth - JOINT_DEPTH)


def _shadow(background: Background, light: Light, skin: Skin, pose: BodyPose) -> np.ndarray:
    f, scale = pose, skin.scale
    ends = [(f.targets.pelvis, f.thorax), (f.hips[0], f.hips[1]), (f.shoulders[0], f.shoulders[1])]
    radii = [0.15, 0.11, 0.08]
    ends += [(f.upper_neck, 0.4 * f.upper_neck + 0.6 * f.head_top)]
    radii += [0.09]
    for i in (0, 1):
        toe = f.ankles[i] + 0.5 * skin.body.foot * f.targets.toes[i]
        finger = f.wrists[i] + 0.7 * skin.body.hand * f.targets.fingers[i]
        ends += [(f.hips[i], f.knees[i]), (f.knees[i], f.ankles[i]), (f.ankles[i], toe)]
        ends += [(f.shoulders[i], f.elbows[i]), (f.elbows[i], f.wrists[i]), (f.wrists[i], finger)]
        radii += [0.075, 0.05, 0.045, 0.05, 0.038, 0.04]
    bones = np.array(ends)
    return floor_shadow(background, light, bones, np.array(radii) * scale, pose.targets.pelvis[:2])


def _lit(points: np.ndarray, direction: np.ndarray, soft: float) -> np.ndarray:
    """(V,) float32 in 0..1: how little of the body itself lies in that direction of each point."""
    side = unit(np.cross(direction, (0.31, 0.77, 0.55)))
    plane = np.stack([side, np.cross(direction, side)], 1).astype(np.float32)
    cell = ((points @ plane - (points @ plane).min(0)) / 0.05).astype(np.int32) + 1
    rows, cols = cell.max(0) + 2
    along = points @ direction.astype(np.float32)
    top = np.full((rows, cols), -1e3, np.float32)
    np.maximum.at(top, (cell[:, 0], cell[:, 1]), along)
    top = cv2.dilate(top, np.ones((2, 2), np.uint8))
    above = top[cell[:, 0], cell[:, 1]] - along
    return np.clip(1 - (above - 0.07) / soft, 0, 1)


def _shade(
    fragments: Fragments,
    skin: Skin,
    points: np.ndarray,
    normals: np.ndarray,
    light: Light,
    camera: Camera,
) -> np.ndarray:
    """(P, 3) float32 colours."""
    lit = _lit(points, light.direction, 0.12)
    open_above = 0.35 + 0.65 * _lit(points, np.array([0.05, 0.03, 1.0]), 0.35)
    per_point = np.column_stack(
        [normals, points[:, 2], skin.u, skin.cos, skin.sin, lit, open_above]
    ).astype(np.float32)
    corners = skin.faces[fragments.face]
    weights = fragments.weights[..., None]
    values = per_point[corners[:, 0]] * weights[:, 0]
    values += per_point[corners[:, 1]] * weights[:, 1]
    values += per_point[corners[:, 2]] * weights[:, 2]
    normal, z, u, cos, sin, lit, open_above = np.split(values, [3, 4, 5, 6, 7, 8], axis=1)
    u, cos, sin = u[:, 0], cos[:, 0], sin[:, 0]
    part = skin.face_part[fragments.face]
    albedo, cloth = skin.appearance.colour(part, u, cos, sin)
    angle = np.arctan2(sin, cos)
    rough = np.where(cloth, np.float32(0.5), np.float32(0.12))[:, None]
    normal = unit(normal + rough * (noise(u * 26 + part.astype(np.float32) * 40, angle * 8) - 0.5))
    direction = light.direction.astype(np.float32)
    facing = (normal @ direction)[:, None]
    key = np.clip((facing + 0.2) / 1.2, 0, 1) * (0.25 + 0.75 * lit)
    up = 0.5 + 0.5 * normal[:, 2:]
    ambient = (
        light.ground * (1 - up) * np.clip(0.45 + z / 0.5, 0, 1)
    ) + light.sky * up * open_above
    towards = -camera.axes[2].astype(np.float32)
    edge = 0.86 + 0.14 * np.clip(normal @ towards, 0, 1)[:, None]
    rgb = albedo * (light.key * key + ambient) * edge
    half = unit(direction + towards)
    shine = np.clip(normal @ half, 0, 1)[:, None] ** 22 * lit
    gloss = np.where(cloth, np.float32(0.03), np.float32(skin.appearance.gloss))[:, None]
    return rgb + gloss * shine * light.key


def composite(rgb: np.ndarray, pixel: np.ndarray, colours: np.ndarray) -> None:
    """Lay the coloured pixels over the picture with softened edges."""
    height, width = rgb.shape[:2]
    x, y = pixel % width, pixel // width
    x1, x2 = max(x.min() - 2, 0), min(x.max() + 3, width)
    y1, y2 = max(y.min() - 2, 0), min(y.max() + 3, height)
    layer = np.zeros((y2 - y1, x2 - x1, 4), np.float32)
    layer[y - y1, x - x1, :3] = colours
    layer[y - y1, x - x1, 3] = 1
    soft = cv2.GaussianBlur(layer, (3, 3), 0.6)
    alpha = soft[..., 3:]
    rgb[y1:y2, x1:x2] = rgb[y1:y2, x1:x2] * (1 - alpha) + soft[..., :3]
