"""What runs a network: OpenVINO, ONNX Runtime, or torch.

A session turns (B, 3, H, W) uint8 RGB pictures into named outputs: "maps" (B, C, h, w) and, of a
network that classifies, "position" (B,), both float32 logits.
"""

import importlib.util
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from pushup.cli import InputError
from pushup.foreign import parsing

RUNTIMES = ("openvino", "onnxruntime")
"""Of the runtimes that read ONNX files, the faster one first."""


class Session(Protocol):
    """A network that is ready to run.

    Attributes:
        runtime: What runs it, for logs and records.
        spec: The description that travels with its weights.
    """

    runtime: str
    spec: dict[str, Any]

    def run(self, images: np.ndarray) -> Mapping[str, np.ndarray]:
        """Outputs of (B, 3, H, W) uint8 RGB pictures, by name."""
        ...


def open_session(source: str | Path | bytes, runtime: str = "auto", threads: int = 0) -> Session:
    """Open an exported network.

    Args:
        source: An `.onnx` file that this project wrote, or what is in it.
        runtime: "openvino", "onnxruntime", or "auto": the first of them that is installed.
        threads: Threads of the runtime; 0 = as it sees fit.

    Raises:
        InputError: There is no such file or runtime, or the file was not written by this project.
    """
    if not isinstance(source, bytes) and not Path(source).is_file():
        raise InputError(f"no model {source}: give an existing .onnx file")
    installed = [name for name in RUNTIMES if importlib.util.find_spec(name)]
    chosen = installed[0] if runtime == "auto" and installed else runtime
    if chosen not in installed:
        raise InputError(
            f"runtime={runtime} is not to be had: install one of {', '.join(RUNTIMES)} with pip "
            f"(installed: {', '.join(installed) or 'none'})"
        )
    path = "the model" if isinstance(source, bytes) else source
    with parsing(path, "an exported network", "export it again"):
        if chosen == "openvino":
            from pushup.inference.backends.openvino import OpenVinoSession

            return OpenVinoSession(source, threads)
        from pushup.inference.backends.onnx_runtime import OnnxRuntimeSession

        return OnnxRuntimeSession(source, threads)
