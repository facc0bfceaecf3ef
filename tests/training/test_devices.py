"""Training on several machines: two processes are one with twice the batch, also where one dies."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from pushup.commands.train import main
from pushup.data import mpii
from pushup.models import weights
from support.dot_clips import rows_of
from support.dots import TINY

EPOCHS = 30


def write_data(root: Path) -> None:
    """Sixteen pictures of a dot on which every joint lies: each has as much to say as another."""
    (root / "images").mkdir()
    people, rng = [], np.random.default_rng(0)
    for k in range(16):
        x, y = rng.integers(12, 52, 2)
        picture = np.full((64, 64, 3), 90, np.uint8)
        picture[y - 3 : y + 4, x - 3 : x + 4] = 255
        cv2.imwrite(str(root / "images" / f"{k}.png"), picture)
        joints = np.tile([float(x), float(y)], (16, 1)) + np.arange(16)[:, None] % 3
        people.append(mpii.MpiiPerson(f"{k}.png", joints, np.ones(16, bool), np.ones(16, bool)))
    for split in ("train", "val"):
        mpii.write_community_json(root / f"{split}.json", people)


def command(root: Path, out: Path, batch: int, *overrides: str) -> list[str]:
    return [
        *("train.py", *TINY, "data=mpii", f"data.root={root}", "augment=none", "run=mine"),
        *("scheduler=constant", "optimizer.lr=1e-3", "callbacks.previews.count=1"),
        *(f"trainer.max_epochs={EPOCHS}", f"data.batch_size={batch}", f"output_dir={out}"),
        *overrides,
    ]


@pytest.mark.slow
def test_two_nodes_one_of_which_dies_train_as_one_process(repository, tmp_path):
    """BlazePose without batch norm, every joint labelled: the mean of two gradients is the same."""
    write_data(tmp_path)
    one, two = tmp_path / "one", tmp_path / "two"
    subprocess.run([sys.executable, *command(tmp_path, one, 8)], cwd=repository, check=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    nodes = ("trainer=ddp_nodes", "trainer.accelerator=cpu", "trainer.devices=1", "resume=auto")
    line = [
        *(sys.executable, "-m", "torch.distributed.run", "--nnodes=2", "--nproc-per-node=1"),
        *("--rdzv-backend=c10d", f"--rdzv-endpoint=127.0.0.1:{port}", "--max-restarts=3"),
        *command(tmp_path, two, 4, *nodes),
    ]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    agents = [
        subprocess.Popen(
            line, cwd=repository, env=environment, stderr=(tmp_path / f"{k}.err").open("w")
        )
        for k in range(2)
    ]
    last = two / "checkpoints" / "last.ckpt"
    deadline = time.monotonic() + 300
    while not last.exists() and agents[1].poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    found = subprocess.run(
        ["pgrep", "-P", str(agents[1].pid)], capture_output=True, text=True, check=True
    )
    os.kill(int(found.stdout.split()[0]), signal.SIGKILL)
    told = [agent.wait(300) for agent in agents]
    assert told == [0, 0], "".join(p.read_text()[-3000:] for p in tmp_path.glob("*.err"))
    assert (two / "metrics_part_1.csv").is_file()  # it went on
    states = [weights.read(f / "checkpoints" / "last.ckpt")[1] for f in (one, two)]
    for key, value in states[0].items():
        torch.testing.assert_close(states[1][key], value, rtol=0, atol=1e-4)
    finals = [rows_of(folder / "metrics.csv")[-1] for folder in (one, two)]
    for name in ("val/loss", "val/pcks", "val/mae"):
        ours, theirs = (float(row[name]) for row in finals)
        assert theirs == pytest.approx(ours, rel=1e-3, abs=1e-4), name
    assert sorted(p.name for p in tmp_path.iterdir() if p.is_dir()) == ["images", "one", "two"]


def test_nodes_without_a_common_name_are_refused(monkeypatch, capsys):
    monkeypatch.delenv("PUSHUP_RUN", raising=False)
    monkeypatch.setattr(sys, "argv", ["train.py"])
    with pytest.raises(SystemExit):
        main(["trainer=ddp_nodes"])
    assert "give run=NAME, the same on each" in capsys.readouterr().err
