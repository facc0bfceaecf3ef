"""What experiment trackers are told beside the curves: settings, data, pictures, best weights."""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf
from pytorch_lightning.loggers import (
    CSVLogger,
    Logger,
    MLFlowLogger,
    TensorBoardLogger,
    WandbLogger,
)
from pytorch_lightning.utilities import rank_zero_only

from pushup.models.weights import current_commit

_LABELS = (".json", ".csv", ".mat", ".npz")
_NOT_DATA = ("root", "num_workers", "batch_size")


@contextmanager
def ended(loggers: Iterable[Logger]) -> Iterator[None]:
    """End W&B's run with the block: the next training of this process would go on with it."""
    try:
        yield
    finally:
        for logger in loggers:
            if isinstance(logger, WandbLogger) and rank_zero_only.rank in (0, None):  # type: ignore[attr-defined]
                logger.experiment.finish()


@rank_zero_only
def describe(loggers: Iterable[Logger], config: DictConfig) -> None:
    """Tell trackers the settings, the commit and the data; the folder of a run has them anyway."""
    trackers = [logger for logger in loggers if not isinstance(logger, CSVLogger)]
    if trackers:
        settings: Any = OmegaConf.to_container(config, resolve=True)
        told = {**settings, "commit": current_commit(), "data_digest": data_digest(config)}
        for logger in trackers:
            if not isinstance(logger, MLFlowLogger) or not _is_described(logger):
                logger.log_hyperparams(told)


def _is_described(logger: MLFlowLogger) -> bool:
    """Whether the run goes on: MLflow refuses parameters that change."""
    return bool(logger.experiment.get_run(logger.run_id or "").data.params)


def data_digest(config: DictConfig) -> str:
    """SHA-256 of what a run learns from, wherever it lies.

    Of the settings of the data, the names and sizes of all files of its folders, and the contents
    of those that hold labels.
    """
    settings: Any = OmegaConf.to_container(config.data, resolve=True)
    kept = {key: value for key, value in settings.items() if key not in _NOT_DATA}
    roots = [settings.get("root"), (kept.pop("extra_train", None) or {}).get("root")]
    kept.pop("module", None)  # says the same with the paths of this machine
    said, found = OmegaConf.to_yaml(kept, sort_keys=True), [str(r) for r in roots if r is not None]
    for root in found:
        said = said.replace(root, "root")
    digest = hashlib.sha256(said.encode())
    for root in map(Path, found):
        for path in sorted(p for p in root.rglob("*") if p.is_file()):
            digest.update(f"{path.relative_to(root).as_posix()} {path.stat().st_size}\n".encode())
            if path.suffix.lower() in _LABELS:
                digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def log_picture(loggers: Iterable[Logger], path: Path, image_rgb: Any, step: int) -> None:
    """Show a picture of validation.

    Args:
        loggers: Of the run; those without pictures are passed over.
        path: Where it lies.
        image_rgb: (H, W, 3) uint8.
        step: When it was made.
    """
    for logger in loggers:
        if isinstance(logger, WandbLogger):
            logger.log_image("val/previews", [str(path)], step=step)
        elif isinstance(logger, TensorBoardLogger):
            logger.experiment.add_image("val/previews", image_rgb, step, dataformats="HWC")
        elif isinstance(logger, MLFlowLogger):
            logger.experiment.log_artifact(logger.run_id, str(path), "previews")


@rank_zero_only
def keep_best(loggers: Iterable[Logger], best: Path, epoch: int, monitored: dict[str, Any]) -> None:
    """Store the best checkpoint: in W&B as an artifact with aliases, in MLflow as a file.

    Args:
        loggers: Of the run.
        best: The checkpoint.
        epoch: When it was made, from 0.
        monitored: Its metric, by name.
    """
    for logger in loggers:
        if isinstance(logger, WandbLogger):
            import wandb

            name = f"{logger.experiment.id}-model"
            artifact = wandb.Artifact(name, "model", metadata={**monitored, "epoch": epoch})
            artifact.add_file(str(best), best.name)
            logger.experiment.log_artifact(artifact, aliases=["best", f"epoch-{epoch}"])
        elif isinstance(logger, MLFlowLogger):
            logger.experiment.log_artifact(logger.run_id, str(best), "checkpoints")
