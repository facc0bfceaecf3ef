"""MoveNet's trunk as a pretrained start: it has seen far more people than ImageNet shows.

The published weights have batch norm folded in; its statistics are taken anew from pictures of the
kind to train on. `python -m pushup movenet --help` says where the weights are found and how the
file is used.

MoveNet is Google's, Apache-2.0; the npm package that holds it is MIT.
"""

import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save
from torch import Tensor, nn

from pushup.cli import InputError
from pushup.data.source import open_unlabelled
from pushup.files import replacing
from pushup.foreign import parsing, read_json
from pushup.geometry import FrameTransform
from pushup.models.batch_norm import undo_normalisation
from pushup.models.encoders import TimmEncoder

TRUNK = re.compile(r"/model/(Conv1|expanded_conv|block_\d+)(_[a-z]+)?/\w*(weights|bn_offset)$")
PICTURES = 300


def _stored(folder: Path, content: dict[str, Any]) -> dict[str, Tensor]:
    """The tensors of a graph model by name, from the binary files that its JSON names."""
    (group,) = content["weightsManifest"]
    data = b"".join((folder / Path(name).name).read_bytes() for name in group["paths"])
    stored, offset = {}, 0
    for entry in group["weights"]:
        dtype = np.dtype(entry.get("quantization", entry)["dtype"])
        count = int(np.prod(entry["shape"]))
        values = np.frombuffer(data, dtype, count, offset)
        stored[str(entry["name"])] = torch.from_numpy(values.astype(np.float32)).view(
            entry["shape"]
        )
        offset += count * dtype.itemsize
    return stored


def read_convolutions(path: Path) -> list[tuple[Tensor, Tensor]]:
    """Weights (out, in / groups, k, k) and biases (out,) of the trunk, from picture to depth.

    Args:
        path: The model in TensorFlow.js's graph format, its binary file beside it.

    Raises:
        InputError: It cannot be read, or holds another network.
    """
    content = read_json(path)
    with parsing(path, "a TensorFlow.js graph model"):
        stored = _stored(path.parent, content)
    trunk = [name for name in stored if TRUNK.search(name)]
    weights = [stored[name] for name in trunk if name.endswith("_weights")]
    biases = [stored[name] for name in trunk if name.endswith("_bn_offset")]
    if len(weights) != len(biases) or len(weights) != 51:
        raise InputError(f"{path} holds no MobileNetV2 trunk: give movenet-lightning or -thunder")
    # TensorFlow stores (k, k, in, out), and depthwise (k, k, channels, 1).
    order = [(2, 3, 0, 1) if w.shape[-1] == 1 else (3, 2, 0, 1) for w in weights]
    return [(w.permute(o).contiguous(), b) for w, o, b in zip(weights, order, biases, strict=True)]


@torch.no_grad()
def unfold(net: nn.Module, convolutions: list[tuple[Tensor, Tensor]], pictures: Tensor) -> None:
    """Fill a network whose convolutions have no bias and are each followed by batch norm.

    The biases become shifts of batch norms that change nothing else: see `undo_normalisation`.

    Args:
        net: Its modules in the order in which they run.
        convolutions: Weights and biases in the same order.
        pictures: (B, 3, H, W), normalised as the weights expect.
    """
    convs = [m for m in net.modules() if isinstance(m, nn.Conv2d)]
    norms = [m for m in net.modules() if isinstance(m, nn.BatchNorm2d)]
    for conv, norm, (weight, bias) in zip(convs, norms, convolutions, strict=True):
        conv.weight.copy_(weight)
        norm.bias.copy_(bias)
    undo_normalisation(net, pictures)


def read_pictures(folder: Path, side: int) -> Tensor:
    """Up to 300 pictures of a folder, spread over it by name: (B, 3, side, side) in -1..1."""
    records = open_unlabelled(folder)
    squares = []
    for index in range(0, len(records), math.ceil(len(records) / PICTURES)):
        image, _ = records[index]
        squares.append(FrameTransform.pad_square(image.shape[1::-1], side).warp(image))
    return torch.from_numpy(np.stack(squares)).permute(0, 3, 1, 2).float() / 127.5 - 1


def write(model: Path, out: Path, pictures: Path) -> str:
    """Write MoveNet's trunk as fp16 weights of an encoder; returns the name of the encoder.

    Args:
        model: movenet-lightning.json or movenet-thunder.json.
        out: The safetensors file.
        pictures: Folder of pictures.

    Raises:
        InputError: See `read_convolutions`; there is no picture, or `out` cannot be written.
    """
    convolutions = read_convolutions(model)
    wide = convolutions[0][0].shape[0] > 32
    name, side = ("mobilenetv2_175", 256) if wide else ("mobilenetv2_100", 192)
    net = TimmEncoder(name, 4, 32, pretrained=False, same_padding=True).net
    unfold(net, convolutions, read_pictures(pictures, side))
    state = {k: v.half() if v.is_floating_point() else v for k, v in net.state_dict().items()}
    with replacing(out) as part:
        part.write_bytes(save(state))
    return name
