"""Loggers that need more than a constructor."""

import csv
import netrc
import os
from pathlib import Path

from lightning_fabric.loggers.logger import rank_zero_experiment
from pytorch_lightning.loggers import CSVLogger, MLFlowLogger, WandbLogger
from pytorch_lightning.loggers.csv_logs import ExperimentWriter

from pushup.cli import InputError, extra
from pushup.files import write_csv
from pushup.training.checkpoints import MAKE_ROOM


class CurveLogger(CSVLogger):
    """Lightning's metrics.csv, which a kill or a full disk leaves as it was before."""

    @property
    @rank_zero_experiment
    def experiment(self) -> ExperimentWriter:
        """What writes the table."""
        if not isinstance(self._experiment, _Curves):
            self._experiment = _Curves(self.log_dir)
        return self._experiment

    def save(self) -> None:
        """Write what was logged; InputError if it cannot be written."""
        try:
            super().save()
        except OSError as error:
            path = Path(self.log_dir, _Curves.NAME_METRICS_FILE)
            raise InputError(f"cannot write {path}: {error.strerror}; {MAKE_ROOM}") from error


class _Curves(ExperimentWriter):
    def _rewrite_with_new_header(self, fieldnames: list[str]) -> None:
        with open(self.metrics_file_path, newline="") as file:
            rows = list(csv.DictReader(file))
        write_csv(self.metrics_file_path, fieldnames, rows, MAKE_ROOM)


def wandb_logger(save_dir: str, project: str, name: str, resume: bool | str) -> WandbLogger:
    """Weights & Biases, offline where no key is at hand (`wandb sync` uploads later).

    A run that goes on is the same run there: its id is its name, or what an agent of a sweep says.
    """
    return WandbLogger(
        project=project,
        name=name,
        id=os.environ.get("WANDB_RUN_ID") or name.replace("/", "-"),
        save_dir=save_dir,
        offline=not _has_key(),
        resume="allow" if resume else None,
    )


def _has_key() -> bool:
    if os.environ.get("WANDB_API_KEY"):
        return True
    try:
        return netrc.netrc(Path.home() / ".netrc").authenticators("api.wandb.ai") is not None
    except (OSError, netrc.NetrcParseError):
        return False


def mlflow_logger(
    experiment: str, name: str, resume: bool | str, tracking_uri: str
) -> MLFlowLogger:
    """MLflow. A run that goes on is the latest of its name."""
    mlflow = extra("mlflow", "mlflow")
    run_id = None
    if resume:
        client = mlflow.MlflowClient(tracking_uri)
        found = client.get_experiment_by_name(experiment)
        wanted = f"attributes.run_name = '{name}'"
        runs = client.search_runs([found.experiment_id], wanted, max_results=1) if found else []
        run_id = runs[0].info.run_id if runs else None
    return MLFlowLogger(experiment, name, tracking_uri, run_id=run_id)
