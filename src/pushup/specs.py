"""Files of weights as they are named and described, whatever reads their tensors.

A *spec* is plain values from which a network is built or run: task, name, codec, skeleton, framing,
colours. It travels as metadata of `.safetensors`, `.ckpt` and `.onnx` files alike.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pushup.cli import InputError
from pushup.paths import WEIGHTS

SPEC_KEY = "pushup_spec"
"""Where every format keeps the spec."""

SUFFIXES = (".ckpt", ".safetensors", ".onnx")


def shipped() -> dict[str, Path]:
    """The weights that ship, by name."""
    return {path.stem: path for path in sorted(WEIGHTS.glob("*.safetensors"))}


def locate(path_or_name: str | Path) -> Path:
    """The file that is meant: a path, or the name of weights that ship, such as "mobilenet".

    What ends like a file of weights or has a folder is a path, everything else a name.

    Raises:
        InputError: No weights of this name ship.
    """
    path = Path(path_or_name)
    if path.suffix in SUFFIXES or len(path.parts) > 1 or path.is_file():
        return path
    if not shipped():
        raise InputError(f"no weights in {WEIGHTS}: install pushup again, or give ckpt_path=FILE")
    if str(path) not in shipped():
        names = ", ".join(shipped())
        raise InputError(
            f"no weights are shipped for model {str(path)!r} (shipped: {names}): "
            "train it and give ckpt_path=FILE"
        )
    return shipped()[str(path)]


def checked(path: str | Path, spec: Any) -> dict[str, Any]:
    """A spec read from `path`, in the words of this release.

    Earlier files say `rectangles` in place of `framing`.

    Raises:
        InputError: It is no spec: the file was not written by this project.
    """
    if not isinstance(spec, dict) or not isinstance(spec.get("task"), str):
        raise InputError(
            f"{path} was not written by this project (it carries no model description): "
            "give a checkpoint made by train.py"
        )
    spec = dict(spec)
    if spec["task"] == "keypoints" and "framing" not in spec:
        spec["framing"] = "rectangle" if spec.pop("rectangles", False) else "square"
    return spec


def from_metadata(path: str | Path, metadata: Mapping[str, str]) -> dict[str, Any]:
    """The spec in a file's metadata.

    Raises:
        InputError: See `checked`; or the metadata is damaged.
    """
    try:
        spec = json.loads(metadata.get(SPEC_KEY, "null"))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} carries a damaged model description: make it again") from error
    return checked(path, spec)
