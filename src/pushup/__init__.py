"""Push-up counting from video: train, evaluate and run light keypoint networks."""

import importlib
import os
from typing import Any

from pushup import _torchvision

# albumentations would ask the network for a newer version at import.
os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")
_torchvision.repair_on_import()

__all__ = ["Skeleton", "count", "load", "pcks", "stream"]


def __getattr__(name: str) -> Any:
    """The names of `pushup.api`, imported when they are first used."""
    if name in __all__:
        return getattr(importlib.import_module("pushup.api"), name)
    raise AttributeError(f"module 'pushup' has no attribute {name!r}")
