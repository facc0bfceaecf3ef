"""A dog that crosses the picture: capsules around its bones, in one colour of fur."""

from dataclasses import dataclass, replace

import numpy as np

from pushup.synthetic.body import unit
from pushup.synthetic.camera import Camera
from pushup.synthetic.environment import Background, Light, floor_shadow
from pushup.synthetic.raster import rasterize
from pushup.synthetic.render import composite
from pushup.synthetic.stage import Scene

_FUR = np.array([(0.1, 0.08, 0.07), (0.35, 0.22, 0.12), (0.65, 0.5, 0.3), (0.8, 0.78, 0.74)])
_AROUND, _ALONG = 10, 7
_STRIDE = 1.4
"""Metres that one step of all legs takes, in heights of the shoulder."""


@dataclass(frozen=True)
class Dog:
    """An animal that walks straight on. Sizes are estimates by eye of common breeds.

    Attributes:
        height: Of its shoulders, metres.
        fur: (3,) RGB in 0..1.
        heading: (2,) unit vector on the floor.
        spot: (3,) metres, where at time 0.
        speed: Metres a second.
    """

    height: float
    fur: np.ndarray
    heading: np.ndarray
    spot: np.ndarray
    speed: float

    @classmethod
    def sample(
        cls, rng: np.random.Generator, heading: np.ndarray, spot: np.ndarray, speed: float
    ) -> "Dog":
        """From a small one to a large one."""
        fur = _FUR[rng.integers(len(_FUR))] * rng.uniform(0.8, 1.2)
        return cls(float(rng.uniform(0.28, 0.65)), fur, heading, spot, speed)

    def bones(self, time_s: float) -> tuple[np.ndarray, np.ndarray]:
        """(B, 2, 3) ends in the world, and (B,) radii in metres."""
        phase = 2 * np.pi * self.speed * time_s / (_STRIDE * self.height)
        bones, radii = [], []

        def bone(start: tuple, end: tuple, radius: float) -> None:
            bones.append((start, end))
            radii.append(radius)

        nod = 0.04 * np.sin(2 * phase)
        bone((-0.45, 0, 0.82), (0.45, 0, 0.84), 0.19)
        bone((0.15, 0, 0.78), (0.42, 0, 0.8), 0.24)
        bone((0.5, 0, 0.95), (0.72, 0, 1.2 + nod), 0.14)
        bone((0.72, 0, 1.25 + nod), (0.85, 0, 1.24 + nod), 0.14)
        bone((0.85, 0, 1.2 + nod), (1.05, 0, 1.16 + nod), 0.07)
        for side in (-1, 1):
            bone((0.7, 0.07 * side, 1.4 + nod), (0.66, 0.13 * side, 1.28 + nod), 0.05)
        bone((-0.6, 0, 0.95), (-0.95, 0.1 * np.sin(3 * phase), 1.15), 0.04)
        for x, offset in ((0.4, 0.0), (-0.45, 0.5)):
            for side in (-1, 1):
                swing = np.sin(phase + 2 * np.pi * (offset + side / 4))
                lift = max(np.cos(phase + 2 * np.pi * (offset + side / 4)), 0) * 0.12
                knee = (x + 0.12 * swing, 0.13 * side, 0.42)
                bone((x, 0.12 * side, 0.75), knee, 0.1)
                bone(knee, (x + 0.3 * swing, 0.13 * side, 0.05 + lift), 0.05)
        ahead = np.append(self.heading, 0.0)
        axes = np.array([ahead, (-ahead[1], ahead[0], 0.0), (0.0, 0.0, 1.0)])
        middle = self.spot + self.speed * time_s * ahead
        return middle + self.height * np.array(bones) @ axes, self.height * np.array(radii)

    def add_to(self, scene: Scene, time_s: float) -> Scene:
        """The scene with this animal in its background."""
        bones, radii = self.bones(time_s)
        camera, light = scene.stage.camera, scene.environment.light
        return replace(scene, background=_draw(scene.background, camera, light, bones, radii, self))


def _draw(
    background: Background,
    camera: Camera,
    light: Light,
    bones: np.ndarray,
    radii: np.ndarray,
    dog: Dog,
) -> Background:
    """The background with the animal and its shadow, hidden where something is nearer."""
    points, normals, faces = _capsules(bones, radii)
    pixels, depth = camera.project(points)
    before = faces[(depth > 0.1)[faces].all(1)]
    found = rasterize(pixels.astype("f4"), depth.astype("f4"), before, camera.size_wh)
    shown = found.depth < background.depth.ravel()[found.pixel]
    if not shown.any():
        return background
    origin = bones[0].mean(0)[:2]
    shadow = floor_shadow(background, light, bones, radii, origin)
    rgb = background.rgb * shadow[..., None]
    pixel = found.pixel[shown]
    corners = before[found.face[shown]]
    normal = unit((normals[corners] * found.weights[shown][..., None]).sum(1))
    key = np.clip((normal @ light.direction + 0.2) / 1.2, 0, 1)[:, None]
    up = 0.5 + 0.5 * normal[:, 2:]
    colours = dog.fur * (light.key * key + light.sky * up + light.ground * (1 - up))
    composite(rgb, pixel, colours.astype(np.float32))
    nearest, floor = background.depth.copy(), background.floor.copy()
    nearest.ravel()[pixel] = found.depth[shown]
    floor.ravel()[pixel] = 0
    return replace(background, rgb=rgb, depth=nearest, floor=floor)


def _capsules(bones: np.ndarray, radii: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Points (V, 3), outward normals (V, 3) and triangles (F, 3), turned either way."""
    turn = np.linspace(0, 2 * np.pi, _AROUND, endpoint=False)
    tilt = np.linspace(-np.pi / 2, np.pi / 2, _ALONG)
    row = np.arange(_ALONG - 1)[:, None] * _AROUND
    j, k = np.arange(_AROUND), (np.arange(_AROUND) + 1) % _AROUND
    quads = np.stack([row + j, row + k, row + _AROUND + k, row + _AROUND + j], -1).reshape(-1, 4)
    one = np.concatenate(
        [quads[:, order] for order in ([0, 1, 2], [0, 2, 3], [0, 2, 1], [0, 3, 2])]
    )
    points, normals, faces = [], [], []
    for i, ((start, end), radius) in enumerate(zip(bones, radii, strict=True)):
        along = unit(end - start)
        across = unit(np.cross(along, (0.3, 0.5, 0.8)))
        ring = np.cos(turn)[:, None] * across + np.sin(turn)[:, None] * np.cross(along, across)
        normal = np.cos(tilt)[:, None, None] * ring + np.sin(tilt)[:, None, None] * along
        base = np.where((tilt < 0)[:, None], start, end)
        points.append((base[:, None] + radius * normal).reshape(-1, 3))
        normals.append(normal.reshape(-1, 3))
        faces.append(one + i * _ALONG * _AROUND)
    return np.concatenate(points), np.concatenate(normals), np.concatenate(faces)
