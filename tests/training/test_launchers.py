"""Sweeps through launchers, and jobs that a cluster ends before their time."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pushup.models import weights
from pushup.training import preemption
from support.dot_clips import rows_of
from support.dots import TINY

pytestmark = pytest.mark.slow


def command(*overrides: str, options: tuple[str, ...] = ()) -> list[str]:
    return [
        *(sys.executable, "train.py", *options, *TINY, "trainer.limit_train_batches=2"),
        *("data.length=8", "data.batch_size=2", "callbacks.previews.count=1", *overrides),
    ]


def wait_for(path: Path, process: subprocess.Popen, newer_than: float = 0.0) -> None:
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline and process.poll() is None:
        if path.exists() and path.stat().st_mtime > newer_than:
            return
        time.sleep(0.1)
    raise AssertionError(f"{path} does not come")


@pytest.mark.parametrize(
    ("launcher", "package"), [("processes", "joblib"), ("slurm_local", "submitit")]
)
def test_a_sweep_side_by_side(repository, tmp_path, launcher, package):
    pytest.importorskip(f"hydra_plugins.hydra_{package}_launcher")
    given = (f"hydra/launcher={launcher}", "optimizer.lr=1e-3,1e18", "data.num_workers=1")
    out = tmp_path / "sweep"
    line = command(*given, "data.length=32", f"output_dir={out}", options=("-m",))
    done = subprocess.run(line, cwd=repository, capture_output=True, text=True, check=False)
    rows = {row["run"]: row for row in rows_of(out / "summary.csv")}
    assert sorted(rows) == ["0", "1"], done.stderr
    assert float(rows["0"]["val/pcks"]) >= 0
    assert "the loss is nan" in rows["1"]["error"]
    assert done.returncode == 1
    assert (out / "0" / "checkpoints" / "best.ckpt").is_file()


def test_a_job_that_is_preempted_is_queued_again_and_goes_on(repository, tmp_path):
    pytest.importorskip("hydra_plugins.hydra_submitit_launcher")
    out = tmp_path / "sweep"
    given = ("hydra/launcher=slurm_local", "optimizer.lr=1e-3", "trainer.max_epochs=40")
    line = command(*given, f"output_dir={out}", options=("-m",))
    process = subprocess.Popen(line, cwd=repository)
    last = out / "0" / "checkpoints" / "last.ckpt"
    wait_for(last, process)
    (jobs,) = (out / ".submitit").glob("[0-9]*")
    (submitted,) = jobs.glob("*_submitted.pkl")
    tasks = subprocess.run(
        ["pgrep", "-f", f"submitit.core._submit {out}"], capture_output=True, text=True, check=True
    )
    for pid in tasks.stdout.split():
        os.kill(int(pid), signal.SIGUSR2)  # as SLURM does
    assert process.wait(300) == 0
    assert submitted.exists()
    logged = "".join(path.read_text() for path in jobs.glob("*_log.out"))
    assert "Requeued job" in logged
    (row,) = rows_of(out / "summary.csv")
    assert row["error"] == ""
    assert (out / "0" / "metrics_part_1.csv").exists()
    assert weights.read(last)[0]["training"]["epoch"] == 39


def test_a_slurm_job_is_queued_again_on_its_signal(repository, tmp_path):
    scontrol = tmp_path / "scontrol"
    scontrol.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/asked\n')
    scontrol.chmod(0o755)
    environment = os.environ | {
        "SLURM_JOB_ID": "123",
        "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}",
    }
    out = tmp_path / "out"
    line = command("run=mine", "resume=auto", f"output_dir={out}", "trainer.max_epochs=400")
    process = subprocess.Popen(
        line, cwd=repository, env=environment, stderr=subprocess.PIPE, text=True
    )
    last = out / "checkpoints" / "last.ckpt"
    wait_for(last, process)
    process.send_signal(signal.SIGUSR1)
    _, told = process.communicate(timeout=300)
    assert (tmp_path / "asked").read_text() == "requeue 123\n"
    assert "job 123 is queued again" in told
    epochs = weights.read(last)[0]["training"]["epoch"] + 2
    again = [word for word in line if "max_epochs" not in word]
    subprocess.run([*again, f"trainer.max_epochs={epochs}"], cwd=repository, check=True)
    assert weights.read(last)[0]["training"]["epoch"] == epochs - 1
    assert (out / "metrics_part_1.csv").exists()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_loaders_do_not_take_the_signals_of_their_parent():
    code = (
        "import os, signal, sys, time\n"
        "from pushup.training.preemption import prepare\n"
        "prepare()\n"
        "signal.signal(signal.SIGUSR2, lambda *_: os._exit(3))\n"
        "child = os.fork()\n"
        "if not child:\n"
        "    time.sleep(0.5)\n"
        "    os._exit(0)\n"
        "time.sleep(0.1)\n"
        "os.kill(child, signal.SIGUSR2)\n"
        "sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))\n"
    )
    assert preemption.SIGNALS
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
