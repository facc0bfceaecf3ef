"""Each sentence of docs/counting.md on what a repetition is, on exact or simulated keypoints."""

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pushup.counting.types import Observation, Rep
from pushup.data.clips import read_clips
from pushup.evaluation.counting.runs import Run, run_counter
from pushup.evaluation.counting.summary import summarise
from pushup.synthetic import placements
from pushup.synthetic.errors import NO_ERRORS
from support.counters import push_up_counter
from support.stick_figures import film, pose, push_ups

TOP, DEPTH = 0.95, 0.55
"""Of `push_ups`, in arm lengths."""


def counted(frames: list[Observation], **settings: object) -> list[Rep]:
    """What the default counter counts in a recording, its end included."""
    counter = push_up_counter(**settings)
    reps = [counter.update(frame) for frame in frames] + [counter.finish()]
    return [rep for rep in reps if rep is not None]


def through(*points: tuple[float, float]) -> tuple[Callable[[float], float], float]:
    """Heights over time that pass smoothly through (seconds, arm lengths), and the duration."""
    times_s, heights = zip(*points, strict=True)

    def height(time_s: float) -> float:
        share = np.interp(time_s, times_s, range(len(times_s)))
        k = min(int(share), len(times_s) - 2)
        eased = (1 - math.cos(math.pi * (share - k))) / 2
        return heights[k] + eased * (heights[k + 1] - heights[k])

    return height, times_s[-1]


def cut(frames: list[Observation], start_s: float = 0.0, end_s: float = math.inf):
    """The recording between two times, which begins at 0 again."""
    kept = [frame for frame in frames if start_s <= frame.time_s <= end_s]
    return [replace(frame, time_s=frame.time_s - start_s) for frame in kept]


def coming_up_s(share: float, period_s: float) -> float:
    """How long after its start a repetition of `push_ups` has climbed back so much of its depth."""
    return period_s * (1 - math.acos(2 * share - 1) / (2 * math.pi))


def going_down_s(share: float, period_s: float) -> float:
    """How long after its start it has gone down so much of its depth."""
    return period_s * math.acos(1 - 2 * share) / (2 * math.pi)


def in_placements(
    manner: str, index: int, start: str = "top", end: str = "stays", view: str = "side_left"
) -> tuple[int, int]:
    """Counted and true repetitions of a clip of the placement benchmark, with exact keypoints."""
    routine = placements.sample("fit", index, view, manner, start, end).routine
    trace = routine.trace(25.0, NO_ERRORS, classifier=True)
    return len(run_counter(push_up_counter(), trace).reps), len(routine.repetitions)


def test_a_push_up_counts_when_the_body_has_come_down_and_climbed_back_most_of_the_way() -> None:
    down = [(0.0, TOP), (1.0, TOP), (2.0, TOP - DEPTH)]
    stays_down = through(*down, (5.0, TOP - DEPTH))
    half_way = through(*down, (3.0, TOP - 0.6 * DEPTH), (5.0, TOP - 0.6 * DEPTH))
    most = through(*down, (3.0, TOP - 0.3 * DEPTH), (5.0, TOP - 0.3 * DEPTH))
    assert [len(counted(film(*way))) for way in (stays_down, half_way, most)] == [0, 0, 1]


@pytest.mark.parametrize("fps", [10, 24, 60])
@pytest.mark.parametrize("scale", [0.25, 1, 6])
def test_frame_rate_and_picture_size_do_not_matter(fps, scale) -> None:
    frames = film(*push_ups(4, 1.5), fps)
    sized = [replace(frame, keypoints=scale * frame.keypoints) for frame in frames]
    assert len(counted(sized)) == 4


@pytest.mark.parametrize(("depth", "number"), [(0.17, 0), (0.24, 3)])
def test_the_descent_is_at_least_a_fifth_of_an_arm_length(depth, number) -> None:
    assert len(counted(film(*push_ups(3, 2.0, depth)))) == number


@pytest.mark.parametrize(("share", "number"), [(0.37, 3), (0.46, 4)])
def test_the_descent_is_at_least_two_fifths_of_the_usual_one(share, number) -> None:
    depth = 0.65
    deep = [(k, TOP - depth * (k % 2)) for k in range(7)]
    way = through(*deep, (7, TOP - share * depth), (8, TOP), (9, TOP))
    assert len(counted(film(*way))) == number


def test_it_is_counted_at_the_return_to_the_top_or_as_soon_as_the_body_turns() -> None:
    frames = film(*push_ups(3, 2.0))
    bottoms_s = [0.5 + 2.0 * k + 1.0 for k in range(3)]

    def known_at(**settings: object) -> list[float]:
        counter = push_up_counter(**settings)
        return [frame.time_s for frame in frames if counter.update(frame) is not None]

    assert known_at() == pytest.approx([b + 0.6 for b in bottoms_s], abs=0.1)
    assert known_at(on="bottom") == pytest.approx([b + 0.3 for b in bottoms_s], abs=0.15)


@pytest.mark.parametrize("rest_s", [0.0, 1.0])
@pytest.mark.parametrize("period_s", [1.0, 2.0, 4.0])
def test_the_ascent_with_which_a_clip_begins_does_not_count_unless_asked_for(
    period_s, rest_s
) -> None:
    height, duration_s = push_ups(3, period_s)
    bottom_s = 0.5 + period_s / 2
    frames = film(lambda t: height(bottom_s + max(t - rest_s, 0)), duration_s - bottom_s + rest_s)
    assert len(counted(frames)) == 2
    assert len(counted(frames, count_first_ascent=True)) == 3


@pytest.mark.parametrize("period_s", [1.0, 2.0, 4.0])
def test_a_clip_that_begins_in_the_first_third_of_a_descent_counts_it(period_s) -> None:
    for share in (0.1, 0.33):
        start_s = 0.5 + going_down_s(share, period_s)
        assert len(counted(cut(film(*push_ups(3, period_s)), start_s))) == 3


def test_the_way_down_from_standing_is_none_and_the_first_push_up_after_it_counts() -> None:
    height, duration_s = push_ups(3, 2.0, pause_s=1.5)

    def joints(time_s: float) -> np.ndarray:
        standing = pose(1.0) - (0, 150)
        standing[3] = standing[2] - (0, 30)
        share = min(max((time_s - 2) / 2, 0), 1)
        return standing * (1 - share) + pose(height(max(time_s - 4, 0))) * share

    times_s = np.arange(0, duration_s + 4, 1 / 30)
    frames = [Observation(joints(t), np.full(7, 0.9), float(t)) for t in times_s]
    reps = counted(frames)
    assert len(reps) == 3
    assert reps[0].start_s > 4


@pytest.mark.parametrize("period_s", [1.0, 2.0, 4.0])
@pytest.mark.parametrize("fps", [15, 30])
def test_a_recording_that_ends_on_the_way_up_counts_from_two_thirds_of_it(period_s, fps) -> None:
    for share, number in ((0.4, 2), (2 / 3, 3), (0.9, 3)):
        end_s = 0.5 + 2 * period_s + coming_up_s(share, period_s)
        assert len(counted(cut(film(*push_ups(3, period_s), fps), end_s=end_s))) == number


def test_half_repetitions_between_whole_ones_do_not_count_but_a_set_of_them_does() -> None:
    whole, half = TOP - 0.65, TOP - 0.22
    mixed = through(
        *((k, whole if k % 2 else TOP) for k in range(7)),
        *((k, half if k % 2 else TOP) for k in range(7, 13)),
        *((k, whole if k % 2 else TOP) for k in range(13, 17)),
    )
    assert len(counted(film(*mixed))) == 5
    only = through(*((k, half if k % 2 else TOP) for k in range(9)))
    assert len(counted(film(*only))) == 4


@pytest.mark.parametrize("index", [1, 2, 4])
@pytest.mark.parametrize("view", ["side_left", "front"])
def test_clapping_push_ups_count_as_others_do(index, view) -> None:
    number, true = in_placements("clapping", index, view=view)
    assert number == true > 1


def test_of_a_burpee_at_most_the_one_push_up_in_it_counts() -> None:
    numbers = [in_placements("burpees", index) for index in range(4)]
    assert all(number <= true for number, true in numbers)
    assert sum(number for number, _ in numbers) >= 5


def stiff(frames: list[Observation]) -> list[Observation]:
    """As if the arms stayed straight and the head still, though the trunk goes down and up."""
    found = []
    for frame in frames:
        joints = frame.keypoints.copy()
        joints[3] = frames[0].keypoints[3]
        for shoulder, elbow, wrist in ((2, 1, 0), (4, 5, 6)):
            joints[elbow] = (joints[shoulder] + joints[wrist]) / 2
        found.append(replace(frame, keypoints=joints))
    return found


def test_the_movement_looks_like_a_push_up() -> None:
    frames = film(*push_ups(3, 2.0))
    carried = []  # the hands go down and up with the trunk
    for frame in frames:
        joints = frame.keypoints.copy()
        joints[[0, 6]] += joints[[2, 4]] - frames[0].keypoints[[2, 4]]
        carried.append(replace(frame, keypoints=joints))
    forbidden = [replace(frame, pushing_up=0.2) for frame in frames]
    assert [len(counted(f)) for f in (frames, carried, forbidden)] == [3, 0, 0]
    sure, unsure = counted(frames), counted(stiff(frames))
    assert unsure[0].confidence < sure[0].confidence


def test_a_doubtful_repetition_counts_after_sure_ones_and_not_after_much_that_was_none() -> None:
    doubtful = stiff(film(*push_ups(1, 2.0, 0.25, pause_s=1.5)))
    sure = film(*push_ups(4, 2.0, pause_s=1.5))
    times_s = np.arange(0, sure[-1].time_s, 1 / 30).tolist()
    lower = [(0, 50 * (1 - math.cos(3 * time_s))) for time_s in times_s]
    squats = [
        Observation(pose(1.0) + by, np.full(7, 0.9), time_s)
        for by, time_s in zip(lower, times_s, strict=True)
    ]

    def after(before: list[Observation], frames: list[Observation]) -> int:
        later_s = before[-1].time_s + 1 / 30
        moved = [replace(frame, time_s=frame.time_s + later_s) for frame in frames]
        return len(counted(before + moved)) - len(counted(before))

    assert len(counted(squats)) == len(counted(doubtful)) == 0
    assert after(sure, doubtful) == 1
    assert after(squats, doubtful) == 0


@pytest.mark.parametrize(
    ("number", "exact", "mae"), [(4, 0, 0.2), (5, 1, 0), (6, 1, 0), (7, 0, 1 / 6)]
)
def test_a_count_may_be_a_choice_of_which_scores_take_the_nearest(
    tmp_path: Path, number, exact, mae
) -> None:
    (tmp_path / "counts.csv").write_text("video,count,split\na.mp4,5|6,val\n")
    [clip] = read_clips(tmp_path, "val")
    reps = [Rep(k, k + 0.5, k + 1.0, 0.5) for k in range(number)]
    figures = summarise([clip], {"a": Run(reps, 1.0, 10.0, np.zeros((0, 4)))})
    assert figures["exact"] == exact
    assert figures["mae"] == pytest.approx(mae)
