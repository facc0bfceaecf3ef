"""A contact sheet of rendered pictures with their keypoints."""

from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from pushup.data.records import Record
from pushup.files import replacing
from pushup.skeleton import BODY16
from pushup.synthetic.pictures import SyntheticSource

TILE = 288


def draw_keypoints(image_rgb: np.ndarray, record: Record) -> np.ndarray:
    """A copy with the skeleton: the person's right red, left blue, middle yellow; hidden hollow."""
    image = image_rgb.copy()
    for a, b in BODY16.edge_indices:
        if record.labelled[a] and record.labelled[b]:
            ends = np.round(record.keypoints[[a, b]]).astype(int).tolist()
            cv2.line(image, ends[0], ends[1], (235, 235, 235), 1, cv2.LINE_AA)
    colours = {"right": (230, 40, 40), "left": (50, 90, 255)}
    for joint, point, labelled, visible in zip(
        BODY16.joints, record.keypoints, record.labelled, record.visible, strict=True
    ):
        if labelled:
            colour = colours.get(joint.split("_")[0], (250, 210, 0))
            at = np.round(point).astype(int).tolist()
            cv2.circle(image, at, 3, colour, -1 if visible else 1)
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
    suffix = ".jpg" if out.suffix.lower() in (".jpg", ".jpeg") else ".png"
    encoded = cv2.imencode(suffix, cv2.cvtColor(sheet, cv2.COLOR_RGB2BGR))[1]
    with replacing(out) as part:
        part.write_bytes(encoded.tobytes())
