"""Rooms, grounds and backdrops: the picture and its depth before a person is rendered."""

from dataclasses import dataclass

import cv2
import numpy as np

from pushup.synthetic.body import unit
from pushup.synthetic.camera import Camera
from pushup.synthetic.textures import TEXELS_PER_M

SHADOW_SIDE, SHADOW_REACH = 96, 2.4
"""Cells and half width in metres of the map of shadows on the floor."""


@dataclass(frozen=True)
class Cuboid:
    """A solid cuboid, turned about the vertical.

    Attributes:
        centre: (3,) metres; half: (3,) half sizes; turn_deg: counter-clockwise from above.
        colour: (3,) RGB in 0..1; texture: (side, side, 3) uint8 or None.
    """

    centre: np.ndarray
    half: np.ndarray
    turn_deg: float
    colour: np.ndarray
    texture: np.ndarray | None = None

    @property
    def axes(self) -> np.ndarray:
        """(3, 3) rows: the cuboid's own x, y, z."""
        c, s = np.cos(np.deg2rad(self.turn_deg)), np.sin(np.deg2rad(self.turn_deg))
        return np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]])

    @property
    def corners(self) -> np.ndarray:
        """(8, 3)."""
        signs = np.array(np.meshgrid([-1, 1], [-1, 1], [-1, 1])).T.reshape(-1, 3)
        return self.centre + (signs * self.half) @ self.axes


@dataclass(frozen=True)
class Light:
    """A key light over an ambient one.

    Attributes:
        direction: (3,) unit vector towards the key light.
        key: (3,) RGB strength; sky: (3,) ambient from above; ground: (3,) ambient from below.
        softness: Blur of shadows in metres; shadow: their strength in 0..1.
    """

    direction: np.ndarray
    key: np.ndarray
    sky: np.ndarray
    ground: np.ndarray
    softness: float
    shadow: float

    @classmethod
    def sample(cls, rng: np.random.Generator) -> "Light":
        """From noon sun to an overcast sky or a lamp."""
        angle, height = rng.uniform(0, 2 * np.pi), rng.uniform(0.25, 1.4)
        warm = rng.normal(0, 0.08)
        tint = np.array([1 + warm, 1.0, 1 - warm])
        hard = rng.uniform(0.2, 0.85)
        level = rng.uniform(0.85, 1.15)
        return cls(
            direction=unit(np.array([np.cos(angle), np.sin(angle), height * 1.5])),
            key=(tint * level * hard * 1.25).astype(np.float32),
            sky=(tint[::-1] * level * (1.15 - hard) * 0.95).astype(np.float32),
            ground=(level * (1.15 - hard) * rng.uniform(0.35, 0.75) * np.ones(3)).astype(
                np.float32
            ),
            softness=float(rng.uniform(0.01, 0.12)),
            shadow=float(rng.uniform(0.25, 0.75)),
        )


@dataclass(frozen=True)
class Background:
    """What a camera sees of an empty environment.

    Attributes:
        rgb: (H, W, 3) float32 in 0..1, lit, without the person's shadow.
        depth: (H, W) float32 along the camera's axis.
        floor: (H, W) float32, 1 on the floor.
        floor_xy: (H, W, 2) float32 world position of floor points.
    """

    rgb: np.ndarray
    depth: np.ndarray
    floor: np.ndarray
    floor_xy: np.ndarray


@dataclass(frozen=True)
class Environment:
    """Surroundings. Walls are planes of a cuboid around camera and person; none outdoors.

    Attributes:
        low: (3,) and high: (3,) corners of the room (z from 0 to the ceiling).
        floor: texture and its size factor; wall: (h, w, 3) texture that
            wraps around the room, None without walls.
        backdrop: (h, w, 3) picture of the horizon, outdoors only.
        plain: RGB of a studio, all that is seen without walls and backdrop.
        mat: (centre, half sizes, turn_deg, colour) or None.
        cuboids: Furniture, props and occluders.
        glow: (5, 5) smooth factor over the picture, as lamps and windows make.
        coarse: Above 0, render at half resolution and blur by that sigma: out of focus.
    """

    light: Light
    low: np.ndarray
    high: np.ndarray
    floor: np.ndarray
    floor_scale: float
    wall: np.ndarray | None
    ceiling: np.ndarray
    backdrop: np.ndarray | None
    plain: np.ndarray
    mat: tuple[np.ndarray, np.ndarray, float, np.ndarray] | None
    cuboids: tuple[Cuboid, ...]
    glow: np.ndarray
    coarse: float

    def render(self, camera: Camera) -> Background:
        """Render everything but the person, at a half or the full resolution."""
        if not self.coarse:
            return self._render(camera)
        background = self._render(camera.halved())
        soft = cv2.GaussianBlur(background.rgb, (0, 0), self.coarse)
        return Background(
            cv2.resize(soft, camera.size_wh, interpolation=cv2.INTER_LINEAR),
            cv2.resize(background.depth, camera.size_wh, interpolation=cv2.INTER_NEAREST),
            cv2.resize(background.floor, camera.size_wh, interpolation=cv2.INTER_NEAREST),
            cv2.resize(background.floor_xy, camera.size_wh, interpolation=cv2.INTER_LINEAR),
        )

    def _render(self, camera: Camera) -> Background:
        rays = camera.rays()
        start = camera.position.astype(np.float32)
        rgb, depth, floor, floor_xy = self._shell(rays, start)
        if self.mat is not None:
            _paint_mat(rgb, floor, floor_xy, self.mat)
        for cuboid in self.cuboids:
            _render_cuboid(cuboid, camera, rays, rgb, depth, floor, self.light)
        rgb *= cv2.resize(self.glow, camera.size_wh, interpolation=cv2.INTER_CUBIC)[..., None]
        return Background(np.clip(rgb, 0, 1.2), depth, floor.astype(np.float32), floor_xy)

    def _shell(self, rays: np.ndarray, start: np.ndarray):
        """Floor, walls, ceiling or sky: RGB, depth, floor mask and floor positions."""
        dz = rays[..., 2]
        down = dz < -1e-4
        to_floor = np.where(down, -start[2] / np.minimum(dz, -1e-4), np.float32(1e3))
        if self.wall is None:
            depth = np.minimum(to_floor, np.float32(60))
            floor = down & (depth < 60)
            to_x = to_y = to_ceiling = depth
        else:
            to_x, to_y, to_ceiling = self._to_walls(rays, start)
            depth = np.minimum(np.minimum(to_x, to_y), np.minimum(to_floor, to_ceiling))
            floor = to_floor <= depth
        point_xy = start[:2] + rays[..., :2] * depth[..., None]
        if self.backdrop is not None:
            behind = _panorama(self.backdrop, rays)
        elif self.wall is not None:
            sideways = to_x < to_y
            along = np.where(sideways, point_xy[..., 1], point_xy[..., 0])
            below = np.float32(self.high[2]) - (start[2] + dz * depth)
            behind = _lookup(self.wall, np.stack([along, below], -1))
            behind[sideways] *= np.float32(0.85)
            behind[to_ceiling <= depth] = self.ceiling
        else:
            rgb = np.broadcast_to(self.plain.astype(np.float32), rays.shape).copy()
            return rgb, depth, floor, point_xy
        ground = _lookup(self.floor, point_xy * np.float32(self.floor_scale))
        return np.where(floor[..., None], ground, behind), depth, floor, point_xy

    def _to_walls(self, rays: np.ndarray, start: np.ndarray):
        """Depths at which rays meet the walls across x, those across y, and the ceiling."""
        low, high = self.low.astype(np.float32) - start, self.high.astype(np.float32) - start
        x, y, z = rays[..., 0], rays[..., 1], rays[..., 2]
        to_x = np.where(x > 0, high[0], low[0]) / _nonzero(x)
        to_y = np.where(y > 0, high[1], low[1]) / _nonzero(y)
        return to_x, to_y, np.where(z > 1e-4, high[2] / np.maximum(z, 1e-4), np.float32(1e3))


def _nonzero(x: np.ndarray) -> np.ndarray:
    return np.where(np.abs(x) < 1e-5, np.float32(1e-5), x)


def _remap(picture: np.ndarray, grid: np.ndarray, border: int) -> np.ndarray:
    """Picture values at (H, W, 2) float32 positions."""
    # OpenCV takes x and y as one array when the second is None, which its type hints forbid.
    return cv2.remap(picture, grid, None, cv2.INTER_LINEAR, borderMode=border)  # type: ignore


def _lookup(texture: np.ndarray, metres: np.ndarray) -> np.ndarray:
    """Texture colours at positions in metres, tiling."""
    pixels = metres * np.float32(TEXELS_PER_M)
    out = _remap(texture, pixels, cv2.BORDER_WRAP)
    return out.astype(np.float32) * np.float32(1 / 255)


def _panorama(backdrop: np.ndarray, rays: np.ndarray) -> np.ndarray:
    """Backdrop by direction: it spans 180 degrees, its middle row is the horizon."""
    height, width = backdrop.shape[:2]
    around = np.arctan2(rays[..., 1], rays[..., 0]) * np.float32(width / np.pi)
    level = rays[..., 2] / np.sqrt(rays[..., 0] ** 2 + rays[..., 1] ** 2)
    row = np.clip((0.5 - 0.5 * level) * height, 0, height - 1)
    grid = np.stack([around, row], -1).astype(np.float32)
    out = _remap(backdrop, grid, cv2.BORDER_WRAP)
    return out.astype(np.float32) * np.float32(1 / 255)


def _paint_mat(rgb: np.ndarray, floor: np.ndarray, floor_xy: np.ndarray, mat) -> None:
    centre, half, turn, colour = mat
    c, s = np.cos(np.deg2rad(turn)), np.sin(np.deg2rad(turn))
    x, y = floor_xy[..., 0] - centre[0], floor_xy[..., 1] - centre[1]
    inside = floor & (np.abs(c * x + s * y) < half[0]) & (np.abs(c * y - s * x) < half[1])
    rgb[inside] = 0.12 * rgb[inside] + 0.88 * colour.astype(np.float32)


def _render_cuboid(cuboid: Cuboid, camera: Camera, rays, rgb, depth, floor, light: Light) -> None:
    """Intersect the rays in the cuboid's screen rectangle with its slabs."""
    width, height = camera.size_wh
    pixels, z = camera.project(cuboid.corners)
    if (z < 0.15).any():
        return
    x1, y1 = np.maximum(np.floor(pixels.min(0)), 0).astype(int)
    x2, y2 = np.minimum(np.ceil(pixels.max(0)) + 1, (width, height)).astype(int)
    if x1 >= x2 or y1 >= y2:
        return
    area = np.s_[y1:y2, x1:x2]
    axes = cuboid.axes.astype(np.float32)
    ray = rays[area] @ axes.T
    inverse = 1 / _nonzero(ray)
    offset = axes @ (cuboid.centre - camera.position).astype(np.float32)
    half = cuboid.half.astype(np.float32)
    near = (offset - np.sign(inverse) * half) * inverse
    enter = near.max(-1)
    leave = ((offset + np.sign(inverse) * half) * inverse).min(-1)
    hit = (enter < leave) & (enter > 0.1) & (enter < depth[area])
    if not hit.any():
        return
    face = near.argmax(-1)[hit]
    sign = -np.sign(ray[hit][np.arange(len(face)), face])
    lit = np.maximum(sign * (axes @ light.direction).astype(np.float32)[face], 0)
    shade = 0.55 + 0.5 * lit
    colour = np.broadcast_to(cuboid.colour.astype(np.float32), (len(face), 3))
    if cuboid.texture is not None:
        point = ray[hit] * enter[hit][:, None] - offset
        row = np.arange(len(face))
        first, second = point[row, (face + 1) % 3], point[row, (face + 2) % 3]
        side = cuboid.texture.shape[0]
        rows = (second * TEXELS_PER_M).astype(int) % side
        colour = colour * (cuboid.texture[rows, (first * TEXELS_PER_M).astype(int) % side] / 180.0)
    rgb[area][hit] = colour * shade[:, None]
    depth[area][hit] = enter[hit]
    floor[area][hit] = False


def floor_shadow(
    background: Background, light: Light, bones: np.ndarray, radius: np.ndarray, origin: np.ndarray
) -> np.ndarray:
    """(H, W) float32 factor that darkens the floor under and beside a person.

    Args:
        background: The empty environment.
        light: Direction, softness and strength.
        bones: (B, 2, 3) ends of limbs; radius: (B,) their radii in metres.
        radius: See bones.
        origin: (2,) middle of the map on the floor.
    """
    cells = SHADOW_SIDE / (2 * SHADOW_REACH)

    def cast(ends: np.ndarray, thickness: np.ndarray, level: float) -> np.ndarray:
        canvas = np.zeros((SHADOW_SIDE, SHADOW_SIDE), np.uint8)
        at = np.round((ends - origin + SHADOW_REACH) * cells * 8).astype(int)
        for (a, b), r in zip(at, thickness, strict=True):
            thick = max(1, round(2 * r * cells))
            cv2.line(canvas, a.tolist(), b.tolist(), int(255 * level), thick, cv2.LINE_8, 3)
        return canvas

    height = bones[..., 2:]
    slope = light.direction[:2] / max(light.direction[2], 0.2)
    key = cast(bones[..., :2] - height * slope, radius, light.shadow)
    near = bones[..., 2].min(1) < 0.45
    close = cast(bones[near, :, :2], radius[near], 0.5)
    soft = max(light.softness * cells, 0.4)
    key = cv2.GaussianBlur(key, (0, 0), soft)
    close = cv2.GaussianBlur(close, (0, 0), 0.07 * cells)
    total = 1 - (1 - key.astype(np.float32) / 255) * (1 - close.astype(np.float32) / 255)
    grid = ((background.floor_xy - origin + SHADOW_REACH) * cells).astype(np.float32)
    dark = _remap(total, grid, cv2.BORDER_CONSTANT)
    return 1 - dark * background.floor
