"""Small files with the layout of MPII's release, for tests."""

from pathlib import Path

import numpy as np
from scipy.io import savemat

EMPTY = np.zeros((0, 0))


def struct_array(rows: list[dict]) -> np.ndarray:
    """A 1 x N MATLAB struct array; a field that a row lacks is empty, as in MATLAB."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    array = np.empty((1, len(rows)), dtype=[(name, object) for name in names])
    for i, row in enumerate(rows):
        for name in names:
            array[0, i][name] = row.get(name, EMPTY)
    return array


def point(joint: int, x: float, y: float, **fields) -> dict:
    return {"x": x, "y": y, "id": joint, **fields}


def person(points: list[dict], center=(60.0, 50.0), scale=0.4, head=(40, 20, 70, 60)) -> dict:
    return {
        **dict(zip(("x1", "y1", "x2", "y2"), head, strict=True)),
        "annopoints": struct_array([{"point": struct_array(points)}]),
        "scale": scale,
        "objpos": struct_array([{"x": center[0], "y": center[1]}]),
    }


def unlabelled(center=(10.0, 10.0)) -> dict:
    return {"scale": 1.0, "objpos": struct_array([{"x": center[0], "y": center[1]}])}


def write_release(path: Path, images: list[tuple[str, list[dict], bool]]) -> Path:
    """Write (name, people, is_train) rows as RELEASE."""
    annolist = struct_array(
        [
            {
                "image": struct_array([{"name": name}]),
                "annorect": struct_array(people) if people else EMPTY,
                "frame_sec": EMPTY,
                "vididx": EMPTY,
            }
            for name, people, _ in images
        ]
    )
    release = {
        "annolist": annolist,
        "img_train": np.array([[int(train) for *_, train in images]], np.uint8),
        "version": "12",
    }
    savemat(path, {"RELEASE": release}, do_compression=True)
    return path
