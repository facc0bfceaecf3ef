"""Keypoints in pictures: a table over all, and each picture with its skeleton."""

import csv
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from pushup.app.notices import warn
from pushup.app.records import KEYPOINTS, keypoint_cells, keypoint_columns
from pushup.app.sessions import SessionMaker
from pushup.cli import InputError
from pushup.drawing import confidence_colour, draw_skeleton, write_picture
from pushup.files import ANOTHER_FOLDER, replacing
from pushup.inference.predictor import Pose
from pushup.skeleton import Skeleton
from pushup.video.source import VIDEO_SUFFIXES, printable, walk

PICTURE_SUFFIXES = frozenset((".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff"))


def pictures_of(source: Path) -> list[Path]:
    """The picture, or those in a folder that holds no video; none where it is something else."""
    if not source.is_dir():
        return [source] if source.suffix.lower() in PICTURE_SUFFIXES and source.is_file() else []
    paths = list(walk(source))
    if any(path.suffix.lower() in VIDEO_SUFFIXES for path in paths):
        return []
    return sorted(p for p in paths if p.suffix.lower() in PICTURE_SUFFIXES)


def run_pictures(
    pictures: Sequence[Path],
    sessions: SessionMaker,
    make_output_dir: Callable[[Path], Path],
    output_dir: Path,
    annotate: bool = True,
) -> list[str]:
    """Write keypoints.csv over all pictures and, of each, NAME.png with its skeleton.

    A picture that cannot be read is told and passed over.

    Args:
        pictures: Upright, or turned by their EXIF orientation.
        sessions: Makes the predictor.
        make_output_dir: Makes a folder and writes the settings into it.
        output_dir: Gets the results.
        annotate: Write the pictures.

    Returns:
        Lines that say what was found.

    Raises:
        InputError: No picture can be read, or the output cannot be written.
    """
    predictor = sessions.predictor()
    skeleton, read = predictor.model.skeleton, 0
    make_output_dir(output_dir)
    with (
        replacing(output_dir / KEYPOINTS, ANOTHER_FOLDER) as part,
        part.open("w", newline="", encoding="utf-8") as file,
    ):
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("picture", *keypoint_columns(skeleton)))
        for path in tqdm(pictures, unit="picture", disable=len(pictures) == 1):
            try:
                image = read_picture(path)
            except InputError as error:
                if len(pictures) == 1:
                    raise
                warn(str(error))
                continue
            predictor.reset()
            pose, read = predictor.track(image, 0.0), read + 1
            writer.writerow((printable(path), *keypoint_cells(pose)))
            if annotate:
                _write_annotated(
                    output_dir / f"{printable(Path(path.name))}.png", image, pose, skeleton
                )
        if not read:
            raise InputError(f"{pictures[0].parent}: holds no picture that can be read")
    return [f"{output_dir / KEYPOINTS}: {read} of {len(pictures)} pictures"]


def read_picture(path: Path) -> np.ndarray:
    """(H, W, 3) uint8 BGR, upright as its EXIF orientation says.

    Raises:
        InputError: It cannot be read.
    """
    try:
        data = np.fromfile(path, np.uint8)  # OpenCV crashes on a name that is no UTF-8
        image = cv2.imdecode(data, cv2.IMREAD_COLOR) if data.size else None
    except (OSError, cv2.error) as error:
        raise InputError(f"{printable(path)}: cannot be read: {error}") from error
    if image is None:
        raise InputError(f"{printable(path)}: is no picture that can be read; save it again")
    return image


def _write_annotated(path: Path, image_bgr: np.ndarray, pose: Pose, skeleton: Skeleton) -> None:
    drawn, edges = image_bgr.copy(), skeleton.edge_indices
    joints = [confidence_colour(score) for score in pose.scores]
    limbs = [confidence_colour(min(pose.scores[a], pose.scores[b])) for a, b in edges]
    draw_skeleton(drawn, pose.keypoints_frame, edges, joints, limbs)
    write_picture(path, cv2.cvtColor(drawn, cv2.COLOR_BGR2RGB))
