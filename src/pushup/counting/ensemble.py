"""Several counters side by side: what any of them counts is counted, once."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pushup.cli import InputError
from pushup.counting.build import build_counter
from pushup.counting.types import CounterState, Observation, Rep, StreamingCounter
from pushup.skeleton import UPPER7, Skeleton


class EnsembleCounter:
    """Counts what any of its members counts.

    A repetition that begins before the bottom of the last one counted, or has its bottom before
    that one's end, is the same one, seen by another member.

    Args:
        members: Names of files in `conf/counter`, streaming ones, with other settings than the
            file's. What is displayed is of the first.
        gate: Configuration that those files refer to as `${gate}`; None for a push-up's.
        skeleton: Order of the keypoints.

    Raises:
        InputError: There is no such counter, it refuses the settings, or is no streaming one.
    """

    def __init__(
        self,
        members: Mapping[str, Mapping[str, Any]],
        gate: dict[str, Any] | None = None,
        skeleton: Skeleton = UPPER7,
    ) -> None:
        self._members: list[StreamingCounter] = [
            build_counter(name, gate, skeleton=skeleton, **settings)
            for name, settings in members.items()
        ]
        for name, member in zip(members, self._members, strict=True):
            if not isinstance(member, StreamingCounter):
                raise InputError(f"{name} needs the whole recording: members count as they go")
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        for member in self._members:
            member.reset()
        self._last: Rep | None = None

    @property
    def state(self) -> CounterState:
        """That of the first member; the gate is open where any member's is."""
        states = [member.state for member in self._members]
        return replace(states[0], gate_open=any(state.gate_open for state in states))

    def update(self, observation: Observation) -> Rep | None:
        """Take the next frame; return the repetition that it completes, if any."""
        return self._counted([member.update(observation) for member in self._members])

    def finish(self) -> Rep | None:
        """The recording is over; return the repetition that its end completes, if any."""
        return self._counted([member.finish() for member in self._members])

    def _counted(self, found: list[Rep | None]) -> Rep | None:
        """The first of them that has not been counted yet."""
        for rep in found:
            if rep is not None and self._is_new(rep):
                self._last = rep
                return rep
        return None

    def _is_new(self, rep: Rep) -> bool:
        last = self._last
        return last is None or (rep.start_s >= last.bottom_s and rep.bottom_s >= last.top_s)
