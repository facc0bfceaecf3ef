"""The placement benchmark's clips: views x manners x edges, in splits that share no seed.

`sample(split, index)` is a clip of push-ups. Of 240 indices in a row, each is another pair of view
and manner; how the clip starts and ends is left to chance.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pushup.synthetic.body import Body
from pushup.synthetic.classifier_scores import ClassifierScores
from pushup.synthetic.errors import Errors
from pushup.synthetic.manners import MANNERS, Track
from pushup.synthetic.motions import Motion
from pushup.synthetic.performance import Performance, Segment
from pushup.synthetic.routines import Routine
from pushup.synthetic.splits import seed_range
from pushup.synthetic.timing import Entrance, RepTruth, wander
from pushup.synthetic.viewpoints import VIEWPOINTS, sample_stage

STARTS = ("top", "bottom", "walking_in", "moving")
"""In position at the top or the bottom, walking in, or in the middle of a repetition."""
ENDS = ("last_return", "stays", "stands_up", "leaves")
"""As the last repetition comes up, some time after it, or after standing up or walking away."""


@dataclass(frozen=True)
class Placement:
    """One clip of the benchmark.

    Attributes:
        seed: Its own.
        view: Key of `VIEWPOINTS`; manner: key of `MANNERS`.
        manner: See view.
        start: One of `STARTS`; end: one of `ENDS`.
        end: See start.
        routine: Its keypoints (`trace`) and its pictures (`frames`).
    """

    seed: int
    view: str
    manner: str
    start: str
    end: str
    routine: Routine

    @property
    def repetitions(self) -> list[RepTruth]:
        """The true repetitions in the clip's time."""
        return self.routine.repetitions


def sample(
    split: str,
    index: int,
    view: str | None = None,
    manner: str | None = None,
    start: str | None = None,
    end: str | None = None,
) -> Placement:
    """One clip of a split; the same arguments give the same clip.

    Args:
        split: See `seed_range`.
        index: Which of the split.
        view: Key of `VIEWPOINTS`; None by the index, as manner.
        manner: Key of `MANNERS`.
        start: One of `STARTS`; None by chance, as end.
        end: One of `ENDS`.

    Raises:
        ValueError: There is no such split.
        IndexError: There is no such index.
    """
    seed = seed_range(split)[index]
    rng = np.random.default_rng([seed, 7001])
    cycle, column = divmod(index, len(VIEWPOINTS))
    view = view or list(VIEWPOINTS)[column]
    manner = manner or list(MANNERS)[(cycle + column) % len(MANNERS)]
    by_chance = str(rng.choice(STARTS)), str(rng.choice(ENDS))
    start, end = start or by_chance[0], end or by_chance[1]

    body = Body.sample(rng)
    way = MANNERS[manner]
    motion = way.motion(body, rng)
    moments = [motion.targets(phase) for phase in (0.0, 0.45, 1.0)]
    stage, azimuth_deg = sample_stage(rng, view, body, moments)
    performance = _perform(rng, body, motion, way.track, manner, start, end, azimuth_deg)
    shake = wander(rng, float(rng.choice([0.0, 0.6, 2.0])), 2.5)
    seen_as = {"errors": Errors.before(view), "classifier": ClassifierScores.before(view)}
    routine = Routine(seed, performance, stage, shake, **seen_as)
    return Placement(seed, view, manner, start, end, routine)


def _perform(
    rng: np.random.Generator,
    body: Body,
    motion: Motion,
    make_track: Callable[[np.random.Generator, float], Track],
    manner: str,
    start: str,
    end: str,
    azimuth_deg: float,
) -> Performance:
    prone = manner != "burpees"
    way = body, rng, motion.targets(0.0), prone, azimuth_deg
    entrance = Entrance(*way) if start == "walking_in" else None
    ready_s = float(rng.uniform(0.3, 1.8)) + (entrance.duration_s if entrance else 0.0)
    track = make_track(rng, ready_s)
    first, last = track.cycles[0], track.cycles[-1]
    begin_s = hold_s = 0.0
    if start == "bottom":
        begin_s, hold_s = first.bottom_s, float(rng.uniform(0.0, 1.5))
    elif start == "moving" and rng.random() < 0.5:
        begin_s = first.going_down_s(float(rng.uniform(0.1, 0.33)))
    elif start == "moving":
        begin_s = first.coming_up_s(float(rng.uniform(0.2, 0.7)))
    last_s = hold_s - begin_s + max(track.end_s, last.top_s)
    exit_ = None
    if end == "last_return":
        duration_s = hold_s - begin_s + last.coming_up_s(float(rng.uniform(0.67, 1.0)))
    elif end == "stays":
        duration_s = last_s + float(rng.uniform(1.0, 4.0))
    else:
        exit_ = Entrance(*way, walks=end == "leaves")
        duration_s = last_s + float(rng.uniform(0.3, 1.5)) + exit_.duration_s
    segment = Segment("push_up", motion, track, repetitions=track.repetitions)
    return Performance(
        [segment],
        duration_s,
        entrance,
        exit_,
        wander(rng, 0.004, 3.0),
        begin_s,
        hold_s,
    )
