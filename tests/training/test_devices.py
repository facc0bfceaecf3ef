"""Training on several devices and nodes: two processes are one with twice the batch."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from pushup.cli import InputError
from pushup.commands.train import main
from pushup.models import weights
from support.dot_clips import rows_of
from support.dots import TINY
from support.engine_work import TESTS

SAME = ("data.length=32", "trainer.max_epochs=2", "scheduler=constant", "optimizer.lr=1e-3")


@pytest.mark.slow
def test_two_processes_train_as_one_with_twice_the_batch(trained):
    """BlazePose without batch norm, every joint labelled: the mean of two gradients is the same."""
    one, folder = trained(*SAME, "data.batch_size=8", name="one")
    devices = ("trainer=ddp", "trainer.accelerator=cpu", "trainer.devices=2")
    two, parts = trained(
        *(*SAME, "data.batch_size=4", *devices, "trainer.strategy=ddp_fork"), name="two"
    )
    states = [weights.read(f / "checkpoints" / "last.ckpt")[1] for f in (folder, parts)]
    for key, value in states[0].items():
        torch.testing.assert_close(states[1][key], value, rtol=0, atol=1e-4)
    for name in ("val/loss", "val/pcks", "val/mae"):
        assert two[name] == pytest.approx(one[name], rel=1e-3, abs=1e-4), name


NODES = (
    *("data.length=16", "augment=none", "run=mine", "callbacks.previews.count=1"),
    *("loss=published_gaussian", "optimizer._target_=torch.optim.SGD", "optimizer.lr=0.1"),
    *("scheduler=constant", "trainer.max_epochs=4"),
)
"""Equal but for rounding, which grows: few epochs. The loss is a mean over all cells, not over the
labelled joints, of which the two processes may have unequal numbers."""


def run_nodes(repository: Path, folder: Path, *overrides: str) -> list[int]:
    """Exit codes of two agents of torchrun, each with a process of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    line = [
        *(sys.executable, "-m", "torch.distributed.run", "--nnodes=2", "--nproc-per-node=1"),
        *("--rdzv-backend=c10d", f"--rdzv-endpoint=127.0.0.1:{port}", "--max-restarts=3"),
        *("train.py", *TINY, *NODES, "data.batch_size=4", f"output_dir={folder}/two"),
        *("trainer=ddp_nodes", "trainer.accelerator=cpu", "trainer.devices=1", *overrides),
    ]
    given = {"OMP_NUM_THREADS": "1", "TORCH_DISABLE_SHARE_RDZV_TCP_STORE": "1"}
    errors = [(folder / f"{node}.err").open("w") for node in range(2)]
    agents = [
        subprocess.Popen(line, cwd=repository, env=os.environ | given, stderr=e) for e in errors
    ]
    try:
        return [agent.wait(480) for agent in agents]
    finally:
        for agent in agents:
            agent.terminate()  # which ends its process as well


def told(folder: Path) -> str:
    return "".join(path.read_text() for path in sorted(folder.glob("*.err")))


@pytest.fixture(scope="module")
def one(repository, tmp_path_factory) -> Path:
    """What one process trains with the batch of two."""
    folder = tmp_path_factory.mktemp("one") / "one"
    line = [*TINY, *NODES, "data.batch_size=8", f"output_dir={folder}"]
    subprocess.run([sys.executable, "train.py", *line], cwd=repository, check=True)
    return folder


def assert_same_training(one: Path, two: Path) -> None:
    ours, theirs = (weights.read(f / "checkpoints" / "last.ckpt") for f in (one, two))
    assert ours[0]["training"] == theirs[0]["training"]
    begun = weights.read(one / "checkpoints" / "best.ckpt")[1]  # the first epoch's: pcks stays 0
    assert max((value - begun[key]).abs().max() for key, value in ours[1].items()) > 1e-2
    for key, value in ours[1].items():
        torch.testing.assert_close(theirs[1][key], value, rtol=0, atol=1e-4)
    ends = [rows_of(folder / "metrics.csv")[-2:] for folder in (one, two)]
    for name in ("train/loss", "val/loss", "val/mae"):
        expected, got = (float("".join(row[name] for row in rows)) for rows in ends)
        assert got == pytest.approx(expected, rel=1e-4), name


@pytest.mark.slow
def test_two_nodes_train_as_one_process(one, repository, tmp_path):
    assert run_nodes(repository, tmp_path) == [0, 0], told(tmp_path)[-3000:]
    assert [p.name for p in tmp_path.iterdir() if p.is_dir()] == ["two"]
    assert_same_training(one, tmp_path / "two")


@pytest.mark.slow
@pytest.mark.parametrize("rank", [0, 1])
def test_two_nodes_go_on_where_one_dies(one, repository, tmp_path, monkeypatch, rank):
    present = filter(None, [os.environ.get("PYTHONPATH")])
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(TESTS), *present)))
    death = f"{{_target_: support.deaths.DieOnce, rank: {rank}, epoch: 2, marker: {tmp_path}/dead}}"
    codes = run_nodes(repository, tmp_path, "resume=auto", f"+callbacks.death={death}")
    assert codes == [0, 0], told(tmp_path)[-3000:]
    assert "exitcode: -9" in told(tmp_path)
    before = rows_of(tmp_path / "two" / "metrics_part_1.csv")
    assert {row["epoch"] for row in before if row["val/loss"]} == {"0", "1"}
    assert_same_training(one, tmp_path / "two")


def test_nodes_that_torchrun_could_not_start_anew_are_refused(monkeypatch, trained):
    elastic = {"TORCHELASTIC_MAX_RESTARTS": "3", "TORCHELASTIC_USE_AGENT_STORE": "True"}
    for name, value in {**elastic, "WORLD_SIZE": "2"}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(InputError, match="set TORCH_DISABLE_SHARE_RDZV_TCP_STORE=1 before"):
        trained()


def test_nodes_without_a_common_name_are_refused(monkeypatch, capsys):
    monkeypatch.delenv("PUSHUP_RUN", raising=False)
    monkeypatch.setattr(sys, "argv", ["train.py"])
    with pytest.raises(SystemExit):
        main(["trainer=ddp_nodes"])
    assert "give run=NAME, the same on each" in capsys.readouterr().err
