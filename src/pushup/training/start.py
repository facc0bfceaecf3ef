"""Starting from a file of weights: what the file says of its model becomes the configuration.

A value that the command line or the chosen experiment states itself stays where a network can go
on with it (input size, framing, ...), and is refused by name where the weights would mean nothing.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from hydra.utils import get_object, instantiate
from omegaconf import DictConfig, ListConfig, OmegaConf, open_dict

from pushup.cli import InputError
from pushup.codecs import CODECS
from pushup.models import weights
from pushup.models.keypoint_model import NETWORKS
from pushup.paths import CONF
from pushup.skeleton import get_skeleton
from pushup.specs import locate

CHANGEABLE = (
    *("model.name", "model.framing", "model.network.batch_norm"),
    *("model.dropout", "model.input_size"),  # of a classifier
    *("codec.input_size", "codec.sigma_px", "codec.occluded_peak", "codec.refine"),
)
"""What may be stated otherwise than in the file: its weights can go on with it."""

NOT_TRAINED = ("kind", "out_channels", "score_scale", "score_shift")
"""Of a spec, what follows from the rest, or calibrates weights that now change."""


def adopt(config: DictConfig, source: str | Path, overrides: Iterable[str]) -> None:
    """Let `config`, of train.py, describe the model in a file of weights.

    Args:
        config: Changed in place.
        source: See `pushup.specs.locate`; of a video network the configuration says all itself.
        overrides: The command line, as Hydra takes it.

    Raises:
        InputError: The file cannot be used, or something stated conflicts with it.
    """
    path = locate(source)
    spec, _ = weights.read(path)
    stated = Stated(overrides)
    if config.model.get("pretrained") and "model.pretrained" in stated:
        raise InputError(f"{path} brings all weights: leave out model.pretrained")
    with open_dict(config):
        if "width" in config.model:  # a classification head, which takes the model as it is
            _take(config, {"model.input_size": spec["input_size"]}, stated, path)
        elif spec["task"] == "recognition":
            _take(config, _of_classifier(config, spec, path), stated, path)
        elif spec["task"] == "keypoints":
            _adopt_network(config, spec, stated, path)
            _adopt_skeleton(config, spec, stated, path)
            _take(config, _of_keypoints(config, spec, path), stated, path)
        if "pretrained" in config.model:
            config.model.pretrained = False


def _of_classifier(config: DictConfig, spec: dict[str, Any], path: Path) -> dict[str, Any]:
    if "network" in config.model:
        raise InputError(f"{path} holds a recognition model: add model=classifier")
    keys = ("name", "encoder", "dropout", "same_padding", "input_size", "mean", "std")
    return {f"model.{key}": spec[key] for key in keys}


def _of_keypoints(config: DictConfig, spec: dict[str, Any], path: Path) -> dict[str, Any]:
    codec = dict(spec["codec"])
    if get_object(config.codec._target_) is not CODECS.get(codec["kind"]):
        raise InputError(
            f"{path} has maps of {codec['kind']}: choose a codec and a loss of this kind "
            "(codec=gaussian, published_gaussian or published_offset)"
        )
    parts = {"model.network": spec["network"], "codec": codec}
    inner = {
        f"{part}.{key}": value
        for part, values in parts.items()
        for key, value in values.items()
        if key not in NOT_TRAINED
    }
    own = {f"model.{key}": spec[key] for key in ("name", "mean", "std", "framing")}
    return {**own, **inner}


def _adopt_skeleton(config: DictConfig, spec: dict[str, Any], stated: "Stated", path: Path) -> None:
    skeleton, present = get_skeleton(spec["skeleton"]), instantiate(config.skeleton)
    if present == skeleton:
        return
    if "skeleton" in stated:
        shared = [joint for joint in present.joints if joint in skeleton.joints]
        if not shared:
            raise InputError(
                f"{path} holds a model of skeleton={skeleton.name}, which shares no joint with "
                f"{present.name}: leave out skeleton={present.name}"
            )
        print(f"{path}: skeleton={present.name} in place of {skeleton.name}")
        new = len(present) - len(shared)
        print(f"  {len(shared)} joints go on, {new} begin anew")
        return
    config.skeleton = {"_target_": "pushup.skeleton.get_skeleton", "spec": spec["skeleton"]}


def _adopt_network(config: DictConfig, spec: dict[str, Any], stated: "Stated", path: Path) -> None:
    """Let the configuration name the network of the file, whichever model it had chosen."""
    if "network" not in config.model:
        raise InputError(
            f"{path} holds a keypoints model, no classifier: leave out model=classifier"
        )
    network = NETWORKS[spec["network"]["kind"]]
    same = get_object(config.model.network._target_) is network and config.model.network.get(
        "encoder"
    ) == spec["network"].get("encoder")
    if not same and ("model" in stated or "model.encoder" in stated):
        raise InputError(
            f"{path} holds model {spec['name']!r}: leave out model={config.model.name}, or the "
            "experiment that chooses it"
        )
    if not same:
        config.model.network = {
            "_target_": f"{network.__module__}.{network.__qualname__}",
            "_partial_": True,
        }


def _take(config: DictConfig, settings: dict[str, Any], stated: "Stated", path: Path) -> None:
    for key, value in settings.items():
        alias = key.replace("model.network.", "model.")
        present = OmegaConf.select(config, key)
        if present == value or _plain(present) == _plain(value):
            continue
        if key not in stated and alias not in stated:
            OmegaConf.update(config, key, value)
            if OmegaConf.select(config, alias) is not None:
                OmegaConf.update(config, alias, value)
        elif key in CHANGEABLE:
            print(f"{path}: {alias}={present} in place of {value}")
        else:
            raise InputError(
                f"{path} holds a model of {alias}={_plain(value)}: leave out "
                f"{alias}={_plain(present)}"
            )


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, (list, tuple, ListConfig)) else value


class Stated:
    """The settings that a command line and the experiment that it chooses state themselves."""

    def __init__(self, overrides: Iterable[str]) -> None:
        self._keys: set[str] = set()
        for override in overrides:
            key, _, value = override.lstrip("+~").partition("=")
            self._keys.add(key)
            if key == "experiment" and value != "null":
                self._keys.update(_of_experiment(value))

    def __contains__(self, key: str) -> bool:
        """Whether `key` is stated: itself or its group; of a whole `model` only the name is."""
        if key == "model.name" and "model" in self._keys:
            return True
        parents = (key.rsplit(".", n)[0] for n in range(1, key.count(".") + 1))
        return key in self._keys or any(p in self._keys and p != "model" for p in parents)


def _of_experiment(name: str) -> Iterator[str]:
    """Dotted names of what `conf/experiment/NAME.yaml` and those it builds on set or choose."""
    own = OmegaConf.load(CONF / "experiment" / f"{name}.yaml")
    assert isinstance(own, DictConfig)
    for default in own.pop("defaults", []):
        if isinstance(default, DictConfig):
            yield from (str(key).removeprefix("override /") for key in default)
        elif not str(default).startswith(("/", "_self_")):
            yield from _of_experiment(str(default))
    yield from _leaves(own)


def _leaves(node: Any, prefix: str = "") -> Iterator[str]:
    for key in node:
        child = node._get_node(key)
        if isinstance(child, DictConfig) and len(child):
            yield from _leaves(child, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}"
