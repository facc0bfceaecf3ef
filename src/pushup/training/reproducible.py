"""Chance in training that does not depend on what has been drawn before."""

import numpy as np
import pytorch_lightning as pl
import torch


class SeedEachEpoch(pl.Callback):
    """Seeds the process anew for every epoch, from the seed, the epoch and the rank.

    For what is drawn while a network learns (dropout, `crop_aspect_ratio`): a run that is resumed
    draws as if it had never stopped. What the data draws is `pushup.data.sampling`'s.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def on_train_batch_start(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, batch, batch_idx: int
    ) -> None:
        """Seed before the first batch."""
        if batch_idx == 0:
            mixed = [self._seed, trainer.current_epoch, trainer.global_rank]
            torch.manual_seed(int(np.random.SeedSequence(mixed).generate_state(1)[0]))
