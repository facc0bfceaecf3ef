"""Networks in torch: on a GPU, and in evaluations of what was just trained."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch

from pushup.cli import InputError
from pushup.models.classifier import PushUpClassifier
from pushup.models.weights import ImageModel, load


class TorchSession:
    """See `pushup.inference.backends.Session`.

    Args:
        model: Runs where its parameters are.
    """

    runtime = "torch"

    def __init__(self, model: ImageModel) -> None:
        self._model = model.eval()
        self._device = next(model.parameters()).device
        self.spec = model.spec()

    @torch.inference_mode()
    def run(self, images: np.ndarray) -> Mapping[str, np.ndarray]:
        """Outputs of (B, 3, H, W) uint8 RGB pictures, by name."""
        pictures = torch.from_numpy(np.ascontiguousarray(images)).to(self._device)
        if isinstance(self._model, PushUpClassifier):
            outputs = {"position": self._model(pictures)}
        else:
            maps, position = self._model.outputs(pictures)
            outputs = {"maps": maps} | ({} if position is None else {"position": position})
        return {name: value.float().cpu().numpy() for name, value in outputs.items()}


def open_torch_session(path: Path, device: str) -> TorchSession:
    """A file of weights in torch on a device.

    Raises:
        InputError: See `pushup.models.weights.load`; or there is no such device.
    """
    if path.suffix == ".onnx":
        raise InputError(f"{path} runs on device=cpu alone: give a .ckpt or .safetensors file")
    model = load(path, task="image")
    try:
        return TorchSession(model.to(device))
    except (RuntimeError, AssertionError) as error:
        raise InputError(f"device={device} cannot be used: {str(error).splitlines()[0]}") from error
