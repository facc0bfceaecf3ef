"""A search that outlives its process: trials of an Optuna study on disk.

Several processes, on several machines that share the folder (or a database), work on one study.
What a killed process had begun is tried again; what is finished is never repeated.
"""

import math
import os
import socket
import warnings
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Literal

import optuna
import pytorch_lightning as pl
from filelock import FileLock
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import ChoiceSweep, IntervalSweep, Override, RangeSweep
from omegaconf import OmegaConf
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial, TrialState

from pushup.cli import InputError, make_output_dir
from pushup.files import replacing, write_text
from pushup.foreign import parsing
from pushup.training.summary import reason

WORKER, FAILURE = "worker", "failure"
"""User attributes of a trial: machine and process that run it, and why it failed; what has died
could not say."""

Space = dict[str, BaseDistribution]


def split(overrides: Iterable[str]) -> tuple[Space, list[str]]:
    """What overrides in Hydra's grammar search (ranges, choices), and those that state one value.

    The later one counts where two name the same.

    Raises:
        HydraException: An override is none.
        InputError: Nothing can be drawn from a range.
    """
    space: Space = {}
    fixed: dict[str, str] = {}
    for override in OverridesParser.create().parse_overrides(list(overrides)):
        key = override.get_key_element()
        space.pop(key, None)
        fixed.pop(key, None)
        try:
            values = _distribution(override)
        except ValueError as error:
            raise InputError(f"{override.input_line}: {error}; give LOW before HIGH") from error
        if values is None:
            fixed[key] = str(override.input_line)
        else:
            space[key] = values
    return space, list(fixed.values())


def _distribution(override: Override) -> BaseDistribution | None:
    values = override.value()
    if isinstance(values, (ChoiceSweep, RangeSweep)):
        return CategoricalDistribution(list(override.sweep_string_iterator()))
    if isinstance(values, IntervalSweep):
        low, high, log = values.start, values.end, "log" in values.tags
        if isinstance(low, int) and isinstance(high, int):  # as of int(interval(1, 8))
            return IntDistribution(low, high, log)
        return FloatDistribution(low, high, log)  # type: ignore[arg-type]
    return None


def search(
    objective: Callable[[optuna.Trial], float],
    space: Space,
    folder: Path,
    trials: int,
    storage: str | None = None,
    direction: Literal["maximize", "minimize"] = "maximize",
    seed: int | None = None,
    prune: bool = True,
) -> list[str]:
    """Run trials until the study has so many, whoever runs them; leave the best and pictures.

    Args:
        objective: A trial to its result; it may report on the way and raise TrialPruned. A trial
            whose objective raises anything else, or gives no number, has failed; the search goes
            on.
        space: What is searched.
        folder: Of the study.
        trials: How many in all.
        storage: URL of a database; None: `study.log` in the folder.
        direction: "maximize" or "minimize".
        seed: Of this process's sampler.
        prune: Stop a trial that falls behind the median of the others (`Pruning` asks).

    Returns:
        What went wrong, one line for each failed trial of this process.
    """
    make_output_dir(folder)
    lock = FileLock(folder / ".study.lock")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    path, remedy = folder / "study.log", "give another --folder or --storage"
    with lock, parsing(storage or path, "a study", remedy):
        study = optuna.create_study(
            storage=storage or JournalStorage(JournalFileBackend(str(path))),
            sampler=optuna.samplers.TPESampler(seed=seed),
            pruner=optuna.pruners.MedianPruner(4) if prune else optuna.pruners.NopPruner(),
            study_name="pushup",
            direction=direction,
            load_if_exists=True,
        )
    failures: list[str] = []
    while True:
        with lock:
            _give_up_dead(study)
            if sum(_counts(trial) for trial in study.get_trials(deepcopy=False)) >= trials:
                draw(study, folder)
                return failures
            trial = study.ask(space)
            trial.set_user_attr(WORKER, f"{socket.gethostname()} {os.getpid()}")
        if failure := _run(study, trial, objective, folder / "best.yaml"):
            failures.append(f"trial {trial.number}: {failure}")


def _run(
    study: optuna.Study, trial: optuna.Trial, objective: Callable[[optuna.Trial], float], best: Path
) -> str:
    """Run a trial and tell the study; why it failed, if it did."""
    try:
        value = float(objective(trial))
        failure = "" if math.isfinite(value) else f"the result is {value}"
    except optuna.TrialPruned:
        study.tell(trial, state=TrialState.PRUNED)
        return ""
    except Exception as error:
        value, failure = math.nan, reason(error)
    if failure:
        trial.set_user_attr(FAILURE, failure)
        study.tell(trial, state=TrialState.FAIL)
        return failure
    study.tell(trial, value)
    found = study.best_trial
    told = {"trial": found.number, "value": found.value, "params": dict(found.params)}
    write_text(best, OmegaConf.to_yaml(told))
    return ""


class Pruning(pl.Callback):
    """Reports a metric after each validation, and ends a trial that the study's pruner gives up."""

    def __init__(self, trial: optuna.Trial, metric: str) -> None:
        self._trial, self._metric = trial, metric

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Raise TrialPruned where the others were better at this epoch."""
        value = trainer.callback_metrics.get(self._metric)
        if value is None or trainer.sanity_checking:
            return
        self._trial.report(float(value), trainer.current_epoch)
        if self._trial.should_prune():
            raise optuna.TrialPruned(f"given up after epoch {trainer.current_epoch}")


def draw(study: optuna.Study, folder: Path) -> list[Path]:
    """Pictures of a study with finished trials: parallel coordinates, importances.

    Importances need two finished trials that differ.
    """
    finished = study.get_trials(deepcopy=False, states=[TrialState.COMPLETE])
    if not finished:
        return []
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt
    from optuna.visualization import matplotlib as plots

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Optuna calls its plots experimental
        drawings = {"parallel_coordinates": plots.plot_parallel_coordinate}
        if len({trial.value for trial in finished}) > 1:
            judge = optuna.importance.PedAnovaImportanceEvaluator()
            drawings["importances"] = partial(plots.plot_param_importances, evaluator=judge)
        paths = []
        for name, plot in drawings.items():
            plot(study)
            paths.append(folder / f"{name}.png")
            with replacing(paths[-1]) as part:
                plt.savefig(part, dpi=120, bbox_inches="tight")
            plt.close("all")
    return paths


def _counts(trial: FrozenTrial) -> bool:
    """Whether a trial is one of those asked for: not what is to come, nor what has died."""
    died = trial.state == TrialState.FAIL and FAILURE not in trial.user_attrs
    return trial.state != TrialState.WAITING and not died


def _give_up_dead(study: optuna.Study) -> None:
    """Let trials whose process is gone be tried again, by whoever asks next."""
    for trial in study.get_trials(deepcopy=False, states=[TrialState.RUNNING]):
        host, _, pid = str(trial.user_attrs.get(WORKER, "")).rpartition(" ")
        # without a worker, it died before it could say so: under the lock there is no other
        if not pid or (host == socket.gethostname() and not _alive(int(pid))):
            study.tell(trial.number, state=TrialState.FAIL)
            values = trial.params or trial.system_attrs.get("fixed_params")
            if values:  # it had come so far
                study.enqueue_trial(values)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
