"""Rendered pictures as splits, for a data set that needs no download."""

from pushup.cli import InputError
from pushup.synthetic.pictures import SyntheticSource

# Seeds of different splits never meet: a scene belongs to one split only.
_SEED_STEP = 1_000_003
_ORDER = {"train": 0, "val": 1, "test": 2}


def open_split(split: str, length: int, seed: int = 0) -> SyntheticSource:
    """The rendered pictures of a split: `length` to train on, a tenth of it to measure on."""
    if split not in _ORDER:
        raise InputError(f"rendered data has no split {split!r}: choose one of {', '.join(_ORDER)}")
    size = length if split == "train" else max(1, length // 10)
    return SyntheticSource(size, seed + _SEED_STEP * _ORDER[split])
