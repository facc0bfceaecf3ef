"""A study on disk: several processes, killed and started again."""

import csv
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import cv2
import optuna
import pytest
import torch
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState

from pushup.cli import InputError
from pushup.training.study import Pruning, search, split

WORKER = """
import os, sys, time
from pathlib import Path
from pushup.training.study import search, split

folder = Path(sys.argv[1])

def objective(trial):
    with open(folder / "begun.csv", "a") as file:
        file.write(f"{os.getpid()},{trial.params['x']}\\n")
    time.sleep(1.0)
    return -((trial.params["x"] - 0.3) ** 2)

search(objective, split(["x=interval(0.0,1.0)"])[0], folder, 8)
"""


def begun(folder: Path) -> list[list[str]]:
    file = folder / "begun.csv"
    return list(csv.reader(file.open())) if file.exists() else []


def trials(folder: Path) -> list[optuna.trial.FrozenTrial]:
    storage = JournalStorage(JournalFileBackend(str(folder / "study.log")))
    return optuna.load_study(study_name="pushup", storage=storage).trials


@pytest.mark.slow
def test_a_search_by_two_processes_that_are_killed_loses_and_repeats_nothing(tmp_path):
    for kill in (True, True, False):
        line = [sys.executable, "-c", WORKER, str(tmp_path)]
        workers = [subprocess.Popen(line) for _ in range(2)]
        if kill:
            before, deadline = len(begun(tmp_path)), time.monotonic() + 300
            while len(begun(tmp_path)) < before + 3 and time.monotonic() < deadline:
                time.sleep(0.05)
            for worker in workers:
                os.kill(worker.pid, signal.SIGKILL)
        for worker in workers:
            worker.wait(300)
    found = trials(tmp_path)
    complete = [t.params["x"] for t in found if t.state == TrialState.COMPLETE]
    died = [t.params["x"] for t in found if t.state == TrialState.FAIL and t.params]
    assert len(complete) == len(set(complete)) == 8
    assert {t.state for t in found} == {TrialState.COMPLETE, TrialState.FAIL}
    assert 1 <= len(died) <= 4
    assert set(died) <= set(complete)  # tried again
    best = max(complete, key=lambda x: -abs(x - 0.3))
    assert f"x: {best}" in (tmp_path / "best.yaml").read_text()


def test_a_trial_that_fails_is_counted_and_the_others_run(tmp_path):
    tried = []

    def objective(trial):
        tried.append(trial.params["x"])
        if trial.number == 1:
            raise ValueError("too far\nby much")
        return float("nan") if trial.number == 2 else trial.params["x"]

    space, _ = split(["x=interval(0.0,1.0)"])
    failures = search(objective, space, tmp_path, 5, seed=1)
    assert failures == ["trial 1: too far", "trial 2: the result is nan"]
    assert len(tried) == 5
    assert search(objective, space, tmp_path, 5) == []  # nothing is left to do
    assert len(tried) == 5
    search(objective, space, tmp_path, 6)
    assert len(tried) == 6
    for name in ("parallel_coordinates", "importances"):
        assert cv2.imread(str(tmp_path / f"{name}.png")).std() > 1


def test_a_trial_that_falls_behind_is_given_up(tmp_path):
    """The metric of five epochs is x; those below the median of four finished ones end early."""
    epochs = Counter()

    def objective(trial):
        pruning = Pruning(trial, "val/pcks")
        for epoch in range(5):
            epochs[trial.number] += 1
            metrics = {"val/pcks": torch.tensor(trial.params["x"])}
            shown = {"callback_metrics": metrics, "current_epoch": epoch, "sanity_checking": False}
            pruning.on_validation_end(SimpleNamespace(**shown), None)
        return trial.params["x"]

    space, _ = split(["x=interval(0.0,1.0)"])
    assert search(objective, space, tmp_path, 12, seed=2) == []
    states = {t.number: t.state for t in trials(tmp_path)}
    pruned = [n for n, state in states.items() if state == TrialState.PRUNED]
    assert len(states) == 12
    assert 0 < len(pruned) < 8
    assert all(epochs[n] == (1 if n in pruned else 5) for n in states)


def test_ranges_are_told_from_values():
    space, fixed = split(
        [
            *("a=interval(1,8)", "b=tag(log,interval(1e-4,1e-2))", "c=choice(x,y)", "d=5"),
            *("e=range(1,4)", "c2=1", "a=int(interval(1,4))", "+f=3", "g=1,2", "b2=1", "b2=2"),
        ]
    )
    assert space["a"] == IntDistribution(1, 4)
    assert space["b"] == FloatDistribution(1e-4, 1e-2, log=True)
    assert space["c"] == CategoricalDistribution(["x", "y"])
    assert space["e"] == CategoricalDistribution(["1", "2", "3"])
    assert space["g"] == CategoricalDistribution(["1", "2"])
    assert fixed == ["d=5", "c2=1", "+f=3", "b2=2"]


@pytest.mark.parametrize(("log", "storage"), [(b"junk", None), (b"[1]", None), (b"", "no://such")])
def test_what_is_no_study_is_one_line(tmp_path, log, storage):
    (tmp_path / "study.log").write_bytes(log)
    with pytest.raises(InputError, match="give another --folder or --storage"):
        search(lambda *_: 0.0, split(["x=interval(0.0,1.0)"])[0], tmp_path, 1, storage)
    with pytest.raises(InputError, match="cannot write to output folder"):
        search(lambda *_: 0.0, {}, tmp_path / "study.log", 1)


@pytest.mark.parametrize("range_", ["a=interval(2,1)", "a=tag(log,interval(0.0,1.0))"])
def test_a_range_of_which_nothing_can_be_drawn_is_named(range_):
    with pytest.raises(InputError, match="give LOW before HIGH"):
        split([range_])
