"""A function that engines run, and the engines that are installed."""

import os
import signal
from importlib.util import find_spec
from pathlib import Path

import pytest

from pushup.cli import InputError
from pushup.engines import Engine
from pushup.engines.process import ProcessEngine
from pushup.engines.ray import RayEngine
from pushup.engines.submitit import SubmititEngine

TESTS = Path(__file__).parents[1]

ENGINES = [
    "process",
    *(
        pytest.param(
            name,
            marks=[
                pytest.mark.slow,
                pytest.mark.skipif(find_spec(name) is None, reason=f"{name} is not installed"),
            ],
        )
        for name in ("submitit", "ray")
    ),
]


def engine(name: str, folder: Path, shard: int = 8) -> Engine:
    """Two workers on this machine."""
    if name == "submitit":
        return SubmititEngine(folder / "jobs", 2, shard, cluster="local", poll_s=0.05)
    return RayEngine(2, shard) if name == "ray" else ProcessEngine(2)


class Work:
    """Made in each worker, which leaves a file; an item says what is to happen."""

    def __init__(self, folder: Path):
        self._folder = folder
        (folder / f"made-{os.getpid()}").touch()

    def __call__(self, item: str) -> str:
        what, _, name = item.partition(" ")
        if what == "raise":
            raise InputError(f"{name} is bad")
        once = self._folder / f"died-{name}"
        if what == "die" or (what == "once" and not once.exists()):
            once.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return name


def refuse():
    raise InputError("no such network")
