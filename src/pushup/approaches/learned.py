"""What the counters with video networks share: their weights, and the rate of their frames."""

from pathlib import Path

import torch

from pushup.approaches.pace import Pace
from pushup.approaches.video_counter import PictureCounter
from pushup.cli import InputError
from pushup.models import weights
from pushup.models.video_model import VideoModel
from pushup.paths import WEIGHTS

VIDEO_WEIGHTS = WEIGHTS / "video"


def load_video_model(kind: str, path_or_name: str) -> tuple[VideoModel, Path]:
    """A video network from a file, or from `data/weights/video` by name; and that file.

    Raises:
        InputError: There are no such weights, or they are those of another kind of network.
    """
    path, name = Path(path_or_name), kind
    if path.suffix not in (".ckpt", ".safetensors"):
        path, name = VIDEO_WEIGHTS / f"{path_or_name}.safetensors", path_or_name
    if not path.is_file():
        raise InputError(
            f"no weights {path}: train them, python train.py model={name} data=video "
            "data.root=DIR, and give counter.weights=FILE"
        )
    model = weights.load(path, None)
    if not isinstance(model, VideoModel) or model.kind != kind:
        raise InputError(f"{path} holds no {kind} network: give counter.weights=FILE of one")
    return model, path


class LearnedCounter(PictureCounter):
    """A `PictureCounter` with a video network, run at the rate that it has learnt from.

    Attributes:
        model: The network.
        parameters: Its learned numbers.

    Args:
        weights: A file, or the name of weights in `data/weights/video`.
        device: Where the network runs.
    """

    kind: str

    def __init__(self, weights: str, device: str = "cpu") -> None:
        model, path = load_video_model(self.kind, weights)
        self.model, self.files = model.to(device).eval(), (path,)
        self.parameters = self.model.parameter_count
        self._device = torch.device(device)
        self._pace = Pace(self.model.rate_hz)
