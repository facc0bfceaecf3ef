"""Rendered pictures for the classifier: half of them push-ups, half anything else, in like places.

Where real push-ups come from gyms and everything else from elsewhere, a network learns the places;
here they are alike, and many of the others hold a forearm plank, which is mistaken most. The
folder is one of `pushup.data.recognition`, for `data.extra_root`. A picture's source says what the
person does: `evaluate.py mode=recognition data.root=FOLDER split=train` tells mistakes by kind.
"""

from pathlib import Path

from tqdm import tqdm

from pushup.drawing import write_picture
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
    for i in tqdm(range(count), desc="rendering", unit="image"):
        label = i % 2
        image_rgb, record, kind = sources[label].picture(i)
        name = f"rendered_{seed}_{i:05d}.jpg"
        write_picture(folder / "images" / name, image_rgb, 90, "choose another folder")
        row = (name, label, record.group, "train", f"rendered {kind}")
        rows.append(dict(zip(_COLUMNS, row, strict=True)))
    write_csv(folder / "train.csv", _COLUMNS, rows, "choose another folder")
