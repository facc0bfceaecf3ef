"""Networks as an app uses them: pictures to keypoints or scores, with NumPy round a session."""

from pathlib import Path
from typing import Any

import numpy as np

from pushup.cli import InputError
from pushup.codecs import build_codec
from pushup.codecs.heatmap import sigmoid
from pushup.foreign import parsing
from pushup.geometry import Framing
from pushup.inference.backends import Session
from pushup.skeleton import get_skeleton


class PoseNetwork:
    """Keypoints from pictures.

    Attributes:
        name: Short name of the model.
        runtime: What runs it.
        codec: Decodes its maps.
        skeleton: Its joints.
        framing: How it looks at a whole frame.
        classifies: `predict` says whether somebody is in push-up position.

    Args:
        session: Runs the network.
        name: If given, the model that it has to be.
        path: Where it comes from, for messages.

    Raises:
        InputError: It is no keypoint network, or another than `name`.
    """

    def __init__(
        self, session: Session, name: str | None = None, path: str | Path = "the model"
    ) -> None:
        self._session = session
        self.runtime = session.runtime
        with parsing(path, "a keypoint network", "export it again"):
            self._describe(session.spec, name, path)

    def _describe(self, spec: dict[str, Any], name: str | None, path: str | Path) -> None:
        if spec["task"] != "keypoints":
            raise InputError(f"{path} holds a {spec['task']} model: give a keypoints model")
        if name is not None and spec["name"] != name:
            raise InputError(
                f"{path} holds model {spec['name']!r}, not {name!r}: give model={spec['name']} "
                "or another ckpt_path"
            )
        self.name: str = spec["name"]
        self.codec = build_codec(**spec["codec"])
        self.skeleton = get_skeleton(spec["skeleton"])
        self.framing = Framing.named(spec["framing"])
        self.classifies = "classification_head" in spec

    @property
    def input_size(self) -> int:
        """Longer side of the input in pixels."""
        return self.codec.input_size

    def maps(self, images: np.ndarray) -> np.ndarray:
        """Maps (B, C, h, w) of (B, 3, H, W) uint8 RGB pictures, for the codec to read."""
        return self._session.run(images)["maps"]

    def predict(
        self, images: np.ndarray, flip_test: bool = False
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        """Keypoints and scores, and whether somebody is in push-up position.

        Args:
            images: (B, 3, H, W) uint8 RGB.
            flip_test: Average the maps with those of the mirrored pictures.

        Returns:
            (B, K, 2) in input space, (B, K), and (B,) in 0..1 or None without the head.
        """
        outputs = self._session.run(images)
        maps, position = outputs["maps"], outputs.get("position")
        if flip_test:
            mirrored = self.maps(np.ascontiguousarray(images[..., ::-1]))
            maps = (maps + self.codec.mirror(mirrored, self.skeleton.flip)) / 2
        return *self.codec.decode(maps), None if position is None else sigmoid(position)


class ClassifierNetwork:
    """Scores of push-up position from pictures.

    Attributes:
        input_size: Side of the square input in pixels.
        runtime: What runs it.

    Args:
        session: Runs the network.
        path: Where it comes from, for messages.

    Raises:
        InputError: It cannot tell push-up position.
    """

    def __init__(self, session: Session, path: str | Path = "the model") -> None:
        spec = session.spec
        if spec["task"] != "recognition" and "classification_head" not in spec:
            raise InputError(
                f"{path} holds a keypoints model without a classification head: "
                "give a recognition checkpoint, "
                f"or train one: train.py experiment=classification_head init_from={path}"
            )
        self._session = session
        self.runtime = session.runtime
        with parsing(path, "a classifier", "export it again"):
            self.input_size = int(spec["input_size"])

    def classify(self, images: np.ndarray) -> np.ndarray:
        """Scores (B,) in 0..1 of (B, 3, S, S) uint8 RGB pictures."""
        return sigmoid(self._session.run(images)["position"])
