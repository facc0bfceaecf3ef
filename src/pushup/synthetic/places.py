"""Where people exercise: rooms, gyms, outdoors and studios, sampled around a camera."""

import cv2
import numpy as np

from pushup.synthetic.camera import Camera
from pushup.synthetic.environment import Cuboid, Environment, Light
from pushup.synthetic.textures import (
    TEXELS_PER_M,
    pick_backdrop,
    pick_colour,
    pick_surface,
    pick_texture,
)


def _wall_texture(rng: np.random.Generator, height: float, busy: float) -> np.ndarray:
    """A wall to wrap around a room: base texture with windows, doors, pictures, shelves."""
    base = pick_texture(rng, "wall")
    rows, cols = int(height * TEXELS_PER_M), 2 * base.shape[1]
    wall = np.empty((rows, cols, 3), np.uint8)
    for y in range(0, rows, base.shape[0]):
        wall[y : y + base.shape[0], : base.shape[1]] = base[: rows - y]
    wall[:, base.shape[1] :] = wall[:, : base.shape[1]]
    if rng.random() < 0.6:
        board = int(rng.uniform(0.06, 0.14) * TEXELS_PER_M)
        wall[-board:] = (255 * pick_surface(rng)).astype(np.uint8)
    for _ in range(int(rng.poisson(4 * busy))):
        _hang(rng, wall)
    return wall


def _hang(rng: np.random.Generator, wall: np.ndarray) -> None:
    """Paint a window, a door, a picture or a shelf of things on a wall."""
    rows, cols = wall.shape[:2]
    w, h = (rng.uniform(0.2, 1.3, 2) * TEXELS_PER_M).astype(int)
    x, y = int(rng.random() * max(cols - w, 1)), int(rng.random() * max(rows - h, 1))
    if rng.random() < 0.4:
        h = max(rows - y - int(0.05 * TEXELS_PER_M), 4)
    area = wall[y : y + h, x : x + w]
    kind = rng.random()
    if kind < 0.3:
        area[:] = np.array([235, 240, 250]) * rng.uniform(0.75, 1)
        area[:, w // 2 : w // 2 + 3] = area[h // 2 : h // 2 + 3] = 90
    elif kind < 0.65:
        area[:] = 255 * pick_colour(rng)
    else:
        cells = 2 ** int(rng.integers(1, 5))
        grain = rng.random((cells, cells), np.float32)
        how = cv2.INTER_NEAREST if kind > 0.8 else cv2.INTER_LINEAR
        patch = cv2.resize(grain, area.shape[1::-1], interpolation=how)
        area[:] = np.clip((0.3 + patch[..., None]) * (255 * pick_colour(rng)), 0, 255)
    frame = (255 * pick_colour(rng)).tolist()
    cv2.rectangle(wall, (x, y), (x + int(w), y + int(h)), frame, int(rng.integers(1, 7)))


def _furniture(
    rng: np.random.Generator, around: np.ndarray, camera: Camera, low: np.ndarray, high: np.ndarray
) -> list[Cuboid]:
    """Cuboids on the floor (or hanging) away from the person and not in front of the camera."""
    cuboids = []
    for _ in range(int(rng.integers(0, 10))):
        half = np.array([rng.uniform(0.05, 0.7), rng.uniform(0.05, 0.4), rng.uniform(0.05, 0.8)])
        if rng.random() < 0.25:
            half = np.array([0.02 + 0.05 * rng.random(), 0.02 + 0.05 * rng.random(), 1.1])
        ahead = camera.axes[2] * (1, 1, 0)
        ahead = ahead / max(np.sqrt((ahead**2).sum()), 1e-3)
        across = np.array([-ahead[1], ahead[0], 0])
        spot = around + ahead * rng.uniform(0.7, 3.5) + across * rng.uniform(-2.5, 2.5)
        spot = np.clip(spot, low + 0.05, high - 0.05)
        spot[2] = half[2] + (rng.uniform(0.5, 1.5) if rng.random() < 0.12 else 0)
        if np.abs(spot - around)[:2].max() < 1.15 + half[:2].max() * 0.5:
            continue
        texture = pick_texture(rng, "wall") if rng.random() < 0.35 else None
        cuboids.append(Cuboid(spot, half, float(rng.uniform(0, 180)), pick_colour(rng), texture))
    return cuboids


def sample_environment(
    rng: np.random.Generator,
    camera: Camera,
    around: np.ndarray,
    heading_deg: float,
    props: tuple[Cuboid, ...],
) -> Environment:
    """Surroundings for a person at `around` (3,), seen by the camera."""
    kind = str(rng.choice(["room", "gym", "outdoor", "studio"], p=[0.52, 0.17, 0.2, 0.11]))
    light = Light.sample(rng)
    low = np.minimum(camera.position, around) - rng.uniform(1.2, 4.5, 3)
    high = np.maximum(camera.position, around) + rng.uniform(1.2, 4.5, 3)
    low[2], high[2] = 0.0, max(camera.position[2] + 0.4, rng.uniform(2.3, 4))
    busy = {"room": 1.5, "gym": 4.0}.get(kind, 0.0)
    cuboids = [] if kind == "studio" else _furniture(rng, around, camera, low, high)
    mat = None
    if rng.random() < 0.4:
        middle = around[:2] + rng.normal(0, 0.15, 2)
        half = rng.uniform((0.3, 0.75), (0.6, 1.2))
        mat = (middle, half, heading_deg + float(rng.normal(0, 4)), pick_colour(rng))
    if rng.random() < 0.08:
        cuboids.append(_occluder(rng, camera, around))
    studio = np.clip(rng.choice([0.95, 0.75, 0.12, 0.4]) + rng.normal(0, 0.03, 3), 0, 1)
    if kind == "studio" and rng.random() < 0.25:
        studio = pick_colour(rng, grey=0.2)
    return Environment(
        light=light,
        low=low,
        high=high,
        floor=pick_texture(rng, "ground" if kind == "outdoor" else "floor"),
        floor_scale=float(rng.uniform(0.5, 1.6)),
        wall=_wall_texture(rng, float(high[2]), busy) if kind in ("room", "gym") else None,
        ceiling=(pick_surface(rng) * 0.95).astype(np.float32),
        backdrop=pick_backdrop(rng) if kind == "outdoor" else None,
        plain=studio,
        mat=mat,
        cuboids=(*cuboids, *props),
        glow=rng.uniform(0.78 if kind != "studio" else 0.9, 1.15, (5, 5)).astype(np.float32),
        coarse=float(rng.uniform(0.3, 1.5) if rng.random() < 0.5 else 0),
    )


def _occluder(rng: np.random.Generator, camera: Camera, around: np.ndarray) -> Cuboid:
    """Something between the camera and the person: a post, a chair's back, a table's edge."""
    share = rng.uniform(0.35, 0.7)
    spot = camera.position * (1 - share) + around * share
    across = camera.axes[0]
    spot = spot + across * rng.normal(0, 0.45)
    if rng.random() < 0.5:
        half = np.array([0.03 + 0.08 * rng.random(), 0.05, 1.2])
        spot[2] = 1.2
    else:
        half = np.array([rng.uniform(0.1, 0.4), 0.1, rng.uniform(0.06, 0.3)])
        spot[2] = half[2]
    return Cuboid(spot, half, float(rng.uniform(0, 180)), pick_colour(rng))
