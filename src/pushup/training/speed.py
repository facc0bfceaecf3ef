"""Training speed against the bare forward-backward-step loop, measured side by side.

Both sides see the same batches, already in memory; runs alternate, and medians count.
"""

import copy
import statistics
import time
from typing import NamedTuple

import pytorch_lightning as pl
import torch
from hydra.utils import instantiate
from omegaconf import DictConfig
from torch.utils.data import DataLoader

from pushup.training.keypoints import KeypointTask
from pushup.training.memory import keep_freed_memory

STEPS, ROUNDS = 6, 5


class _Clock(pl.Callback):
    """Times the steps after the first, which warms up."""

    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx) -> None:
        now = time.perf_counter()
        if batch_idx == 0:
            self.begin = now
        self.seconds = now - self.begin


def lightning_seconds(task: KeypointTask, batches: list, trainer_settings: dict) -> float:
    """Seconds of STEPS training steps under the Trainer with its logging."""
    clock = _Clock()
    trainer = pl.Trainer(
        **trainer_settings,
        max_steps=STEPS + 1,
        callbacks=[clock],
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    trainer.fit(task, DataLoader(batches, batch_size=None))  # type: ignore[arg-type]
    return clock.seconds


def bare_seconds(task: KeypointTask, batches: list, bf16: bool, clip: float | None) -> float:
    """Seconds of the same steps in the shortest loop that trains the same model."""
    model, loss = task.model, task.loss
    optimizer = task.build_optimizer(p for p in model.parameters() if p.requires_grad)
    model.train()
    begin = 0.0
    for step, batch in enumerate(batches[: STEPS + 1]):
        images = batch["image"].contiguous(memory_format=task.memory_format)
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            maps = model(images)
        targets = model.codec.encode(
            batch["keypoints"], batch["labelled"], batch["visible"], model.stride
        )
        value = loss(maps.float(), targets, batch["labelled"])
        optimizer.zero_grad()
        value.backward()
        if clip:
            torch.nn.utils.clip_grad_norm_(model.parameters(), clip)
        optimizer.step()
        if step == 0:
            begin = time.perf_counter()
    return time.perf_counter() - begin


class Speed(NamedTuple):
    """Images per second of both sides, and the median of their paired ratios."""

    bare: float
    lightning: float
    ratio: float


def measure(config: DictConfig) -> Speed:
    """Measure both sides, in turns, for a configuration of train."""
    keep_freed_memory()
    task = instantiate(config.model.task)(
        model=instantiate(config.model.module),
        optimizer=instantiate(config.optimizer),
        schedule=instantiate(config.scheduler),
    )
    loader = instantiate(config.data.module).train_dataloader()
    batches = [batch for batch, _ in zip(loader, range(STEPS + 1), strict=False)]
    settings = {
        "accelerator": "cpu",
        "precision": config.trainer.precision,
        "gradient_clip_val": config.trainer.gradient_clip_val,
    }
    bf16, clip = config.trainer.precision == "bf16-mixed", config.trainer.gradient_clip_val
    bare, lightning = [], []
    for _ in range(ROUNDS):
        bare.append(bare_seconds(copy.deepcopy(task), batches, bf16, clip))
        lightning.append(lightning_seconds(copy.deepcopy(task), batches, settings))
    images = STEPS * config.data.batch_size
    return Speed(
        images / statistics.median(bare),
        images / statistics.median(lightning),
        statistics.median(b / t for b, t in zip(bare, lightning, strict=True)),
    )
