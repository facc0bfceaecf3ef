"""A search that outlives its process: trials of an Optuna study on disk.

Several processes, on several machines that share the folder (or a database), work on one study.
What a killed process had begun is tried again; what is finished is never repeated.
"""

import math
import os
import socket
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

import optuna
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
from pushup.files import write_text
from pushup.foreign import parsing
from pushup.training.summary import reason

WORKER = "worker"
"""User attribute of a trial: machine and process that run it."""

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
    objective: Callable[[int, Mapping[str, Any]], float],
    space: Space,
    folder: Path,
    trials: int,
    storage: str | None = None,
    direction: Literal["maximize", "minimize"] = "maximize",
    seed: int | None = None,
) -> list[str]:
    """Run trials until the study has so many, whoever runs them; write `best.yaml`.

    Args:
        objective: Number and values of a trial to its result. A trial whose objective raises, or
            gives no number, has failed; the search goes on.
        space: What is searched.
        folder: Of the study.
        trials: How many in all.
        storage: URL of a database; None: `study.log` in the folder.
        direction: "maximize" or "minimize".
        seed: Of this process's sampler.

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
            study_name="pushup",
            direction=direction,
            load_if_exists=True,
        )
    failures = []
    while True:
        with lock:
            _give_up_dead(study)
            if sum(_counts(trial) for trial in study.get_trials(deepcopy=False)) >= trials:
                return failures
            trial = study.ask(space)
            trial.set_user_attr(WORKER, f"{socket.gethostname()} {os.getpid()}")
        try:
            value = float(objective(trial.number, trial.params))
            failure = "" if math.isfinite(value) else f"the result is {value}"
        except Exception as error:
            failure = reason(error)
        if failure:
            study.tell(trial, state=TrialState.FAIL)
            failures.append(f"trial {trial.number}: {failure}")
        else:
            study.tell(trial, value)
            best = study.best_trial
            told = {"trial": best.number, "value": best.value, "params": dict(best.params)}
            write_text(folder / "best.yaml", OmegaConf.to_yaml(told))


def _counts(trial: FrozenTrial) -> bool:
    """Whether a trial is one of those asked for: not what is to come, nor what has died."""
    return trial.state not in (TrialState.WAITING, TrialState.PRUNED)


def _give_up_dead(study: optuna.Study) -> None:
    """Let trials whose process is gone be tried again, by whoever asks next."""
    for trial in study.get_trials(deepcopy=False, states=[TrialState.RUNNING]):
        host, _, pid = str(trial.user_attrs.get(WORKER, "")).rpartition(" ")
        # without a worker, it died before it could say so: under the lock there is no other
        if not pid or (host == socket.gethostname() and not _alive(int(pid))):
            study.tell(trial.number, state=TrialState.PRUNED)
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
