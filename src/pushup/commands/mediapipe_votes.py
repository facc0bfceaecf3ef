"""Run MediaPipe Pose on pictures, for pseudo-labels.

On each as it is, mirrored and turned either way. Runs in an environment of its own, as MediaPipe's
last release with this model needs an older numpy than this project:

    python -m venv mp && mp/bin/pip install mediapipe==0.10.21
    npm pack @mediapipe/pose && tar xf mediapipe-pose-*.tgz
    PYTHONPATH=src mp/bin/python -m pushup mediapipe-votes PICTURES OUT.npz \
        package/pose_landmark_heavy.tflite
"""

from collections.abc import Sequence
from pathlib import Path

from pushup.commands import parser
from pushup.data import mediapipe_votes


def main(arguments: Sequence[str]) -> None:
    """Command line."""
    top = parser("mediapipe-votes", __doc__)
    top.add_argument("pictures", type=Path, help="folder of .jpg and .png")
    top.add_argument("out", type=Path, help=".npz to write")
    top.add_argument("model", type=Path, help="pose_landmark_heavy.tflite")
    options = top.parse_args(arguments)
    mediapipe_votes.write(options.pictures, options.out, options.model)
