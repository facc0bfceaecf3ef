"""Networks in ONNX Runtime, which runs everywhere."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from pushup.cli import InputError
from pushup.specs import from_metadata


class OnnxRuntimeSession:
    """See `pushup.inference.backends.Session`."""

    runtime = "onnxruntime"

    def __init__(self, source: str | Path | bytes, threads: int = 0) -> None:
        path = "the model" if isinstance(source, bytes) else source
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        # Its threads would otherwise burn a core each between the frames of a camera.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        providers = onnxruntime.get_available_providers()
        try:
            self._session: Any = onnxruntime.InferenceSession(source, options, providers=providers)
        except Exception as error:  # onnxruntime's errors share no public base class
            raise InputError(f"{path} is not a readable ONNX model: export it again") from error
        self.spec = from_metadata(path, self._session.get_modelmeta().custom_metadata_map)
        self._names = [output.name for output in self._session.get_outputs()]

    def run(self, images: np.ndarray) -> Mapping[str, np.ndarray]:
        """Outputs of (B, 3, H, W) uint8 RGB pictures, by name."""
        return dict(zip(self._names, self._session.run(None, {"images": images}), strict=True))
