"""A textured block that goes down and up before a wall: frames and files for picture counters."""

import csv
import math
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from pushup.video.frames import Frame

REST_S = 0.6


def block_frames(
    cycles: int = 4,
    period_s: float = 1.5,
    fps: float = 20.0,
    size_wh: tuple[int, int] = (160, 120),
) -> Iterator[Frame]:
    """The block rests, goes down and up again so many times, and rests."""
    rng = np.random.default_rng(0)
    width, height = size_wh
    wall = rng.integers(60, 120, (height, width, 3)).astype(np.uint8)
    block = rng.integers(130, 255, (height // 3, width // 2, 3)).astype(np.uint8)
    for i in range(round((2 * REST_S + cycles * period_s) * fps)):
        time_s = i / fps
        phase = min(max(time_s - REST_S, 0.0), cycles * period_s) / period_s
        top = round(height * (0.3 - 0.2 * math.cos(2 * math.pi * phase)))
        image = wall.copy()
        image[top : top + len(block), width // 4 : width // 4 + block.shape[1]] = block
        yield Frame(image, time_s, i, time_s)


def bottoms_s(cycles: int, period_s: float) -> np.ndarray:
    """When the block is lowest."""
    return REST_S + period_s * (np.arange(cycles) + 0.5)


def write_block_clips(root: Path, counts: tuple[int, ...] = (2, 3, 0), split: str = "val") -> Path:
    """A folder of clips as `read_clips` reads it; a clip a second of whose block goes each way."""
    (root / "videos").mkdir(parents=True)
    rows, reps = [], []
    for number, cycles in enumerate(counts):
        name = f"block{number}.avi"
        frames = list(block_frames(cycles, 1.2, fps=15.0))
        size = frames[0].image_bgr.shape[1::-1]
        fourcc = cv2.VideoWriter.fourcc(*"MJPG")
        writer = cv2.VideoWriter(str(root / "videos" / name), fourcc, 15.0, size)
        for frame in frames:
            writer.write(frame.image_bgr)
        writer.release()
        rows.append({"video": name, "count": cycles, "split": split, "scene": f"scene{number}"})
        reps += [{"video": name, "bottom_s": s} for s in bottoms_s(cycles, 1.2)]
    for path, table in ((root / "counts.csv", rows), (root / "reps.csv", reps)):
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(table[0]))
            writer.writeheader()
            writer.writerows(table)
    return root
