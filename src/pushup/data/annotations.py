"""What the annotation readers share: finding files, and checks that name file and record."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pushup.cli import InputError
from pushup.foreign import parsing, read_json

SPLIT_NOTE = "split.json"
"""Written by `pushup.data.prepare` beside the splits: says how they were made."""


def check_folder(folder: str | Path) -> Path:
    """The folder as a path; InputError if it is missing or empty."""
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; give the folder that holds the data")
    if next(folder.iterdir(), None) is None:
        raise InputError(f"{folder}: the folder is empty; give the folder that holds the data")
    return folder


def find_annotation(root: str | Path, split: str, patterns: Sequence[str] = ()) -> Path:
    """The annotation file of a split: `root/{split}.json`, or by the first of `patterns` that fits.

    Args:
        root: The folder.
        split: Name of the split.
        patterns: Further places below the folder, with `*` where the split's name stands.

    Raises:
        InputError: There is none; it names the splits that there are.
    """
    root = check_folder(root)
    known = set()
    for pattern in ("*.json", *patterns):
        if (root / pattern.replace("*", split)).is_file():
            return root / pattern.replace("*", split)
        before, after = pattern.split("*")
        found = (p.relative_to(root).as_posix() for p in root.glob(pattern))
        known |= {name[len(before) : -len(after)] for name in found if name != SPLIT_NOTE}
    has = f"it has {', '.join(sorted(known))}" if known else "it holds no .json file at all"
    raise InputError(
        f"{root / split}.json: no such annotation file; choose a split that exists: {has}"
    )


def image_folder(root: str | Path) -> Path:
    """`root/images` where that folder exists, else `root`."""
    images = Path(root) / "images"
    return images if images.is_dir() else Path(root)


def read_rows(path: Path) -> list[tuple[str, dict]]:
    """The records of a JSON list, each with a text that says where it stands, for messages."""
    rows = read_json(path)
    if not isinstance(rows, list):
        raise InputError(f"{path}: expected a list of records; is this another annotation format?")
    if not rows:
        raise InputError(f"{path}: holds no record; give a file with annotations")
    placed = []
    for i, row in enumerate(rows):
        if not isinstance(row, dict):
            raise InputError(f"{path}: record {i} is no object with named fields; correct the file")
        placed.append((f"{path}: record {i} ({row.get('image', 'image not named')})", row))
    return placed


def field(row: dict, name: str, where: str) -> Any:
    """`row[name]`; InputError if it is missing."""
    if name not in row:
        raise InputError(f"{where}: field {name!r} is missing; add it, or choose the right reader")
    return row[name]


def text(row: dict, name: str, where: str) -> str:
    """A field that must be a non-empty string."""
    value = field(row, name, where)
    if not isinstance(value, str) or not value:
        raise InputError(f"{where}: field {name!r} must be a text, found {value!r}")
    return value


def identifier(row: dict, name: str, where: str) -> int | str:
    """A field that must be a whole number or a text."""
    value = field(row, name, where)
    if not isinstance(value, int | str):
        raise InputError(f"{where}: field {name!r} must be a number or a text, found {value!r}")
    return value


def numbers(
    row: dict, name: str, shape: tuple[int, ...], where: str, needed: np.ndarray | None = None
) -> np.ndarray:
    """A field as finite float64 of exactly `shape`; InputError otherwise.

    Where `needed`, a mask of its first axis, is False, anything at all may stand for a number.
    """
    value = field(row, name, where)
    try:
        values = np.asarray(value, dtype=float)
    except (ValueError, TypeError, OverflowError) as error:
        raise InputError(f"{where}: field {name!r} must hold {_size(shape)} numbers") from error
    if values.shape != shape:
        raise InputError(
            f"{where}: field {name!r} must hold {_size(shape)} numbers, found {_size(values.shape)}"
        )
    if not np.isfinite(values if needed is None else values[needed]).all():
        raise InputError(
            f"{where}: field {name!r} holds NaN or infinity; correct or drop the record"
        )
    return values


def flags(row: dict, name: str, count: int, where: str) -> np.ndarray:
    """A field of `count` zeros and ones as bool; InputError otherwise."""
    values = numbers(row, name, (count,), where)
    if not np.isin(values, (0, 1)).all():
        raise InputError(f"{where}: field {name!r} must hold only 0 and 1")
    return values == 1


def check_images(paths: Iterable[Path], annotation: Path) -> None:
    """InputError naming the first absent image of those that an annotation file names."""
    with parsing(annotation, "an annotation of image files", "correct the names of its images"):
        missing = [p for p in dict.fromkeys(paths) if not p.is_file()]
    if missing:
        more = f" (and {len(missing) - 1} more)" if len(missing) > 1 else ""
        raise InputError(
            f"{missing[0]}: image named in {annotation} is missing{more}; "
            f"put the images there, or remove their records"
        )


def _size(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape)) or "1"
