"""What is looked at in a file of weights before anything is built from it."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from pushup.cli import InputError
from pushup.models.keypoint_model import NETWORKS

LARGEST_INPUT, LARGEST_WIDTH, LARGEST_DEPTH, MOST_STEPS = 4096, 4096, 64, 8
"""Far above every network that runs in real time: more is damage, and would fill the memory."""


def check(path: str | Path, spec: Mapping[str, Any], state: Mapping[str, Tensor]) -> None:
    """Refuse, by name, values from which no model can come.

    Raises:
        InputError: A weight is not finite, a std is not positive, a size fits no stride, a width
            is absurd, or the network would fetch weights of its own.
    """
    reason = _fault_of_tensors(state)
    if spec["task"] != "counter":  # which sees no pictures
        reason = reason or _fault_of_colours(spec) or _fault_of_network(spec)
    if reason:
        raise InputError(f"{path} cannot be used: {reason}; give another file")


def _fault_of_tensors(state: Mapping[str, Tensor]) -> str | None:
    for key, value in state.items():
        if value.is_floating_point() and not value.isfinite().all():
            return f"its weights {key} are not finite (its training diverged)"
    return None


def _fault_of_colours(spec: Mapping[str, Any]) -> str | None:
    if not all(map(math.isfinite, spec["mean"])):
        return f"its mean is {spec['mean']}"
    if not all(math.isfinite(value) and value > 0 for value in spec["std"]):
        return f"its std is {spec['std']}, and has to be above 0"
    return None


def _fault_of_network(spec: Mapping[str, Any]) -> str | None:
    network = dict(spec.get("network", {}))
    if spec.get("pretrained") or network.get("pretrained"):
        return "its description asks for pretrained weights, which it has to bring itself"
    bounds = {"widths": LARGEST_WIDTH, "depths": LARGEST_DEPTH}
    for key, most in bounds.items():
        values = network.get(key) or []
        if len(values) > MOST_STEPS or not all(0 < value <= most for value in values):
            return f"its {key} are {values}"
    if not 0 < network.get("out_channels", 1) <= LARGEST_WIDTH:
        return f"it has {network['out_channels']} output channels"
    size = spec["codec"]["input_size"] if "codec" in spec else spec["input_size"]
    stride = network.get("stride") or getattr(NETWORKS.get(network.get("kind", "")), "stride", 1)
    if not 0 < size <= LARGEST_INPUT or size % stride:
        return f"its input of {size} pixels is no multiple of its stride of {stride}"
    return None
