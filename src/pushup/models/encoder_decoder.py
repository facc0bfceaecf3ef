"""The ResNeSt, ShuffleNet and MobileNet keypoint networks: an ImageNet encoder, separable decoder.

Layer facts and parameter counts: the published push-up counter (Dec 2020).
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from pushup.cli import InputError
from pushup.models.encoders import Pretrained, build_encoder


def separable_block(channels_in: int, channels_out: int) -> nn.Sequential:
    """Depthwise 3x3, pointwise 1x1 (both with bias), batch norm, ReLU."""
    return nn.Sequential(
        nn.Conv2d(channels_in, channels_in, 3, padding=1, groups=channels_in),
        nn.Conv2d(channels_in, channels_out, 1),
        nn.BatchNorm2d(channels_out),
        nn.ReLU(inplace=True),
    )


class EncoderDecoder(nn.Module):
    """Encoder features merged from the deepest up to one set of maps at the shallowest stride.

    Each step: bilinear x2, concatenate the skip, separable blocks; last a 1x1 convolution.

    Attributes:
        started: Names of the parameters that a pretrained start has filled.
    """

    def __init__(
        self,
        encoder: str,
        out_channels: int,
        widths: list[int] | None = None,
        depths: list[int] | None = None,
        stride: int = 4,
        max_stride: int = 32,
        pretrained: Pretrained = False,
        same_padding: bool = False,
    ) -> None:
        """Build the network.

        Args:
            encoder: `shufflenet_v2_x1_0` or the name of a timm model.
            out_channels: Number of output maps.
            widths: Channels of each decoder step, deepest first (default: halving from 128).
            depths: Separable blocks of each step (default: 2).
            stride: Stride of the maps and of the shallowest feature used.
            max_stride: Stride of the deepest feature used.
            pretrained: See `encoders.Pretrained`.
            same_padding: See `encoders.padding_options`; for weights that come from TensorFlow.
        """
        super().__init__()
        features = build_encoder(encoder, stride, max_stride, pretrained, same_padding)
        self.encoder = features
        names = (f"encoder.{name}" for name, _ in features.named_parameters())
        self.started = frozenset(names if pretrained else ())
        self.stride = stride
        channels = list(features.channels)
        steps = len(channels) - 1
        widths = list(widths or [max(128 >> i, 32) for i in range(steps)])
        depths = list(depths or [2] * steps)
        if not len(widths) == len(depths) == steps:
            raise InputError(
                f"encoder {encoder!r} needs {steps} decoder widths and depths, "
                f"got {widths} and {depths}: change model.widths and model.depths"
            )
        self.config = {
            "encoder": encoder,
            "out_channels": out_channels,
            "widths": widths,
            "depths": depths,
            "stride": stride,
            "max_stride": max_stride,
            "same_padding": same_padding,
        }
        self.decoder = nn.ModuleList()
        running = channels[-1]
        for skip, width, depth in zip(channels[-2::-1], widths, depths, strict=True):
            blocks = [separable_block(running + skip, width)]
            blocks += [separable_block(width, width) for _ in range(depth - 1)]
            self.decoder.append(nn.Sequential(*blocks))
            running = width
        self.head = nn.Conv2d(running, out_channels, 1)

    @property
    def deepest_channels(self) -> int:
        """Channels of the last feature of `encode`."""
        return int(self.encoder.channels[-1])

    def forward(self, images: Tensor) -> Tensor:
        """Maps (B, out_channels, H / stride, W / stride) of normalised images (B, 3, H, W)."""
        return self.decode(self.encode(images))

    def encode(self, images: Tensor) -> list[Tensor]:
        """Features of normalised images, shallow to deep."""
        return self.encoder(images)

    def decode(self, features: list[Tensor]) -> Tensor:
        """Maps from what `encode` gives."""
        x = features[-1]
        for skip, blocks in zip(features[-2::-1], self.decoder, strict=True):
            x = functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=True)
            x = blocks(torch.cat((x, skip), 1))
        return self.head(x)

    def parameter_groups(self) -> dict[str, nn.Module]:
        """Named parts, for counting parameters."""
        return {"encoder": self.encoder, "decoder": self.decoder, "head": self.head}
