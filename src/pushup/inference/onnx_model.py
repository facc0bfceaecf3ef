"""A keypoint network in ONNX Runtime: the same maps, decoded by the same codec."""

import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from pushup.cli import InputError
from pushup.codecs import build_codec
from pushup.models.weights import SPEC_KEY
from pushup.skeleton import get_skeleton


class OnnxModel:
    """A file written by `pushup.inference.export`, behind the interface of `PoseModel`.

    Attributes:
        name: Short name of the model.
        codec: Decodes its maps.
        skeleton: Its joints.

    Args:
        path: The `.onnx` file.
        name: If given, the model that the file has to hold.
        threads: Threads of ONNX Runtime; 0 = as it sees fit.

    Raises:
        InputError: onnxruntime is missing, or the file is not such a one.
    """

    def __init__(self, path: str | Path, name: str | None = None, threads: int = 0) -> None:
        self._session = _open_session(Path(path), threads)
        spec = json.loads(self._session.get_modelmeta().custom_metadata_map.get(SPEC_KEY, "null"))
        if not isinstance(spec, dict) or spec.get("task") != "keypoints":
            raise InputError(
                f"{path} carries no keypoint model description: "
                "make it with python -m pushup.inference.export CHECKPOINT OUT.onnx"
            )
        if name is not None and spec["name"] != name:
            raise InputError(
                f"{path} holds model {spec['name']!r}, not {name!r}: give model={spec['name']} "
                "or another ckpt_path"
            )
        self.name: str = spec["name"]
        self.codec = build_codec(**spec["codec"])
        self.skeleton = get_skeleton(spec["skeleton"])
        self._flip = torch.from_numpy(self.skeleton.flip)

    @property
    def input_size(self) -> int:
        """Side of the square input in pixels."""
        return self.codec.input_size

    def maps(self, images: Tensor) -> Tensor:
        """Maps (logits) of (B, 3, S, S) uint8 RGB images."""
        return torch.from_numpy(self._session.run(None, {"images": images.numpy()})[0])

    def predict(self, images: Tensor, flip_test: bool = False) -> tuple[Tensor, Tensor]:
        """Keypoints (B, K, 2) in input space and scores (B, K) of uint8 RGB images."""
        maps = self.maps(images)
        if flip_test:
            mirrored = self.maps(images.flip(-1).contiguous())
            maps = (maps + self.codec.mirror(mirrored, self._flip)) / 2
        return self.codec.decode(maps)


def _open_session(path: Path, threads: int) -> Any:
    if not path.is_file():
        raise InputError(f"no model {path}: give an existing .onnx file")
    try:
        import onnxruntime
    except ImportError as error:
        raise InputError(f"{path} needs onnxruntime: pip install 'pushup[export]'") from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(
            path, options, providers=onnxruntime.get_available_providers()
        )
    except Exception as error:  # onnxruntime's errors share no public base class
        raise InputError(f"{path} is not a readable ONNX model: make it again") from error
