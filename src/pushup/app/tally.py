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
        person: Number of who has done it; 0 where one person alone is counted.
    """

    rep: Rep
    set_number: int
    by_hand: bool = False
    person: int = 0


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

    @property
    def count(self) -> int:
        """Repetitions since `new_set` was last called: what the display counts up."""
        return len(self.reps) - self._first

    @property
    def sets(self) -> list[list[Rep]]:
        """The repetitions of each set; of several people those of the first come first."""
        return [reps for sets in self._sets_of.values() for reps in sets.values()]

    @property
    def _sets_of(self) -> dict[int, dict[int, list[Rep]]]:
        """The repetitions by person and set."""
        found: dict[int, dict[int, list[Rep]]] = {}
        for c in sorted(self.reps, key=lambda c: c.person):
            found.setdefault(c.person, {}).setdefault(c.set_number, []).append(c.rep)
        return found

    @property
    def in_set(self) -> int:
        """Repetitions of the set that goes on."""
        return len(self.sets[-1]) if self.count else 0

    @property
    def set_number(self) -> int:
        """Number of the set that goes on, or begins."""
        return self.next_set - (self.count > 0)

    @property
    def next_set(self) -> int:
        """Number of the set that begins after a rest."""
        return (self.reps[-1].set_number if self.reps else 0) + 1

    @property
    def rests_s(self) -> list[float]:
        """Seconds before each set but the first, from the last top to the start of a descent."""
        return [
            after[0].start_s - before[-1].top_s
            for sets in self._sets_of.values()
            for before, after in pairwise(sets.values())
        ]

    @property
    def form(self) -> dict[str, int]:
        """Number of repetitions that each rule of form had advice for."""
        return dict(Counter(f.rule for counted in self.reps for f in counted.rep.form))

    def rested_s(self, time_s: float) -> float:
        """Seconds since the last repetition; 0 before the first."""
        return max(0.0, time_s - self.reps[-1].rep.top_s) if self.reps else 0.0

    def add(self, rep: Rep, by_hand: bool = False, person: int = 0) -> None:
        """Take a repetition; it goes on with the person's set, or begins one after a rest."""
        own = [place for place, c in enumerate(self.reps) if c.person == person]
        before = self.reps[own[-1]] if own else None
        rested = before is not None and rep.start_s - before.rep.top_s >= self._rest_s
        begins = before is None or rested or own[-1] < self._first
        last = 0 if before is None else before.set_number
        self.reps.append(Counted(rep, last + begins, by_hand, person))

    def remove(self, person: int = 0) -> bool:
        """Take the person's last repetition back; False where the display shows none."""
        shown = range(len(self.reps) - 1, self._first - 1, -1)
        last = next((i for i in shown if self.reps[i].person == person), None)
        if last is None:
            return False
        del self.reps[last]
        self.removed += 1
        return True

    def new_set(self) -> None:
        """The next repetition begins a new set, and the display's count starts from zero."""
        self._first = len(self.reps)


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
