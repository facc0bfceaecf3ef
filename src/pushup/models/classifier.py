"""The classifier: is somebody in push-up position in this picture?"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import timm
import torch
from torch import Tensor, nn

from pushup.cli import InputError
from pushup.models.encoders import Pretrained, build_encoder, download, padding_options


class PushUpClassifier(nn.Module):
    """Square RGB pictures to one logit: an encoder, global pooling, dropout, one unit.

    The published one is MobileNetV2 with dropout 0.5.

    Attributes:
        name: Short name.
        encoder: Name of the timm classification network that is cut to one unit.
        input_size: Side of the square input in pixels.
        metrics: Measured figures that travel with the weights.
        started: Names of the parameters that a pretrained start has filled.
    """

    _scale: Tensor
    _shift: Tensor

    def __init__(
        self,
        name: str = "classifier",
        encoder: str = "mobilenetv2_100",
        pretrained: Pretrained = False,
        input_size: int = 224,
        dropout: float = 0.5,
        same_padding: bool = False,
        mean: Sequence[float] = (0.5, 0.5, 0.5),
        std: Sequence[float] = (0.5, 0.5, 0.5),
    ) -> None:
        """Build it.

        Args:
            name: Short name.
            encoder: A timm classification network.
            pretrained: See `Pretrained`; a local file fills what lies below the last feature.
            input_size: Side of the square input in pixels.
            dropout: Share of pooled features dropped in training.
            same_padding: See `encoders.padding_options`; for weights that come from TensorFlow.
            mean: Per RGB channel, subtracted from pixels in 0..1.
            std: Per RGB channel, divides after that.

        Raises:
            InputError: timm knows no such network, or its weights cannot be had.
        """
        super().__init__()
        if not timm.is_model(encoder):
            raise InputError(f"unknown encoder {encoder!r}: timm.list_models() lists them")
        self.name, self.encoder, self.input_size = name, encoder, input_size
        self.dropout, self.same_padding = dropout, same_padding
        self.mean, self.std = tuple(mean), tuple(std)
        self.metrics: dict[str, Any] = {}
        options = {"drop_rate": dropout, **padding_options(same_padding)}
        self.network, self.started = _create(encoder, pretrained, **options)
        _start_undecided(self.network)
        shape = (1, 3, 1, 1)
        self.register_buffer("_scale", (1 / (255 * torch.tensor(std))).view(shape), False)
        self.register_buffer("_shift", (-torch.tensor(mean) / torch.tensor(std)).view(shape), False)

    def forward(self, images: Tensor) -> Tensor:
        """Logits (B,) of RGB images (B, 3, S, S), uint8 or float in 0..255."""
        return self.network(images * self._scale + self._shift).squeeze(1)  # type: ignore

    @torch.inference_mode()
    def classify(self, images: Tensor) -> Tensor:
        """Scores (B,) in 0..1 that somebody is in push-up position, of RGB uint8 images."""
        return self(images).float().sigmoid()

    def scale_temperature(self, temperature: float) -> None:
        """Divide its logits by a temperature; see `pushup.metrics.calibration.temperature`."""
        unit: nn.Linear = self.network.get_classifier()  # type: ignore[operator]
        with torch.no_grad():
            unit.weight.div_(temperature)
            unit.bias.div_(temperature)

    def spec(self) -> dict[str, Any]:
        """Plain values from which `from_spec` builds this model again, without its weights."""
        return {
            "task": "recognition",
            "name": self.name,
            "encoder": self.encoder,
            "dropout": self.dropout,
            "same_padding": self.same_padding,
            "input_size": self.input_size,
            "mean": list(self.mean),
            "std": list(self.std),
            "color_order": "rgb",
            "metrics": self.metrics,
        }

    @classmethod
    def from_spec(cls, spec: dict[str, Any]) -> "PushUpClassifier":
        """An untrained model as `spec` describes it."""
        keys = ("name", "encoder", "dropout", "same_padding", "input_size", "mean", "std")
        model = cls(**{key: spec[key] for key in keys})
        model.metrics = dict(spec.get("metrics", {}))
        return model


def _start_undecided(network: nn.Module) -> None:
    """Let an untrained unit answer about 0.5; timm's own start makes it wildly sure."""
    unit: nn.Linear = network.get_classifier()  # type: ignore[operator]
    nn.init.normal_(unit.weight, std=0.01)
    nn.init.zeros_(unit.bias)


def _create(
    encoder: str, pretrained: Pretrained, **options: Any
) -> tuple[nn.Module, frozenset[str]]:
    """The network, and the names of the parameters that `pretrained` fills."""
    if pretrained is True:
        network = download(
            encoder, lambda: timm.create_model(encoder, True, num_classes=1, **options)
        )
        unit = {id(p) for p in network.get_classifier().parameters()}  # type: ignore[operator]
        return network, frozenset(n for n, p in network.named_parameters() if id(p) not in unit)
    network = timm.create_model(encoder, num_classes=1, **options)
    started = _start_from(network, encoder, Path(str(pretrained))) if pretrained else frozenset()
    return network, started


def _start_from(network: nn.Module, encoder: str, path: Path) -> frozenset[str]:
    """Copy a local file of encoder weights, checked by the encoder that keypoint models use."""
    trunk: nn.Module = build_encoder(encoder, pretrained=str(path)).net  # type: ignore[assignment]
    _, unexpected = network.load_state_dict(trunk.state_dict(), strict=False)
    if unexpected:
        raise InputError(
            f"{path} cannot start a classifier on encoder {encoder!r}, whose features have other "
            "names: give model.pretrained=false or true"
        )
    return frozenset(name for name, _ in trunk.named_parameters())
