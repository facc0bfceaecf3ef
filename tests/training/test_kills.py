"""Training that is killed again and again, into another file system than the temporary files'."""

import csv
import gc
import multiprocessing
import random
import shutil
import tempfile
import time
from multiprocessing.context import ForkProcess
from pathlib import Path
from typing import Any

import pytest
import torch

from pushup.training import run

OTHER = Path("/dev/shm")


@pytest.fixture
def elsewhere(tmp_path):
    """A folder on another file system than that for temporary files."""
    if not OTHER.is_dir() or OTHER.stat().st_dev == Path(tempfile.gettempdir()).stat().st_dev:
        pytest.skip(f"{OTHER} is no file system of its own here")
    folder = Path(tempfile.mkdtemp(prefix="pushup-kills-", dir=OTHER))
    yield folder
    shutil.rmtree(folder)


@pytest.mark.slow
def test_a_kill_loses_no_checkpoint_and_no_curve(configured, elsewhere, kills):
    """Every second one within a save. `--kills 20 -s` for more, and for what was seen."""
    out, moments = elsewhere / "run", random.Random(1)
    last, epochs, in_save = out / "checkpoints" / "last.ckpt", -1, 0
    parts: dict[str, bytes] = {}
    for kill in range(kills):
        process = _start(configured, out, last.exists())
        _wait_for_checkpoint(process, last)
        if kill % 2:
            while not list(last.parent.glob(".partial-*")):
                time.sleep(0.001)
        process.join(moments.uniform(0.0, 0.02 if kill % 2 else 0.6))
        assert process.is_alive()
        process.kill()
        process.join()
        left = list(last.parent.glob(".partial-*"))
        assert len(left) <= 1  # those of earlier kills are gone
        in_save += len(left)
        before, epochs = epochs, torch.load(last, weights_only=False)["epoch"]
        assert epochs > before
        assert torch.load(last.with_name("best.ckpt"), weights_only=False)["epoch"] <= epochs
        assert _epochs_in_curves(out) >= set(range(epochs + 1))
        for path in out.glob("metrics_part_*"):
            assert parts.setdefault(path.name, path.read_bytes()) == path.read_bytes()
        assert len(parts) == kill
    print(f"\n{kills} kills, {in_save} of them within a save; {epochs + 1} epochs, all kept")


def _start(configured, out: Path, resume: bool) -> ForkProcess:
    settings = ("data.length=16", "trainer.max_epochs=10000", "scheduler=constant")
    config, _ = configured(*settings, f"resume={str(resume).lower()}", f"output_dir={out}")
    # forked, so that torch and Lightning need not be imported again
    process = multiprocessing.get_context("fork").Process(
        target=_train, args=(config, out, settings)
    )
    process.start()
    return process


def _train(*arguments: Any) -> None:
    gc.freeze()  # what the parent left to be collected may own threads, which are not here
    run.train(*arguments)


def _wait_for_checkpoint(process: ForkProcess, last: Path) -> None:
    before = last.stat().st_mtime_ns if last.exists() else 0
    while process.is_alive() and not (last.exists() and last.stat().st_mtime_ns > before):
        process.join(0.01)


def _epochs_in_curves(out: Path) -> set[int]:
    """Epochs whose validation figures are in some table."""
    rows = []
    for path in out.glob("metrics*.csv"):
        with path.open(newline="") as file:
            rows += csv.DictReader(file)
    return {int(row["epoch"]) for row in rows if row.get("val/pcks")}
