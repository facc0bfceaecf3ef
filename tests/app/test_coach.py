"""The countdown, the rest and the milestones, without a picture."""

import pytest

from pushup.app.coach import Coach, Cue, milestone
from pushup.app.tally import Tally
from pushup.counting.types import Rep
from pushup.video import words


def rep(top_s):
    return Rep(top_s - 2.0, top_s - 1.0, top_s, 0.5)


def watch(coach, tally, until_s, since_s=0.0, seen=True, done=()):
    """What is said, and the cue after each tenth of a second; repetitions as they are done."""
    said, cues, waiting = [], {}, list(done)
    for k in range(round(since_s * 10), round(until_s * 10) + 1):
        time_s = k / 10
        while waiting and waiting[0] <= time_s:
            tally.add(rep(waiting.pop(0)))
        said += coach.update(time_s, tally, seen)
        cues[time_s] = coach.cue
    return said, cues


def test_the_countdown_begins_once_somebody_is_seen():
    coach, tally = Coach(countdown_s=3.0), Tally()
    said, cues = watch(coach, tally, 5.0, seen=False)
    assert said == []
    assert cues[5.0] == Cue(hint=words.GET_READY)
    said, cues = watch(coach, tally, 15.0, since_s=5.1)
    assert said == ["3", "2", "1", words.GO]
    assert cues[5.2] == Cue("3", words.GET_READY)
    assert cues[8.2] == Cue(words.GO)
    assert cues[9.3] == Cue()
    _, cues = watch(coach, tally, 30.0, since_s=16.0, done=(16.0,))
    assert {cue.big for cue in cues.values()} == {""}  # before the first set only


def test_who_begins_earlier_is_counted_and_ends_it():
    coach, tally = Coach(countdown_s=5.0), Tally()
    said, cues = watch(coach, tally, 8.0, done=(2.0,))
    assert said == ["5", "4"]
    assert cues[2.0] == Cue()
    assert tally.count == 1


def test_without_a_countdown_nothing_is_said():
    assert watch(Coach(), Tally(), 20.0)[0] == []


def test_the_rest_is_timed_and_its_end_said():
    coach, tally = Coach(pause_s=30.0), Tally(rest_s=20.0)
    said, cues = watch(coach, tally, 50.0, done=(2.0, 4.0))
    assert cues[11.9] == Cue()
    assert cues[12.0] == Cue(status=words.RESTING, hint="rest 0:08 of 0:30")
    assert cues[34.1].hint == "go: set 2"
    assert cues[45.0].hint == "rest 0:41"
    assert said == [words.TEN_SECONDS, words.GO]
    said, cues = watch(coach, tally, 60.0, since_s=50.1, done=(52.0,))
    assert cues[52.0] == Cue()
    assert said == []
    assert tally.rests_s == [46.0]


def test_a_short_rest_has_no_warning_of_its_end():
    assert watch(Coach(pause_s=12.0), Tally(), 30.0, done=(2.0,))[0] == [words.GO]


def test_the_goal_is_celebrated_and_then_no_rest_is_timed():
    coach, tally = Coach(pause_s=10.0), Tally(goal=2)
    said, cues = watch(coach, tally, 40.0, done=(2.0, 4.0))
    assert said == [words.GOAL_REACHED]
    assert cues[5.0].big == words.GOAL_REACHED
    assert cues[9.0] == Cue()
    assert cues[20.0] == Cue(hint="done: 2 in 1 set")


@pytest.mark.parametrize(
    ("goal", "reached"),
    [
        (None, {}),
        (1, {1: words.GOAL_REACHED}),
        (5, {3: words.HALFWAY, 4: "1 to go", 5: words.GOAL_REACHED}),
        (
            30,
            {
                15: words.HALFWAY,
                20: "10 to go",
                25: "5 to go",
                27: "3 to go",
                28: "2 to go",
                29: "1 to go",
                30: words.GOAL_REACHED,
            },
        ),
    ],
)
def test_milestones(goal, reached):
    told = {count: milestone(count, goal) for count in range(1, 40)}
    assert {count: words for count, words in told.items() if words} == reached
