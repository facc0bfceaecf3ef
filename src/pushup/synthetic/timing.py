"""Exercise over time: the phase of a set with its true repetition times, and walking in and out."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pushup.synthetic.body import SIDES, Body, IKTargets, rotation, vec
from pushup.synthetic.motions import UP, standing
from pushup.synthetic.other_poses import all_fours

_WALK_S, _DOWN_S = 2.2, 2.0


@dataclass(frozen=True)
class RepTruth:
    """One true repetition.

    Attributes:
        start_s: The body leaves its rest (top of a push-up, hang of a pull-up).
        bottom_s: The far end of the movement; the middle of a hold there.
        top_s: It is back at rest.
        hold_s: Length of the hold.
    """

    start_s: float
    bottom_s: float
    top_s: float
    hold_s: float = 0.0

    def shifted(self, seconds: float) -> "RepTruth":
        """The same repetition so much later."""
        return RepTruth(
            self.start_s + seconds, self.bottom_s + seconds, self.top_s + seconds, self.hold_s
        )

    def going_down_s(self, share: float) -> float:
        """When that share of the time of the descent is over."""
        return self.start_s + share * (self.bottom_s - 0.5 * self.hold_s - self.start_s)

    def coming_up_s(self, share: float) -> float:
        """When that share of the time of the return is over."""
        return self.top_s - (1 - share) * (self.top_s - self.bottom_s - 0.5 * self.hold_s)

    @property
    def a_third_down_s(self) -> float:
        """When a third of the way down is over; `ease` is there after 0.41 of the time."""
        return self.going_down_s(0.41)

    @property
    def two_thirds_up_s(self) -> float:
        """When two thirds of the way up are over."""
        return self.coming_up_s(0.59)


@dataclass(frozen=True)
class Tempo:
    """How a set is paced, seconds.

    Attributes:
        period_s: One repetition without its pauses.
        down_share: Share of the period that leads to the far end.
        pause_top_s: Rest before each repetition; pause_bottom_s: hold at the far end.
        variation: Relative spread of all of these between repetitions.
    """

    period_s: float
    down_share: float
    pause_top_s: float
    pause_bottom_s: float
    variation: float

    @classmethod
    def sample(cls, rng: np.random.Generator) -> "Tempo":
        """0.8 to 4 s a repetition."""
        return cls(
            period_s=float(np.exp(rng.uniform(np.log(0.8), np.log(3.4)))),
            down_share=float(rng.uniform(0.35, 0.62)),
            pause_top_s=float(
                rng.choice([rng.uniform(0, 0.25), rng.uniform(0.3, 1.2)], p=[0.7, 0.3])
            ),
            pause_bottom_s=float(rng.choice([0.0, rng.uniform(0.15, 0.9)], p=[0.7, 0.3])),
            variation=float(rng.uniform(0.02, 0.16)),
        )


def ease(x: np.ndarray | float) -> np.ndarray:
    """0..1 to 0..1, at rest at both ends: minimum jerk (Flash and Hogan 1985)."""
    x = np.clip(x, 0, 1)
    return x**3 * (10 - 15 * x + 6 * x * x)


class PhaseTrack:
    """The phase (0 rest, 1 far end) of a set over time.

    Args:
        rng: Samples the differences between repetitions.
        tempo: Pace of the set.
        begin_s: When the person is ready; the phase rests before it.
        end_s: When all repetitions must be over.
        repetitions: Their number; None fills the time.
        starts_low: Begin at the far end; the return from it is no repetition.
        half_share: Chance of a repetition to turn back at a third of the way: it is none.

    Attributes:
        repetitions: The true ones.
        cycles: Those and the ones that turn back early.
        end_s: When the last one is over.

    Raises:
        ValueError: The repetitions do not fit: each needs at least 0.5 s.
    """

    def __init__(
        self,
        rng: np.random.Generator,
        tempo: Tempo,
        begin_s: float,
        end_s: float,
        repetitions: int | None,
        starts_low: bool = False,
        half_share: float = 0.0,
    ):
        self._half_share = half_share
        self._knots: list[tuple[float, float]] = [(0.0, 0.0)]
        self._holds: list[tuple[float, float]] = []
        self.repetitions: list[RepTruth] = []
        self.cycles: list[RepTruth] = []
        now = begin_s
        if starts_low:
            self._knots = [(0.0, 0.95), (now, 0.95)]
            now += 0.5 * tempo.period_s
            self._knots.append((now, 0.0))
        spacing = tempo.period_s + tempo.pause_top_s + tempo.pause_bottom_s
        squeeze = 1.0
        if repetitions is None:
            repetitions = int(max((end_s - now) / (spacing * (1 + tempo.variation)), 0))
        if repetitions:
            squeeze = min(1.0, (end_s - now) / (repetitions * spacing * (1 + tempo.variation)))
            if squeeze * spacing < 0.5:
                raise ValueError(
                    f"{repetitions} repetitions do not fit into {end_s - now:.1f} s: "
                    "ask for fewer or for a longer clip"
                )
        for _ in range(repetitions):
            now = self._repeat(rng, tempo, squeeze, now)
        self.end_s = now

    def _repeat(self, rng: np.random.Generator, tempo: Tempo, squeeze: float, now: float) -> float:
        def vary(seconds: float) -> float:
            return squeeze * seconds * (1 + tempo.variation * rng.uniform(-1, 1))

        period, hold = vary(tempo.period_s), vary(tempo.pause_bottom_s)
        depth = 0.97 - abs(rng.normal(0, 0.04))
        rest = min(abs(rng.normal(0, 0.03)), 0.12)
        half = self._half_share > 0 and rng.random() < self._half_share
        if half:
            depth, rest = float(rng.uniform(0.2, 0.34)), 0.0
        start = now + vary(tempo.pause_top_s)
        low = start + tempo.down_share * period
        rise = low + hold
        top = start + period + hold
        self._knots += [(start, self._knots[-1][1]), (low, depth), (rise, depth), (top, rest)]
        self._holds.append((low, rise))
        self.cycles.append(RepTruth(start, (low + rise) / 2, top, rise - low))
        if not half:
            self.repetitions.append(self.cycles[-1])
        return top

    def __call__(self, time_s: float) -> float:
        """The phase at a time."""
        times = [k[0] for k in self._knots]
        i = int(np.searchsorted(times, time_s, side="right"))
        if i == 0 or i == len(times):
            return self._knots[min(i, len(times) - 1)][1]
        (t0, p0), (t1, p1) = self._knots[i - 1], self._knots[i]
        phase = p0 + (p1 - p0) * float(ease((time_s - t0) / max(t1 - t0, 1e-9)))
        for low, rise in self._holds:
            if low < time_s < rise:
                # A held position sinks a little, so that its middle is the lowest point.
                phase += 0.02 * float(np.sin(np.pi * (time_s - low) / (rise - low)) ** 2)
        return phase


def wander(
    rng: np.random.Generator, size: float, slowest_s: float
) -> Callable[[float], np.ndarray]:
    """A smooth random path (2,) of that typical size around zero: sway, hand-held cameras."""
    rate = 2 * np.pi / (slowest_s * np.array([1.0, 0.53, 0.29, 0.17]))
    phase = rng.uniform(0, 2 * np.pi, (2, 4))
    strength = size * rng.normal(0, 1, (2, 4)) * np.array([1.0, 0.6, 0.35, 0.15])
    return lambda time_s: (strength * np.sin(rate * time_s + phase)).sum(1)


def walking(body: Body, upright: IKTargets, walked: float) -> IKTargets:
    """Somebody upright after walking that far along +y: legs and arms swing in opposition."""
    step = walked / (0.75 * body.height) * 2 * np.pi
    swing = SIDES * np.sin(step)
    lift = np.maximum(SIDES * np.cos(step), 0) * 0.1
    shift = np.stack([np.zeros(2), 0.26 * swing, lift], 1)
    arms = np.stack([np.zeros(2), -0.16 * swing, np.zeros(2)], 1)
    values = {**upright.__dict__}
    values["ankles"] = upright.ankles + shift
    values["wrists"] = upright.wrists + arms
    values["pelvis"] = upright.pelvis - 0.03 * UP
    return IKTargets(**values).moved(np.eye(3), vec(0, walked, 0))


class Entrance:
    """The way from outside the picture to the first targets, and back when played in reverse.

    Args:
        body: Who walks.
        rng: Samples the way.
        first: Where it ends.
        prone: Go down over hands and knees.
        azimuth_deg: Where the camera is; the way leads across its view.
        walks: Or stand there as long as the walk would take.
    """

    def __init__(
        self,
        body: Body,
        rng: np.random.Generator,
        first: IKTargets,
        prone: bool,
        azimuth_deg: float,
        walks: bool = True,
    ):
        self.body, self.first = body, first
        self.upright = standing(body, np.random.default_rng(3)).targets(0)
        self.turn = rotation(UP, azimuth_deg + float(rng.choice([-90, 90]) + rng.normal(0, 10)))
        self.way = float(rng.uniform(2.8, 3.8)) if walks else 0.0
        self.place = (
            first.wrists.mean(0) * vec(1, 1, 0) - vec(0, 0.45, 0) if prone else vec(0, 0, 0)
        )
        self.knees = None
        if prone:
            knees = all_fours(body, rng).targets(0)
            offset = (first.wrists.mean(0) - knees.wrists.mean(0)) * vec(1, 1, 0)
            self.knees = knees.moved(np.eye(3), offset)

    duration_s = _WALK_S + _DOWN_S

    def __call__(self, since_s: float) -> IKTargets:
        """The targets that long after the walk began."""
        if since_s < _WALK_S:
            walked = self.way * (since_s / _WALK_S - 1)
            return walking(self.body, self.upright, walked).moved(self.turn, self.place)
        there = walking(self.body, self.upright, 0.0).moved(self.turn, self.place)
        share = (since_s - _WALK_S) / _DOWN_S
        if self.knees is None:
            return there.blend(self.first, float(ease(share)))
        if share < 0.55:
            return there.blend(self.knees, float(ease(share / 0.55)))
        return self.knees.blend(self.first, float(ease((share - 0.55) / 0.45)))
