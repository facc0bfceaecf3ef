"""What a person does over time: walking in, one motion after the other, walking away."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pushup.synthetic.body import IKTargets, vec
from pushup.synthetic.motions import Motion
from pushup.synthetic.timing import Entrance, RepTruth, ease


@dataclass(frozen=True)
class Segment:
    """One motion for a while.

    Attributes:
        name: Key of `MOTIONS`.
        motion: What is done.
        phase: The motion's phase (0..1) by seconds since the segment began.
        start_s: When it begins.
        repetitions: Its true repetitions, in seconds since it began.
    """

    name: str
    motion: Motion
    phase: Callable[[float], float]
    start_s: float = 0.0
    repetitions: Sequence[RepTruth] = ()

    def targets(self, time_s: float) -> IKTargets:
        """What the body does at a time."""
        return self.motion.targets(self.phase(time_s - self.start_s))


def held(path: Callable[[float], np.ndarray]) -> Callable[[float], float]:
    """The phase of a motion without repetitions: its middle, and a body's unrest around it."""
    return lambda time_s: float(np.clip(0.5 + path(time_s)[0], 0, 1))


@dataclass(frozen=True)
class Performance:
    """Segments in order, with an entrance before and an exit after them.

    Attributes:
        segments: At least one.
        duration_s: Of everything.
        entrance: Played from the start, over whatever the first segment says.
        exit: Played backwards until the end.
        sway: Offset (2,) of the pelvis over time while exercising.
        begin_s: Where in the segments' time the clip begins; the entrance begins with the clip.
        hold_s: So long the body rests at the clip's start before it goes on.
    """

    segments: Sequence[Segment]
    duration_s: float
    entrance: Entrance | None = None
    exit: Entrance | None = None
    sway: Callable[[float], np.ndarray] | None = None
    begin_s: float = 0.0
    hold_s: float = 0.0

    change_s = 1.2
    """Seconds in which one segment turns into the next."""

    def _segment_time(self, time_s: float) -> float:
        return self.begin_s + max(time_s - self.hold_s, 0.0)

    def index_at(self, time_s: float) -> int:
        """Index of the segment at a time; the entrance is part of the first."""
        return self._index(self._segment_time(time_s))

    def _index(self, segment_time_s: float) -> int:
        return max(sum(segment.start_s <= segment_time_s for segment in self.segments) - 1, 0)

    def targets(self, time_s: float) -> IKTargets:
        """What the body does at a time, in the motions' local frame."""
        if self.entrance and time_s < self.entrance.duration_s:
            return self.entrance(time_s)
        left_s = self.duration_s - time_s
        if self.exit and left_s < self.exit.duration_s:
            return self.exit(left_s)
        time_s = self._segment_time(time_s)
        index = self._index(time_s)
        segment = self.segments[index]
        targets = segment.targets(time_s)
        since_s = time_s - segment.start_s
        if index > 0 and since_s <= self.change_s:
            before = self.segments[index - 1].targets(segment.start_s)
            targets = before.blend(targets, float(ease(since_s / self.change_s)))
        if self.sway is None:
            return targets
        x, y = self.sway(time_s)
        return replace(targets, pelvis=targets.pelvis + vec(x, y, 0.0))

    def repetitions(self, name: str) -> list[RepTruth]:
        """The true repetitions of the segments of that name that the clip shows, in order.

        One that begins before the clip counts while at most a third of its way down is over; one
        that is cut off by the end counts from two thirds of its way up.
        """
        shift_s = self.hold_s - self.begin_s
        shown = []
        for segment in self.segments:
            for rep in segment.repetitions if segment.name == name else ():
                rep = rep.shifted(segment.start_s + shift_s)
                if rep.a_third_down_s >= 0 and rep.two_thirds_up_s <= self.duration_s:
                    shown.append(rep)
        return shown
