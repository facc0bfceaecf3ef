"""Reading and writing files of weights: a spec (plain values) and a state dict."""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as to_bytes
from torch import Tensor

from pushup.cli import InputError
from pushup.files import replacing
from pushup.specs import SPEC_KEY, checked

MODEL_PREFIX = "model."
"""What precedes the model's tensors in a Lightning checkpoint."""


def read(path: str | Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """The spec and the state dict in a `.ckpt` or `.safetensors` file.

    Raises:
        InputError: The file is missing, damaged, holds code, or was not written by this project.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"no checkpoint {path}: give an existing .ckpt or .safetensors file")
    spec, state = _read_safetensors(path) if path.suffix == ".safetensors" else _read_ckpt(path)
    return checked(path, spec), state


def _read_safetensors(path: Path) -> tuple[Any, dict[str, Tensor]]:
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            state = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
        return json.loads(metadata.get(SPEC_KEY, "null")), state
    except (SafetensorError, OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path} is not a readable safetensors file: {error}") from error


def _read_ckpt(path: Path) -> tuple[Any, dict[str, Tensor]]:
    try:
        checkpoint = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # the restricted unpickler raises whatever its input leads it to
        raise InputError(
            f"{path} was refused: it is damaged or holds pickled objects, which could run code; "
            "give a checkpoint made by train.py"
        ) from error
    state = checkpoint.get("state_dict") if isinstance(checkpoint, dict) else None
    if not isinstance(state, dict):
        return None, {}
    tensors = {
        key.removeprefix(MODEL_PREFIX): value
        for key, value in state.items()
        if isinstance(key, str) and key.startswith(MODEL_PREFIX) and isinstance(value, Tensor)
    }
    return checkpoint.get(SPEC_KEY), tensors


def save(model: torch.nn.Module, spec: dict[str, Any], path: str | Path) -> None:
    """Write fp16 safetensors with the spec as metadata, all at once or not at all."""
    state = {
        key: (value.half() if value.is_floating_point() else value).contiguous()
        for key, value in model.state_dict().items()
    }
    with replacing(path) as part:
        # not save_file, whose files only their owner may read
        part.write_bytes(to_bytes(state, metadata={SPEC_KEY: json.dumps(spec)}))
