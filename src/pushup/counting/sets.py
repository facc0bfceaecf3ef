"""Repetitions grouped into sets, and what a workout amounts to."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean

from pushup.counting.types import Rep


@dataclass(frozen=True)
class Workout:
    """Figures of one or more sets.

    Attributes:
        sets: Number of sets.
        repetitions: Number of repetitions in all.
        best_set: Repetitions of the longest set.
        rest_s: Mean rest between two sets; None with fewer than two.
        tempo_s: Mean duration of a repetition, from the start of the descent; None without any.
    """

    sets: int
    repetitions: int
    best_set: int
    rest_s: float | None
    tempo_s: float | None


def split_sets(reps: Sequence[Rep], rest_s: float) -> list[list[Rep]]:
    """Group repetitions; a set ends where none follows within `rest_s`.

    The rest runs from the top of one repetition to the start of the next one's descent.
    """
    sets: list[list[Rep]] = []
    for rep in reps:
        if sets and rep.start_s - sets[-1][-1].top_s < rest_s:
            sets[-1].append(rep)
        else:
            sets.append([rep])
    return sets


def workout(reps: Sequence[Rep], rest_s: float) -> Workout:
    """The figures of a workout whose sets are `rest_s` or more apart."""
    sets = split_sets(reps, rest_s)
    rests = [b[0].start_s - a[-1].top_s for a, b in pairwise(sets)]
    return Workout(
        sets=len(sets),
        repetitions=len(reps),
        best_set=max(map(len, sets), default=0),
        rest_s=fmean(rests) if rests else None,
        tempo_s=fmean(rep.top_s - rep.start_s for rep in reps) if reps else None,
    )
