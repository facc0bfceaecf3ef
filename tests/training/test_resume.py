"""Runs that stop and go on."""

import csv
import functools
import math
import os
import signal
import subprocess
import sys
import time

import pytest
import torch
from hydra.utils import instantiate

from pushup.cli import InputError
from pushup.data.sampling import EpochSampler
from pushup.files import locked
from pushup.models import KeypointModel, weights
from pushup.training import checkpoints
from pushup.training.checkpoints import AtomicCheckpointIO
from pushup.training.loggers import CurveLogger

THREE = ("data.length=24", "scheduler=constant", "trainer.max_epochs=3", "model.framing=rectangle")


@pytest.fixture
def seen(monkeypatch):
    """The pictures that networks learn from, a list of batches for each training."""
    runs, look = [], KeypointModel.forward

    def forward(model, images):
        if model.training:
            runs[-1].append(images.clone())
        return look(model, images)

    monkeypatch.setattr(KeypointModel, "forward", forward)
    return runs


def test_a_run_that_is_resumed_after_each_epoch_is_the_run_that_never_stopped(trained, seen):
    weighted = (*THREE, "data.source_weights={rendered: 2}", "data.batch_size=4")
    seen.append([])
    _, whole = trained(*weighted, name="whole")
    seen.append([])
    for epochs in (1, 2, 3):
        resume = (f"trainer.max_epochs={epochs}", f"resume={'true' if epochs > 1 else 'false'}")
        _, parts = trained(*weighted, *resume, name="parts")
    assert len(seen[0]) == len(seen[1]) == 18
    assert all(map(torch.equal, *seen))
    assert not torch.equal(seen[0][0], seen[0][6])  # the epochs differ from each other
    states = [weights.read(f / "checkpoints" / "last.ckpt")[1] for f in (whole, parts)]
    for key, value in states[0].items():
        torch.testing.assert_close(value, states[1][key], rtol=0, atol=1e-6)
    rows = [row for n in (1, 2) for row in read(parts / f"metrics_part_{n}.csv")]
    assert len(rows + read(parts / "metrics.csv")) == len(read(whole / "metrics.csv"))


def read(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("weights", [None, [1.0] * 24])
def test_each_epoch_draws_anew_and_again_the_same(weights):
    sampler = EpochSampler(24, 4, seed=1, weights=weights)
    first = list(sampler)
    assert list(sampler) == first
    sampler.set_epoch(1)
    second = list(sampler)
    assert [i for i, _ in second] != [i for i, _ in first]
    assert not {seed for _, seed in second} & {seed for _, seed in first}
    if weights is None:
        assert sorted(i for i, _ in second) == list(range(24))
    assert list(EpochSampler(24, 4, seed=2, weights=weights)) != first


def test_what_is_drawn_does_not_depend_on_loader_processes(configured):
    batches = []
    for workers in (0, 2):
        config, _ = configured("data.length=8", "augment=strong", f"data.num_workers={workers}")
        loader = instantiate(config.data.module).train_dataloader()
        loader.sampler.set_epoch(3)
        batches.append(next(iter(loader))["image"])
    assert torch.equal(*batches)


def test_a_finished_run_says_so_and_keeps_its_curves(trained, tmp_path):
    trained("data.length=8")
    before = (tmp_path / "run" / "metrics.csv").read_bytes()
    with pytest.raises(InputError, match=r"finished after 1 epochs: raise trainer\.max_epochs"):
        trained("data.length=8", "resume=true")
    assert (tmp_path / "run" / "metrics.csv").read_bytes() == before
    assert not list((tmp_path / "run").glob("metrics_part*"))


def test_what_has_changed_is_told_or_refused(trained, capsys):
    trained("data.length=8")
    go_on = ("data.length=16", "resume=true", "trainer.max_epochs=2")
    with pytest.raises(InputError, match=r"optimizer\.lr=0\.0015: leave out optimizer\.lr=0\.001"):
        trained(*go_on, "optimizer.lr=0.001")
    with pytest.raises(InputError, match=r"scheduler.* or begin another run with init_from="):
        trained(*go_on, "scheduler=constant")
    with pytest.raises(InputError, match=r"goes on with skeleton\.spec=upper7: leave out"):
        trained(*go_on, "skeleton=body16")
    capsys.readouterr()
    trained(*go_on)
    told = [line for line in capsys.readouterr().out.splitlines() if line.startswith("resume:")]
    assert "resume: data.length=16, before 8" in told
    assert "resume: trainer.max_epochs=2, before 1" in told
    assert all("length" in line or "max_epochs" in line for line in told)


def test_a_second_training_into_the_folder_of_one_that_runs_is_refused(trained, tmp_path):
    with locked(tmp_path / "run"), pytest.raises(InputError, match="another run writes into it"):
        trained("data.length=8")


def test_curves_without_a_checkpoint_and_half_a_checkpoint_are_set_aside(trained, tmp_path):
    """As a kill in the first epoch leaves them."""
    folder = tmp_path / "run"
    (folder / "checkpoints").mkdir(parents=True)
    (folder / "checkpoints" / ".partial-1-last.ckpt").write_bytes(b"half")
    (folder / "metrics.csv").write_text("epoch,step\n0,1\n")
    trained("data.length=8")
    assert (folder / "metrics_part_1.csv").read_text() == "epoch,step\n0,1\n"
    assert sorted(os.listdir(folder / "checkpoints")) == ["best.ckpt", "last.ckpt"]


def test_curves_survive_a_new_column_on_a_full_disk(tmp_path, monkeypatch):
    logger = CurveLogger(tmp_path, name="", version="")
    logger.log_metrics({"train/loss": 1.5}, step=1)
    logger.save()
    before = (tmp_path / "metrics.csv").read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    logger.log_metrics({"val/loss": 2.5}, step=2)
    with monkeypatch.context() as patch:
        patch.setattr("os.replace", full)
        with pytest.raises(InputError, match=r"metrics\.csv: No space left on device; make room"):
            logger.save()
    assert (tmp_path / "metrics.csv").read_bytes() == before


def test_a_batch_larger_than_the_data_is_refused(trained):
    with pytest.raises(InputError, match=r"batch_size=64 is more than the 8 training pictures"):
        trained("data.length=8", "data.batch_size=64")


def test_a_loss_that_is_no_number_stops_the_training(trained, tmp_path):
    with pytest.raises(InputError, match=r"the loss is nan in epoch 0: lower optimizer\.lr"):
        trained("data.length=32", "optimizer.lr=1e18", "trainer.max_epochs=3")
    assert not (tmp_path / "run" / "checkpoints" / "last.ckpt").exists()


def test_the_console_tells_each_loss_once(trained):
    metrics, _ = trained("data.length=8", "trainer.max_epochs=2")
    assert [name for name in metrics if "train/loss" in name] == ["train/loss"]
    assert metrics["best val/pcks"] >= metrics["val/pcks"]


def test_a_checkpoint_replaces_the_one_before_only_when_it_is_whole(tmp_path, monkeypatch):
    path, io = tmp_path / "last.ckpt", AtomicCheckpointIO()
    io.save_checkpoint({"epoch": 1}, path)

    def full(value, file):
        file.write(b"half")
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(checkpoints.torch, "save", full)
        with pytest.raises(InputError, match="No space left"):
            io.save_checkpoint({"epoch": 2}, path)
    assert torch.load(path) == {"epoch": 1}
    assert os.listdir(tmp_path) == ["last.ckpt"]


def test_checkpoints_are_written_beside_their_target(trained, monkeypatch, tmp_path):
    """Not by way of the folder for temporary files, which may be another file system."""
    written, save = [], torch.save
    monkeypatch.setattr(
        checkpoints.torch, "save", lambda v, f: (written.append(f.name), save(v, f))
    )
    trained("data.length=8")
    folder = str(tmp_path / "run" / "checkpoints")
    assert len(written) == 2
    assert all(os.path.dirname(name) == folder for name in written)


def test_a_machine_without_a_gpu_is_told_what_to_add(trained, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(InputError, match="add trainer=cpu"):
        trained("experiment=mobilenet")


@pytest.mark.slow
def test_ctrl_c_says_how_to_go_on(repository, tmp_path):
    command = [
        *(sys.executable, "train.py", "model=blazepose", "codec.input_size=64", "run=mine"),
        *("data.length=20", "data.num_workers=0", "data.batch_size=2", "trainer.max_epochs=500"),
        *(
            "trainer.precision=32-true",
            f"output_dir={tmp_path}/run",
            "trainer.limit_train_batches=2",
        ),
    ]
    process = subprocess.Popen(
        command,
        cwd=repository,
        stderr=subprocess.PIPE,
        text=True,
        # a suite in the background of a shell would hand on that it ignores Ctrl-C
        preexec_fn=functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    )
    last = tmp_path / "run" / "checkpoints" / "last.ckpt"
    deadline = time.monotonic() + 300
    while not last.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "run=mine resume=true" in told
    assert told.strip().endswith("stopped")
    assert math.isfinite(weights.read(last)[0]["training"]["epoch"])
