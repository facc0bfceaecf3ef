"""Networks in OpenVINO: fastest on the CPUs of most PCs, in bfloat16 where the CPU has it."""

import io
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import openvino

from pushup.cli import InputError
from pushup.specs import SPEC_KEY, from_metadata


class OpenVinoSession:
    """See `pushup.inference.backends.Session`.

    A network is compiled once for each shape of the input, since fixed shapes run faster than free
    ones and an app looks at frames of one or two; and for each thread that asks, so that videos
    counted side by side do not wait for each other.
    """

    runtime = "openvino"

    def __init__(self, source: str | Path | bytes, threads: int = 0) -> None:
        path = "the model" if isinstance(source, bytes) else source
        self._core = openvino.Core()
        self._settings: dict[str, Any] = {"PERFORMANCE_HINT": "LATENCY"}
        if threads:
            self._settings["INFERENCE_NUM_THREADS"] = threads
        try:
            self._model = self._core.read_model(
                io.BytesIO(source) if isinstance(source, bytes) else source
            )
        except RuntimeError as error:
            raise InputError(f"{path} is not a readable ONNX model: export it again") from error
        keys = ["framework", SPEC_KEY]
        has_spec = self._model.has_rt_info(keys)
        metadata = {SPEC_KEY: self._model.get_rt_info(keys).astype(str)} if has_spec else {}
        self.spec = from_metadata(path, metadata)
        self._local = threading.local()

    def _request(self, shape: tuple[int, ...]) -> Any:
        requests, key = self._local.__dict__, str(shape)
        if key not in requests:
            model = self._model.clone()
            model.reshape(shape)
            compiled = self._core.compile_model(model, "CPU", self._settings)
            requests[key] = compiled.create_infer_request()
        return requests[key]

    def run(self, images: np.ndarray) -> Mapping[str, np.ndarray]:
        """Outputs of (B, 3, H, W) uint8 RGB pictures, by name."""
        outputs = self._request(images.shape).infer(images, share_inputs=True)
        return {output.any_name: value for output, value in outputs.items()}
