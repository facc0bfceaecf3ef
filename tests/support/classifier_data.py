"""A data set for the push-up classifier: noise with a lying or an upright bar."""

from pathlib import Path

import cv2
import numpy as np

HEADER = "image,label,group,split,source"
SIZE_WH = (48, 32)
ENCODER = "test_efficientnet"
"""The smallest of its kind in timm."""


def write_picture(path: Path, label: int, seed: int) -> None:
    """Noise with a bright bar: lying for label 1, upright for label 0."""
    picture = np.random.default_rng(seed).integers(0, 60, (SIZE_WH[1], SIZE_WH[0], 3), np.uint8)
    if label:
        picture[14:20, 6:42] = (40, 220, 40)
    else:
        picture[2:30, 21:27] = (40, 220, 40)
    cv2.imwrite(str(path), picture)
