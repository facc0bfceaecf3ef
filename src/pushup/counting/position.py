"""Is the body in the position that an exercise needs? Ranges of what a `BodyState` says.

In: one `BodyState` a frame. Out: whether repetitions may be counted now.
"""

import math
from collections.abc import Mapping
from typing import Protocol

from pushup.cli import InputError
from pushup.counting.body import SIGNALS, BodyState
from pushup.counting.filters import Ema

Range = tuple[float | None, float | None]
"""Least and most; None for no limit."""


class Position(Protocol):
    """Decides frame by frame; keeps its own memory of time."""

    def update(self, body: BodyState) -> bool:
        """Whether repetitions may be counted at this frame."""
        ...

    def reset(self) -> None:
        """Forget everything."""
        ...


class AnyPosition:
    """Always right: whatever the counter finds counts."""

    def update(self, body: BodyState) -> bool:
        """True."""
        return True

    def reset(self) -> None:
        """Nothing to forget."""


class Debounce:
    """A switch that follows a wish once it has lasted: `open_s` to open, `shut_s` to shut."""

    def __init__(self, open_s: float, shut_s: float) -> None:
        self._open_s, self._shut_s = open_s, shut_s
        self.reset()

    def reset(self) -> None:
        """Shut, with no wish pending."""
        self.open = False
        self._since_s = math.nan

    def update(self, time_s: float, wish: bool) -> bool:
        """Whether the switch is open."""
        if wish == self.open:
            self._since_s = math.nan
            return self.open
        if math.isnan(self._since_s):
            self._since_s = time_s
        if time_s - self._since_s >= (self._shut_s if self.open else self._open_s):
            self.reset()
            self.open = wish
        return self.open


class PositionCheck:
    """The position is right while everything asked for lies in its range.

    Values are looked at through averages of `smooth_s` (the push-up classifier's score is one
    already), so that one wild frame changes nothing; what is not seen keeps its last value, and
    what was never seen says no, but for that score, which need not exist. A new body is trusted:
    until it has lost its position it only has to meet `stay`. To get back into it, it has to meet
    `enter`.

    Args:
        enter: Least and most of what is asked for, by its name in `BodyState`.
        stay: Wider ranges, of some of it, for a body that is in position.
        open_s: How long the position has to be right before it is taken for right.
        shut_s: How long it has to be wrong before it is taken for wrong.

    Raises:
        InputError: A `BodyState` says no such thing.
    """

    smooth_s = 0.3

    def __init__(
        self,
        enter: Mapping[str, Range],
        stay: Mapping[str, Range] | None = None,
        open_s: float = 0.1,
        shut_s: float = 0.3,
    ) -> None:
        self._enter = {signal(name): (least, most) for name, (least, most) in enter.items()}
        wider = {signal(name): (least, most) for name, (least, most) in (stay or {}).items()}
        self._stay = self._enter | wider
        self._averages = {name: Ema(self.smooth_s) for name in self._stay}
        self._debounce = Debounce(open_s, shut_s)
        self.reset()

    def reset(self) -> None:
        """Forget everything: the next body is a new one."""
        self._debounce.reset()
        for average in self._averages.values():
            average.reset()
        self._values: dict[str, float] = {}
        self._trusted = True

    def update(self, body: BodyState) -> bool:
        """Whether the position is right at this frame."""
        if body.restarted:
            self.reset()
        for name, average in self._averages.items():
            value = getattr(body, name)
            if math.isfinite(value):
                averaged = name == "pushing_up"
                self._values[name] = value if averaged else average.update(body.time_s, value)
        was_open = self._debounce.open
        is_open = self._debounce.update(body.time_s, self._right())
        if is_open != was_open:
            self._trusted = is_open
        return is_open

    def _right(self) -> bool:
        for name, (least, most) in (self._stay if self._trusted else self._enter).items():
            value = self._values.get(name)
            if value is None:
                if name != "pushing_up":
                    return False
            elif (least is not None and value < least) or (most is not None and value > most):
                return False
        return True


def signal(name: str) -> str:
    """The name, if a `BodyState` says something of that name.

    Raises:
        InputError: It does not.
    """
    if name not in SIGNALS:
        raise InputError(f"the body has no signal {name!r}: choose of {', '.join(SIGNALS)}")
    return name
