"""What runs an exported network: OpenVINO, ONNX Runtime, or torch.

A session turns (B, 3, H, W) uint8 RGB pictures into named outputs: "maps" (B, C, h, w) and, of a
network that classifies, "position" (B,), both float32 logits.
"""

import importlib.util
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from pushup.cli import InputError

log = logging.getLogger(__name__)

RUNTIMES = ("openvino", "onnxruntime")
"""Of the runtimes that read ONNX files, the faster first."""


class Session(Protocol):
    """A network that is ready to run.

    Attributes:
        runtime: What runs it, for logs and records.
        spec: The description that travels with the weights.
    """

    runtime: str
    spec: dict[str, Any]

    def run(self, images: np.ndarray) -> Mapping[str, np.ndarray]:
        """Outputs of (B, 3, H, W) uint8 RGB pictures, by name."""
        ...


def open_session(path: str | Path, runtime: str = "auto", threads: int = 0) -> Session:
    """Open an exported `.onnx` file.

    Args:
        path: What `pushup export` wrote.
        runtime: "openvino", "onnxruntime", or "auto": the first of them that is installed.
        threads: Threads of the runtime; 0 = as it sees fit.

    Raises:
        InputError: There is no such file or runtime, or the file is not a model of this project.
    """
    if not Path(path).is_file():
        raise InputError(f"no model {path}: give an existing .onnx file")
    if runtime == "auto":
        runtime = next((r for r in RUNTIMES if importlib.util.find_spec(r)), "onnxruntime")
    if runtime not in RUNTIMES or importlib.util.find_spec(runtime) is None:
        raise InputError(
            f"runtime {runtime!r} is not installed: give runtime=auto, or one of "
            f"{', '.join(RUNTIMES)} after installing it with pip"
        )
    if runtime == "openvino":
        from pushup.inference.backends.openvino import OpenVinoSession

        session: Session = OpenVinoSession(path, threads)
    else:
        from pushup.inference.backends.onnx_runtime import OnnxRuntimeSession

        session = OnnxRuntimeSession(path, threads)
    log.debug("%s runs in %s", path, session.runtime)
    return session
