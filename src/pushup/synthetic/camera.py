"""A pinhole camera, and where people put it."""

from dataclasses import dataclass

import numpy as np

from pushup.synthetic.body import cross, unit, vec

VIEWS = {
    "side": ((90.0, 12.0), (6.0, 6.0)),
    "front": ((0.0, 14.0), (12.0, 9.0)),
    "three_quarter": ((42.0, 16.0), (12.0, 9.0)),
    "back": ((155.0, 22.0), (10.0, 8.0)),
    "high": ((70.0, 70.0), (48.0, 13.0)),
    "low": ((75.0, 35.0), (-2.0, 4.0)),
}
"""Mean and spread in degrees of the angle from the person's front (the head's direction when
prone) and of the elevation."""
_SHARES = {
    "side": 0.5,
    "front": 0.12,
    "three_quarter": 0.17,
    "back": 0.06,
    "high": 0.09,
    "low": 0.06,
}


@dataclass(frozen=True)
class Camera:
    """A perspective camera.

    Attributes:
        position: (3,) metres.
        axes: (3, 3) rows right, down, forward.
        focal: Focal length in pixels.
        centre: (2,) pixel that the axis passes through.
        size_wh: Picture size.
    """

    position: np.ndarray
    axes: np.ndarray
    focal: float
    centre: np.ndarray
    size_wh: tuple[int, int]

    def project(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(N, 3) world points to (N, 2) pixels and (N,) depths along the axis."""
        local = (points - self.position) @ self.axes.T
        depth = local[:, 2]
        return local[:, :2] * (self.focal / np.maximum(depth, 1e-3))[:, None] + self.centre, depth

    def halved(self) -> "Camera":
        """The same view in half as many pixels each way (rounded up)."""
        width, height = self.size_wh
        size = (width + 1) // 2, (height + 1) // 2
        scale = np.array(size) / self.size_wh
        centre = (self.centre + 0.5) * scale - 0.5
        return Camera(self.position, self.axes, self.focal * float(scale.mean()), centre, size)

    def rays(self) -> np.ndarray:
        """(H, W, 3) float32 directions; the component along the camera's axis is 1."""
        width, height = self.size_wh
        x = ((np.arange(width) - self.centre[0]) / self.focal).astype(np.float32)
        y = ((np.arange(height) - self.centre[1]) / self.focal).astype(np.float32)
        right, down, forward = self.axes.astype(np.float32)
        return (forward + y[:, None, None] * down) + x[None, :, None] * right


def look_at(
    position: np.ndarray, target: np.ndarray, roll_deg: float, size_wh: tuple[int, int]
) -> Camera:
    """A camera of focal length 1 that looks at a target; roll turns the picture."""
    forward = unit(target - position)
    right = unit(cross(forward, vec(0, 0, 1) + 1e-6))
    down = cross(forward, right)
    roll = np.deg2rad(roll_deg)
    axes = np.stack(
        [
            np.cos(roll) * right + np.sin(roll) * down,
            np.cos(roll) * down - np.sin(roll) * right,
            forward,
        ]
    )
    return Camera(position, axes, 1.0, np.array(size_wh) / 2 - 0.5, size_wh)


def sample_view(rng: np.random.Generator, view: str | None) -> tuple[float, float]:
    """Azimuth and elevation in degrees of a named view (None: a random one), either hand."""
    if view is None:
        view = str(rng.choice(list(_SHARES), p=list(_SHARES.values())))
    (azimuth, spread), (elevation, rise) = VIEWS[view]
    side = rng.choice([-1, 1])
    return (
        float(side * rng.normal(azimuth, spread)),
        float(np.clip(rng.normal(elevation, rise), -8, 80)),
    )


def aim(
    rng: np.random.Generator,
    points: np.ndarray,
    heading_deg: float,
    angles_deg: tuple[float, float],
    fill: float,
    size_wh: tuple[int, int],
    roll_deg: float | None = None,
) -> Camera:
    """A camera that frames a person.

    Args:
        rng: Samples distance, roll and where the person is in the picture.
        points: (N, 3) joints at all moments that should be in view.
        heading_deg: Direction of the person's front, counter-clockwise from +y as seen from above.
        angles_deg: Azimuth relative to the heading, and elevation.
        fill: Share of the picture that the points span, on the axis where they span most; above
            about 0.95 parts are cut off.
        size_wh: Picture size.
        roll_deg: Turn of the picture; None for a nearly level one by chance.
    """
    azimuth = np.deg2rad(angles_deg[0] + heading_deg)
    elevation = np.deg2rad(angles_deg[1])
    low, high = points.min(0), points.max(0)
    target = (low + high) / 2
    reach = float(np.sqrt(((high - low) ** 2).sum()))
    direction = np.array(
        [
            -np.sin(azimuth) * np.cos(elevation),
            np.cos(azimuth) * np.cos(elevation),
            np.sin(elevation),
        ]
    )
    distance = reach * float(np.exp(rng.uniform(np.log(0.95), np.log(2.6))))
    position = target + distance * direction
    position[2] = max(position[2], rng.uniform(0.06, 0.3))
    if roll_deg is None:
        roll_deg = float(rng.normal(0, 2.5) if rng.random() < 0.9 else rng.normal(0, 14))
    camera = look_at(position, target, roll_deg, size_wh)
    pixels, _ = camera.project(points)
    spans = np.ptp(pixels, axis=0)
    focal = float(fill * np.min(np.array(size_wh) / np.maximum(spans, 1e-6)))
    middle = (pixels.min(0) + pixels.max(0)) / 2 - camera.centre
    slack = np.maximum(np.array(size_wh) - spans * focal, 0) / 2
    shift = (
        rng.uniform(-0.8, 0.8, 2) * slack if fill < 0.95 else rng.uniform(-0.1, 0.1, 2) * size_wh
    )
    return Camera(position, camera.axes, focal, camera.centre - middle * focal + shift, size_wh)
