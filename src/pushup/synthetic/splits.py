"""Splits of rendered pictures and of rendered clips: no seed is in two of them."""

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


_CLIP_SPLITS = ("fit", "choose", "report")
_CLIPS = 1_000_000


def seed_range(split: str) -> range:
    """The seeds of a split of clips.

    Args:
        split: "fit" to fit counters on, "choose" to choose between them, "report" for the figures
            that are told.

    Raises:
        ValueError: There is no such split.
    """
    if split not in _CLIP_SPLITS:
        raise ValueError(f"no split {split!r}: choose one of {', '.join(_CLIP_SPLITS)}")
    first = _CLIPS * (1 + _CLIP_SPLITS.index(split))
    return range(first, first + _CLIPS)
