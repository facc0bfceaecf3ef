"""A vectorised triangle rasteriser with a depth buffer."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Fragments:
    """The nearest surface per covered pixel.

    Attributes:
        pixel: (P,) flat indices into the picture, each once.
        face: (P,) index of the triangle.
        weights: (P, 3) barycentric weights of its corners.
        depth: (P,) distance along the camera's axis.
    """

    pixel: np.ndarray
    face: np.ndarray
    weights: np.ndarray
    depth: np.ndarray


def rasterize(
    points: np.ndarray, depth: np.ndarray, faces: np.ndarray, size_wh: tuple[int, int]
) -> Fragments:
    """Rasterise front-facing triangles.

    Triangles are sorted into classes by the side of their bounding squares, and each class is
    tested at all pixels of the squares at once.

    Args:
        points: (V, 2) float32 pixel positions.
        depth: (V,) float32, positive in front of the camera.
        faces: (F, 3) corners, clockwise as seen (y down) on the visible side.
        size_wh: Width and height of the picture.
    """
    width, height = size_wh
    x, y = np.ascontiguousarray(points[:, 0]), np.ascontiguousarray(points[:, 1])
    ia, ib, ic = faces.T
    area = (x[ib] - x[ia]) * (y[ic] - y[ia]) - (y[ib] - y[ia]) * (x[ic] - x[ia])
    front = np.flatnonzero(area > 1e-6)
    xs, ys = [x[i[front]] for i in (ia, ib, ic)], [y[i[front]] for i in (ia, ib, ic)]
    low_x, high_x = _pixel_range(xs, width)
    low_y, high_y = _pixel_range(ys, height)
    span = np.stack([high_x - low_x, high_y - low_y], 1)
    sides = np.maximum(span[:, 0], span[:, 1])
    order = np.flatnonzero((span[:, 0] > 0) & (span[:, 1] > 0))
    order = order[np.argsort(sides[order], kind="stable")]
    use, sides, span = front[order], sides[order], span[order]
    corner = np.stack([np.stack(xs, 1)[order], np.stack(ys, 1)[order]], -1)
    low = np.stack([low_x[order], low_y[order]], 1)
    area = area[use]

    pieces: list[tuple[np.ndarray, ...]] = []
    start = 0
    for side in (1, 2, 3, 4, 6, 8, 12, 16, 32, 64, 128, 1 << 14):
        stop = int(np.searchsorted(sides, side, side="right"))
        if stop > start:
            cut = slice(start, stop)
            block = int(sides[stop - 1])
            pieces.append(_inside(corner[cut], area[cut], low[cut], span[cut], block, use[cut]))
        start = stop
    if not pieces:
        empty = np.zeros(0, np.int64)
        return Fragments(empty, empty, np.zeros((0, 3), np.float32), np.zeros(0, np.float32))
    column, row, face, w1, w2 = (np.concatenate(p) for p in zip(*pieces, strict=True))
    w0 = 1 - w1 - w2
    z = depth[ia[face]] * w0 + depth[ib[face]] * w1 + depth[ic[face]] * w2
    pixel = row.astype(np.int64) * width + column
    nearest = np.full(width * height, np.inf, np.float32)
    np.minimum.at(nearest, pixel, z)
    winner = np.full(width * height, -1)
    first = np.flatnonzero(z == nearest[pixel])
    winner[pixel[first]] = first
    keep = winner[winner >= 0]
    weights = np.stack([w0[keep], w1[keep], w2[keep]], 1)
    return Fragments(pixel[keep], face[keep], weights, z[keep])


def _pixel_range(corners: list[np.ndarray], size: int) -> tuple[np.ndarray, np.ndarray]:
    """First and one past the last pixel that triangles may cover on one axis, int32."""
    a, b, c = corners
    low = np.maximum(np.ceil(np.minimum(np.minimum(a, b), c)), 0).astype(np.int32)
    high = np.minimum(np.floor(np.maximum(np.maximum(a, b), c)), size - 1).astype(np.int32)
    return low, high + 1


def _inside(
    corner: np.ndarray,
    area: np.ndarray,
    low: np.ndarray,
    span: np.ndarray,
    block: int,
    face: np.ndarray,
) -> tuple[np.ndarray, ...]:
    """Pixels inside each triangle: x, y, face and the weights of the second and third corner."""
    dx, dy = np.meshgrid(np.arange(block), np.arange(block))
    dx, dy = dx.ravel().astype(np.float32), dy.ravel().astype(np.float32)
    span = span.astype(np.float32)
    a, b, c = corner[:, 0], corner[:, 1], corner[:, 2]
    start = low.astype(np.float32) - a
    inverse = 1 / area
    along_c, along_b = (c - a) * inverse[:, None], (b - a) * inverse[:, None]
    w1_start = start[:, 0] * along_c[:, 1] - start[:, 1] * along_c[:, 0]
    w2_start = start[:, 1] * along_b[:, 0] - start[:, 0] * along_b[:, 1]
    w1 = w1_start[:, None] + dx * along_c[:, 1:] - dy * along_c[:, :1]
    w2 = w2_start[:, None] + dy * along_b[:, :1] - dx * along_b[:, 1:]
    edge = -1e-4
    hit = (w1 >= edge) & (w2 >= edge) & (w1 + w2 <= 1 - edge)
    hit &= (dx < span[:, :1]) & (dy < span[:, 1:])
    found = np.flatnonzero(hit)
    triangle = found // (block * block)
    cell = found - triangle * (block * block)
    return (
        low[triangle, 0] + cell % block,
        low[triangle, 1] + cell // block,
        face[triangle],
        w1.ravel()[found],
        w2.ravel()[found],
    )
