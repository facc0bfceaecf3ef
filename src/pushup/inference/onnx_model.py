"""Networks in ONNX Runtime: the same maps, decoded by the same codec; the same scores."""

import io
import json
import warnings
from pathlib import Path
from typing import Any

import onnx
import onnxruntime
import torch
from torch import Tensor, nn

from pushup.cli import InputError
from pushup.codecs import build_codec
from pushup.geometry import Framing
from pushup.models.classifier import PushUpClassifier
from pushup.models.weights import SPEC_KEY, Model
from pushup.models.weights.files import with_present_names
from pushup.skeleton import get_skeleton


class OnnxModel:
    """What `pushup.inference.export` writes, behind the interface of `PoseModel`.

    Attributes:
        name: Short name of the model.
        codec: Decodes its maps.
        skeleton: Its joints.
        classifies: `predict` says whether somebody is in push-up position.
        framing: How it looks at a whole frame.

    Args:
        source: The `.onnx` file, or what `to_onnx` gives.
        name: If given, the model that the file has to hold.
        threads: Threads of ONNX Runtime; 0 = as it sees fit.

    Raises:
        InputError: The file is not such a one.
    """

    def __init__(
        self, source: str | Path | bytes, name: str | None = None, threads: int = 0
    ) -> None:
        path = "the model" if isinstance(source, bytes) else source
        self._session = _open_session(source, threads)
        spec = json.loads(self._session.get_modelmeta().custom_metadata_map.get(SPEC_KEY, "null"))
        if not isinstance(spec, dict) or spec.get("task") != "keypoints":
            raise InputError(
                f"{path} carries no keypoint model description: "
                "make it with python -m pushup export-onnx CHECKPOINT OUT.onnx"
            )
        spec = with_present_names(spec)
        if name is not None and spec["name"] != name:
            raise InputError(
                f"{path} holds model {spec['name']!r}, not {name!r}: give model={spec['name']} "
                "or another ckpt_path"
            )
        self.name: str = spec["name"]
        self.codec = build_codec(**spec["codec"])
        self.skeleton = get_skeleton(spec["skeleton"])
        self._flip = torch.from_numpy(self.skeleton.flip)
        self.classifies = "classification_head" in spec
        self.framing = Framing.named(spec["framing"])

    @property
    def input_size(self) -> int:
        """Longer side of the input in pixels."""
        return self.codec.input_size

    def outputs(self, images: Tensor) -> tuple[Tensor, Tensor | None]:
        """Maps of (B, 3, H, W) uint8 RGB images, and the classification head's (B,); logits."""
        found = [torch.from_numpy(o) for o in self._session.run(None, {"images": images.numpy()})]
        return found[0], found[1] if self.classifies else None

    def predict(
        self, images: Tensor, flip_test: bool = False
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        """See `KeypointModel.predict`."""
        maps, logits = self.outputs(images)
        if flip_test:
            mirrored, _ = self.outputs(images.flip(-1).contiguous())
            maps = (maps + self.codec.mirror(mirrored, self._flip)) / 2
        return *self.codec.decode(maps), None if logits is None else logits.sigmoid()


class OnnxClassifier:
    """What classifies push-up position: a classifier, or a keypoint model with the head.

    Attributes:
        input_size: Side of the square input in pixels.

    Args:
        model: As `pushup.models.weights.load` gives it for "recognition".
        threads: Threads of ONNX Runtime; 0 = as it sees fit.
    """

    def __init__(self, model: Model, threads: int = 0) -> None:
        self.input_size = model.input_size
        self._session = _open_session(to_onnx(model), threads)

    def classify(self, images: Tensor) -> Tensor:
        """See `PushUpClassifier.classify`."""
        [logits] = self._session.run(["position"], {"images": images.numpy()})
        return torch.from_numpy(logits).sigmoid()


class _Outputs(nn.Module):
    """What a model answers, as the graph has it."""

    def __init__(self, model: Model) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        """Maps, and logits that somebody is in push-up position; what the model has of the two."""
        if isinstance(self.model, PushUpClassifier):
            return (self.model(images),)
        return tuple(output for output in self.model.outputs(images) if output is not None)


def _output_names(model: Model) -> list[str]:
    if isinstance(model, PushUpClassifier):
        return ["position"]
    return ["maps", "position"] if model.classifies else ["maps"]


@torch.inference_mode()
def to_onnx(model: Model) -> bytes:
    """An ONNX model: uint8 RGB in, `_Outputs` out, its spec as metadata.

    It takes any batch size; a keypoint model also any height and width, in multiples of its
    deepest stride.
    """
    names = _output_names(model)
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
            _Outputs(model).eval(),  # the exporter leaves the mode that it found
            (images,),
            buffer,  # type: ignore[arg-type]
            dynamo=False,
            opset_version=17,
            input_names=["images"],
            output_names=names,
            dynamic_axes=axes,
        )
    proto = onnx.load_from_string(buffer.getvalue())
    onnx.helper.set_model_props(proto, {SPEC_KEY: json.dumps(model.spec())})
    return proto.SerializeToString()


def _open_session(source: str | Path | bytes, threads: int) -> Any:
    if not isinstance(source, bytes) and not Path(source).is_file():
        raise InputError(f"no model {source}: give an existing .onnx file")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    # Its threads would otherwise burn a core each between the frames of a camera.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(
            source, options, providers=onnxruntime.get_available_providers()
        )
    except Exception as error:  # onnxruntime's errors share no public base class
        raise InputError(f"{source} is not a readable ONNX model: make it again") from error
