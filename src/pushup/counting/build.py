"""Counters by name, as `conf/counter` describes them."""

from typing import Any

from omegaconf import OmegaConf

from pushup.cli import InputError, build
from pushup.paths import CONF

PUSH_UP_GATE = CONF / "gate" / "pose.yaml"


def counter_config(name: str, gate: dict[str, Any] | None = None) -> dict[str, Any]:
    """The settings in `conf/counter/NAME.yaml`.

    Args:
        name: Of the file.
        gate: Configuration that the file refers to as `${gate}`; None for a push-up's.

    Raises:
        InputError: There is no such counter.
    """
    path = CONF / "counter" / f"{name}.yaml"
    if not path.is_file():
        known = ", ".join(sorted(file.stem for file in path.parent.glob("*.yaml")))
        raise InputError(f"no counter {name!r}: choose counters=[...] of {known}")
    chosen = OmegaConf.load(PUSH_UP_GATE) if gate is None else gate
    config = OmegaConf.create({"gate": chosen, "counter": OmegaConf.load(path)})
    return OmegaConf.to_container(config, resolve=True)["counter"]  # type: ignore


def build_counter(
    name: str = "default", gate: dict[str, Any] | None = None, **settings: Any
) -> Any:
    """The counter of `conf/counter/NAME.yaml`, some of its settings replaced.

    Args:
        name: Of the file.
        gate: See `counter_config`.
        settings: Such as `skeleton=BODY16`.

    Raises:
        InputError: There is no such counter, or it refuses the settings.
    """
    return build(OmegaConf.create(counter_config(name, gate)), **settings)
