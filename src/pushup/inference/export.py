"""Exporting a network in a form that other runtimes read, held against torch before it counts."""

import functools
import importlib.util
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from pushup.cli import InputError, extra
from pushup.files import replacing_all
from pushup.geometry import FrameTransform
from pushup.inference.backends import Session, open_session
from pushup.inference.backends.pytorch import TorchSession
from pushup.inference.networks import PoseNetwork
from pushup.inference.onnx_export import Outputs, to_onnx
from pushup.inference.predictor import as_images
from pushup.inference.ready import DIGEST, digest
from pushup.models import weights
from pushup.models.weights import ImageModel
from pushup.specs import locate
from pushup.synthetic.pictures import SyntheticSource

TOLERANCE = 1e-3
"""Largest allowed difference of outputs (logits) that are computed in float32 from torch's."""

MOST_LOST = 0.005
"""PCKs that an export may lose."""

CALIBRATION, CHECKED = 64, 4
"""Rendered pictures from which 8 bits learn their ranges, and others for comparing with torch."""


class Reading(NamedTuple):
    """An exported file as a runtime reads it.

    Attributes:
        name: Of the runtime.
        session: Open.
        exact: It computes in float32, as torch does.
    """

    name: str
    session: Session
    exact: bool = True


@dataclass(frozen=True)
class Check:
    """How far a runtime is from torch.

    Attributes:
        name: Of the runtime.
        difference: Largest difference of any output (logits).
        keypoints_px: Largest distance of a keypoint in pixels of the input; None for classifiers.
        measured: What the caller measures, such as PCKs; None for nothing.
    """

    name: str
    difference: float
    keypoints_px: float | None
    measured: float | None = None


def export(
    path_or_name: str | Path,
    out: str | Path,
    kind: str = "onnx",
    measure: Callable[[Session], float] | None = None,
) -> list[Check]:
    """Write a network in another format; returns torch's line and one a runtime that reads it.

    Args:
        path_or_name: See `pushup.specs.locate`.
        out: Written whole or not at all.
        kind: One of `FORMATS`.
        measure: Measures a session, such as its PCKs: more is better.

    Raises:
        InputError: The file cannot be read or written, there is no such format, what writes it is
            not installed, a runtime disagrees with torch, or loses more than `MOST_LOST`.
    """
    if kind not in FORMATS:
        raise InputError(f"unknown format={kind}: choose one of {', '.join(FORMATS)}")
    path = locate(path_or_name)
    if path.suffix == ".onnx":
        raise InputError(f"{path} is exported: give the .ckpt or .safetensors it was made from")
    model = weights.load(path, task="image")
    own = TorchSession(model)
    images = rendered(CHECKED, model.input_size, seed=1)
    reference = Check("torch", 0.0, None, measure and measure(own))
    checks = [reference]
    with replacing_all(out) as part:
        for reading in FORMATS[kind].write(model, path, part):
            check = compare(own, reading, images, measure)
            if reading.exact and check.difference > TOLERANCE:
                raise InputError(
                    f"{out} differs from torch by {check.difference:.2g} in {reading.name}: "
                    "not written"
                )
            if lost(reference, check) >= MOST_LOST:
                raise InputError(
                    f"{out} loses {lost(reference, check):.4f} PCKs in {reading.name}: not written"
                )
            checks.append(check)
    return checks


def lost(reference: Check, check: Check) -> float:
    """By how much what is measured falls; 0 where nothing is."""
    if reference.measured is None or check.measured is None:
        return 0.0
    return reference.measured - check.measured


def compare(
    own: Session,
    reading: Reading,
    images: np.ndarray,
    measure: Callable[[Session], float] | None = None,
) -> Check:
    """A runtime beside torch on pictures (B, 3, H, W)."""
    singles = [images[k : k + 1] for k in range(len(images))]
    pairs = [(own.run(single), reading.session.run(single)) for single in singles]
    difference = max(float(np.abs(a[n] - b[n]).max()) for a, b in pairs for n in a)
    keypoints_px = None
    if own.spec["task"] == "keypoints":
        decode = PoseNetwork(own).codec.decode
        found = [(decode(a["maps"])[0], decode(b["maps"])[0]) for a, b in pairs]
        keypoints_px = max(float(np.linalg.norm(a - b, axis=-1).max()) for a, b in found)
    return Check(reading.name, difference, keypoints_px, measure and measure(reading.session))


@functools.cache
def rendered(count: int, side: int, seed: int) -> np.ndarray:
    """Pictures (B, 3, side, side) of rendered people."""
    pictures = []
    for rgb, _ in map(SyntheticSource(count, seed).__getitem__, range(count)):
        height, width = rgb.shape[:2]
        transform = FrameTransform.pad_square((width, height), side)
        pictures.append(as_images(np.ascontiguousarray(rgb[..., ::-1]), transform))
    return np.concatenate(pictures)


def _onnx(model: ImageModel, path: Path, part: Path) -> Iterator[Reading]:
    part.write_bytes(to_onnx(model, **{DIGEST: digest(path)}))
    yield Reading("ONNX Runtime", open_session(part, "onnxruntime"))
    if importlib.util.find_spec("openvino"):
        yield from _in_openvino(part)


def _in_openvino(file: Path, exact: bool = True) -> Iterator[Reading]:
    """In float32, and as the CPU prefers it."""
    from pushup.inference.backends.openvino import OpenVinoSession

    yield Reading("OpenVINO, float32", OpenVinoSession(file, precision="f32"), exact)
    yield Reading("OpenVINO", OpenVinoSession(file), exact=False)


def _openvino(model: ImageModel, path: Path, part: Path) -> Iterator[Reading]:
    import openvino

    network = openvino.Core().read_model(to_onnx(model, **{DIGEST: digest(path)}))
    openvino.save_model(network, part, compress_to_fp16=False)  # what fits is stored so already
    yield from _in_openvino(part)


def _int8(model: ImageModel, path: Path, part: Path) -> Iterator[Reading]:
    """Static quantisation; ranges of activations from rendered pictures."""
    import onnx
    from onnxruntime import quantization
    from onnxruntime.quantization.shape_inference import quant_pre_process

    whole = onnx.load_from_string(to_onnx(model, **{DIGEST: digest(path)}))
    with tempfile.TemporaryDirectory() as folder:
        folded = os.path.join(folder, "folded.onnx")
        quant_pre_process(whole, folded, skip_symbolic_shape=True)
        nodes = onnx.load(folded).graph.node
        convolutions = [node.name for node in nodes if node.op_type == "Conv"]
        quantization.quantize_static(
            folded,
            part,
            _Calibration(model.input_size),  # type: ignore[arg-type]  # by its structure
            quant_format=quantization.QuantFormat.QDQ,
            per_channel=True,
            activation_type=quantization.QuantType.QUInt8,
            nodes_to_exclude=[convolutions[0], convolutions[-1]],  # which 8 bits hurt most
        )
    small = onnx.load(part)
    onnx.helper.set_model_props(small, {p.key: p.value for p in whole.metadata_props})
    onnx.save(small, part)
    yield Reading("ONNX Runtime", open_session(part, "onnxruntime"), exact=False)
    if importlib.util.find_spec("openvino"):
        yield Reading("OpenVINO", open_session(part, "openvino"), exact=False)


class _Calibration:
    """Pictures for `quantize_static`, one at a time."""

    def __init__(self, side: int) -> None:
        self._pictures = iter(rendered(CALIBRATION, side, seed=2))

    def get_next(self) -> dict[str, np.ndarray] | None:
        """The next feed; None at the end."""
        picture = next(self._pictures, None)
        return None if picture is None else {"images": picture[None]}


class _Called:
    """See `pushup.inference.backends.Session`: a function of one picture at a time."""

    def __init__(
        self, runtime: str, model: ImageModel, function: Callable[[np.ndarray], list[np.ndarray]]
    ) -> None:
        self.runtime, self.spec = runtime, model.spec()
        self._names, self._function = Outputs(model).names, function

    def run(self, images: np.ndarray) -> dict[str, np.ndarray]:
        """Outputs of (B, 3, H, W) uint8 RGB pictures, by name."""
        found = [self._function(images[k : k + 1]) for k in range(len(images))]
        return {
            n: np.concatenate(v) for n, v in zip(self._names, zip(*found, strict=True), strict=True)
        }


def _torchscript(model: ImageModel, path: Path, part: Path) -> Iterator[Reading]:
    images = torch.zeros(1, 3, model.input_size, model.input_size, dtype=torch.uint8)
    with torch.inference_mode():
        torch.jit.save(torch.jit.trace(Outputs(model).eval(), (images,)), part)
    module = torch.jit.load(part)

    def call(image: np.ndarray) -> list[np.ndarray]:
        with torch.inference_mode():
            return [value.numpy() for value in module(torch.from_numpy(image))]

    yield Reading("TorchScript", _Called("torchscript", model, call))


def _tflite(model: ImageModel, path: Path, part: Path) -> Iterator[Reading]:
    litert_torch = extra("litert_torch", "tflite")
    interpreters = extra("ai_edge_litert.interpreter", "tflite")
    images = torch.zeros(1, 3, model.input_size, model.input_size, dtype=torch.uint8)
    litert_torch.convert(Outputs(model).eval(), (images,)).export(str(part))
    interpreter: Any = interpreters.Interpreter(model_path=str(part))
    run = interpreter.get_signature_runner()

    def call(image: np.ndarray) -> list[np.ndarray]:
        return [value for _, value in sorted(run(args_0=image).items())]

    yield Reading("LiteRT", _Called("litert", model, call))


class Format(NamedTuple):
    """A format.

    Attributes:
        suffix: Of its files, after the model's name.
        write: Writes a model, which lies in a file, to another; gives it as each runtime reads it.
    """

    suffix: str
    write: Callable[[ImageModel, Path, Path], Iterator[Reading]]


FORMATS = {
    "onnx": Format(".onnx", _onnx),
    "onnx_int8": Format("_int8.onnx", _int8),
    "openvino": Format(".xml", _openvino),
    "torchscript": Format(".pt", _torchscript),
    "tflite": Format(".tflite", _tflite),
}
"""By name. `onnx` is what the app runs; of `openvino`, a `.bin` lies beside the `.xml`."""
