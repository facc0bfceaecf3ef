"""Times MediaPipe Pose on the frames of a video, one for each line on standard input.

Runs in an environment of its own (`make bench-peers`): it imports nothing of the project.

    python mediapipe_peer.py VIDEO COMPLEXITY THREADS
"""

import os
import sys
import time

import cv2


def frames(path: str):
    """The frames of a video in RGB, again and again."""
    while True:
        video = cv2.VideoCapture(path)
        while True:
            ok, image_bgr = video.read()
            if not ok:
                break
            yield image_bgr
        video.release()


def main() -> None:
    """Answer each line with the milliseconds of one frame."""
    path, complexity, threads = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    if threads == 1:
        os.sched_setaffinity(0, {0})
    import mediapipe  # type: ignore[import-not-found]  # of its own environment

    pose = mediapipe.solutions.pose.Pose(model_complexity=complexity)
    source = frames(path)
    for _ in sys.stdin:
        started_s = time.perf_counter()
        pose.process(cv2.cvtColor(next(source), cv2.COLOR_BGR2RGB))
        print(1e3 * (time.perf_counter() - started_s), flush=True)


if __name__ == "__main__":
    main()
