"""The classification head: push-up position from the encoder that finds the keypoints."""

from typing import Any

from torch import Tensor, nn


class ClassificationHead(nn.Module):
    """The published classifier's head on a keypoint network: widen, pool, drop out, one unit.

    MobileNetV2 widens 320 channels to 1280 before it pools (Sandler et al., CVPR 2018); far fewer
    do for one question.

    Attributes:
        metrics: Measured figures that travel with the weights.
    """

    def __init__(
        self,
        channels: int,
        width: int = 128,
        dropout: float = 0.5,
        beneath: dict[str, Any] | None = None,
    ) -> None:
        """Build it undecided: untrained, it answers 0.5.

        Args:
            channels: Channels of the encoder's deepest feature.
            width: Channels that are pooled.
            dropout: Share of pooled features dropped in training.
            beneath: What the weights file says of the training of the network beneath.
        """
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.widen = nn.Sequential(
            nn.Conv2d(channels, width, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU6()
        )
        self.unit = nn.Linear(width, 1)
        nn.init.zeros_(self.unit.weight)
        nn.init.zeros_(self.unit.bias)
        self.beneath = dict(beneath or {})
        self.metrics: dict[str, Any] = {}

    def forward(self, feature: Tensor) -> Tensor:
        """Logits (B,) of the deepest feature (B, channels, H, W)."""
        return self.unit(self.dropout(self.widen(feature).mean((2, 3)))).squeeze(1)

    def spec(self) -> dict[str, Any]:
        """Plain values from which `from_spec` builds it again, without its weights."""
        return {
            "channels": self.widen[0].in_channels,
            "width": self.unit.in_features,
            "dropout": self.dropout.p,
            "beneath": self.beneath,
            "metrics": self.metrics,
        }

    @classmethod
    def from_spec(cls, spec: dict[str, Any]) -> "ClassificationHead":
        """An untrained head as `spec` describes it."""
        head = cls(**{key: spec[key] for key in ("channels", "width", "dropout", "beneath")})
        head.metrics = dict(spec["metrics"])
        return head
