"""RepNet: periods from the self-similarity of a video's frames, in 64 frames at a time.

Dwibedi et al., "Counting Out Time: Class Agnostic Video Repetition Counting in the Wild", CVPR
2020. Built from published facts; with the encoder "resnet50v2" every layer group has the parameters
of the original (25,771,905 in all). US patent 12,469,290 B2 is said to cover counting by
self-similarity: this is an optional research baseline.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from pushup.cli import InputError
from pushup.models.encoders import ShuffleNetEncoder


class PreActBlock(nn.Module):
    """Residual block of ResNet v2 (He et al., "Identity Mappings", ECCV 2016), bottleneck of 4.

    The stride lies in the last block of a stage, whose shortcut is then a max-pool.
    """

    def __init__(self, channels: int, width: int, stride: int, project: bool) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, eps=1.001e-5)
        self.shortcut = nn.Conv2d(channels, 4 * width, 1, stride) if project else None
        self.stride = stride
        self.conv1 = nn.Conv2d(channels, width, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(width, eps=1.001e-5)
        self.conv2 = nn.Conv2d(width, width, 3, stride, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(width, eps=1.001e-5)
        self.conv3 = nn.Conv2d(width, 4 * width, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) to (B, 4 width, H / stride, W / stride)."""
        y = functional.relu(self.norm(x))
        if self.shortcut is not None:
            x = self.shortcut(y)
        elif self.stride > 1:
            x = functional.max_pool2d(x, 1, self.stride)
        y = functional.relu(self.norm1(self.conv1(y)))
        y = functional.relu(self.norm2(self.conv2(y)))
        return x + self.conv3(y)


class ResNet50V2Trunk(nn.Module):
    """ResNet-50 v2 up to `conv4_block3_out`: (B, 3, 112, 112) to (B, 1024, 7, 7)."""

    channels = 1024

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, padding=3)
        channels, stages = 64, []
        for width, blocks, stride in ((64, 3, 2), (128, 4, 2), (256, 3, 1)):
            stage = []
            for i in range(blocks):
                last = i == blocks - 1
                stage.append(PreActBlock(channels, width, stride if last else 1, project=i == 0))
                channels = 4 * width
            stages.append(nn.Sequential(*stage))
        self.conv2, self.conv3, self.conv4 = stages

    def forward(self, images: Tensor) -> Tensor:
        """Features of normalised images."""
        x = functional.max_pool2d(self.conv1(images), 3, 2, padding=1)
        return self.conv4(self.conv3(self.conv2(x)))


class ShuffleNetTrunk(nn.Module):
    """ShuffleNetV2 x1.0 up to stage 3: (B, 3, 112, 112) to (B, 232, 7, 7).

    The encoder of our smallest keypoint model; its weights may start this one.
    """

    channels = 232

    def __init__(self) -> None:
        super().__init__()
        encoder = ShuffleNetEncoder(pretrained=False)
        self.stem, self.stage2, self.stage3 = encoder.stem, encoder.stage2, encoder.stage3

    def forward(self, images: Tensor) -> Tensor:
        """Features of normalised images."""
        return self.stage3(self.stage2(self.stem(images)))


TRUNKS: dict[str, type[nn.Module]] = {
    "resnet50v2": ResNet50V2Trunk,
    "shufflenet": ShuffleNetTrunk,
}


class _Head(nn.Module):
    """(B, T, similarity features) to (B, T, outputs): one pre-norm transformer layer between."""

    def __init__(self, inputs: int, width: int, frames: int, heads: int, drop: float, out: int):
        super().__init__()
        self.project = nn.Linear(inputs, width)
        self.positions = nn.Parameter(0.02 * torch.randn(frames, width))
        self.layer = nn.TransformerEncoderLayer(
            width, heads, width, drop, batch_first=True, norm_first=True
        )
        self.fc1, self.fc2 = nn.Linear(width, width), nn.Linear(width, width)
        self.drop, self.out = nn.Dropout(drop), nn.Linear(width, out)

    def forward(self, x: Tensor) -> Tensor:
        """Logits (B, T, outputs)."""
        x = self.layer(self.project(x) + self.positions)
        x = self.drop(functional.relu(self.fc1(x)))
        return self.out(functional.relu(self.fc2(x)))


def by_lag(maps: Tensor) -> Tensor:
    """Rows of square maps (..., T, T) shifted so that columns are lags: (..., T, 2T - 1).

    >>> by_lag(torch.tensor([[1, 2], [3, 4]]))
    tensor([[2, 1, 0],
            [0, 4, 3]])
    """
    time = maps.shape[-1]
    rows = functional.pad(maps.flip(-1), (0, time)).flatten(-2)
    return rows[..., : time * (2 * time - 1)].unflatten(-1, (time, 2 * time - 1))


class RepNet(nn.Module):
    """Period and periodicity of each of 64 frames.

    Attributes:
        config: The plain keywords that build it again.
        started: Names of the parameters that a pretrained start has filled.

    Args:
        encoder: A key of `TRUNKS`.
        embed: Channels of the 3D convolution, so of a frame's embedding.
        width: Of the heads.
        frames: Of a window.
        temperature: Divides the squared distances.
        freeze_encoder: Leave the encoder as it is in training.
        squeeze: Channels to which a 1 x 1 convolution brings the encoder's; None: no such layer.
        by_lag: The heads see each row of similarities from its own frame outwards, in multiples of
            their mean; False, as published: by the other frame's place in the window. There each
            of the `frames` places has to learn anew what a period looks like.
    """

    def __init__(
        self,
        encoder: str = "resnet50v2",
        embed: int = 512,
        width: int = 512,
        frames: int = 64,
        temperature: float = 13.544,
        dropout: float = 0.25,
        freeze_encoder: bool = False,
        squeeze: int | None = None,
        by_lag: bool = False,
    ) -> None:
        super().__init__()
        if encoder not in TRUNKS:
            raise InputError(f"unknown encoder {encoder!r}: give {' or '.join(TRUNKS)}")
        self.config: dict[str, Any] = {
            "encoder": encoder,
            "embed": embed,
            "width": width,
            "frames": frames,
            "temperature": temperature,
            "dropout": dropout,
            "freeze_encoder": freeze_encoder,
            "squeeze": squeeze,
            "by_lag": by_lag,
        }
        self.started: frozenset[str] = frozenset()
        self.frames, self.temperature = frames, temperature
        self.freeze_encoder, self.by_lag = freeze_encoder, by_lag
        self.encoder = TRUNKS[encoder]()
        if freeze_encoder:
            self.encoder.requires_grad_(False)
        channels = int(self.encoder.channels)  # type: ignore[arg-type]
        self.squeeze = nn.Conv2d(channels, squeeze, 1) if squeeze else None
        self.temporal = nn.Conv3d(
            squeeze or channels, embed, 3, padding=(3, 1, 1), dilation=(3, 1, 1)
        )
        self.norm = nn.BatchNorm3d(embed, eps=1e-3)
        self.similarity_conv = nn.Conv2d(1, 32, 3, padding=1)
        inputs = 32 * (2 * frames - 1 if by_lag else frames)
        self.period = _Head(inputs, width, frames, 4, dropout, frames)
        self.periodicity = _Head(inputs, width, frames, 4, dropout, 1)

    def train(self, mode: bool = True) -> "RepNet":
        """Training mode; a frozen encoder's running statistics stay as well."""
        super().train(mode)
        if self.freeze_encoder:
            self.encoder.eval()
        return self

    def start_encoder(self, state: dict[str, Tensor]) -> None:
        """Fill the encoder from the state of a keypoint model's, as far as it has these layers."""
        own = self.encoder.state_dict()
        lacking = own.keys() - state.keys()
        if lacking:
            raise InputError(f"the weights to start from lack {sorted(lacking)[0]} of this encoder")
        self.encoder.load_state_dict({key: state[key] for key in own})
        self.started = frozenset(f"encoder.{name}" for name, _ in self.encoder.named_parameters())

    def features(self, frames: Tensor) -> Tensor:
        """What the encoder says of normalised frames: (N, 3, S, S) to (N, C, S / 16, S / 16)."""
        with torch.set_grad_enabled(torch.is_grad_enabled() and not self.freeze_encoder):
            return self.encoder(frames)

    def embeddings(self, features: Tensor) -> Tensor:
        """(B, T, embed) of the frames' features (B, T, C, H, W)."""
        if self.squeeze is not None:
            features = self.squeeze(features.flatten(0, 1)).unflatten(0, features.shape[:2])
        x = functional.relu(self.norm(self.temporal(features.transpose(1, 2))))
        return x.amax((3, 4)).transpose(1, 2)

    def similarities(self, embeddings: Tensor) -> Tensor:
        """(B, T, T): softmax over each row of the negative squared distances.

        In single precision whatever the rest is in: near frames differ by little of their length.
        """
        with torch.autocast(embeddings.device.type, enabled=False):
            embeddings = embeddings.float()
            squares = embeddings.square().sum(-1)
            products = embeddings @ embeddings.transpose(1, 2)
            distances = squares[:, :, None] - 2 * products + squares[:, None, :]
            return (-distances.clamp(min=0) / self.temperature).softmax(-1)

    def forward(self, frames: Tensor) -> tuple[Tensor, Tensor]:
        """Logits of windows of normalised frames (B, T, 3, S, S), T = `frames`.

        Returns:
            period: (B, T, T): class i is a period of i + 1 frames.
            periodicity: (B, T) that the frame is part of a repetition.
        """
        return self.periods(self.features(frames.flatten(0, 1)).unflatten(0, frames.shape[:2]))

    def periods(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """What `forward` gives, of the frames' features (B, T, C, H, W)."""
        similar = self.similarities(self.embeddings(features))
        if self.by_lag:
            similar = similar * self.frames
        x = functional.relu(self.similarity_conv(similar[:, None]))
        if self.by_lag:
            x = by_lag(x)
        x = x.permute(0, 2, 3, 1).flatten(2)
        return self.period(x), self.periodicity(x).squeeze(-1)
