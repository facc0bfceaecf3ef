"""Codecs: how keypoints become training targets and how network maps become keypoints again."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Protocol

import numpy as np

from pushup.cli import InputError
from pushup.codecs.gaussian_heatmap import GaussianHeatmap
from pushup.codecs.offset_heatmap import OffsetHeatmap

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["CODECS", "Codec", "GaussianHeatmap", "OffsetHeatmap", "build_codec"]


class Codec(Protocol):
    """Both directions of one representation, for inputs whose longer side is `input_size` pixels.

    Maps are the raw outputs of a network: logits of the heatmaps first, then whatever else the
    representation needs. Their longer side tells the stride, so one codec serves networks of any
    stride. Targets are torch tensors; decoding is NumPy alone, so that an app needs no torch.
    """

    maps_per_joint: ClassVar[int]

    @property
    def input_size(self) -> int:
        """Longer side of the input in pixels."""
        ...

    def encode(
        self,
        keypoints: Tensor,
        labelled: Tensor,
        visible: Tensor,
        stride: int,
        size_wh: tuple[int, int] | None = None,
    ) -> Tensor:
        """Targets (B, maps_per_joint * K, H / stride, W / stride).

        A joint that is unlabelled or outside the input has an empty heatmap.

        Args:
            keypoints: (B, K, 2) in input space.
            labelled: (B, K) bool.
            visible: (B, K) bool.
            stride: Input pixels per cell.
            size_wh: Width and height of the input; None for a square of `input_size`.
        """
        ...

    def decode(self, maps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Keypoints (B, K, 2) in input space and scores (B, K) in 0..1."""
        ...

    def heatmaps(self, maps: Tensor) -> Tensor:
        """Probabilities (B, K, H, W) of the heatmap channels."""
        ...

    def uncalibrated(self) -> Codec:
        """The same codec, whose scores are what the maps say."""
        ...

    def mirror(self, maps: np.ndarray, flip: np.ndarray) -> np.ndarray:
        """Maps of a mirrored input, turned into maps of the original (flip: (K,) permutation)."""
        ...


CODECS = {"gaussian_heatmap": GaussianHeatmap, "offset_heatmap": OffsetHeatmap}
"""By the name under which a weights file states them."""


def build_codec(kind: str, **settings) -> Codec:
    """The codec that a weights file describes; InputError for an unknown one."""
    if kind not in CODECS:
        raise InputError(f"unknown codec {kind!r}: choose one of {', '.join(CODECS)}")
    return CODECS[kind](**settings)
