"""Networks in OpenVINO: fastest on the CPUs of most PCs, in bfloat16 where the CPU has it."""

import io
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import openvino

from pushup.cli import InputError
from pushup.specs import SPEC_KEY, from_metadata


class OpenVinoSession:
    """See `pushup.inference.backends.Session`.

    A network is compiled for each shape of the input, since fixed shapes run faster than free ones
    and an app looks at frames of one or two; and again where a thread asks while all others of that
    shape are at work, so that videos counted side by side do not wait for each other.

    Args:
        source: See `open_session`.
        threads: See `open_session`.
        precision: "f32"; None: bfloat16 where the CPU has it.
    """

    runtime = "openvino"

    def __init__(
        self, source: str | Path | bytes, threads: int = 0, precision: str | None = None
    ) -> None:
        path = "the model" if isinstance(source, bytes) else source
        self._core = openvino.Core()
        self._settings: dict[str, Any] = {"PERFORMANCE_HINT": "LATENCY"}
        if threads:
            self._settings["INFERENCE_NUM_THREADS"] = threads
            # else every process that leaves cores to others pins its threads to the same ones
            self._settings["ENABLE_CPU_PINNING"] = False
        if precision:
            self._settings["INFERENCE_PRECISION_HINT"] = precision
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
        self._idle: defaultdict[tuple[int, ...], list[Any]] = defaultdict(list)

    def _compiled(self, shape: tuple[int, ...]) -> Any:
        model = self._model.clone()
        model.reshape(shape)
        return self._core.compile_model(model, "CPU", self._settings).create_infer_request()

    def run(self, images: np.ndarray) -> Mapping[str, np.ndarray]:
        """Outputs of (B, 3, H, W) uint8 RGB pictures, by name."""
        idle = self._idle[images.shape]
        try:
            request = idle.pop()
        except IndexError:
            request = self._compiled(images.shape)
        outputs = request.infer(images, share_inputs=True)
        idle.append(request)
        return {output.any_name: value for output, value in outputs.items()}
