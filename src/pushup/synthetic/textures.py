"""Procedural textures and colours: noise, floors and walls, built once per process."""

import colorsys
from collections.abc import Callable
from functools import cache

import cv2
import numpy as np

TEXELS_PER_M = 96
"""Resolution of floor and wall textures."""
_SIDE = 384


@cache
def _noise_table() -> np.ndarray:
    """(128 * 128, 3) float32 in 0..1: three independent fractal noises that tile."""
    rng = np.random.default_rng(11)
    layers = [fractal(rng, 128, (4, 8, 16, 32), 0.62) for _ in range(3)]
    return np.stack(layers, -1).reshape(-1, 3)


def noise(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """(P, 3) float32 noises in 0..1 at (P,) texture coordinates of any size."""
    index = ((x.astype(np.int32) & 127) << 7) + (y.astype(np.int32) & 127)
    return _noise_table()[index]


def fractal(
    rng: np.random.Generator, side: int, octaves: tuple[int, ...], fall: float
) -> np.ndarray:
    """(side, side) float32 in 0..1, the sum of smooth random grids of growing fineness."""
    total = np.zeros((side, side), np.float32)
    weight = 1.0
    for cells in octaves:
        grid = rng.random((cells, cells), np.float32)
        grid = np.pad(grid, ((0, 1), (0, 1)), mode="wrap")
        total += weight * cv2.resize(grid, (side, side), interpolation=cv2.INTER_CUBIC)
        weight *= fall
    total -= total.min()
    return total / total.max()


def pick_colour(
    rng: np.random.Generator, dark: float = 0.35, light: float = 0.25, grey: float = 0.55
) -> np.ndarray:
    """(3,) RGB in 0..1 as cloth and furniture have: mostly black, white, grey, some vivid."""
    kind, vivid, family, hue, value = rng.random(5)
    if kind < dark:
        value = 0.03 + 0.19 * value
    elif kind < dark + light:
        value = 0.7 + 0.27 * value
    else:
        value = 0.2 + 0.65 * value
    if vivid < grey:
        saturation = 0.2 * rng.random()
    else:
        saturation, value = rng.uniform(0.35, 0.95), min(1.0, value * 1.3)
    if family < 0.25:
        hue = 0.55 + 0.1 * hue
    elif family < 0.4:
        hue = 0.98 + 0.08 * hue
    return np.array(colorsys.hsv_to_rgb(hue % 1, saturation, value))


def pick_surface(rng: np.random.Generator) -> np.ndarray:
    """(3,) RGB in 0..1 as walls, floors and ceilings have: pale and warm, grey, rarely vivid."""
    family = rng.random()
    centre, spread = (0.09, 0.03) if family < 0.8 else (0.58, 0.05)
    hue = rng.random() if family > 0.93 else rng.normal(centre, spread)
    vivid = rng.random() < 0.12
    saturation = rng.uniform(0.3, 0.7) if vivid else abs(rng.normal(0, 0.13))
    value = rng.uniform(0.12, 0.4) if rng.random() < 0.2 else rng.uniform(0.5, 0.97)
    return np.array(colorsys.hsv_to_rgb(float(hue) % 1, float(min(saturation, 0.8)), float(value)))


def _planks(rng: np.random.Generator) -> np.ndarray:
    """Boards with grain: parquet, laminate."""
    tex = np.empty((_SIDE, _SIDE), np.float32)
    rows = int(rng.choice([12, 16, 24, 32]))
    height = _SIDE // rows
    grain = cv2.resize(rng.random((_SIDE, 24), np.float32), (_SIDE, _SIDE))
    contrast = rng.uniform(0.05, 0.22)
    for row in range(rows):
        y = row * height
        tex[y : y + height] = 0.75 + contrast * rng.normal() * 0.5
        cut = int(rng.integers(_SIDE))
        tex[y : y + height, cut:] += contrast * rng.normal() * 0.5
        tex[y : y + height, cut : cut + 1] -= 0.25
        tex[y] -= rng.uniform(0.08, 0.25)
    return tex + 0.16 * (grain - 0.5)


def _tiles(rng: np.random.Generator) -> np.ndarray:
    """Square tiles with joints, at times two-coloured."""
    count = int(rng.choice([4, 6, 8, 12]))
    step = _SIDE // count
    cells = 0.75 + rng.uniform(0, 0.1) * rng.normal(0, 1, (count, count))
    if rng.random() < 0.3:
        cells += 0.35 * (np.indices((count, count)).sum(0) % 2) - 0.2
    tex = np.kron(cells, np.ones((step, step))).astype(np.float32)
    tex = cv2.resize(tex, (_SIDE, _SIDE), interpolation=cv2.INTER_NEAREST)
    joint = rng.uniform(-0.35, 0.2)
    tex[::step] += joint
    tex[:, ::step] += joint
    return tex + 0.1 * (fractal(rng, _SIDE, (6, 24, 96), 0.7) - 0.5)


def _bricks(rng: np.random.Generator) -> np.ndarray:
    tex = np.empty((_SIDE, _SIDE), np.float32)
    height, width = 8, 24
    joint, spread = rng.uniform(-0.3, 0.3), rng.uniform(0.03, 0.15)
    for row in range(_SIDE // height):
        shades = 0.7 + spread * rng.normal(0, 1, _SIDE // width)
        line = np.repeat(shades, width)
        line[::width] += joint
        tex[row * height : (row + 1) * height] = np.roll(line, (row % 2) * width // 2)
        tex[row * height] += joint
    return tex + 0.12 * (fractal(rng, _SIDE, (24, 96), 0.7) - 0.5)


def _rubber(rng: np.random.Generator) -> np.ndarray:
    """Even floor with speckles: gym rubber, asphalt, short carpet."""
    tex = 0.6 + 0.15 * (fractal(rng, _SIDE, (4, 12, 48), 0.6) - 0.5)
    speckles = rng.random((_SIDE, _SIDE)) < rng.uniform(0.005, 0.06)
    tex[speckles] += rng.uniform(0.2, 0.5)
    return tex + rng.uniform(0.02, 0.1) * rng.normal(0, 1, (_SIDE, _SIDE))


def _cloudy(rng: np.random.Generator) -> np.ndarray:
    """Plaster, concrete, worn paint, gravel."""
    rough = rng.uniform(0.1, 0.5)
    return 0.75 + rough * (fractal(rng, _SIDE, (3, 6, 12, 48, 128), rng.uniform(0.5, 0.9)) - 0.5)


def _grass(rng: np.random.Generator) -> np.ndarray:
    blades = cv2.resize(rng.random((_SIDE, _SIDE), np.float32), (_SIDE, _SIDE))
    blades = cv2.GaussianBlur(blades, (1, 7), 0)
    return 0.6 + 1.3 * (blades - 0.5) + 0.4 * (fractal(rng, _SIDE, (4, 16, 64), 0.7) - 0.5)


def _stripes(rng: np.random.Generator) -> np.ndarray:
    """Panels, blinds, wallpaper, radiators."""
    period = int(rng.choice([8, 16, 32, 48, 96]))
    x = np.arange(_SIDE)
    line = 0.75 + rng.uniform(0.03, 0.25) * np.sign(np.sin(2 * np.pi * x / period))
    line[::period] -= 0.2
    tex = np.tile(line.astype(np.float32), (_SIDE, 1))
    return tex if rng.random() < 0.6 else np.ascontiguousarray(tex.T)


def _ornament(rng: np.random.Generator) -> np.ndarray:
    """A patterned rug or wallpaper."""
    cells = rng.random((12, 12), np.float32)
    cells = np.block([[cells, cells[:, ::-1]], [cells[::-1], cells[::-1, ::-1]]])
    return 0.45 + 0.5 * cv2.resize(cells, (_SIDE, _SIDE), interpolation=cv2.INTER_NEAREST)


def _colour_map(rng: np.random.Generator, tex: np.ndarray, kind: str) -> np.ndarray:
    """(side, side, 3) uint8: the grey texture tinted, darker values leaning to a second tint."""
    tints = {
        "wood": (0.75, 0.55, 0.36), "grass": (0.3, 0.42, 0.18), "brick": (0.66, 0.4, 0.32),
    }  # fmt: skip
    tint = np.array(tints.get(kind, (0, 0, 0)))
    if kind not in tints or rng.random() < 0.3:
        tint = pick_surface(rng)
    tint = np.clip(tint * rng.normal(1, 0.12) + rng.normal(0, 0.04, 3), 0.05, 1.0)
    other = np.clip(tint * 0.5 + rng.normal(0, 0.05, 3), 0, 1)
    weight = np.linspace(0, 1.2, 256)[:, None]
    palette = np.clip(255 * 1.1 * (other * (1 - weight) + tint * weight), 0, 255).astype(np.uint8)
    return palette[np.clip(tex * (255 / 1.2), 0, 255).astype(np.uint8)]


_FLOORS: tuple[tuple[str, Callable], ...] = (
    ("wood", _planks), ("wood", _planks), ("wood", _planks), ("tile", _tiles), ("tile", _tiles),
    ("rubber", _rubber), ("rubber", _rubber), ("concrete", _cloudy), ("concrete", _cloudy),
    ("carpet", _ornament),
)  # fmt: skip
_GROUNDS: tuple[tuple[str, Callable], ...] = (
    ("grass", _grass), ("grass", _grass), ("stone", _rubber), ("stone", _cloudy), ("tile", _tiles),
)  # fmt: skip
_WALLS: tuple[tuple[str, Callable], ...] = (
    ("plaster", _cloudy), ("plaster", _cloudy), ("plaster", _cloudy), ("brick", _bricks),
    ("panel", _stripes), ("panel", _stripes), ("tile", _tiles), ("paper", _ornament),
    ("wood", _planks),
)  # fmt: skip
_KINDS = {"floor": _FLOORS, "ground": _GROUNDS, "wall": _WALLS}
_VARIANTS = 4


@cache
def _texture(what: str, number: int) -> np.ndarray:
    kind, make = _KINDS[what][number // _VARIANTS]
    rng = np.random.default_rng([5, number, len(what)])
    return _colour_map(rng, make(rng).astype(np.float32), kind)


def pick_texture(rng: np.random.Generator, what: str) -> np.ndarray:
    """A (side, side, 3) uint8 RGB texture for a "floor", a "ground" outdoors or a "wall".

    There are a few dozen; each is made on first use and kept.
    """
    return _texture(what, int(rng.integers(len(_KINDS[what]) * _VARIANTS)))


def pick_backdrop(rng: np.random.Generator) -> np.ndarray:
    """A (256, 512, 3) uint8 RGB horizon: sky over trees, hills or buildings."""
    return _backdrop(int(rng.integers(40)))


@cache
def _backdrop(number: int) -> np.ndarray:
    rng = np.random.default_rng([6, number])
    rows = np.linspace(0, 1, 256)[:, None, None]
    high = np.array([rng.uniform(0.3, 0.8), rng.uniform(0.5, 0.85), rng.uniform(0.75, 1)])
    low = np.clip(high + rng.uniform(0.05, 0.3), 0, 1)
    sky = high + (low - high) * np.clip(rows * 2, 0, 1) * np.ones((1, 512, 1))
    picture = (255 * np.clip(sky, 0, 1)).astype(np.float32)
    cloud = np.tile(fractal(rng, 256, (3, 8, 16, 48), 0.6), (1, 2))
    picture += (90 * np.clip(cloud - 0.5, 0, 1))[..., None]
    for _ in range(int(rng.integers(1, 4))):
        smooth = rng.random() < 0.5
        ridge = cv2.resize(
            rng.random((1, int(rng.choice([8, 24, 64]))), np.float32),
            (512, 1),
            interpolation=cv2.INTER_CUBIC if smooth else cv2.INTER_NEAREST,
        )[0]
        top = 128 - rng.uniform(4, 60) - rng.uniform(2, 50) * ridge
        green = np.array([0.25, 0.36, 0.16]) * rng.uniform(0.7, 1.8)
        colour = green if rng.random() < 0.6 else pick_colour(rng, dark=0.15)
        leaf = np.tile(fractal(rng, 256, (8, 32, 96), 0.9), (1, 2))
        mask = np.arange(256)[:, None] > top + (14 if smooth else 0) * (leaf - 0.5)
        picture[mask] = (255 * colour * (0.55 + 0.9 * leaf[mask][:, None])).astype(np.float32)
    return np.clip(picture, 0, 255).astype(np.uint8)


@cache
def _grain_table() -> np.ndarray:
    return np.random.default_rng(12).standard_normal((512, 768, 3), np.float32)


def grain(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """(H, W, 3) float32 standard normal noise: a random cut of a fixed table, tiled if need be."""
    table = _grain_table()
    rows, cols = table.shape[:2]
    times = -(-shape[0] // rows), -(-shape[1] // cols), 1
    tiled = table if times == (1, 1, 1) else np.tile(table, times)
    y = int(rng.integers(tiled.shape[0] - shape[0] + 1))
    x = int(rng.integers(tiled.shape[1] - shape[1] + 1))
    return tiled[y : y + shape[0], x : x + shape[1]]
