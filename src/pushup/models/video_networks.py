"""Small networks of flow fields and of short videos; all look only backward in time."""

from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional


def _conv2d(inputs: int, outputs: int) -> nn.Sequential:
    conv = nn.Conv2d(inputs, outputs, 3, 2, padding=1, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))


class FlowClassifier(nn.Module):
    """One flow field to down, still or up.

    Args:
        widths: Channels of its strided convolutions.
        dropout: Share of pooled features dropped in training.
    """

    classes = ("down", "still", "up")

    def __init__(self, widths: tuple[int, ...] = (16, 32, 48, 64), dropout: float = 0.2) -> None:
        super().__init__()
        self.config: dict[str, Any] = {"widths": list(widths), "dropout": dropout}
        channels = [2, *widths]
        blocks = [_conv2d(a, b) for a, b in pairwise(channels)]
        self.body = nn.Sequential(*blocks)
        self.out = nn.Sequential(nn.Dropout(dropout), nn.Linear(2 * widths[-1], 3))

    def forward(self, flow: Tensor) -> Tensor:
        """Logits (B, 3) of flow (B, 2, S, S) in pixels of an S x S picture, y down."""
        x = self.body(flow)
        return self.out(torch.cat([x.mean((2, 3)), x.amax((2, 3))], 1))


def grey_and_change(frames: Tensor) -> Tensor:
    """(B, T, 2, S, S): grey in -1..1, and what changed since the frame before, of (B, T, 3, S, S).

    The frames are normalised RGB; the change is four times enlarged, as it is small.
    """
    weights = frames.new_tensor([0.299, 0.587, 0.114]).view(1, 1, 3, 1, 1)
    grey = (frames * weights).sum(2, keepdim=True)
    change = torch.cat([torch.zeros_like(grey[:, :1]), grey[:, 1:] - grey[:, :-1]], 1)
    return torch.cat([grey, 4 * change], 2)


class CnnLstm(nn.Module):
    """A small CNN a frame, an LSTM over them: was a repetition just finished, is the body low.

    Args:
        widths: Channels of the CNN's strided convolutions.
        hidden: Of the LSTM.
        dropout: Share of features dropped in training.
    """

    def __init__(
        self,
        widths: tuple[int, ...] = (16, 24, 32, 48),
        hidden: int = 64,
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        self.config: dict[str, Any] = {
            "widths": list(widths),
            "hidden": hidden,
            "dropout": dropout,
        }
        channels = [2, *widths]
        blocks = [_conv2d(a, b) for a, b in pairwise(channels)]
        self.body = nn.Sequential(*blocks, nn.AdaptiveAvgPool2d(2), nn.Flatten())
        self.drop = nn.Dropout(dropout)
        self.lstm = nn.LSTM(4 * widths[-1], hidden, batch_first=True)
        self.out = nn.Linear(hidden, 2)

    def forward(self, frames: Tensor) -> Tensor:
        """Logits (B, T, 2), finished and low, of normalised frames (B, T, 3, S, S)."""
        x = grey_and_change(frames)
        features = self.body(x.flatten(0, 1)).unflatten(0, x.shape[:2])
        return self.out(self.lstm(self.drop(features))[0])

    def step(
        self, frames: Tensor, memory: tuple[Tensor, Tensor] | None
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Logits (2,) of the last of one or two normalised frames (1, T, 3, S, S), and the memory.

        With the memory of the step before it gives what `forward` gives for all frames at once.
        """
        features = self.body(grey_and_change(frames)[:, -1])
        answers, kept = self.lstm(features[:, None], memory)
        return self.out(answers)[0, 0], kept


class _CausalConv3d(nn.Module):
    """3 x 3 x 3, strided by 2 in space, dilated in time, that sees no later frame."""

    def __init__(self, inputs: int, outputs: int, dilation: int) -> None:
        super().__init__()
        self.past = 2 * dilation
        self.conv = nn.Conv3d(
            inputs, outputs, 3, (1, 2, 2), (0, 1, 1), (dilation, 1, 1), bias=False
        )
        self.norm = nn.BatchNorm3d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, T, H, W) to (B, outputs, T, H / 2, W / 2)."""
        return functional.relu(self.norm(self.conv(functional.pad(x, (0, 0, 0, 0, self.past, 0)))))


class Cnn3d(nn.Module):
    """3D convolutions and a linear layer: was a repetition just finished, is the body low.

    Args:
        widths: Channels of its strided convolutions.
        dilations: Of each in time; the last output sees 1 + 2 x their sum frames.
        dropout: Share of pooled features dropped in training.
    """

    def __init__(
        self,
        widths: tuple[int, ...] = (12, 24, 32, 48),
        dilations: tuple[int, ...] = (1, 2, 3, 4),
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        self.config: dict[str, Any] = {
            "widths": list(widths),
            "dilations": list(dilations),
            "dropout": dropout,
        }
        self.span = 1 + 2 * sum(dilations)
        channels = [2, *widths]
        self.body = nn.Sequential(
            *(
                _CausalConv3d(a, b, dilation)
                for (a, b), dilation in zip(pairwise(channels), dilations, strict=True)
            )
        )
        self.out = nn.Sequential(nn.Dropout(dropout), nn.Linear(4 * widths[-1], 2))

    def forward(self, frames: Tensor) -> Tensor:
        """Logits (B, T, 2), finished and low, of normalised frames (B, T, 3, S, S)."""
        x = self.body(grey_and_change(frames).transpose(1, 2))
        time = x.shape[2]
        pooled = functional.adaptive_avg_pool3d(x, (time, 2, 2))
        return self.out(pooled.permute(0, 2, 1, 3, 4).flatten(2))
