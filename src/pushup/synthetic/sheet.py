"""Contact sheets of rendered pictures and clips with their keypoints."""

from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from pushup.data.records import Record
from pushup.files import replacing
from pushup.skeleton import BODY16, UPPER7, Skeleton
from pushup.synthetic.pictures import SyntheticSource
from pushup.synthetic.render import inside_picture
from pushup.synthetic.routines import Routine

TILE = 288
_ROW = 130
"""Height of a row of a clip's frames."""


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
    image = image_rgb.copy()
    for a, b in skeleton.edge_indices:
        if known[a] and known[b]:
            ends = np.round(keypoints[[a, b]]).astype(int).tolist()
            cv2.line(image, ends[0], ends[1], (235, 235, 235), 1, cv2.LINE_AA)
    colours = {"right": (230, 40, 40), "left": (50, 90, 255)}
    for joint, point, is_known, is_visible in zip(
        skeleton.joints, keypoints, known, visible, strict=True
    ):
        if is_known:
            colour = colours.get(joint.split("_")[0], (250, 210, 0))
            at = np.round(point).astype(int).tolist()
            cv2.circle(image, at, 3, colour, -1 if is_visible else 1)
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
    _save(out, sheet)


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
    _save(out, np.concatenate([np.pad(r, ((0, 2), (0, width - r.shape[1]), (0, 0))) for r in rows]))


def _write(image: np.ndarray, text: str, y: int) -> None:
    for colour, thickness in ((0, 0, 0), 3), ((255, 255, 120), 1):
        cv2.putText(image, text, (4, y), cv2.FONT_HERSHEY_SIMPLEX, 0.4, colour, thickness)


def _save(out: Path, sheet: np.ndarray) -> None:
    suffix = ".jpg" if out.suffix.lower() in (".jpg", ".jpeg") else ".png"
    options = [cv2.IMWRITE_JPEG_QUALITY, 80] if suffix == ".jpg" else []
    encoded = cv2.imencode(suffix, cv2.cvtColor(sheet, cv2.COLOR_RGB2BGR), options)[1]
    with replacing(out) as part:
        part.write_bytes(encoded.tobytes())
