"""A video network with what is needed to use it: sizes, rates and colours."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from pushup.cli import InputError
from pushup.models.repnet import RepNet
from pushup.models.video_networks import Cnn3d, CnnLstm, FlowClassifier

VIDEO_NETWORKS: dict[str, Callable[..., nn.Module]] = {
    "repnet": RepNet,
    "flow_classifier": FlowClassifier,
    "cnn_lstm": CnnLstm,
    "cnn3d": Cnn3d,
}
"""By the name under which a weights file states them."""


class VideoModel(nn.Module):
    """Square RGB frames at a stated rate to what its network answers.

    Attributes:
        name: Short name.
        kind: A key of `VIDEO_NETWORKS`.
        input_size: Side of the square frames in pixels.
        rate_hz: Frames a second that it has learnt from.
        metrics: Measured figures that travel with the weights.

    Args:
        name: Short name.
        network: `kind`, and the keywords of that class.
        input_size: See above.
        rate_hz: See above.
        start_from: A keypoint model, by file or name, whose encoder starts RepNet's.
    """

    def __init__(
        self,
        name: str,
        network: Mapping[str, Any],
        input_size: int,
        rate_hz: float,
        start_from: str | None = None,
    ) -> None:
        super().__init__()
        options = dict(network)
        self.kind = str(options.pop("kind", None))
        if self.kind not in VIDEO_NETWORKS:
            raise InputError(f"unknown video network {self.kind!r}: {', '.join(VIDEO_NETWORKS)}")
        self.name, self.input_size, self.rate_hz = name, input_size, rate_hz
        self.network = VIDEO_NETWORKS[self.kind](**options)
        self.metrics: dict[str, Any] = {}
        if start_from is not None:
            self._start(start_from)

    def _start(self, path_or_name: str) -> None:
        from pushup.models import weights  # which knows this class

        encoder: nn.Module = weights.load(path_or_name).network.encoder  # type: ignore[assignment]
        self.network.start_encoder(encoder.state_dict())  # type: ignore[operator]

    @property
    def started(self) -> frozenset[str]:
        """Names of the network's parameters that a pretrained start has filled."""
        return getattr(self.network, "started", frozenset())

    def forward(self, inputs: Tensor) -> Any:
        """What the network answers to frames (B, T, S, S, 3) uint8, or to flow (B, 2, S, S)."""
        if self.kind == "flow_classifier":
            return self.network(inputs)
        return self.network(self.normalised(inputs))

    @torch.no_grad()
    def encode(self, frames: np.ndarray) -> np.ndarray:
        """What RepNet's frozen encoder says of frames (T, S, S, 3): (T, C, H, W) float16.

        Raises:
            InputError: There is no encoder, or it is in training.
        """
        if not getattr(self.network, "freeze_encoder", False):
            raise InputError(
                "data.looks=0 is needed: features can be kept of a frozen encoder alone "
                "(model.network.freeze_encoder=true)"
            )
        device = next(self.parameters()).device
        found = [
            self.network.features(self.normalised(part[None].to(device))[0])  # type: ignore[operator]
            for part in torch.from_numpy(np.ascontiguousarray(frames)).split(64)
        ]
        return torch.cat(found).half().cpu().numpy()

    @staticmethod
    def normalised(frames: Tensor) -> Tensor:
        """(B, T, 3, S, S) in -1..1 of frames (B, T, S, S, 3) uint8."""
        return frames.permute(0, 1, 4, 2, 3).float() / 127.5 - 1

    def spec(self) -> dict[str, Any]:
        """Plain values from which `from_spec` builds this model again, without its weights."""
        return {
            "task": "video",
            "name": self.name,
            "network": {"kind": self.kind, **self.network.config},  # type: ignore[dict-item]
            "input_size": self.input_size,
            "rate_hz": self.rate_hz,
            "mean": [0.5, 0.5, 0.5],
            "std": [0.5, 0.5, 0.5],
            "color_order": "rgb",
            "metrics": self.metrics,
        }

    @classmethod
    def from_spec(cls, spec: dict[str, Any]) -> "VideoModel":
        """An untrained model as `spec` describes it."""
        model = cls(spec["name"], spec["network"], spec["input_size"], spec["rate_hz"])
        model.metrics = dict(spec.get("metrics", {}))
        return model

    @property
    def parameter_count(self) -> int:
        """Learned numbers."""
        return sum(parameter.numel() for parameter in self.parameters())


def count_parameters(module: nn.Module) -> tuple[int, int]:
    """All parameters as Keras counts them, the running statistics included; and the trained ones.

    >>> count_parameters(nn.BatchNorm2d(4))
    (16, 8)
    """
    trained = sum(p.numel() for p in module.parameters())
    buffers = sum(b.numel() for b in module.buffers() if b.is_floating_point())
    return trained + buffers, trained
