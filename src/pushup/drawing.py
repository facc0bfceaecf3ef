"""Drawing of keypoints onto pictures, for whoever shows them; pictures into files."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from pushup.files import ANOTHER_FOLDER, replacing

Colour = tuple[int, int, int]

_OUTLINE = (24, 24, 24)
_UNSURE, _SURE = (60, 60, 230), (90, 200, 60)  # BGR: red, green


def confidence_colour(score: float) -> Colour:
    """BGR from red (score 0, or NaN) to green (1)."""
    share = float(np.clip(np.nan_to_num(score), 0, 1))
    blue, green, red = (round(r + share * (g - r)) for r, g in zip(_UNSURE, _SURE, strict=True))
    return blue, green, red


def draw_skeleton(
    canvas: np.ndarray,
    points: np.ndarray,
    edges: Sequence[tuple[int, int]],
    colours: Sequence[Colour],
    limb_colours: Sequence[Colour] | None = None,
    hollow: Sequence[bool] | None = None,
) -> None:
    """Draw limbs and joints in place; sizes follow the canvas's shorter side.

    Args:
        canvas: (H, W, 3) uint8, in the channel order of the colours.
        points: (K, 2) canvas pixels; a joint with NaN is left out, and its limbs too.
        edges: Index pairs of joints that form limbs.
        colours: One for each joint.
        limb_colours: One for each edge (default: the colour of its first joint).
        hollow: Joints that are drawn as rings, so that left and right differ (default: none).
    """
    unit = min(canvas.shape[:2]) / 100
    known = np.asarray(np.isfinite(points).all(1))
    height, width = canvas.shape[:2]
    inside = np.clip(points, (-width, -height), (2 * width, 2 * height))  # OpenCV's range ends
    pixels = np.where(known[:, None], inside, 0).round().astype(int).tolist()
    limb_colours = limb_colours or [colours[a] for a, _ in edges]
    for (a, b), colour in zip(edges, limb_colours, strict=True):
        if known[a] and known[b]:
            cv2.line(canvas, pixels[a], pixels[b], colour, max(1, round(0.6 * unit)), cv2.LINE_AA)
    radius = max(2, round(1.6 * unit))
    rings = [False] * len(pixels) if hollow is None else hollow
    for pixel, colour, is_known, is_ring in zip(pixels, colours, known, rings, strict=True):
        if is_known and is_ring:
            cv2.circle(canvas, pixel, radius, colour, max(1, round(0.4 * unit)), cv2.LINE_AA)
        elif is_known:
            cv2.circle(canvas, pixel, radius, _OUTLINE, -1, cv2.LINE_AA)
            cv2.circle(canvas, pixel, radius - 1, colour, -1, cv2.LINE_AA)


def write_picture(
    path: Path, image_rgb: np.ndarray, jpeg_quality: int = 90, remedy: str = ANOTHER_FOLDER
) -> None:
    """Write (H, W, 3) uint8 RGB as a JPEG, where the name says so, or a PNG.

    Raises:
        InputError: It cannot be written.
    """
    is_jpeg = path.suffix.lower() in (".jpg", ".jpeg")
    options = [cv2.IMWRITE_JPEG_QUALITY, jpeg_quality] if is_jpeg else []
    image_bgr = cv2.cvtColor(image_rgb, cv2.COLOR_RGB2BGR)
    # not imwrite, which crashes on names that are no UTF-8, and leaves half a file on a full disk
    data = cv2.imencode(".jpg" if is_jpeg else ".png", image_bgr, options)[1].tobytes()
    with replacing(path, remedy) as part:
        part.write_bytes(data)
