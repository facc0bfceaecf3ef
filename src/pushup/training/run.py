"""From a configuration to a trained model: the one place where training is put together."""

import csv
import logging
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytorch_lightning as pl
from hydra.utils import instantiate
from omegaconf import DictConfig
from pytorch_lightning.utilities import rank_zero_only

from pushup.cli import InputError
from pushup.files import write_csv
from pushup.models import KeypointModel, weights
from pushup.training.memory import keep_freed_memory


def train(config: DictConfig, output_dir: Path) -> dict[str, float]:
    """Train as configured, into `output_dir`, and return the last logged metrics.

    `checkpoints/best.ckpt` and `last.ckpt`, `metrics.csv` and `previews/` appear as it goes.
    """
    _quieten_lightning()
    keep_freed_memory()
    resume_from = _checkpoint_to_resume(config, output_dir)
    pl.seed_everything(config.seed, workers=True, verbose=False)
    model = instantiate(config.model.module)
    data = instantiate(config.data.module)
    if config.init_from:
        source = weights.load(config.init_from, None)
        if config.model.get("batch_norm") and isinstance(source, KeypointModel):
            source.unfold(next(iter(data.train_dataloader()))["image"])
        _copy_matching(source, model, config.init_from)
    task = instantiate(config.model.task)(
        model=model, optimizer=instantiate(config.optimizer), schedule=instantiate(config.scheduler)
    )
    callbacks = list(instantiate(config.callbacks).values())
    trainer = instantiate(config.trainer, callbacks=callbacks, logger=instantiate(config.logger))
    trainer.fit(task, datamodule=data, ckpt_path=resume_from)
    return {name: float(value) for name, value in trainer.callback_metrics.items()}


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


def _checkpoint_to_resume(config: DictConfig, output_dir: Path) -> str | None:
    """The last checkpoint if asked to resume; the curves so far are kept beside the new ones."""
    last = output_dir / "checkpoints" / "last.ckpt"
    if not config.resume:
        if last.exists():
            raise InputError(
                f"{output_dir} already holds a run: add resume=true to go on with it, "
                "or choose another run=NAME"
            )
        return None
    if not last.exists():
        raise InputError(
            f"nothing to resume: no checkpoint {last}; give the run=NAME of an earlier run"
        )
    spec, _ = weights.read(last)
    if config.model.name not in (spec["name"], None):
        raise InputError(f"{last} holds model {spec['name']!r}: add model={spec['name']}")
    curves = output_dir / "metrics.csv"
    if curves.exists():
        curves.rename(curves.with_name(f"metrics_until_epoch_{spec['training']['epoch']}.csv"))
    return str(last)


def _copy_matching(source, target, origin: str) -> None:
    """Start from the weights of another training of the same architecture."""
    try:
        target.network.load_state_dict(source.network.state_dict())
    except RuntimeError as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"init_from={origin} does not fit this model: {reason}") from error


@rank_zero_only
def report(
    metrics: dict[str, float], output_dir: Path, overrides: Sequence[str], table: Path | None
) -> None:
    """Print a run's figures; in a sweep, add them to its table."""
    figures = {name: f"{value:.6g}" for name, value in sorted(metrics.items())}
    if table is not None:
        row = {"run": output_dir.name, "overrides": " ".join(overrides), **figures}
        append_summary(table, row)
    print(f"{output_dir}: " + ", ".join(f"{name} {value}" for name, value in figures.items()))


def append_summary(path: Path, row: Mapping[str, object]) -> None:
    """Add one run to the table of a sweep, widening the table if the run has new columns."""
    rows: list[Mapping[str, object]] = []
    if path.exists():
        with path.open(newline="") as file:
            rows += csv.DictReader(file)
    rows.append(row)
    columns = list(dict.fromkeys(key for r in rows for key in r))
    write_csv(path, columns, rows)
