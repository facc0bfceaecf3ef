"""The description of a network that travels in its exported file."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pushup.cli import InputError

SPEC_KEY = "pushup_spec"
"""Where every file of weights keeps the model's spec."""


def parse_spec(path: str | Path, metadata: Mapping[str, str]) -> dict[str, Any]:
    """The spec in the metadata of an exported file.

    Raises:
        InputError: There is none: the file was not written by this project.
    """
    try:
        spec = json.loads(metadata.get(SPEC_KEY, "null"))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} carries a damaged description: export it again") from error
    if not isinstance(spec, dict) or "task" not in spec:
        raise InputError(
            f"{path} carries no model description of this project: "
            "make it with pushup export CHECKPOINT OUT.onnx"
        )
    return spec
