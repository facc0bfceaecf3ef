"""Ways of doing push-ups."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from pushup.synthetic.body import Body
from pushup.synthetic.motions import Motion
from pushup.synthetic.moving_planks import BURPEE_PUSH_UP, burpee
from pushup.synthetic.push_ups import clapping_push_up, one_arm_push_up, push_up
from pushup.synthetic.timing import PhaseTrack, RepTruth, Tempo

Range = tuple[float, float]


@dataclass(frozen=True)
class Manner:
    """How push-ups are done.

    Attributes:
        style: Fields of `PushUpStyle`, on the floor unless told: a value, or a range.
        period_s: Range of one repetition without pauses; likewise the pauses.
        variation: See `Tempo`.
        repetitions: Least and most.
        half_share: Chance of a repetition to turn back early; see `PhaseTrack`.
        make: Makes the motion in place of `push_up`.
    """

    style: dict[str, object] = field(default_factory=dict)
    period_s: Range = (1.0, 2.6)
    pause_top_s: Range = (0.0, 0.4)
    pause_bottom_s: Range = (0.0, 0.1)
    variation: Range = (0.02, 0.16)
    repetitions: tuple[int, int] = (1, 6)
    half_share: float = 0.0
    make: Callable[[Body, np.random.Generator], Motion] | None = None

    def motion(self, body: Body, rng: np.random.Generator) -> Motion:
        """Somebody's way of doing it."""
        if self.make is not None:
            return self.make(body, rng)
        style = {
            name: float(rng.uniform(*value)) if isinstance(value, tuple) else value
            for name, value in self.style.items()
        }
        return push_up(body, rng, **{"kind": "floor", **style})

    def track(self, rng: np.random.Generator, begin_s: float) -> "Track":
        """Phases over time: rest until `begin_s`, then the set."""
        number = int(rng.integers(self.repetitions[0], self.repetitions[1] + 1))
        if self.make is burpee:
            return BurpeeTrack(rng, begin_s, number)
        period_s = float(np.exp(rng.uniform(*np.log(self.period_s))))
        tempo = Tempo(
            period_s=period_s,
            down_share=float(rng.uniform(0.38, 0.6)),
            pause_top_s=float(rng.uniform(*self.pause_top_s)),
            pause_bottom_s=float(rng.uniform(*self.pause_bottom_s)),
            variation=float(rng.uniform(*self.variation)),
        )
        track = PhaseTrack(rng, tempo, begin_s, np.inf, number, half_share=self.half_share)
        return ClapTrack(track) if self.make is clapping_push_up else track


class ClapTrack:
    """A track whose rests between repetitions are flights: the phase goes to -1 and back.

    Attributes:
        repetitions: Of the track; cycles: the same.
        end_s: When all is over.
    """

    def __init__(self, track: PhaseTrack) -> None:
        self._track, self.end_s = track, track.end_s
        self.repetitions = self.cycles = track.repetitions

    def __call__(self, time_s: float) -> float:
        """The phase at a time."""
        for before, after in zip(self.repetitions, self.repetitions[1:], strict=False):
            if before.top_s < time_s < after.start_s:
                share = (time_s - before.top_s) / (after.start_s - before.top_s)
                return -float(np.sin(np.pi * share))
        return self._track(time_s)


class BurpeeTrack:
    """Burpees one after the other, each with one push-up.

    Attributes:
        repetitions: The push-ups; cycles: the same.
        end_s: When all is over.
    """

    def __init__(self, rng: np.random.Generator, begin_s: float, number: int) -> None:
        period_s = float(rng.uniform(3.2, 5.5))
        lasts_s = period_s * rng.uniform(0.9, 1.1, number)
        self._starts_s = begin_s + np.concatenate([[0.0], np.cumsum(lasts_s)])
        self.end_s = float(self._starts_s[-1])
        self.repetitions = self.cycles = [
            RepTruth(*(float(start + phase * lasts) for phase in BURPEE_PUSH_UP))
            for start, lasts in zip(self._starts_s, lasts_s, strict=False)
        ]

    def __call__(self, time_s: float) -> float:
        """The phase at a time: 0 to 1 in each burpee."""
        if not self._starts_s[0] <= time_s < self.end_s:
            return 0.0
        i = int(np.searchsorted(self._starts_s, time_s, side="right")) - 1
        start, end = self._starts_s[i : i + 2]
        return float((time_s - start) / (end - start))


Track = PhaseTrack | ClapTrack | BurpeeTrack

MANNERS: dict[str, Manner] = {
    "normal": Manner(),
    "fast": Manner(
        period_s=(0.56, 0.7), pause_top_s=(0.0, 0.0), pause_bottom_s=(0.0, 0.0), repetitions=(3, 12)
    ),
    "slow": Manner(period_s=(6.5, 9.5), repetitions=(1, 3)),
    "pauses": Manner(
        period_s=(1.2, 2.4), pause_top_s=(1.0, 3.0), pause_bottom_s=(0.7, 2.0), repetitions=(1, 4)
    ),
    "shallow": Manner({"drop": (0.32, 0.42)}),
    "half": Manner({"drop": (0.45, 0.6)}, half_share=0.6, repetitions=(2, 6)),
    "knee": Manner({"kind": "knees"}),
    "incline": Manner({"kind": "incline"}),
    "decline": Manner({"kind": "decline"}),
    "wide": Manner({"spread": (2.0, 2.6)}),
    "diamond": Manner({"spread": (0.2, 0.45), "flare_deg": (20, 60)}),
    "one_arm": Manner(make=one_arm_push_up, period_s=(1.4, 3.0), repetitions=(1, 4)),
    "clapping": Manner(
        make=clapping_push_up, period_s=(0.75, 1.2), pause_top_s=(0.32, 0.45), variation=(0, 0.08)
    ),
    "uneven": Manner(variation=(0.5, 0.7), pause_top_s=(0.2, 1.2), repetitions=(3, 6)),
    "burpees": Manner(make=burpee, repetitions=(1, 4)),
}
"""All count but the half repetitions: a push-up counts where the elbows bend to 90 degrees."""
