"""Rendered pictures for the classifier: half of them push-ups, half anything else, in like places.

Where real push-ups come from gyms and everything else from elsewhere, a network learns the places;
here they are alike, and many of the others hold a forearm plank, which is mistaken most. The
folder is one of `pushup.data.recognition`, for `data.extra_root`.
"""

from pathlib import Path

import cv2
from tqdm import tqdm

from pushup.cli import InputError
from pushup.files import write_csv
from pushup.synthetic import SyntheticSource

SIDE = 256
"""Longer side in pixels: a little above the network's input."""

_COLUMNS = ("image", "label", "group", "split", "source")


def write(folder: Path, count: int, seed: int = 0, planks: float = 6.0) -> None:
    """Write pictures and `train.csv`.

    Args:
        folder: Made where it is missing.
        count: Number of pictures.
        seed: Chooses them; those of one seed are the same everywhere.
        planks: See `SyntheticSource`.

    Raises:
        InputError: The folder cannot be written.
    """
    sources = [
        SyntheticSource(count, seed, SIDE, push_up_share=share, planks=planks)
        for share in (0.0, 1.0)
    ]
    rows = []
    try:
        (folder / "images").mkdir(parents=True, exist_ok=True)
        for i in tqdm(range(count), desc="rendering", unit="image"):
            label = i % 2
            image_rgb, record = sources[label][i]
            name = f"rendered_{seed}_{i:05d}.jpg"
            encoded = cv2.imencode(".jpg", image_rgb[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 90])[1]
            (folder / "images" / name).write_bytes(encoded.tobytes())
            row = (name, label, record.group, "train", record.source)
            rows.append(dict(zip(_COLUMNS, row, strict=True)))
    except OSError as error:
        raise InputError(f"cannot write {folder}: {error.strerror}; choose another") from error
    write_csv(folder / "train.csv", _COLUMNS, rows, "choose another folder")
