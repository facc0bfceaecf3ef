"""ImageNet encoders as feature pyramids: timm's, and torchvision's ShuffleNetV2."""

import os
from pathlib import Path
from typing import Any

import timm
import torch
from timm.models import FeatureInfo, register_model
from timm.models.efficientnet import _gen_mobilenet_v2
from torch import Tensor, nn

from pushup.cli import InputError

Pretrained = bool | str
"""False: random start. True: ImageNet weights from the network. A path: a local state dict."""


@register_model
def mobilenetv2_175(pretrained: bool = False, **options: Any) -> nn.Module:
    """MobileNetV2 with 1.75 times the channels, as in MoveNet Thunder (see `movenet`)."""
    options["pretrained_cfg"] = {"url": ""}  # None, and timm would warn
    return _gen_mobilenet_v2("mobilenetv2_175", 1.75, pretrained=pretrained, **options)


class TimmEncoder(nn.Module):
    """Any timm model with feature info, cut after the deepest feature that is used.

    Attributes:
        channels: Channels of each feature, shallow to deep.
        strides: Their strides in input pixels.
    """

    def __init__(
        self,
        name: str,
        min_stride: int,
        max_stride: int,
        pretrained: Pretrained,
        same_padding: bool = False,
    ) -> None:
        super().__init__()
        if not timm.is_model(name):
            close = ", ".join(timm.list_models(f"*{name.split('_')[0]}*")[:5])
            raise InputError(
                f"unknown encoder {name!r}: give shufflenet_v2_x1_0 or a timm model"
                + (f" such as {close}" if close else "; timm.list_models() lists them")
            )
        whole = timm.create_model(name, features_only=True, pretrained=False)
        info: FeatureInfo = whole.feature_info  # type: ignore[assignment]
        strides, channels = info.reduction(), info.channels()
        keep = [i for i, s in enumerate(strides) if min_stride <= s <= max_stride]
        if not keep or strides[keep[0]] != min_stride:
            raise InputError(
                f"encoder {name!r} has no feature of stride {min_stride}: "
                f"its strides are {strides}; choose another encoder"
            )
        options = {"out_indices": tuple(keep), **padding_options(same_padding)}
        self.net = _create(name, pretrained, **options)
        self.channels = [channels[i] for i in keep]
        self.strides = [strides[i] for i in keep]

    def forward(self, images: Tensor) -> list[Tensor]:
        """Features of normalised images (B, 3, H, W), shallow to deep."""
        return self.net(images)


def padding_options(same_padding: bool) -> dict[str, str]:
    """What timm's EfficientNet and MobileNet families take to pad strided layers as TensorFlow.

    Weights from there are another function on the other sampling grid.
    """
    return {"pad_type": "same"} if same_padding else {}


def _create(name: str, pretrained: Pretrained, **options: Any) -> nn.Module:
    if pretrained is True:
        return download(name, lambda: timm.create_model(name, True, features_only=True, **options))
    net = timm.create_model(name, features_only=True, pretrained=False, **options)
    if pretrained:
        load_local(net, Path(str(pretrained)))
    return net


class ShuffleNetEncoder(nn.Module):
    """ShuffleNetV2 x1.0 of torchvision up to stage 4.

    `conv5` belongs to the encoder that the authors counted, but nothing reads it: it is kept
    frozen so that the published parameter count can be checked.
    """

    channels = (24, 116, 232, 464)
    strides = (4, 8, 16, 32)

    def __init__(self, pretrained: Pretrained) -> None:
        super().__init__()
        from torchvision.models import ShuffleNet_V2_X1_0_Weights, shufflenet_v2_x1_0

        if pretrained is True:
            weights = ShuffleNet_V2_X1_0_Weights.IMAGENET1K_V1
            net = download("shufflenet_v2_x1_0", lambda: shufflenet_v2_x1_0(weights=weights))
        else:
            net = shufflenet_v2_x1_0()
        self.stem = nn.Sequential(net.conv1, net.maxpool)
        self.stage2, self.stage3, self.stage4 = net.stage2, net.stage3, net.stage4
        self.conv5 = net.conv5.requires_grad_(False)
        if pretrained and pretrained is not True:
            load_local(self, Path(str(pretrained)))

    def forward(self, images: Tensor) -> list[Tensor]:
        """Features of normalised images (B, 3, H, W), shallow to deep."""
        features = [self.stem(images)]
        for stage in (self.stage2, self.stage3, self.stage4):
            features.append(stage(features[-1]))
        return features


def build_encoder(
    name: str,
    min_stride: int = 4,
    max_stride: int = 32,
    pretrained: Pretrained = False,
    same_padding: bool = False,
) -> TimmEncoder | ShuffleNetEncoder:
    """An encoder by name whose forward returns features of strides min_stride..max_stride."""
    if name == "shufflenet_v2_x1_0":
        if same_padding:
            raise InputError("shufflenet_v2_x1_0 has no other padding: give same_padding=false")
        return ShuffleNetEncoder(pretrained)
    return TimmEncoder(name, min_stride, max_stride, pretrained, same_padding)


def download(name: str, create):
    """Run `create`, which fetches weights, and turn every failure into a clear error."""
    offline = InputError(
        f"the ImageNet weights of {name} could not be fetched: connect to the network, "
        "or give model.pretrained=FILE (a local state dict) or model.pretrained=false"
    )
    if os.environ.get("HF_HUB_OFFLINE") != "1" and not _online():
        raise offline
    try:
        return create()
    except Exception as error:  # each hub raises its own kinds
        raise offline from error


def _online(timeout_s: float = 3.0) -> bool:
    """Whether a weights host answers; asked first because the hubs retry for most of a minute."""
    import socket

    for host in ("huggingface.co", "download.pytorch.org"):
        try:
            socket.create_connection((host, 443), timeout=timeout_s / 2).close()
            return True
        except OSError:
            continue
    return bool(os.environ.get("HTTPS_PROXY") or os.environ.get("https_proxy"))


def load_local(net: nn.Module, path: Path) -> None:
    """Fill an encoder from a local state dict (.safetensors or .pth) with its own key names."""
    if not path.is_file():
        raise InputError(f"no weights file {path}: give an existing file as model.pretrained")
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            state = load_file(path)
        else:
            state = torch.load(path, map_location="cpu", weights_only=True)
        missing, _ = net.load_state_dict({k: v.float() for k, v in state.items()}, strict=False)
    except Exception as error:
        raise InputError(f"{path} does not hold weights for this encoder: {error}") from error
    learned = [k for k in missing if not k.endswith("num_batches_tracked")]
    if learned:
        raise InputError(
            f"{path} lacks {len(learned)} tensors of this encoder (first {learned[0]}): "
            "give the state dict of the same architecture"
        )
