"""Networks as ONNX: uint8 RGB in, colours normalised inside, maps and scores out as logits."""

import io
import json
import warnings

import numpy as np
import onnx
import torch
from torch import Tensor, nn

from pushup.models.classifier import PushUpClassifier
from pushup.models.weights import ImageModel
from pushup.specs import SPEC_KEY


class Outputs(nn.Module):
    """What a model answers, as a graph has it: maps, logits of push-up position, or both.

    Attributes:
        names: Of the outputs, in order.
    """

    def __init__(self, model: ImageModel) -> None:
        super().__init__()
        self.model = model
        if isinstance(model, PushUpClassifier):
            self.names = ["position"]
        else:
            self.names = ["maps", "position"] if model.classifies else ["maps"]

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        """Outputs of uint8 RGB images (B, 3, H, W)."""
        if isinstance(self.model, PushUpClassifier):
            return (self.model(images),)
        return tuple(output for output in self.model.outputs(images) if output is not None)


@torch.inference_mode()
def to_onnx(model: ImageModel, **extra: str) -> bytes:
    """An ONNX model with its spec, less its measured figures, as metadata.

    It takes any batch size; a keypoint model also any height and width, in multiples of its
    deepest stride.

    Args:
        model: Is left as it is.
        extra: Further entries of the spec.
    """
    graph = Outputs(model).eval()  # the exporter leaves the mode that it found
    names = graph.names
    axes = {name: {0: "batch"} for name in ("images", *names)}
    if "maps" in names:
        for name in ("images", "maps"):
            axes[name] |= {2: f"{name} height", 3: f"{name} width"}
    images = torch.zeros(1, 3, model.input_size, model.input_size, dtype=torch.uint8)
    buffer = io.BytesIO()
    with warnings.catch_warnings():  # of constants that it does not fold, and of its age
        warnings.simplefilter("ignore")
        # The newer, dynamo exporter needs onnxscript and writes the weights to a second file.
        torch.onnx.export(
            graph,
            (images,),
            buffer,  # type: ignore[arg-type]
            dynamo=False,
            opset_version=17,
            input_names=["images"],
            output_names=names,
            dynamic_axes=axes,
            # Batch norm stays apart: runtimes fold it, and the weights stay what the file holds.
            training=torch.onnx.TrainingMode.PRESERVE,
        )
    proto = onnx.load_from_string(buffer.getvalue())
    _store_as_half(proto.graph)
    spec = {key: value for key, value in model.spec().items() if key != "metrics"}
    onnx.helper.set_model_props(proto, {SPEC_KEY: json.dumps(spec | extra)})
    return proto.SerializeToString()


def _store_as_half(graph: onnx.GraphProto) -> None:
    """Keep tensors in half the space where nothing is lost, as in weights that ship in fp16.

    Each becomes a float16 constant and a cast, which runtimes evaluate once, on loading.
    """
    casts = []
    for tensor in graph.initializer:
        values = onnx.numpy_helper.to_array(tensor)
        half = values.astype(np.float16) if values.dtype == np.float32 else values
        if half.size < 64 or half is values or not np.array_equal(half.astype(np.float32), values):
            continue
        name = tensor.name
        tensor.CopyFrom(onnx.numpy_helper.from_array(half, f"{name}.half"))
        casts.append(
            onnx.helper.make_node("Cast", [tensor.name], [name], to=onnx.TensorProto.FLOAT)
        )
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
