"""The smallest keypoint data there is, and the shortest training on it."""

from pathlib import Path

import numpy as np

from pushup.data.records import Record
from pushup.skeleton import UPPER7

TINY = [
    "model=blazepose",
    "codec.input_size=64",
    "trainer.precision=32-true",
    "trainer.max_epochs=1",
    "data.num_workers=0",
    "data.batch_size=8",
    "callbacks.progress.refresh_rate=0",
]


class Dots:
    """Pictures of one bright dot on grey; every joint of upper7 lies on it."""

    def __init__(self, length: int) -> None:
        self.length = length

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int):
        rng = np.random.default_rng(index)
        x, y = rng.integers(12, 52, 2)
        image = np.full((64, 64, 3), 90, np.uint8)
        image[y - 3 : y + 4, x - 3 : x + 4] = 255
        keypoints = np.full((16, 2), np.nan)
        labelled = np.zeros(16, bool)
        keypoints[UPPER7.mpii], labelled[UPPER7.mpii] = (x, y), True
        box = (float(x - 10), float(y - 10), float(x + 10), float(y + 10))
        return image, Record(
            Path(), keypoints, labelled, labelled, box, source="dots", group=str(index)
        )
