"""Drawing the images that a network gets wrong more often: hard-example sampling."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pushup.cli import InputError
from pushup.data.records import Record
from pushup.foreign import number, read_csv

MOST = 3.0
"""How often an image is drawn at the most, and by its inverse at the least: a very large error is
as often a wrong label as a hard image."""


def draw_weights(path: str | Path, records: Sequence[Record]) -> list[float]:
    """How often to draw each image: its error over the median one, within 1 / `MOST` and `MOST`.

    Args:
        path: `images.csv` of `evaluate.py` on the training split.
        records: The training split. An image that has several persons has their mean error; one
            that is not in the file, or has no error there, is drawn as often as the median one.

    Raises:
        InputError: The file cannot be read, or has an error for none of the images.
    """
    errors: dict[str, list[float]] = {}
    try:
        for where, row in read_csv(Path(path), ("image", "error")):
            if row["error"]:
                errors.setdefault(row["image"], []).append(number(row["error"], where))
    except InputError as error:
        raise InputError(
            f"data.hard_examples={path} cannot be used ({error}): give images.csv, which "
            "evaluate.py writes, of data.train_split"
        ) from error
    known = np.array([np.mean(errors.get(r.image.name, [np.nan])) for r in records])
    if np.isnan(known).all():
        raise InputError(
            f"data.hard_examples={path} names none of the training images: evaluate with "
            "split=train first"
        )
    typical = np.nanmedian(known)
    relative = np.nan_to_num(known / typical, nan=1.0) if typical > 0 else np.ones(len(known))
    return relative.clip(1 / MOST, MOST).tolist()
