"""Exporting a network in a form that other runtimes read, each held against torch before it counts.

Formats: `onnx` (what the app runs), `openvino` (its two files), `torchscript`.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from pushup.cli import InputError
from pushup.files import replacing
from pushup.inference.backends import Session, open_session
from pushup.inference.backends.pytorch import TorchSession
from pushup.inference.onnx_export import Outputs, to_onnx
from pushup.inference.ready import DIGEST, digest
from pushup.models import weights
from pushup.models.weights import ImageModel
from pushup.specs import locate

TOLERANCE = 1e-3
"""Largest allowed difference of float32 outputs (logits) from torch's."""


def export(path_or_name: str | Path, out: str | Path, kind: str = "onnx") -> float:
    """Write a network in another format; returns the largest difference from torch's outputs.

    Args:
        path_or_name: See `pushup.specs.locate`.
        out: Written whole or not at all.
        kind: One of `FORMATS`.

    Raises:
        InputError: The file cannot be read or written, there is no such format, or the two
            disagree.
    """
    if kind not in FORMATS:
        raise InputError(f"unknown format {kind!r}: choose one of {', '.join(FORMATS)}")
    path = locate(path_or_name)
    model = weights.load(path, task="image")
    with replacing(out) as part:
        session = FORMATS[kind](model, path, part)
        difference = disagreement(TorchSession(model), session, model.input_size)
        if difference > TOLERANCE:
            raise InputError(f"{out} differs from torch by {difference:.2g}: not written")
    return difference


def disagreement(one: Session, other: Session, side: int) -> float:
    """The largest difference of any output of two sessions on noise (2, 3, side, side)."""
    images = np.random.default_rng(0).integers(0, 256, (2, 3, side, side), np.uint8)
    expected, found = one.run(images), other.run(images)
    return max(float(np.abs(expected[name] - found[name]).max()) for name in expected)


def _onnx(model: ImageModel, path: Path, part: Path) -> Session:
    part.write_bytes(to_onnx(model, **{DIGEST: digest(path)}))
    return open_session(part, "onnxruntime")


class _Scripted:
    """See `pushup.inference.backends.Session`."""

    runtime = "torchscript"

    def __init__(self, path: Path, model: ImageModel) -> None:
        self.spec = model.spec()
        self._names = Outputs(model).names
        self._module = torch.jit.load(path)

    def run(self, images: np.ndarray) -> dict[str, np.ndarray]:
        """Outputs of (B, 3, H, W) uint8 RGB pictures, by name."""
        values = self._module(torch.from_numpy(images))
        return {n: v.detach().numpy() for n, v in zip(self._names, values, strict=True)}


def _torchscript(model: ImageModel, path: Path, part: Path) -> Session:
    images = torch.zeros(1, 3, model.input_size, model.input_size, dtype=torch.uint8)
    with torch.inference_mode():
        torch.jit.save(torch.jit.trace(Outputs(model).eval(), (images,)), part)
    return _Scripted(part, model)


FORMATS: dict[str, Callable[[ImageModel, Path, Path], Session]] = {
    "onnx": _onnx,
    "torchscript": _torchscript,
}
"""What writes each format and opens it again."""
