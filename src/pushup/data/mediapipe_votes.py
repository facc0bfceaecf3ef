"""What MediaPipe Pose says of pictures: on each as it is, mirrored, and turned either way.

Runs in an environment of its own, as MediaPipe's last release with this model needs an older numpy
than this project: it imports nothing of the project.

MediaPipe and its models are Google's, Apache-2.0. A quarter of a second a picture and core.
"""

import os
import shutil
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np

TURNS_DEG = (15.0, -15.0)
LANDMARKS = 33
_BODY = (k + 1 if k % 2 else k - 1 for k in range(11, LANDMARKS))
MIRRORED = (0, 4, 5, 6, 1, 2, 3, 8, 7, 10, 9, *_BODY)
"""Landmark k of a mirrored person is landmark MIRRORED[k]: left and right change places."""

MIN_DETECTION = 0.3
_poses: list = []
"""The process's own MediaPipe, made once."""


def place(model: Path) -> None:
    """Put the heavy model where MediaPipe looks for it."""
    import mediapipe  # type: ignore[import-not-found]  # of its own environment

    folder = Path(str(mediapipe.__file__)).parent / "modules" / "pose_landmark"
    if not (folder / model.name).is_file():
        shutil.copy(model, folder / model.name)


def start() -> None:
    """Make this process's MediaPipe."""
    import mediapipe  # type: ignore[import-not-found]  # of its own environment

    cv2.setNumThreads(1)
    pose = mediapipe.solutions.pose.Pose(
        static_image_mode=True, model_complexity=2, min_detection_confidence=MIN_DETECTION
    )
    _poses.append(pose)


def landmarks(image_rgb: np.ndarray) -> np.ndarray:
    """(33, 3) x, y in pixels and visibility; NaN where nobody is found."""
    found = _poses[0].process(np.ascontiguousarray(image_rgb)).pose_landmarks
    if found is None:
        return np.full((LANDMARKS, 3), np.nan)
    height, width = image_rgb.shape[:2]
    # shares of the picture's sides; the middle of its first pixel is 0, 0
    return np.array([(p.x * width - 0.5, p.y * height - 0.5, p.visibility) for p in found.landmark])


def votes(path: Path) -> np.ndarray:
    """(4, 33, 3) landmarks of a picture, its mirror and its turned copies, in its own pixels."""
    data = path.read_bytes() if path.is_file() else b""  # imread crashes on names that are no UTF-8
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
    if image is None:
        sys.exit(f"{path} cannot be decoded as an image: remove it")
    image = cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
    height, width = image.shape[:2]
    mirrored = landmarks(image[:, ::-1])[list(MIRRORED)]
    mirrored[:, 0] = width - 1 - mirrored[:, 0]
    found = [landmarks(image), mirrored]
    for angle in TURNS_DEG:
        turn = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), angle, 1.0)
        cos, sin = abs(turn[0, 0]), abs(turn[0, 1])
        size = int(width * cos + height * sin), int(height * cos + width * sin)
        turn[:, 2] += (size[0] - width) / 2, (size[1] - height) / 2
        turned = landmarks(cv2.warpAffine(image, turn, size))
        back = cv2.invertAffineTransform(turn)
        turned[:, :2] = turned[:, :2] @ back[:, :2].T + back[:, 2]
        found.append(turned)
    return np.stack(found).astype(np.float32)


def write(pictures: Path, out: Path, model: Path) -> None:
    """Write the votes on all pictures of a folder as an .npz of `names` and `votes`.

    Args:
        pictures: Folder of .jpg and .png.
        out: The .npz.
        model: pose_landmark_heavy.tflite.
    """
    paths = sorted(p for p in pictures.rglob("*") if p.suffix.lower() in (".jpg", ".jpeg", ".png"))
    if not paths:
        sys.exit(f"error: no pictures in {pictures}: give another folder")
    if not model.is_file():
        sys.exit(f"error: no model {model}: --help says where it is found")
    place(model)
    found = []
    spawn = get_context("spawn")  # MediaPipe does not survive fork
    with ProcessPoolExecutor(mp_context=spawn, initializer=start) as pool:
        for number, vote in enumerate(pool.map(votes, paths, chunksize=4), 1):
            found.append(vote)
            if number % 100 == 0 or number == len(paths):
                print(f"{number} of {len(paths)}", flush=True)
    names = [str(p.relative_to(pictures)) for p in paths]
    with tempfile.TemporaryDirectory(prefix=".partial-", dir=out.parent) as folder:
        part = Path(folder, "votes.npz")
        np.savez_compressed(part, names=names, votes=np.stack(found))
        os.replace(part, out)
