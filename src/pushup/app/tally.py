"""What was counted, in sets, and what a workout amounts to."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean

from pushup.cli import InputError
from pushup.counting.types import Rep


@dataclass(frozen=True)
class Counted:
    """A repetition of a session.

    Attributes:
        rep: As it was counted.
        set_number: From 1.
        by_hand: The user has added it by a key.
    """

    rep: Rep
    set_number: int
    by_hand: bool = False


class Tally:
    """The repetitions of one session. Nothing that was counted is lost by beginning a new set.

    Attributes:
        reps: In order of time.
        removed: How many the user has taken back.
        goal: Repetitions wanted; None for none.

    Args:
        rest_s: After so long without a repetition the next one begins a new set.
        goal: See above.
    """

    def __init__(self, rest_s: float = 20.0, goal: int | None = None) -> None:
        self._rest_s, self.goal = rest_s, goal
        self.reps: list[Counted] = []
        self.removed = self._first = 0
        self._new_set = False

    @property
    def count(self) -> int:
        """Repetitions since `new_set` was last called: what the display counts up."""
        return len(self.reps) - self._first

    @property
    def sets(self) -> list[list[Rep]]:
        """The repetitions of each set."""
        numbers = sorted({counted.set_number for counted in self.reps})
        return [[c.rep for c in self.reps if c.set_number == number] for number in numbers]

    @property
    def in_set(self) -> int:
        """Repetitions of the set that goes on."""
        return 0 if self._new_set or not self.reps else len(self.sets[-1])

    @property
    def set_number(self) -> int:
        """Number of the set that goes on, or begins."""
        return (self.reps[-1].set_number if self.reps else 0) + (self._new_set or not self.reps)

    @property
    def next_set(self) -> int:
        """Number of the set that begins after a rest."""
        return (self.reps[-1].set_number if self.reps else 0) + 1

    @property
    def rests_s(self) -> list[float]:
        """Seconds before each set but the first, from the last top to the start of a descent."""
        return [after[0].start_s - before[-1].top_s for before, after in pairwise(self.sets)]

    @property
    def form(self) -> dict[str, int]:
        """Number of repetitions that each rule of form had advice for."""
        return dict(Counter(f.rule for counted in self.reps for f in counted.rep.form))

    def rested_s(self, time_s: float) -> float:
        """Seconds since the last repetition; 0 before the first."""
        return max(0.0, time_s - self.reps[-1].rep.top_s) if self.reps else 0.0

    def add(self, rep: Rep, by_hand: bool = False) -> None:
        """Take a repetition; it goes on with the set, or begins one after a rest."""
        rested = bool(self.reps) and rep.start_s - self.reps[-1].rep.top_s >= self._rest_s
        last = self.reps[-1].set_number if self.reps else 0
        begins = self._new_set or rested or not self.reps
        self.reps.append(Counted(rep, last + begins, by_hand))
        self._new_set = False

    def remove(self) -> bool:
        """Take the last repetition back; False where the display shows none."""
        if self.count == 0:
            return False
        self.reps.pop()
        self.removed += 1
        return True

    def new_set(self) -> None:
        """The next repetition begins a new set, and the display's count starts from zero."""
        self._new_set, self._first = bool(self.reps), len(self.reps)


@dataclass(frozen=True)
class Workout:
    """Figures of a session.

    Attributes:
        sets: Number of sets.
        repetitions: Number of repetitions in all.
        best_set: Repetitions of the longest set.
        rest_s: Mean of `Tally.rests_s`; None with fewer than two sets.
        tempo_s: Mean duration of a repetition that was seen, from the start of the descent; None
            without any.
    """

    sets: int
    repetitions: int
    best_set: int
    rest_s: float | None
    tempo_s: float | None


def workout(tally: Tally) -> Workout:
    """The figures of a session."""
    sets, rests = tally.sets, tally.rests_s
    tempos = [c.rep.top_s - c.rep.start_s for c in tally.reps if not c.by_hand]
    return Workout(
        sets=len(sets),
        repetitions=len(tally.reps),
        best_set=max(map(len, sets), default=0),
        rest_s=fmean(rests) if rests else None,
        tempo_s=fmean(tempos) if tempos else None,
    )


NO_ADVICE = "none"
"""In a log, where there was nothing to say."""


def form_text(form: Mapping[str, int]) -> str:
    """The cell of a table for `Tally.form`.

    >>> form_text({"depth": 4, "roll": 1})
    'depth=4 roll=1'
    """
    return " ".join(f"{rule}={number}" for rule, number in form.items())


def read_form(text: str, where: str) -> dict[str, int] | None:
    """What a log says of form; None for an empty cell: nobody has judged.

    Raises:
        InputError: It is something else.
    """
    if not text.strip():
        return None
    form = {}
    for part in [] if text.strip() == NO_ADVICE else text.split():
        rule, _, number = part.partition("=")
        if not (rule.isidentifier() and number.isdecimal() and len(number) < 7):
            raise InputError(f"{where}: {text!r} is no advice on form, such as depth=4 roll=1")
        form[rule] = int(number)
    return form
