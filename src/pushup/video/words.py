"""Everything that the window writes and the voice says, in English: a translation is this file.

The advice on form is `HINTS` in `counting/form.py`.
"""

import math
from collections.abc import Sequence

NOT_SEEN = "I can't see you"
STEP_IN = "I can't see you: step into the picture"
HANDS = "I can't see your hands"
STEP_BACK = "step back"
CLOSER = "come closer"
MIDDLE = "move to the middle"
TWO_PEOPLE = "two people in view: only one is counted"
MORE_PEOPLE = "two people"  # where there is little room

GET_READY = "get ready"
GO = "go"
RESTING = "resting"
TEN_SECONDS = "ten seconds"
HALFWAY = "halfway"
GOAL_REACHED = "goal reached"

PAUSED = "paused"
RECORDING = "REC"
ONE_MOMENT = "one moment"
WAITING = "no picture comes: waiting for the camera"
SHOWS_KEYS = "H shows the keys"
NEW_SET = "new set"
NOTHING_TO_TAKE_BACK = "nothing to take back"
NO_FILE = "no file chosen"
NO_OTHER_CAMERA = "no other camera opens"
SOUND_ON, SOUND_OFF = "sound on", "sound off"
EXPLAIN_OFF = "no more explanations"
NO_HISTORY = "no workout yet"

KEYS = (
    "Q quit",
    "SPACE pause",
    "S step a frame",
    "+ - correct the count",
    "R new set",
    "X next exercise",
    "L history",
    "E explain",
    "N sound on, off",
    "O open a file",
    "C next camera",
    "M mirror",
    "V record",
    "F full screen",
    "H help",
)

_UNSEEN = "not counted: I can't see your hands or shoulders"
_POSITION = "not counted: not in position"
_SHALLOW = "not counted: much less deep than the others"
_DEPTH = "not counted: not the depth of a push-up"
_ARMS = "not counted: your arms did not bend"
_HANDS_MOVED = "not counted: your hands moved"
_LOOKS = "not counted: it did not look like a push-up"
_BUSY = "not counted: too much else was going on"
_REASONS = {
    "not in position": _POSITION,
    "relative_depth": _SHALLOW,
    "depth": _DEPTH,
    "arms_bend": _ARMS,
    "arms_shorten": _ARMS,
    "hands_follow": _HANDS_MOVED,
    "hands_off": _HANDS_MOVED,
    "reach": _POSITION,
    "recent_evidence": _BUSY,
    "duration_s": "not counted: too slow or too fast",
    "descent_s": "not counted: too slow or too fast",
    "hands_certainty": _UNSEEN,
}
"""By how a counter's note begins."""
_READY, _NOT_READY = "in position: go, and I count", "not in position"
_HANDS_DOWN = ": hands on the floor below your shoulders"


def activity(name: str, seen: bool, counting: bool) -> str:
    """What the person does, or why nothing can be counted now."""
    if not seen:
        return NOT_SEEN.upper()
    return name.upper() if counting else f"NOT {name.upper()}"


def corrected(step: int) -> str:
    """The count was corrected by hand."""
    return f"corrected by {step:+d}"


def recorded(file: str) -> str:
    """A recording is complete."""
    return f"recorded {file}"


def exercise(name: str, experimental: str | None) -> str:
    """Which exercise is counted from now on, and how well if that is not sure."""
    shown = name.replace("_", " ")
    return shown if experimental is None else f"{shown}: experimental, {experimental}"


def experimental() -> str:
    """A small line for an exercise that is."""
    return "experimental"


def of_goal(goal: int) -> str:
    """Stands after the count."""
    return f" of {goal}"


def set_line(number: int, count: int) -> str:
    """Repetitions of the set that goes on."""
    return f"set {number}: {count}"


def each(counts: Sequence[int]) -> str:
    """What each of several people has done.

    >>> each([4, 2])
    '4 + 2'
    """
    return " + ".join(map(str, counts))


def figure(number: int, count: int) -> str:
    """Stands over one of several people.

    >>> figure(1, 4)
    '1: 4'
    """
    return f"{number}: {count}"


def said_to(number: int, hint: str) -> str:
    """A hint for one of several people."""
    return f"{number}: {hint}"


def clock(seconds: float) -> str:
    """Minutes and seconds.

    >>> clock(75.9)
    '1:15'
    """
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def rest(rested_s: float, pause_s: float | None) -> str:
    """The rest clock."""
    return f"rest {clock(rested_s)}" + ("" if pause_s is None else f" of {clock(pause_s)}")


def go_on(set_number: int) -> str:
    """The rest is over."""
    return f"{GO}: set {set_number}"


def done(count: int, sets: int) -> str:
    """After the goal."""
    return f"done: {count} in {sets} set{'s' * (sets != 1)}"


def to_go(number: int) -> str:
    """What is missing to the goal."""
    return f"{number} to go"


def speed(fps: float, tempo_s: float) -> list[str]:
    """Small lines: frames a second; seconds of the latest repetition, NaN for none."""
    tempo = [f"{tempo_s:.1f} s a rep"] if math.isfinite(tempo_s) and tempo_s > 0 else []
    return [f"{fps:.0f} fps", *tempo]


def total(span: str, repetitions: int, best_set: int) -> str:
    """A line of the history; `span` is "day", "week" or "month"."""
    name = {"day": "today", "week": "this week", "month": "this month"}[span]
    return f"{name}: {repetitions}, best set {best_set}"


def reason(note: str) -> str:
    """A counter's note on what it did not count, in words; "" where it saw nobody.

    >>> reason("relative_depth 0.31 is out of bounds")
    'not counted: much less deep than the others'
    >>> reason("not like the exercise: arms_bend 0.02, depth 0.30")
    'not counted: your arms did not bend'
    """
    if not note or note == "no body seen":
        return ""
    if note.endswith("unseen") or note.endswith("not seen"):
        return _UNSEEN
    note = note.removeprefix("not like the exercise: ")
    found = [words for start, words in _REASONS.items() if note.startswith(start)]
    return found[0] if found else _LOOKS


def now(seen: bool, counting: bool, exercise: str) -> str:
    """What holds at this moment, where nothing was left out lately."""
    if not seen:
        return STEP_IN
    if counting:
        return _READY
    return _NOT_READY + _HANDS_DOWN * (exercise == "push_up")
