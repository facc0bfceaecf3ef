"""Counting from what ships needs neither torch nor anything else of training."""

import os
import subprocess
import sys
from pathlib import Path

from support.dot_clips import dot_clip

TRAINING_ONLY = (
    *("torch", "torchvision", "torchmetrics", "timm", "pytorch_lightning", "albumentations"),
    *("wandb", "onnx", "safetensors", "matplotlib", "scipy.signal"),
)

CODE = f"""
import sys
for name in {TRAINING_ONLY}:
    sys.modules[name] = None
from pushup.__main__ import main
main(sys.argv[1:])
"""


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", CODE, *arguments],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_video_is_counted_with_the_shipped_networks(tmp_path: Path):
    clip = dot_clip(tmp_path / "dot.avi", cycles=1)
    found = run("infer", f"source={clip}", f"output_dir={tmp_path / 'out'}", "log=null")
    assert found.returncode == 0, found.stderr
    assert "0 repetitions in 1.0 s" in found.stdout
    assert (tmp_path / "out" / "annotated.mp4").is_file()


def test_a_command_that_needs_more_says_so_in_one_line():
    for command in ("train", "export", "weights"):
        found = run(command, "model=mobilenet")
        assert found.returncode == 1
        assert found.stderr.startswith("error: ")
        assert "is not installed, which this needs" in found.stderr
        assert found.stderr.count("\n") == 1


def test_the_commands_are_listed():
    assert "infer " in run("--help").stdout
