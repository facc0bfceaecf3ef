"""The shipped counters and their gate, as the tests use them."""

from typing import Any

from omegaconf import OmegaConf

from pushup.counting.build import PUSH_UP_GATE, build_counter

GATE: Any = OmegaConf.to_container(OmegaConf.load(PUSH_UP_GATE))
"""That of a push-up, as configuration."""


def push_up_counter(**settings: Any) -> Any:
    """The default counter, some of its settings replaced."""
    return build_counter("default", **settings)


def offline_counter() -> Any:
    """The offline counter."""
    return build_counter("offline")
