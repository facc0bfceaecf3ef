"""Splits of labelled pictures as loaders."""

from collections.abc import Callable, Mapping

import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, Dataset

from pushup.cli import InputError
from pushup.data.augment import Augment
from pushup.data.dataset import KeypointDataset
from pushup.data.hard_examples import draw_weights
from pushup.data.sampling import DrawnDataset, EpochSampler
from pushup.data.source import KeypointSource, RecordSource
from pushup.geometry import Framing
from pushup.skeleton import Skeleton


class KeypointDataModule(pl.LightningDataModule):
    """Train, validation and named evaluation splits of one data set."""

    def __init__(
        self,
        open_split: Callable[[str], KeypointSource],
        skeleton: Skeleton,
        input_size: int,
        augment: Augment | None = None,
        framing: Framing | str = Framing.SQUARE,
        batch_size: int = 32,
        num_workers: int = 1,
        train_split: str = "train",
        val_split: str = "val",
        source_weights: Mapping[str, float] | None = None,
        hard_examples: str | None = None,
        extra_train: KeypointSource | None = None,
        seed: int = 0,
    ) -> None:
        """Describe the data; nothing is read before it is needed.

        Args:
            open_split: Opens a split by its name.
            skeleton: Which joints.
            input_size: Longer side of the input in pixels.
            augment: Variation of the training split.
            framing: See `KeypointDataset`; rectangles differ in shape and come one by one.
            batch_size: Pictures a batch.
            num_workers: Loader processes.
            train_split: Name of the split to train on.
            val_split: Name of the split to validate on.
            source_weights: How much more often pictures of a source are drawn in training
                (1 where not named).
            hard_examples: `images.csv` of an evaluation of the training split; images of large
                error are drawn more often; see `draw_weights`.
            extra_train: Further training pictures, such as rendered ones.
            seed: Of what is drawn in training; see `EpochSampler`.
        """
        super().__init__()
        self.open_split, self.skeleton, self.input_size = open_split, skeleton, input_size
        self.augment, self.framing = augment, Framing.named(framing)
        self.batch_size, self.num_workers = batch_size, num_workers
        self.train_split, self.val_split = train_split, val_split
        self.source_weights = dict(source_weights or {})
        self.hard_examples = hard_examples
        self.extra_train, self.seed = extra_train, seed

    def eval_dataset(self, split: str) -> KeypointDataset:
        """A split as it is, without variation."""
        source = self.open_split(split)
        return KeypointDataset(source, self.skeleton, self.input_size, self.framing)

    def eval_loader(self, split: str) -> DataLoader:
        """A split in order, without variation."""
        one_by_one = self.framing is Framing.RECTANGLE
        return self._loader(self.eval_dataset(split), 1 if one_by_one else self.batch_size)

    def train_dataset(self) -> DrawnDataset:
        """The varied training split, and the extra pictures after it."""
        sources = [self.open_split(self.train_split)]
        if self.extra_train is not None:
            sources.append(self.extra_train)
        return DrawnDataset(
            KeypointDataset(source, self.skeleton, self.input_size, self.framing, self.augment)
            for source in sources
        )

    def train_dataloader(self) -> DataLoader:
        """Shuffled, or drawn by `source_weights` and `hard_examples`."""
        dataset = self.train_dataset()
        weights = None
        if self.source_weights or self.hard_examples:
            weights = [w for part in dataset.datasets for w in self._weights(part)]  # type: ignore
        sampler = EpochSampler(len(dataset), self.batch_size, self.seed, weights)
        return self._loader(dataset, self.batch_size, sampler=sampler, drop_last=True)

    def val_dataloader(self) -> DataLoader:
        """The validation split."""
        return self.eval_loader(self.val_split)

    def _weights(self, dataset: KeypointDataset) -> list[float]:
        source = dataset.source
        records = source.records if isinstance(source, RecordSource) else None
        names = ["rendered"] * len(source) if records is None else [r.source for r in records]
        weights = [self.source_weights.get(name, 1.0) for name in names]
        if not self.hard_examples or source is self.extra_train:
            return weights
        if records is None:
            raise InputError("data.hard_examples needs image files: rendered ones have no names")
        hard = draw_weights(self.hard_examples, records)
        return [w * h for w, h in zip(weights, hard, strict=True)]

    def _loader(self, dataset: Dataset, batch_size: int, **options) -> DataLoader:
        return DataLoader(
            dataset,
            batch_size=batch_size,
            num_workers=self.num_workers,
            persistent_workers=self.num_workers > 0,
            pin_memory=torch.cuda.is_available(),
            generator=torch.Generator(),  # of what its processes are seeded with: not the global
            **options,
        )
