"""Networks in OpenVINO: the fastest on the CPUs of most PCs; bfloat16 where the CPU has it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import openvino

from pushup.cli import InputError
from pushup.inference.spec import SPEC_KEY, parse_spec


class OpenVinoSession:
    """See `pushup.inference.backends.Session`.

    A network is compiled once for each shape of the input: fixed shapes run faster than free ones,
    and an app looks at frames of one or two.
    """

    runtime = "openvino"

    def __init__(self, path: str | Path, threads: int = 0) -> None:
        self._core = openvino.Core()
        self._settings = {"PERFORMANCE_HINT": "LATENCY"}
        if threads:
            self._settings["INFERENCE_NUM_THREADS"] = str(threads)
        try:
            self._model = self._core.read_model(path)
        except RuntimeError as error:
            raise InputError(f"{path} is not a readable ONNX model: export it again") from error
        self.spec = parse_spec(path, self._metadata())
        self._requests: dict[tuple[int, ...], Any] = {}

    def _metadata(self) -> dict[str, str]:
        if not self._model.has_rt_info(["framework", SPEC_KEY]):
            return {}
        return {SPEC_KEY: self._model.get_rt_info(["framework", SPEC_KEY]).astype(str)}

    def _request(self, shape: tuple[int, ...]) -> Any:
        if shape not in self._requests:
            model = self._model.clone()
            model.reshape(shape)
            compiled = self._core.compile_model(model, "CPU", self._settings)
            self._requests[shape] = compiled.create_infer_request()
        return self._requests[shape]

    def run(self, images: np.ndarray) -> Mapping[str, np.ndarray]:
        """Outputs of (B, 3, H, W) uint8 RGB pictures, by name."""
        outputs = self._request(images.shape).infer(images, share_inputs=True)
        return {output.any_name: value for output, value in outputs.items()}
