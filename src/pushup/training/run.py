"""One run of train.py: everything that is stated in a configuration, put together."""

import logging
import multiprocessing
import sys
import warnings
from collections.abc import Iterable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from hydra.utils import instantiate
from omegaconf import DictConfig
from pytorch_lightning.callbacks import ModelCheckpoint
from pytorch_lightning.trainer.states import TrainerStatus
from pytorch_lightning.utilities import rank_zero_only

from pushup.cli import InputError, make_output_dir
from pushup.files import locked
from pushup.models import KeypointModel, weights
from pushup.models.network import FoldsBatchNorm
from pushup.training import preemption, tracking
from pushup.training.checkpoints import AtomicCheckpointIO
from pushup.training.memory import keep_freed_memory
from pushup.training.reproducible import SeedEachEpoch
from pushup.training.resume import checkpoint_to_resume, tidy
from pushup.training.start import adopt


def train(
    config: DictConfig,
    output_dir: Path,
    overrides: Iterable[str] = (),
    callbacks: Iterable[pl.Callback] = (),
) -> dict[str, float]:
    """Train as configured, into `output_dir`, and return the last logged metrics.

    `checkpoints/best.ckpt` and `last.ckpt`, `metrics.csv` and `previews/` appear as it goes.

    Args:
        config: Of conf/train.yaml; takes in what a file to start from or to resume says.
        output_dir: A new folder, or the one of the run to resume.
        overrides: The command line that `config` comes from; see `pushup.training.start`.
        callbacks: More than the configuration has.

    Returns:
        By name; of the monitored metric also the best, as "best METRIC".

    Raises:
        InputError: Something does not fit, another run writes there, or the training diverges.
        KeyboardInterrupt: It was stopped by Ctrl-C.
    """
    _quieten_lightning()
    keep_freed_memory()
    preemption.check_restarts()
    preemption.prepare()
    _start_loaders_as_usual()
    # of the processes of one training the first holds the folder for all
    with nullcontext() if rank_zero_only.rank else locked(output_dir):  # type: ignore[attr-defined]
        return _train(config, output_dir, overrides, callbacks)


def _train(
    config: DictConfig,
    output_dir: Path,
    overrides: Iterable[str],
    callbacks: Iterable[pl.Callback],
) -> dict[str, float]:
    if config.trainer.accelerator == "cpu" and config.trainer.get("sync_batchnorm"):
        config.trainer.sync_batchnorm = False  # torch has it for GPUs alone
    resumed = checkpoint_to_resume(config, output_dir, overrides)
    if config.init_from and not resumed:
        adopt(config, config.init_from, overrides)
    if config.trainer.accelerator in ("gpu", "cuda") and not torch.cuda.is_available():
        raise InputError("this machine has no GPU that torch can use: add trainer=cpu")
    make_output_dir(output_dir, config)
    pl.seed_everything(config.seed, workers=True, verbose=False)
    model = instantiate(config.model.module)
    data = instantiate(config.data.module)
    if config.init_from and not resumed:
        _copy_weights(config.init_from, model, data)
    task = instantiate(config.model.task)(
        model=model, optimizer=instantiate(config.optimizer), schedule=instantiate(config.scheduler)
    )
    tidy(output_dir)
    configured = instantiate(config.callbacks).values()
    loggers = list(instantiate(config.logger or {}).values())
    trainer = instantiate(
        config.trainer,
        callbacks=[*configured, SeedEachEpoch(config.seed), *callbacks],
        logger=loggers,
        plugins=[AtomicCheckpointIO()],
    )
    with tracking.ended(loggers):
        tracking.describe(loggers, config)
        _fit(trainer, task, data, resumed)
        metrics = _metrics(trainer, config.monitor.metric)
        best = output_dir / "checkpoints" / "best.ckpt"
        if best.is_file():
            epoch = weights.read(best)[0]["training"]["epoch"]
            monitored = {k: v for k, v in metrics.items() if k == f"best {config.monitor.metric}"}
            tracking.keep_best(loggers, best, epoch, monitored)
    return metrics


def _start_loaders_as_usual() -> None:
    """In a worker of joblib: the default there, its own way to start processes, fails them."""
    if multiprocessing.get_start_method() == "loky":
        usual = "fork" if sys.platform == "linux" else "spawn"
        multiprocessing.set_start_method(usual, force=True)


def _quieten_lightning() -> None:
    """Leave out what Lightning says of itself, of small machines, and of folders we prepared."""
    logging.getLogger("pytorch_lightning").setLevel(logging.WARNING)
    for message in (
        ".*does not have many workers.*",
        ".*smaller than the logging interval.*",
        ".*Experiment logs directory .* exists and is not empty.*",
        ".*Checkpoint directory .* exists and is not empty.*",
        ".*LeafSpec.*deprecated.*",
    ):
        warnings.filterwarnings("ignore", message)


def _copy_weights(source: str, model: Any, data: pl.LightningDataModule) -> None:
    """Start from the weights of another training of the same model."""
    trained, network = weights.load(source, None), model.network
    if isinstance(trained, KeypointModel) and isinstance(network, FoldsBatchNorm):
        if network.folded:
            trained.fold()
        else:
            trained.unfold(next(iter(data.train_dataloader()))["image"])
    try:
        if isinstance(trained, KeypointModel) and isinstance(model, KeypointModel):
            model.start_from(trained)
        else:
            model.network.load_state_dict(trained.network.state_dict())
    except RuntimeError as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"init_from={source} does not fit this model: {reason}") from error


def _fit(
    trainer: pl.Trainer,
    task: pl.LightningModule,
    data: pl.LightningDataModule,
    resumed: Path | None,
) -> None:
    try:
        trainer.fit(task, datamodule=data, ckpt_path=None if resumed is None else str(resumed))
    except SystemExit as error:  # what Lightning makes of Ctrl-C
        # another code is that of a job which submitit queues again
        if trainer.state.status == TrainerStatus.INTERRUPTED and error.code == 1:
            raise KeyboardInterrupt from error
        raise


def _metrics(trainer: pl.Trainer, monitored: str) -> dict[str, float]:
    found = {name: float(value) for name, value in trainer.callback_metrics.items()}
    for callback in trainer.checkpoint_callbacks:
        if isinstance(callback, ModelCheckpoint) and callback.monitor == monitored:
            score = callback.best_model_score
            if score is not None:
                found[f"best {monitored}"] = float(score)
    # Lightning tells what is logged each step and each epoch three times
    return {name: value for name, value in found.items() if not name.endswith(("_step", "_epoch"))}
