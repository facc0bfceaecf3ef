"""What a keypoint network has to be, and what it may be beside: contracts by structure.

A network is an `nn.Module`. Weights files find its class by the name under which it stands in
`pushup.models.keypoint_model.NETWORKS`.
"""

from typing import Any, Protocol, runtime_checkable

from torch import Tensor


class Network(Protocol):
    """All that a network needs.

    The last convolution, where the maps come from one, may be given as `head`: it then starts with
    nearly empty heatmaps, as the targets are.

    Attributes:
        stride: Input pixels per cell of its maps.
        config: The plain keywords that build it again, `out_channels` among them.
    """

    stride: int
    config: dict[str, Any]

    def __call__(self, images: Tensor) -> Tensor:
        """Maps (B, out_channels, H / stride, W / stride), logits, of normalised (B, 3, H, W)."""
        ...


@runtime_checkable
class SharesFeatures(Protocol):
    """Falls into two halves, so that a classification head can read the deepest feature.

    Attributes:
        deepest_channels: Channels of the last feature of `encode`.
    """

    deepest_channels: int

    def encode(self, images: Tensor) -> list[Tensor]:
        """Features of normalised images, shallow to deep."""
        ...

    def decode(self, features: list[Tensor]) -> Tensor:
        """Maps from what `encode` gives."""
        ...


@runtime_checkable
class FoldsBatchNorm(Protocol):
    """Trains with batch norm that folds into its convolutions: fewer layers, the same function.

    Attributes:
        folded: There is no batch norm (any more).
    """

    folded: bool

    def fold(self) -> None:
        """Turn batch norm into weights and biases: the same function in evaluation mode."""
        ...

    def unfold(self, images: Tensor) -> None:
        """The opposite of `fold`, for training.

        Args:
            images: Normalised (B, 3, H, W), from which the statistics of the batch norms come.
        """
        ...
