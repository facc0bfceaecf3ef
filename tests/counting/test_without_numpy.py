"""The streaming counter needs Python alone, as a page in a browser has it."""

import subprocess
import sys
from dataclasses import replace

import pytest

from support.counters import push_up_counter
from support.stick_figures import count, film, push_ups

PROGRAM = """
import sys
for name in ("numpy", "scipy", "hydra", "omegaconf", "cv2", "torch", "onnxruntime"):
    sys.modules[name] = None  # importing it fails
from pushup.counting.counter import CycleCounter
from pushup.inference.region import Region
print(CycleCounter("height", 0.2).state.gate_open, next(Region().looks(0.0, (640, 480))))
"""


def test_it_imports_where_nothing_is_installed():
    run = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True)
    assert run.stdout.split() == ["False", "None"], run.stderr


@pytest.mark.parametrize("view", ["side", "front"])
def test_memory_views_count_as_arrays_do(view):
    frames = film(*push_ups(5, 1.5), view=view, noise=0.01)
    views = [
        replace(f, keypoints=memoryview(f.keypoints), scores=memoryview(f.scores)) for f in frames
    ]
    reps = count(push_up_counter(), frames)
    assert len(reps) == 5
    assert count(push_up_counter(), views) == reps
