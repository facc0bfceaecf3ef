"""What goes into a counter and what comes out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Observation:
    """What one video frame says about the person.

    The streaming counter asks for `tolist()` alone: memory views do where there is no NumPy.

    Attributes:
        keypoints: (K, 2) frame pixels, y down; NaN where unknown.
        scores: (K,) confidence in 0..1; 0 where unknown.
        time_s: Time of the frame in seconds, increasing.
        pushing_up: The push-up classifier's score in 0..1; None without a classifier.
        frame_size_wh: Width and height of the frame in pixels. Only counters that measure in frame
            widths, as the released one does, ask for it.
    """

    keypoints: np.ndarray
    scores: np.ndarray
    time_s: float
    pushing_up: float | None = None
    frame_size_wh: tuple[int, int] | None = None


@dataclass(frozen=True)
class Finding:
    """One measure of a repetition's form; see `form.py`.

    Attributes:
        rule: Name of the measure.
        value: In the measure's unit.
        hint: What to do better; "" where it is good.
    """

    rule: str
    value: float
    hint: str


@dataclass(frozen=True)
class Rep:
    """One counted repetition: from the top down and back up.

    Attributes:
        start_s: When the descent began.
        bottom_s: When the body was lowest.
        top_s: When the repetition was counted, back near the top.
        depth: Height difference between top and bottom in arm lengths (see the counter).
        confidence: 0..1.
        features: Why it was counted: the cycle's features by name; see `features.py`.
        form: What could be done better.
    """

    start_s: float
    bottom_s: float
    top_s: float
    depth: float
    confidence: float = 1.0
    features: dict[str, float] = field(default_factory=dict)
    form: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class CounterState:
    """What a display may show of a counter after its latest update.

    Attributes:
        value: The signal, larger = body higher; NaN while unknown.
        threshold: Level that the signal has to cross; NaN while there is none.
        high: The body is held to be up.
        gate_open: Repetitions may be counted.
        note: Why the latest candidate was not counted; "" otherwise.
    """

    value: float = float("nan")
    threshold: float = float("nan")
    high: bool = True
    gate_open: bool = True
    note: str = ""


@runtime_checkable
class StreamingCounter(Protocol):
    """A causal counter: one pass, one observation at a time."""

    state: CounterState

    def update(self, observation: Observation) -> Rep | None:
        """Take the next frame; return the repetition it completes, if any."""
        ...

    def finish(self) -> Rep | None:
        """The recording is over; return the repetition that its end completes, if any."""
        ...

    def reset(self) -> None:
        """Forget everything."""
        ...


@runtime_checkable
class OfflineCounter(Protocol):
    """A counter that needs the whole recording."""

    def count(self, observations: Sequence[Observation]) -> list[Rep]:
        """The repetitions of a recording, in order of time."""
        ...
