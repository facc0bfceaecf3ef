"""Pictures labelled "in push-up position" or not: reader, dataset, data module."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, Dataset

from pushup.cli import InputError
from pushup.data.augment import Augment
from pushup.data.pictures import inside, read_rgb
from pushup.data.sampling import Draw, EpochSampler
from pushup.foreign import read_csv
from pushup.geometry import FrameTransform

LABELS = {"0": False, "1": True}


@dataclass(frozen=True)
class LabelledImage:
    """One row of the annotation.

    Attributes:
        image: File.
        label: Somebody is in push-up position, in any phase.
        group: Scene; images of one are alike.
        source: Collection.
    """

    image: Path
    label: bool
    group: str
    source: str


def read(root: Path, split: str) -> list[LabelledImage]:
    """The rows of `root/{split}.csv`: image,label[,group,split,source].

    Images lie in `root/images` if that folder exists, else in `root`. An image without a group is
    one of its own.

    Raises:
        InputError: The folder or the file is missing, or a row cannot be understood.
    """
    path = root / f"{split}.csv"
    if not root.is_dir():
        raise InputError(f"no data folder {root}: give an existing one as data.root=DIR")
    if not path.is_file():
        found = ", ".join(sorted(p.stem for p in root.glob("*.csv"))) or "none"
        raise InputError(f"no annotation {path}: choose another split (found: {found})")
    folder = root / "images" if (root / "images").is_dir() else root
    rows = read_csv(path, ("image", "label"))
    if not rows:
        raise InputError(f"{path} holds no rows: it needs image,label and one image a line")
    return [_item(row, folder, split, where) for where, row in rows]


def _item(row: dict[str, str], folder: Path, split: str, place: str) -> LabelledImage:
    image, label = row["image"], row["label"].strip()
    if not image:
        raise InputError(f"{place}: the image is not named; correct the row")
    if label not in LABELS:
        raise InputError(f"{place}: label {label!r} of {image}: give 1 (push-up position) or 0")
    if row.get("split") not in (None, "", split):
        raise InputError(f"{place}: {image} says split {row['split']!r}: move it to that file")
    return LabelledImage(
        inside(folder, image, place),
        LABELS[label],
        row.get("group") or image,
        row.get("source") or "",
    )


class RecognitionDataset(Dataset):
    """Whole pictures, padded to a square input, and their labels."""

    def __init__(
        self, items: Sequence[LabelledImage], input_size: int, augment: Augment | None = None
    ) -> None:
        """Wrap the rows.

        Args:
            items: Rows of the annotation.
            input_size: Side of the square input in pixels.
            augment: Random variation; none for evaluation.
        """
        self.items, self.input_size, self.augment = list(items), input_size, augment

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, draw: int | Draw) -> dict[str, Any]:
        """One sample.

        Args:
            draw: Index; and the seed of the variation (default: the index).

        Returns:
            image: uint8 RGB tensor (3, S, S).
            label: float32, 0 or 1.
            index: int.
        """
        index, seed = draw if isinstance(draw, tuple) else (draw, draw)
        item = self.items[index]
        image = read_rgb(item.image)
        height, width = image.shape[:2]
        if self.augment is None:
            pixels = FrameTransform.pad_square((width, height), self.input_size).warp(image)
        else:
            rng = np.random.default_rng(seed)
            whole = (-0.5, -0.5, width - 0.5, height - 0.5)
            transform, _ = self.augment.crop.draw(whole, None, self.input_size, rng)
            pixels = self.augment.change_pixels(transform.warp(image), rng)
        return {
            "image": torch.from_numpy(pixels).permute(2, 0, 1).contiguous(),
            "label": torch.tensor(item.label, dtype=torch.float32),
            "index": index,
        }


def draw_weights(
    items: Sequence[LabelledImage], positive_share: float, group_power: float
) -> list[float]:
    """How often each image is drawn in training, relative to the others.

    Args:
        items: Rows of the annotation.
        positive_share: Share of positive images among those drawn.
        group_power: Within positives and within negatives, a scene of n images is drawn in
            proportion to n ** group_power: 1 as they are, 0 every scene alike.

    Raises:
        InputError: The images are all positive or all negative.
    """
    sizes = Counter((item.label, item.group) for item in items)
    weights = [sizes[item.label, item.group] ** (group_power - 1) for item in items]
    totals = Counter[bool]()
    for item, weight in zip(items, weights, strict=True):
        totals[item.label] += weight
    if len(totals) < 2:
        kind = "positive" if totals[True] else "negative"
        raise InputError(f"every training image is {kind}: there is nothing to tell apart")
    shares = {True: positive_share, False: 1 - positive_share}
    return [
        weight * shares[item.label] / totals[item.label]
        for item, weight in zip(items, weights, strict=True)
    ]


class RecognitionDataModule(pl.LightningDataModule):
    """Train, validation and named evaluation splits of a folder of labelled pictures."""

    def __init__(
        self,
        root: str | Path | None,
        input_size: int | None,
        augment: Augment | None = None,
        batch_size: int = 32,
        num_workers: int = 1,
        train_split: str = "train",
        val_split: str = "val",
        positive_share: float = 0.5,
        group_power: float = 1.0,
        extra_root: str | Path | None = None,
        extra_share: float = 0.5,
        seed: int = 0,
    ) -> None:
        """Describe the data; nothing is read before it is needed.

        Args:
            root: Folder of the annotation.
            input_size: Side of the square input in pixels.
            augment: Variation of the training split.
            batch_size: Pictures a batch.
            num_workers: Loader processes.
            train_split: Name of the split to train on.
            val_split: Name of the split to validate on, and to choose thresholds on.
            positive_share: See `draw_weights`.
            group_power: See `draw_weights`.
            extra_root: Another folder whose training split is mixed in, such as rendered pictures.
            extra_share: Share of its pictures among those drawn.
            seed: Of what is drawn in training; see `EpochSampler`.

        Raises:
            InputError: There is no folder, or the model is no classifier.
        """
        super().__init__()
        if root is None:
            raise InputError("no data folder: give data.root=DIR")
        if input_size is None:
            raise InputError("data=recognition is for classifiers: add model=classifier")
        self.root, self.input_size, self.augment = Path(root), input_size, augment
        self.batch_size, self.num_workers = batch_size, num_workers
        self.train_split, self.val_split, self.seed = train_split, val_split, seed
        self.positive_share, self.group_power = positive_share, group_power
        self.shares = {self.root: 1.0}
        if extra_root is not None:
            self.shares = {self.root: 1 - extra_share, Path(extra_root): extra_share}

    def eval_dataset(self, split: str) -> RecognitionDataset:
        """A split as it is, without variation."""
        return RecognitionDataset(read(self.root, split), self.input_size)

    def eval_loader(self, split: str) -> DataLoader:
        """A split in order, without variation."""
        return self._loader(self.eval_dataset(split))

    def train_dataloader(self) -> DataLoader:
        """Varied pictures, drawn with replacement by `draw_weights` and the folders' shares."""
        items: list[LabelledImage] = []
        weights: list[float] = []
        for root, share in self.shares.items():
            part = read(root, self.train_split)
            drawn = draw_weights(part, self.positive_share, self.group_power)
            items += part
            weights += [weight * share for weight in drawn]
        return self._loader(
            RecognitionDataset(items, self.input_size, self.augment),
            sampler=EpochSampler(len(items), self.batch_size, self.seed, weights),
            drop_last=True,
        )

    def val_dataloader(self) -> DataLoader:
        """The validation split."""
        return self.eval_loader(self.val_split)

    def _loader(self, dataset: Dataset, **options) -> DataLoader:
        return DataLoader(
            dataset,
            batch_size=self.batch_size,
            num_workers=self.num_workers,
            persistent_workers=self.num_workers > 0,
            pin_memory=torch.cuda.is_available(),
            generator=torch.Generator(),  # of what its processes are seeded with: not the global
            **options,
        )
