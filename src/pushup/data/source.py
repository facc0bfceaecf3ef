"""Where labelled pictures come from."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol, get_args

import numpy as np

from pushup.cli import InputError
from pushup.data.checks import checked
from pushup.data.pictures import SUFFIXES, Exif, read_rgb
from pushup.data.records import Record
from pushup.skeleton import MPII_JOINTS


class KeypointSource(Protocol):
    """A sequence of labelled pictures."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int) -> tuple[np.ndarray, Record]:
        """The RGB picture (H, W, 3) uint8 and its record."""
        ...


class RecordSource:
    """Records and the image files they name."""

    def __init__(
        self, records: list[Record], cache: bool = False, exif: Exif | None = None
    ) -> None:
        """Keep the records.

        Args:
            records: What to serve, in this order.
            cache: Keep every decoded picture in memory (each loader process its own).
            exif: "labels_raw": pictures are read as they are stored, not turned as EXIF says.
        """
        self.records = records
        self.exif: Exif | None = exif
        self._cache: dict[int, np.ndarray] | None = {} if cache else None

    @classmethod
    def open(
        cls,
        split: str,
        read: Callable[..., list[Record]],
        root: str | Path | None,
        cache: bool = False,
        exif: Exif | None = None,
        drop_truncated: bool = False,
    ) -> "RecordSource":
        """The records that `read(root, split)` finds in a folder; see `checks.checked`."""
        if root is None:
            raise InputError("no data folder: give data.root=DIR")
        if not Path(root).is_dir():
            raise InputError(f"no data folder {root}: give an existing one as data.root=DIR")
        if exif not in (None, *get_args(Exif)):
            known = " or ".join(get_args(Exif))
            raise InputError(f"unknown data.exif={exif!r}: choose {known}, or null")
        records = checked(read(Path(root), split), exif, drop_truncated)
        if not records:
            raise InputError(f"{root} holds no labelled person in split {split!r}")
        return cls(records, cache, exif)

    def __len__(self) -> int:
        return len(self.records)

    def __getitem__(self, index: int) -> tuple[np.ndarray, Record]:
        """The RGB picture (H, W, 3) uint8 and its record."""
        record = self.records[index]
        if self._cache is None:
            return read_rgb(record.image, self.exif), record
        if index not in self._cache:
            self._cache[index] = read_rgb(record.image, self.exif)
        return self._cache[index], record


def open_unlabelled(folder: str | Path) -> RecordSource:
    """Every .jpg and .png below a folder, with no joint labelled; InputError if there is none."""
    images = sorted(p for p in Path(folder).rglob("*") if p.suffix.lower() in SUFFIXES)
    if not images:
        raise InputError(f"no {' or '.join(SUFFIXES)} pictures in {folder}: give another folder")
    joints = len(MPII_JOINTS)
    nothing = {
        "keypoints": np.full((joints, 2), np.nan),
        "labelled": np.zeros(joints, bool),
        "visible": np.zeros(joints, bool),
    }
    return RecordSource([Record(image=image, source="unlabelled", **nothing) for image in images])


def open_for_teacher(folder: str | Path, teacher: str | None) -> RecordSource:
    """Pictures without labels to train on, which a teacher (a weights file) labels as it goes.

    Raises:
        InputError: There is no teacher, so that nothing could be learnt from them, or no picture.
    """
    if teacher is None:
        raise InputError(
            f"nothing says what the pictures in {folder} show: add teacher=network "
            "teacher.ckpt_path=FILE, or leave out +data/extra=unlabelled"
        )
    return open_unlabelled(folder)
