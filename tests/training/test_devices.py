"""Training on several devices: two processes are one with twice the batch."""

import sys

import pytest
import torch

from pushup.commands.train import main
from pushup.models import weights

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


def test_nodes_without_a_common_name_are_refused(monkeypatch, capsys):
    monkeypatch.delenv("PUSHUP_RUN", raising=False)
    monkeypatch.setattr(sys, "argv", ["train.py"])
    with pytest.raises(SystemExit):
        main(["trainer=ddp_nodes"])
    assert "give run=NAME, the same on each" in capsys.readouterr().err
