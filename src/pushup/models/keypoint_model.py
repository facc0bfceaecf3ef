"""A network with everything needed to use it: colours in, keypoints out."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

import torch
from torch import Tensor, nn

from pushup.cli import InputError
from pushup.codecs import CODECS, Codec, build_codec
from pushup.geometry import Framing
from pushup.models.blazepose import BlazePose
from pushup.models.classification_head import ClassificationHead
from pushup.models.encoder_decoder import EncoderDecoder
from pushup.models.network import FoldsBatchNorm, SharesFeatures
from pushup.skeleton import Skeleton, get_skeleton

NETWORKS: dict[str, Callable[..., nn.Module]] = {
    "encoder_decoder": EncoderDecoder,
    "blazepose": BlazePose,
}
"""By the name under which a weights file states them."""


def _start_empty(head: nn.Conv2d, joints: int) -> None:
    """Let an untrained network begin with nearly empty heatmaps, as the targets are.

    Otherwise the first hundreds of steps only push every cell down (the prior of Lin et al.,
    "Focal Loss for Dense Object Detection", ICCV 2017).
    """
    with torch.no_grad():
        nn.init.normal_(head.weight, std=0.01)
        head.bias[:joints] = -5.0  # type: ignore[index]


class KeypointModel(nn.Module):
    """RGB pictures to maps, and to keypoints by the codec that made the targets.

    The input is a square, or a rectangle whose sides are multiples of the network's deepest stride.

    Attributes:
        name: Short name, such as "mobilenet".
        network: The bare network, see `pushup.models.network.Network`.
        framing: How it looks at a picture, as it has learnt to.
        classification_head: Recognises push-up position; None where the model has none.
        metrics: Measured figures that travel with the weights.
    """

    classification_head: ClassificationHead | None
    codec: Codec
    _scale: Tensor
    _shift: Tensor
    flip: Tensor

    def __init__(
        self,
        name: str,
        network: Callable[..., nn.Module] | nn.Module,
        codec: Codec,
        skeleton: Skeleton,
        mean: Sequence[float] = (0.0, 0.0, 0.0),
        std: Sequence[float] = (1.0, 1.0, 1.0),
        framing: Framing | str = Framing.SQUARE,
    ) -> None:
        """Join the parts.

        Args:
            name: Short name.
            network: A network, or what builds one from `out_channels`.
            codec: Representation of the maps; states the input size.
            skeleton: Joints of the maps, in order.
            mean: Per RGB channel, subtracted from pixels in 0..1.
            std: Per RGB channel, divides after that.
            framing: How it looks at a picture, in training and afterwards.
        """
        super().__init__()
        if not isinstance(network, nn.Module):
            network = network(out_channels=codec.maps_per_joint * len(skeleton))
            if hasattr(network, "head"):
                _start_empty(network.head, len(skeleton))  # type: ignore[arg-type]
        self.name = name
        self.network = network
        self.codec = codec
        self.skeleton = skeleton
        self.framing = Framing.named(framing)
        self.classification_head = None
        self.metrics: dict[str, Any] = {}
        self.mean, self.std = tuple(mean), tuple(std)
        shape = (1, 3, 1, 1)
        self.register_buffer("_scale", (1 / (255 * torch.tensor(std))).view(shape), False)
        self.register_buffer("_shift", (-torch.tensor(mean) / torch.tensor(std)).view(shape), False)
        self.register_buffer("flip", torch.from_numpy(skeleton.flip), False)

    @property
    def input_size(self) -> int:
        """Longer side of the input in pixels."""
        return self.codec.input_size

    @property
    def stride(self) -> int:
        """Input pixels per cell of the maps."""
        return int(self.network.stride)  # type: ignore[arg-type]

    @property
    def started(self) -> frozenset[str]:
        """Names of the network's parameters that a pretrained start has filled."""
        return getattr(self.network, "started", frozenset())

    @property
    def classifies(self) -> bool:
        """`predict` says whether somebody is in push-up position."""
        return self.classification_head is not None

    def fold(self) -> None:
        """Drop layers that only training needs, where the network has any."""
        if isinstance(self.network, FoldsBatchNorm) and not self.network.folded:
            self.network.fold()

    def unfold(self, images: Tensor) -> None:
        """The opposite of `fold`, for a network to be trained on with batch norm.

        Args:
            images: RGB images (B, 3, S, S) like those to come, uint8 or float in 0..255.

        Raises:
            InputError: The network has no batch norm that folds.
        """
        if not isinstance(self.network, FoldsBatchNorm):
            raise InputError(f"model {self.name!r} has no batch norm to unfold")
        if self.network.folded:
            self.network.unfold(self._normalised(images))

    def start_from(self, trained: "KeypointModel") -> None:
        """Take over the network of a trained model; of its maps, those of joints that both know.

        Args:
            trained: A model of the same network; of another skeleton only where the network has a
                `head`, whose maps of further joints begin anew.

        Raises:
            InputError: The skeletons differ and there is no `head`.
            RuntimeError: The networks differ.
        """
        state = trained.network.state_dict()
        if trained.skeleton.joints != self.skeleton.joints:
            theirs = torch.from_numpy(self.skeleton.within(trained.skeleton.joints))
            for key, new in self._head_tensors().items():
                by_joint = new.clone().unflatten(0, (self.codec.maps_per_joint, -1))
                old = state[key].unflatten(0, (self.codec.maps_per_joint, -1))
                by_joint[:, theirs >= 0] = old[:, theirs[theirs >= 0]]
                state[key] = by_joint.flatten(0, 1)
        self.network.load_state_dict(state)

    def _head_tensors(self) -> dict[str, Tensor]:
        """Weights of the last convolution by their names in the network."""
        head = getattr(self.network, "head", None)
        if head is None:
            raise InputError(
                f"model {self.name!r} cannot start from another skeleton: its network has no head "
                f"to exchange; leave out skeleton={self.skeleton.name}"
            )
        (prefix,) = (name for name, module in self.network.named_modules() if module is head)
        return {f"{prefix}.{key}": value for key, value in head.state_dict().items()}

    def add_classification_head(
        self, width: int, dropout: float, beneath: dict[str, Any] | None = None
    ) -> None:
        """Give it a new head that says whether somebody is in push-up position, to be trained.

        Args:
            width: See `ClassificationHead`.
            dropout: See `ClassificationHead`.
            beneath: See `ClassificationHead`.

        Raises:
            InputError: The network does not share its features.
        """
        if not isinstance(self.network, SharesFeatures):
            raise InputError(
                f"model {self.name!r} cannot share its features with a classification head: "
                "its network lacks encode, decode and deepest_channels"
            )
        channels = self.network.deepest_channels
        self.classification_head = ClassificationHead(channels, width, dropout, beneath)
        self.framing = Framing.SQUARE  # which the head learns from

    def forward(self, images: Tensor) -> Tensor:
        """Maps of RGB images (B, 3, H, W), uint8 or float in 0..255."""
        return self.network(self._normalised(images))

    def outputs(self, images: Tensor) -> tuple[Tensor, Tensor | None]:
        """Maps, and the classification head's logits (B,) if there is one, from one pass."""
        if self.classification_head is None:
            return self(images), None
        features = self._encode(images)
        maps: Tensor = self.network.decode(features)  # type: ignore[operator]
        return maps, self.classification_head(features[-1])

    def position_logits(self, images: Tensor) -> Tensor:
        """The classification head's logits (B,) alone."""
        assert self.classification_head is not None, "the model has one head"
        return self.classification_head(self._encode(images)[-1])

    @torch.inference_mode()
    def classify(self, images: Tensor) -> Tensor:
        """Scores (B,) in 0..1 that somebody is in push-up position, of RGB uint8 images."""
        return self.position_logits(images).float().sigmoid()

    def _normalised(self, images: Tensor) -> Tensor:
        return images * self._scale + self._shift

    def _encode(self, images: Tensor) -> list[Tensor]:
        return self.network.encode(self._normalised(images))  # type: ignore[operator]

    def decode(self, maps: Tensor) -> tuple[Tensor, Tensor]:
        """Keypoints (B, K, 2) in input space and scores (B, K) of maps, beside them."""
        found = self.codec.decode(maps.detach().float().cpu().numpy())
        keypoints, scores = (torch.from_numpy(values).to(maps.device) for values in found)
        return keypoints, scores

    def spec(self) -> dict[str, Any]:
        """Plain values from which `from_spec` builds this model again, without its weights."""
        kinds = {cls: kind for kind, cls in {**NETWORKS, **CODECS}.items()}
        config: dict[str, Any] = self.network.config  # type: ignore[assignment]
        head = (
            {}
            if self.classification_head is None
            else {"classification_head": self.classification_head.spec()}
        )
        return {
            "task": "keypoints",
            "name": self.name,
            "network": {"kind": kinds[type(self.network)], **config},
            "codec": {"kind": kinds[type(self.codec)], **asdict(self.codec)},  # type: ignore
            "skeleton": self.skeleton.spec(),
            "input_size": self.input_size,
            "mean": list(self.mean),
            "std": list(self.std),
            "framing": str(self.framing),
            "color_order": "rgb",
            "metrics": self.metrics,
            **head,
        }

    @classmethod
    def from_spec(cls, spec: dict[str, Any]) -> "KeypointModel":
        """An untrained model as `spec` describes it; InputError for an unknown network."""
        network = dict(spec["network"])
        kind = network.pop("kind")
        if kind not in NETWORKS:
            raise InputError(f"unknown network {kind!r}: choose one of {', '.join(NETWORKS)}")
        model = cls(
            name=spec["name"],
            network=NETWORKS[kind](**network),
            codec=build_codec(**spec["codec"]),
            skeleton=get_skeleton(spec["skeleton"]),
            mean=spec["mean"],
            std=spec["std"],
            framing=spec["framing"],
        )
        model.metrics = dict(spec.get("metrics", {}))
        if "classification_head" in spec:
            model.classification_head = ClassificationHead.from_spec(spec["classification_head"])
        return model
