"""Contact sheets of rendered pictures and clips with their keypoints."""

from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from pushup.data.records import Record
from pushup.drawing import draw_skeleton, write_picture
from pushup.skeleton import BODY16, UPPER7, Skeleton
from pushup.synthetic.pictures import SyntheticSource
from pushup.synthetic.render import inside_picture
from pushup.synthetic.routines import Routine

TILE = 288
_ROW = 130
"""Height of a row of a clip's frames."""

_COLOURS = {"right": (230, 40, 40), "left": (50, 90, 255)}
_MIDDLE, _LIMB = (250, 210, 0), (235, 235, 235)


def draw_keypoints(image_rgb: np.ndarray, record: Record) -> np.ndarray:
    """A copy with the skeleton: the person's right red, left blue, middle yellow; hidden hollow."""
    return _draw_skeleton(image_rgb, BODY16, record.keypoints, record.labelled, record.visible)


def _draw_skeleton(
    image_rgb: np.ndarray,
    skeleton: Skeleton,
    keypoints: np.ndarray,
    known: np.ndarray,
    visible: np.ndarray,
) -> np.ndarray:
    image, edges = image_rgb.copy(), skeleton.edge_indices
    points = np.where(known[:, None], keypoints, np.nan)
    colours = [_COLOURS.get(joint.split("_")[0], _MIDDLE) for joint in skeleton.joints]
    hollow = [not v for v in visible]
    draw_skeleton(image, points, edges, colours, [_LIMB] * len(edges), hollow)
    return image


def write(out: Path, seed: int, rows: int, columns: int, bare: bool = False) -> None:
    """Write a sheet of rows x columns pictures.

    Args:
        out: A .png or .jpg file.
        seed: Chooses the pictures.
        rows: Of the sheet.
        columns: Of the sheet.
        bare: Without keypoints.

    Raises:
        InputError: `out` cannot be written.
    """
    source = SyntheticSource(rows * columns, seed, TILE)
    sheet = np.zeros((rows * TILE, columns * TILE, 3), np.uint8)
    for i in tqdm(range(len(source)), desc="rendering", unit="image"):
        image, record = source[i]
        image = image if bare else draw_keypoints(image, record)
        y, x = i // columns * TILE, i % columns * TILE
        sheet[y : y + image.shape[0], x : x + image.shape[1]] = image
    write_picture(out, sheet, 80, "choose another file")


def write_clips(
    out: Path, clips: Iterable[tuple[str, Routine]], columns: int, bare: bool = False
) -> None:
    """Write a sheet with a row for each clip, its frames evenly over time.

    Args:
        out: A .png or .jpg file.
        clips: Their titles and contents.
        columns: Frames of each.
        bare: Without keypoints.

    Raises:
        InputError: `out` cannot be written.
    """
    rows = []
    for title, routine in clips:
        times_s = np.linspace(0, routine.duration_s, columns, endpoint=False)
        exact = routine.keypoints(times_s)
        frames = []
        for frame, keypoints in zip(routine.frames_at(times_s), exact, strict=True):
            image = np.ascontiguousarray(frame.image_bgr[..., ::-1])
            if not bare:
                size_wh = image.shape[1::-1]
                # Ends of limbs beyond the frame are drawn as far as it reaches.
                near = (np.abs(keypoints) < 8 * max(size_wh)).all(1)
                inside = inside_picture(keypoints, size_wh)
                image = _draw_skeleton(image, UPPER7, keypoints, near, inside)
            scale = _ROW / image.shape[0]
            image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
            _write(image, f"{frame.time_s:.1f} s", image.shape[0] - 5)
            frames.append(image)
        row = np.concatenate(frames, 1)
        _write(row, title, 13)
        rows.append(row)
    width = max(row.shape[1] for row in rows)
    sheet = np.concatenate([np.pad(r, ((0, 2), (0, width - r.shape[1]), (0, 0))) for r in rows])
    write_picture(out, sheet, 80, "choose another file")


def _write(image: np.ndarray, text: str, y: int) -> None:
    for colour, thickness in ((0, 0, 0), 3), ((255, 255, 120), 1):
        cv2.putText(image, text, (4, y), cv2.FONT_HERSHEY_SIMPLEX, 0.4, colour, thickness)
