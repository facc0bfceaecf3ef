"""What a coach says: the countdown before the first set, milestones, the rest."""

import math
from dataclasses import dataclass

from pushup.app.tally import Tally
from pushup.video import words

REST_SHOWN_S = 8.0
"""A pause that long is shown as a rest."""

_GO_S, _DONE_S, _GO_ON_S, _WARNED_S = 1.0, 4.0, 5.0, 10.0
_LAST = (10, 5, 3, 2, 1)


def countdown(elapsed_s: float, countdown_s: float) -> str:
    """What is shown so long after its start: whole seconds left, "go" for a second, then nothing.

    >>> countdown(0.1, 3.0), countdown(2.9, 3.0), countdown(3.1, 3.0), countdown(4.1, 3.0)
    ('3', '1', 'go', '')
    """
    left_s = countdown_s - elapsed_s
    if left_s > 0:
        return str(math.ceil(left_s))
    return words.GO if left_s > -_GO_S else ""


def milestone(count: int, goal: int | None) -> str:
    """What a repetition has reached; "" for most.

    >>> milestone(50, 50), milestone(25, 50), milestone(45, 50), milestone(30, 50)
    ('goal reached', 'halfway', '5 to go', '')
    """
    if goal is None or count > goal:
        return ""
    if count == goal:
        return words.GOAL_REACHED
    if 2 * count == goal or (goal % 2 and 2 * count - 1 == goal):
        return words.HALFWAY
    return words.to_go(goal - count) if goal - count in _LAST and 2 * count > goal else ""


@dataclass(frozen=True)
class Cue:
    """What is shown at a moment.

    Attributes:
        big: In the middle of the picture.
        status: In place of what the person does.
        hint: Over the signal, where nothing more urgent is.
    """

    big: str = ""
    status: str = ""
    hint: str = ""


class Coach:
    """Follows a session's time and tally.

    The countdown begins with the first body that is seen. It stops nobody: what is done during it
    counts, and ends it.

    Attributes:
        cue: To be shown now.
        pause_s: Rest wanted between two sets; None for none.

    Args:
        countdown_s: Before the first set; 0 for none.
        pause_s: See above.
    """

    def __init__(self, countdown_s: float = 0.0, pause_s: float | None = None) -> None:
        self._countdown_s, self.pause_s = countdown_s, pause_s
        self.cue = Cue()
        self._began_s: float | None = None if countdown_s else -math.inf
        self._count, self._goal_s = 0, -math.inf
        self._rested_s, self._big = 0.0, ""

    def update(self, time_s: float, tally: Tally, seen: bool) -> list[str]:
        """Take the next frame's time, and whether somebody is seen; what is to be said now."""
        said = []
        if tally.count > self._count and tally.goal == tally.count:
            self._goal_s = time_s
        self._count = tally.count
        big = self._big_at(time_s, tally, seen)
        if big != self._big and big:
            said.append(big)
        self._big = big
        rested_s = tally.rested_s(time_s)
        said += self._on_rest(rested_s, tally)
        self._rested_s = rested_s
        self.cue = self._cue(big, rested_s, tally)
        return said

    def _big_at(self, time_s: float, tally: Tally, seen: bool) -> str:
        if time_s - self._goal_s < _DONE_S:
            return words.GOAL_REACHED
        if tally.reps:
            return ""
        if self._began_s is None:
            if not seen:
                return ""
            self._began_s = time_s
        return countdown(time_s - self._began_s, self._countdown_s)

    def _reached(self, tally: Tally) -> bool:
        return tally.goal is not None and tally.count >= tally.goal

    def _on_rest(self, rested_s: float, tally: Tally) -> list[str]:
        """What is said where the rest passes a mark between the last frame and this one."""
        if self.pause_s is None or self._reached(tally):
            return []
        marks = {self.pause_s - _WARNED_S: words.TEN_SECONDS, self.pause_s: words.GO}
        passed = [s for mark, s in marks.items() if self._rested_s < mark <= rested_s]
        return [s for s in passed if self.pause_s > 2 * _WARNED_S or s == words.GO]

    def _cue(self, big: str, rested_s: float, tally: Tally) -> Cue:
        if big:
            waits = not tally.reps and big != words.GO
            return Cue(big, words.GET_READY if waits else "")
        if not tally.reps and self._began_s is None:
            return Cue(hint=words.GET_READY)
        if rested_s < REST_SHOWN_S:
            return Cue()
        if self._reached(tally):
            return Cue(hint=words.done(tally.count, len(tally.sets)))
        pause_s = self.pause_s
        if pause_s is not None and 0 <= rested_s - pause_s < _GO_ON_S:
            return Cue(status=words.RESTING, hint=words.go_on(tally.next_set))
        over = pause_s is not None and rested_s > pause_s
        return Cue(status=words.RESTING, hint=words.rest(rested_s, None if over else pause_s))
