"""What is drawn in training: the same in an epoch for whoever asks again, and on any machine.

Order and variation follow from the seed, the epoch and the place in the epoch alone; not from the
number of loader processes, nor from what was drawn before. A run that is resumed, or divided among
devices, sees the very pictures that the others see.
"""

import bisect
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import distributed
from torch.utils.data import ConcatDataset, Sampler

from pushup.cli import InputError

Draw = tuple[int, int]
"""Which picture, and the seed of its variation."""


class EpochSampler(Sampler[Draw]):
    """A permutation of the pictures, or as many draws with replacement by weight.

    Of several processes, each takes its part of every batch of all of them; what then remains of an
    epoch is left out.
    """

    def __init__(
        self, length: int, batch_size: int, seed: int, weights: Sequence[float] | None = None
    ) -> None:
        """Say what is drawn.

        Args:
            length: Number of pictures, and of draws an epoch.
            batch_size: Draws a batch of one process.
            seed: See above.
            weights: How often each is drawn relative to the others; None: each once.

        Raises:
            InputError: There are fewer pictures than in one batch.
        """
        self._length, self._seed, self._epoch = length, seed, 0
        self.weights = None if weights is None else torch.as_tensor(weights, dtype=torch.double)
        if len(self) < batch_size:
            raise InputError(
                f"data.batch_size={batch_size} is more than the {len(self)} training pictures of "
                f"a process: choose {len(self)} or less"
            )

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch; Lightning does so before each."""
        self._epoch = epoch

    def __len__(self) -> int:
        return self._length // _processes()[1]

    def __iter__(self) -> Iterator[Draw]:
        generator = torch.Generator().manual_seed(self._seed * 1_000_003 + self._epoch)
        if self.weights is None:
            order = torch.randperm(self._length, generator=generator)
        else:
            order = torch.multinomial(self.weights, self._length, True, generator=generator)
        seeds = torch.randint(2**62, (self._length,), generator=generator)
        rank, processes = _processes()
        mine = slice(rank, len(self) * processes, processes)
        yield from zip(order[mine].tolist(), seeds[mine].tolist(), strict=True)


def _processes() -> tuple[int, int]:
    """Which of how many training processes this is."""
    if distributed.is_available() and distributed.is_initialized():
        return distributed.get_rank(), distributed.get_world_size()
    return 0, 1


class DrawnDataset(ConcatDataset):
    """Datasets one after the other, each indexed by (index, seed)."""

    def __getitem__(self, draw: Draw) -> Any:  # type: ignore[override]
        """What the dataset of this index gives for its own index and the seed."""
        index, seed = draw
        part = bisect.bisect_right(self.cumulative_sizes, index)
        start = self.cumulative_sizes[part - 1] if part else 0
        return self.datasets[part][index - start, seed]
