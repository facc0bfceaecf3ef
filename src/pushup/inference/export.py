"""Writes a checkpoint as ONNX: uint8 RGB in, normalisation inside the graph, maps out.

The file carries the model's description as metadata, so that it is used like a checkpoint:
`infer.py ckpt_path=OUT.onnx`. The export is held against torch before it gets its name.
"""

from pathlib import Path

import torch

from pushup.cli import InputError
from pushup.files import replacing
from pushup.inference.onnx_model import OnnxModel, to_onnx
from pushup.models.keypoint_model import KeypointModel

TOLERANCE = 1e-3
"""Largest allowed difference between the maps (logits) of the two runtimes."""


def export(model: KeypointModel, out: str | Path) -> float:
    """Write `out` and return the largest difference of its maps from torch's on noise.

    Raises:
        InputError: The file cannot be written, or the two disagree.
    """
    model = model.cpu().eval()
    generator = torch.Generator().manual_seed(0)
    size = (2, 3, model.input_size, model.input_size)
    images = torch.randint(0, 256, size, dtype=torch.uint8, generator=generator)
    with replacing(out) as part:
        part.write_bytes(to_onnx(model))
        difference = _difference(model, OnnxModel(part), images)
        if difference > TOLERANCE:
            raise InputError(f"{out} differs from torch by {difference:.2g}: not written")
    return difference


@torch.inference_mode()
def _difference(model: KeypointModel, exported: OnnxModel, images: torch.Tensor) -> float:
    return float((model(images) - exported.outputs(images)[0]).abs().max())
