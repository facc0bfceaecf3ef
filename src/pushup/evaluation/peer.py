"""Times another pose estimator on the frames of a video, one for each line on standard input.

Runs in an environment of its own (`make bench-peers`): it imports nothing of the project.

    python peer.py VIDEO MODEL      # lite, full or heavy of MediaPipe Pose, or MoveNet's .tflite

Answers with the milliseconds, and 1 if it found a person, else 0.
"""

import os
import sys
import time
from collections.abc import Callable, Iterator

import cv2
import numpy as np

Look = Callable[[np.ndarray], bool]
"""Looks at a picture (H, W, 3) in RGB and says whether it found a person."""

COMPLEXITIES = {"lite": 0, "full": 1, "heavy": 2}
MOVENET_SIDE = 192
SURE = 0.2
"""The score from which Google's example takes a joint of MoveNet for seen."""

SHOULDERS, HIPS = slice(5, 7), slice(11, 13)


def frames(path: str) -> Iterator[np.ndarray]:
    """The frames of a video, again and again."""
    while True:
        video = cv2.VideoCapture(path)
        while True:
            ok, image_bgr = video.read()
            if not ok:
                break
            yield image_bgr
        video.release()


def mediapipe_pose(complexity: int) -> Look:
    """MediaPipe Pose, which follows the person from frame to frame."""
    import mediapipe  # type: ignore[import-not-found]  # of its own environment

    pose = mediapipe.solutions.pose.Pose(model_complexity=complexity)
    return lambda image_rgb: pose.process(image_rgb).pose_landmarks is not None


def movenet(path: str) -> Look:
    """MoveNet on the whole frame, padded to a square."""
    from ai_edge_litert.interpreter import (  # type: ignore[import-not-found]  # see above
        Interpreter,
    )

    network = Interpreter(path, num_threads=os.cpu_count())
    network.allocate_tensors()
    [given], [found] = network.get_input_details(), network.get_output_details()

    def look(image_rgb: np.ndarray) -> bool:
        height, width = image_rgb.shape[:2]
        scale = MOVENET_SIDE / max(height, width)
        small = cv2.resize(image_rgb, (round(width * scale), round(height * scale)))
        square = np.zeros((1, MOVENET_SIDE, MOVENET_SIDE, 3), given["dtype"])
        square[0, : small.shape[0], : small.shape[1]] = small
        network.set_tensor(given["index"], square)
        network.invoke()
        scores = network.get_tensor(found["index"])[0, 0, :, 2]
        return bool(min(scores[SHOULDERS].max(), scores[HIPS].max()) > SURE)

    return look


def main() -> None:
    """Answer each line with the milliseconds of one frame."""
    path, model = sys.argv[1:]
    look = mediapipe_pose(COMPLEXITIES[model]) if model in COMPLEXITIES else movenet(model)
    source = frames(path)
    for _ in sys.stdin:
        started_s = time.perf_counter()
        seen = look(cv2.cvtColor(next(source), cv2.COLOR_BGR2RGB))
        print(1e3 * (time.perf_counter() - started_s), int(seen), flush=True)


if __name__ == "__main__":
    main()
