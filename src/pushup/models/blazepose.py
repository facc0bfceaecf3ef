"""The heatmap branch of BlazePose (Bazarevsky et al., 2020) as in the published push-up counter.

No batch norm anywhere, biases everywhere; layer names and parameter counts follow the reference.
It may train with batch norm, which folds into the same weights and biases afterwards.
"""

from functools import partial

from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import fuse_conv_bn_eval

from pushup.models.batch_norm import undo_normalisation


def separable(
    channels_in: int, channels_out: int, stride: int = 1, batch_norm: bool = False
) -> nn.Sequential:
    """Depthwise 3x3 and pointwise 1x1, both with bias; batch norm on request."""
    layers = [
        nn.Conv2d(channels_in, channels_in, 3, stride, padding=1, groups=channels_in),
        nn.Conv2d(channels_in, channels_out, 1),
    ]
    return nn.Sequential(*layers, *([nn.BatchNorm2d(channels_out)] if batch_norm else []))


def upsample(x: Tensor) -> Tensor:
    """Bilinear x2."""
    return functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)


def _is_pointwise(module: nn.Module) -> bool:
    return isinstance(module, nn.Conv2d) and module.kernel_size == (1, 1)


class BlazeBlock(nn.Module):
    """A stride-2 separable convolution beside a max-pool, then residual separable convolutions."""

    def __init__(
        self, channels_in: int, channels_out: int, residuals: int, batch_norm: bool
    ) -> None:
        super().__init__()
        self.down = separable(channels_in, channels_out, 2, batch_norm)
        self.residuals = nn.ModuleList(
            separable(channels_out, channels_out, 1, batch_norm) for _ in range(residuals)
        )
        self.grow = channels_out - channels_in

    def forward(self, x: Tensor) -> Tensor:
        """(B, channels_in, H, W) to (B, channels_out, H / 2, W / 2)."""
        pooled = functional.pad(functional.max_pool2d(x, 2), (0, 0, 0, 0, 0, self.grow))
        x = functional.relu(self.down(x) + pooled)
        for layer in self.residuals:
            x = functional.relu(layer(x) + x)
        return x


class BlazePose(nn.Module):
    """Heatmaps at half the input's side."""

    stride = 2
    deepest_channels = 288

    def __init__(self, out_channels: int = 7, batch_norm: bool = False) -> None:
        """Build the network.

        Args:
            out_channels: Number of output maps.
            batch_norm: Normalise after each separable convolution, for training; see `fold`.
        """
        super().__init__()
        self.config = {"out_channels": out_channels, "batch_norm": batch_norm}
        sep = partial(separable, batch_norm=batch_norm)
        block = partial(BlazeBlock, batch_norm=batch_norm)
        self.conv1 = nn.Conv2d(3, 24, 3, 2, padding=1)
        self.conv2_1, self.conv2_2 = sep(24, 24), sep(24, 24)
        self.conv3 = block(24, 48, 3)
        self.conv4 = block(48, 96, 4)
        self.conv5 = block(96, 192, 5)
        self.conv6 = block(192, self.deepest_channels, 6)
        self.conv7a, self.conv7b = sep(self.deepest_channels, 48), sep(192, 48)
        self.conv8b = sep(96, 48)
        self.conv9b = sep(48, 48)
        self.conv10a, self.conv10b = sep(48, 8), sep(24, 8)
        self.conv11 = nn.Sequential(sep(8, 8), nn.ReLU(), nn.Conv2d(8, out_channels, 3, padding=1))
        self._initialise()

    @property
    def head(self) -> nn.Conv2d:
        """The last convolution, whose bias is that of the maps."""
        return self.conv11[-1]  # type: ignore[return-value]

    def _initialise(self) -> None:
        """Keep the signal's scale through thirty layers without batch norm.

        Residual branches start at zero (as in Fixup, Zhang et al., ICLR 2019), the others keep the
        variance of their input.
        """
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                linear = module.groups > 1
                nn.init.kaiming_normal_(module.weight, nonlinearity="linear" if linear else "relu")
                nn.init.zeros_(module.bias)  # type: ignore[arg-type]
        blocks = (self.conv3, self.conv4, self.conv5, self.conv6)
        residuals = [layer for block in blocks for layer in block.residuals]
        for layer in (self.conv2_1, self.conv2_2, *residuals):
            last: nn.Conv2d | nn.BatchNorm2d = layer[-1]  # type: ignore[assignment, index]
            nn.init.zeros_(last.weight)

    @property
    def folded(self) -> bool:
        """There is no batch norm (any more)."""
        return not self.config["batch_norm"]

    def fold(self) -> None:
        """Turn batch norm into weights and biases: the same function in evaluation mode."""
        for parent in list(self.modules()):
            for name, child in parent.named_children():
                if isinstance(child, nn.Sequential) and isinstance(child[-1], nn.BatchNorm2d):
                    depthwise, pointwise, norm = child
                    folded = fuse_conv_bn_eval(pointwise.eval(), norm.eval())  # type: ignore[arg-type]
                    setattr(parent, name, nn.Sequential(depthwise, folded))
        self.config["batch_norm"] = False

    def unfold(self, images: Tensor) -> None:
        """The opposite of `fold`: see `undo_normalisation` for the normalised `images`."""
        for parent in list(self.modules()):
            for name, child in parent.named_children():
                if isinstance(child, nn.Sequential) and _is_pointwise(child[-1]):
                    norm = nn.BatchNorm2d(child[-1].out_channels)  # type: ignore[arg-type]
                    setattr(parent, name, nn.Sequential(*child, norm))
        self.config["batch_norm"] = True
        undo_normalisation(self, images)

    def forward(self, images: Tensor) -> Tensor:
        """Maps (B, out_channels, H / 2, W / 2) of normalised images (B, 3, H, W)."""
        return self.decode(self.encode(images))

    def encode(self, images: Tensor) -> list[Tensor]:
        """Features of strides 2, 4, 8, 16 and 32 of normalised images."""
        relu = functional.relu
        x2 = relu(self.conv1(images))
        x2 = relu(self.conv2_1(x2) + x2)
        x2 = relu(self.conv2_2(x2) + x2)
        x4 = self.conv3(x2)
        x8 = self.conv4(x4)
        x16 = self.conv5(x8)
        return [x2, x4, x8, x16, self.conv6(x16)]

    def decode(self, features: list[Tensor]) -> Tensor:
        """Maps from what `encode` gives."""
        relu = functional.relu
        x2, x4, x8, x16, x32 = features
        x = upsample(relu(self.conv7a(x32))) + relu(self.conv7b(x16))
        x = upsample(x) + relu(self.conv8b(x8))
        x = upsample(x) + relu(self.conv9b(x4))
        x = upsample(relu(self.conv10a(x))) + relu(self.conv10b(x2))
        return self.conv11(x)

    def parameter_groups(self) -> dict[str, nn.Module]:
        """Named parts, for counting parameters."""
        return dict(self.named_children())
