"""The default counter: properties that hold whatever the camera, and situations of a workout."""

import logging
import math
import pickle
from dataclasses import replace

import numpy as np
import pytest

from pushup.counting.body import BodyEstimator
from pushup.counting.classifier import CycleClassifier
from pushup.counting.counter import CycleCounter
from pushup.counting.cycles import Cycle
from pushup.counting.features import CycleFeatures, CycleHistory, Features
from pushup.counting.types import Observation, Rep
from pushup.skeleton import BODY16, UPPER7
from support.counters import offline_counter, push_up_counter
from support.stick_figures import ARM, count, film, pose, push_ups

CYCLE = Cycle(0.0, 0.8, 1.0, 2.0, peak=0.55, bottom=0.0)


def moved(observations: list[Observation], change, time_factor: float = 1.0) -> list[Observation]:
    return [
        replace(o, keypoints=change(o.keypoints), time_s=o.time_s * time_factor)
        for o in observations
    ]


@pytest.mark.parametrize("view", ["side", "front"])
@pytest.mark.parametrize("fps", [10, 15, 24, 30, 60])
@pytest.mark.parametrize("period_s", [0.5, 1.0, 2.5, 10.0])
def test_counts_every_repetition_at_any_tempo_and_frame_rate(period_s, fps, view) -> None:
    reps = count(push_up_counter(), film(*push_ups(4, period_s), fps, view))
    assert len(reps) == 4
    bottoms = [0.5 + period_s * (i + 0.5) for i in range(4)]
    assert [rep.bottom_s for rep in reps] == pytest.approx(bottoms, abs=max(0.2, period_s / 8))


@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_time_stretch_leaves_the_count(factor) -> None:
    frames = film(*push_ups(5, 2.0))
    assert len(count(push_up_counter(), moved(frames, lambda k: k, factor))) == 5


def resampled(frames: list[Observation], times_s: np.ndarray) -> list[Observation]:
    """The film as a camera that takes pictures at those times sees it."""
    own_s = np.array([o.time_s for o in frames])
    joints = np.array([o.keypoints for o in frames]).reshape(len(frames), -1)
    columns = [np.interp(times_s, own_s, column) for column in joints.T]
    found = np.stack(columns, 1).reshape(len(times_s), -1, 2)
    return [
        replace(frames[0], keypoints=keypoints, time_s=float(time_s))
        for keypoints, time_s in zip(found, times_s, strict=True)
    ]


@pytest.mark.parametrize("fps", [15, 24, 30, 60, "variable"])
def test_resampling_leaves_the_count(fps) -> None:
    frames = film(*push_ups(6, 1.2), 100, "front", noise=0.02)
    last_s = frames[-1].time_s
    if fps == "variable":
        steps = np.random.default_rng(2).uniform(1 / 60, 1 / 10, 1000)
        times_s = np.cumsum(steps)[np.cumsum(steps) < last_s]
    else:
        times_s = np.arange(0, last_s, 1 / fps)
    reps = count(push_up_counter(), resampled(frames, times_s))
    assert [rep.bottom_s for rep in reps] == pytest.approx(
        [0.5 + 1.2 * (i + 0.5) for i in range(6)], abs=0.2
    )


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda k: (k * [-1, 1] + [400, 0])[UPPER7.flip], id="mirrored"),
        pytest.param(lambda k: k * 0.2, id="small"),
        pytest.param(lambda k: k * 7.3, id="large"),
        pytest.param(lambda k: k - (900, -1234), id="shifted"),
    ],
)
def test_the_picture_may_be_mirrored_scaled_and_shifted(change) -> None:
    frames = film(*push_ups(5, 1.5), noise=0.02, view="front")
    plain = count(push_up_counter(), frames)
    changed = count(push_up_counter(), moved(frames, change))
    assert len(plain) == 5
    assert [r.bottom_s for r in changed] == pytest.approx([r.bottom_s for r in plain])
    assert [r.depth for r in changed] == pytest.approx([r.depth for r in plain])


def test_noise_below_the_floor_counts_nothing() -> None:
    still = film(lambda time_s: 0.9, 60.0, noise=0.03)
    assert count(push_up_counter(position=None), still) == []


@pytest.mark.parametrize("low", [False, True])
@pytest.mark.parametrize("pause_s", [3.0, 30.0])
def test_a_pause_never_counts(pause_s, low) -> None:
    first, first_s = push_ups(2, 2.0)
    pause_from_s = first_s - 1.5 if low else first_s  # 1.5 s before the end: at a bottom

    def height(time_s: float) -> float:
        if time_s < pause_from_s:
            return first(time_s)
        return first(max(pause_from_s, time_s - pause_s))

    reps = count(push_up_counter(), film(height, first_s + pause_s, noise=0.01))
    assert len(reps) == 2


def test_reports_the_whole_repetition() -> None:
    (rep,) = count(push_up_counter(), film(*push_ups(1, 2.0, depth=0.55, pause_s=1.0)))
    assert rep.start_s == pytest.approx(1.2, abs=0.2)
    assert rep.bottom_s == pytest.approx(2.0, abs=0.1)
    # three fifths back: cos(phase) = 0.2
    assert rep.top_s == pytest.approx(3.0 - math.acos(0.2) / math.pi, abs=0.1)
    assert rep.depth == pytest.approx(0.55, rel=0.1)
    assert rep.confidence > 0.95
    assert rep.features["arms_shorten"] == pytest.approx(1.0, abs=0.1)
    assert rep.features["hands_follow"] == pytest.approx(0.0, abs=0.05)


def test_counts_at_the_bottom_when_asked() -> None:
    frames = film(*push_ups(3, 2.0))
    tops = count(push_up_counter(on="top"), frames)
    bottoms = count(push_up_counter(on="bottom"), frames)
    assert len(tops) == len(bottoms) == 3
    assert all(b.top_s < t.top_s - 0.1 for b, t in zip(bottoms, tops, strict=True))
    with pytest.raises(ValueError, match="sideways"):
        CycleCounter("height", 0.2, on="sideways")  # type: ignore[arg-type]


def test_an_ascent_without_a_descent_is_none_and_a_cut_return_counts_from_two_thirds() -> None:
    height, _ = push_ups(3, 2.0)
    from_bottom = [o for o in film(height, 7.0) if o.time_s >= 1.5]
    assert len(count(push_up_counter(), from_bottom)) == 2
    back_s = {share: 6.5 - math.acos(2 * share - 1) / math.pi for share in (0.3, 0.67)}
    for share, expected in ((0.3, 2), (0.67, 3)):
        cut = [o for o in film(height, 7.0) if o.time_s <= back_s[share]]
        counter = push_up_counter()
        reps = count(counter, cut)
        last = counter.finish()
        assert len(reps) + (last is not None) == expected
        assert counter.finish() is None


@pytest.mark.parametrize("ends_there", [False, True])
def test_the_ascent_with_which_a_recording_begins_counts_if_asked(ends_there) -> None:
    height, duration_s = push_ups(3, 2.0)
    begin_s = 0.5 + 1.0  # at the first bottom
    end_s = 1.2 if ends_there else duration_s - begin_s
    frames = film(lambda time_s: height(begin_s + time_s), end_s)

    def counted(**settings: bool) -> list[Rep]:
        counter = push_up_counter(**settings)
        last = (count(counter, frames), counter.finish())
        return [*last[0], *([last[1]] if last[1] else [])]

    without, asked = counted(), counted(count_first_ascent=True)
    assert len(asked) == len(without) + 1 == (1 if ends_there else 3)
    assert asked[0].start_s <= asked[0].bottom_s < 0.3 < asked[0].top_s <= 1.3
    whole = push_up_counter(count_first_ascent=True)
    assert len(count(whole, film(height, duration_s))) == 3


def test_survives_lost_frames_wild_joints_and_swapped_sides() -> None:
    rng = np.random.default_rng(1)
    frames = []
    for o in film(*push_ups(10, 1.5), noise=0.03, view="front"):
        keypoints, scores = o.keypoints.copy(), o.scores.copy()
        wild = rng.random(7) < 0.03
        keypoints[wild] += rng.normal(0, 0.8 * ARM, (int(wild.sum()), 2))
        if rng.random() < 0.03:
            keypoints = keypoints[UPPER7.flip]
        scores[rng.random(7) < 0.05] = 0.0
        if rng.random() > 0.1:
            frames.append(replace(o, keypoints=keypoints, scores=scores))
    assert len(count(push_up_counter(), frames)) == 10


def test_a_body_lost_for_a_second_goes_on() -> None:
    frames = [
        replace(o, keypoints=np.full((7, 2), np.nan), scores=np.zeros(7))
        if 3.2 < o.time_s < 4.0
        else o
        for o in film(*push_ups(4, 2.0))
    ]
    counter = push_up_counter()
    assert len(count(counter, frames)) == 4


def test_a_trunk_that_shows_other_joints_than_before_is_found_again() -> None:
    def scores(time_s: float) -> np.ndarray:
        unseen = ("head", "left_shoulder") if time_s < 0.5 else ("right_shoulder",)
        return np.array([0.0 if joint in unseen else 0.9 for joint in UPPER7.joints])

    frames = [replace(o, scores=scores(o.time_s)) for o in film(*push_ups(4, 2.0, pause_s=2.0))]
    assert len(count(push_up_counter(), frames)) == 4


def test_a_few_joints_in_an_empty_picture_are_no_body() -> None:
    first, second = film(lambda _: 0.9, 1 / 30)[:2]
    for seen, is_body in ((3, False), (4, True)):
        tracker = BodyEstimator(UPPER7)
        assert tracker.update(first) is not None
        scores = np.array([0.9 if 1 <= joint <= seen else 0.0 for joint in range(7)])
        assert (tracker.update(replace(second, scores=scores)) is not None) == is_body


def test_hands_found_elsewhere_at_each_bottom_are_not_believed() -> None:
    height, duration_s = push_ups(4, 2.0)
    frames = film(height, duration_s)
    for frame in frames:
        if height(frame.time_s) < 0.7:
            frame.keypoints[[0, 6]] += (120.0, 60.0)  # in the steel of a rack
    assert len(count(push_up_counter(), frames)) == 4


def test_hands_that_have_moved_are_believed_in_the_end() -> None:
    tracker = BodyEstimator(UPPER7)
    seen = []
    for frame in film(lambda _: 0.9, 6.0):
        if frame.time_s > 2.0:
            frame.keypoints[[0, 6]] += (60.0, 0.0)
        body = tracker.update(frame)
        assert body is not None
        seen.append(body.hands_seen)
    assert seen[90] == 0.0
    assert min(seen[30], seen[150]) > 0.8


def test_the_classifier_is_asked_about_the_last_seconds_not_the_cycle_alone() -> None:
    def recognised(before: float, within: float) -> float:
        estimator, features = BodyEstimator(UPPER7), CycleFeatures()
        for frame in film(lambda _: 0.9, 4.0):
            score = before if frame.time_s < 3.5 else within
            body = estimator.update(replace(frame, pushing_up=score))
            assert body is not None
            features.add(body)
        return features.of(CYCLE)["pushing_up"]

    assert recognised(0.9, 0.9) == pytest.approx(0.9)
    assert recognised(0.0, 0.9) < 0.5 * recognised(0.9, 0.9)


@pytest.mark.parametrize(("score", "counted"), [(0.9, 4), (0.5, 4), (0.02, 0)])
def test_push_ups_that_the_classifier_is_sure_are_none_do_not_count(score, counted) -> None:
    frames = [replace(o, pushing_up=score) for o in film(*push_ups(4, 2.0))]
    assert len(count(push_up_counter(position=None), frames)) == counted
    assert len(offline_counter().count(frames)) == counted


def test_the_position_has_to_last_through_the_cycle() -> None:
    def features(at_the_top: float) -> Features:
        height, duration_s = push_ups(1, 3.0)
        estimator, features = BodyEstimator(UPPER7), CycleFeatures()
        for frame in film(height, duration_s):
            score = 0.9 if height(frame.time_s) < 0.9 else at_the_top
            body = estimator.update(replace(frame, pushing_up=score))
            assert body is not None
            features.add(body)
        return features.of(CYCLE)

    lasting, bottom_only = features(0.9), features(0.05)
    assert bottom_only["pushing_up"] > 0.4 > 0.1 > bottom_only["pushing_up_min"]
    same_mean = lasting | {"pushing_up": bottom_only["pushing_up"]}
    logit = CycleClassifier().logit
    assert logit(bottom_only) < logit(same_mean) - 0.5


def test_evidence_is_bounded_fades_and_is_taken_back() -> None:
    history = CycleHistory()

    def evidence(cycle: Cycle = CYCLE) -> float:
        return history.of(cycle)["recent_evidence"]

    assert evidence() == 0.0
    history.add(CYCLE, -20.0)
    assert evidence() == -1.0
    later = replace(CYCLE, top_s=CYCLE.top_s + CycleHistory.fade_s)
    assert evidence(later) == pytest.approx(-math.exp(-1))
    history.add(CYCLE, -20.0)
    assert evidence() == -CycleHistory.most
    for _ in range(4):
        history.add(CYCLE, 5.0)
    assert evidence() == CycleHistory.most


def test_a_repetition_waits_for_the_position_as_long_as_it_is_told() -> None:
    counter, rep = CycleCounter("height", 0.2, patience_s=0.5), Rep(0.0, 0.5, 1.0, 0.4)
    assert counter._admit(1.0, rep, in_position=False) is None
    assert counter._admit(1.4, None, in_position=True) is rep
    assert counter._admit(1.5, None, in_position=True) is None
    assert counter._admit(1.0, rep, in_position=False) is None
    assert counter._admit(1.6, None, in_position=False) is None
    assert counter._admit(1.7, None, in_position=True) is None


def test_depth_is_seen_against_the_last_repetitions() -> None:
    history = CycleHistory()
    assert "relative_depth" not in history.of(CYCLE)
    for depth in (0.2, 0.55, 0.9):  # the median is that of CYCLE
        history.add(replace(CYCLE, bottom=CYCLE.peak - depth), 1.0)
    history.add(replace(CYCLE, bottom=-9.0), -1.0)  # none of ours
    assert history.of(replace(CYCLE, peak=0.275))["relative_depth"] == pytest.approx(0.5)
    history.restart()
    assert "relative_depth" not in history.of(CYCLE)


def test_movements_that_were_none_make_the_next_one_doubtful() -> None:
    times = np.arange(0, 4.2, 1 / 30)  # two squats
    before = [Observation(squat(t), np.full(7, 0.9), float(t)) for t in times]
    height, duration_s = push_ups(3, 2.0, pause_s=2.0)
    frames = [replace(o, time_s=o.time_s + 4.2) for o in film(height, duration_s)]
    alone = count(push_up_counter(), frames)
    after = count(push_up_counter(), before + frames)
    assert len(alone) == len(after) == 3
    assert after[0].features["recent_evidence"] < 0.0 == alone[0].features["recent_evidence"]
    assert after[0].confidence < alone[0].confidence
    assert after[1].features["recent_evidence"] > after[0].features["recent_evidence"]
    assert alone[1].features["recent_evidence"] > 0.0


def test_arms_that_stay_straight_speak_against_a_push_up() -> None:
    def features(straight: bool) -> Features:
        estimator, features = BodyEstimator(UPPER7), CycleFeatures()
        for frame in film(*push_ups(1, 2.0)):
            if straight:  # such as arms that swing away from the camera
                for shoulder, elbow, wrist in ((2, 1, 0), (4, 5, 6)):
                    frame.keypoints[elbow] = frame.keypoints[[shoulder, wrist]].mean(0)
            body = estimator.update(frame)
            assert body is not None
            features.add(body)
        return features.of(CYCLE)

    bent, straight = features(False), features(True)
    assert bent["arms_bend"] > 0.3
    assert straight["arms_bend"] == pytest.approx(0.0, abs=1e-6)
    assert straight["arms_shorten"] == pytest.approx(bent["arms_shorten"], abs=0.05)
    assert CycleClassifier().logit(straight) < CycleClassifier().logit(bent)


def test_a_glitch_and_a_drift_are_no_repetitions(caplog) -> None:
    def glitch(time_s: float) -> float:
        return 0.4 if 1.55 < time_s < 1.65 else 0.95

    def drift(time_s: float) -> float:
        return float(np.interp(time_s, [1, 13, 13.5], [0.95, 0.4, 0.95]))

    for height, why in ((glitch, "duration_s"), (drift, "descent_s")):
        counter = push_up_counter(position=None, explain=True)
        with caplog.at_level(logging.INFO):
            assert not count(counter, film(height, 15.0, fps=12.5))
        assert f"{why} " in caplog.text
        assert "out of bounds" in caplog.text


def test_a_shaking_and_panning_camera() -> None:
    def shaken(o: Observation) -> Observation:
        t = o.time_s
        shift = np.array([15 * t + 5 * math.sin(7 * t), 6 * t + 5 * math.sin(5 * t)])
        return replace(o, keypoints=o.keypoints + shift)

    frames = [shaken(o) for o in film(*push_ups(6, 2.0))]
    assert len(count(push_up_counter(), frames)) == 6


def test_the_first_repetition_after_getting_down_counts() -> None:
    height, duration_s = push_ups(3, 2.0, pause_s=1.5)

    def with_lead_in(time_s: float) -> np.ndarray:
        standing = pose(1.0) - (0, 150)  # the whole figure higher, the arms hanging
        standing[3] = standing[2] - (0, 30)
        if time_s < 2:
            return standing
        if time_s < 4:
            share = (time_s - 2) / 2
            return standing * (1 - share) + pose(0.95) * share
        return pose(height(time_s - 4))

    times = np.arange(0, duration_s + 4, 1 / 30)
    frames = [Observation(with_lead_in(t), np.full(7, 0.9), float(t)) for t in times]
    assert len(count(push_up_counter(), frames)) == 3


def squat(time_s: float) -> np.ndarray:
    """The whole figure goes down and up, arms hanging."""
    return pose(1.0) - (0, -50 * (1 - math.cos(3 * time_s)))


def pull_up(time_s: float) -> np.ndarray:
    """The hands stay above, the body comes up to them."""
    hanging = pose(0.7 + 0.25 * math.cos(3 * time_s))
    return hanging * [1, -1] + [0, 400]


def arm_raise(time_s: float) -> np.ndarray:
    """The body stands, the hands go up and down."""
    standing = pose(0.95, "front")
    lift = [0, -70 * (1 - math.cos(3 * time_s))]
    standing[[0, 6]] += lift
    standing[[1, 5]] += np.array(lift) / 2
    return standing


@pytest.mark.parametrize("motion", [squat, pull_up, arm_raise])
def test_other_movements_count_nothing(motion) -> None:
    times = np.arange(0, 30, 1 / 30)
    frames = [Observation(motion(t), np.full(7, 0.9), float(t)) for t in times]
    assert count(push_up_counter(), frames) == []


def test_a_cut_starts_afresh() -> None:
    height, duration_s = push_ups(2, 2.0)
    first = film(height, duration_s)
    second = [
        replace(o, keypoints=o.keypoints * 1.8 + [300, -40], time_s=o.time_s + duration_s + 0.04)
        for o in first
    ]
    assert len(count(push_up_counter(), first + second)) == 4


def test_reset_forgets_everything() -> None:
    frames = film(*push_ups(3, 1.5), noise=0.02)
    counter = push_up_counter()
    first = count(counter, frames)
    counter.reset()
    assert count(counter, frames) == first


def test_reads_the_joints_of_its_skeleton() -> None:
    index = [BODY16.index(joint) for joint in UPPER7.joints]

    def widen(o: Observation) -> Observation:
        keypoints, scores = np.full((16, 2), 5.0), np.full(16, 0.9)
        keypoints[index] = o.keypoints
        return replace(o, keypoints=keypoints, scores=scores)

    frames = [widen(o) for o in film(*push_ups(3, 1.5))]
    assert len(count(push_up_counter(skeleton=BODY16), frames)) == 3


def test_explains_what_it_does_not_count(caplog) -> None:
    times = np.arange(0, 6, 1 / 30)
    frames = [Observation(pull_up(t), np.full(7, 0.9), float(t)) for t in times]
    counter = push_up_counter(explain=True, position=None)
    with caplog.at_level(logging.INFO):
        notes = []
        for frame in frames:
            assert counter.update(frame) is None
            notes.append(counter.state.note)
    assert any("arms_shorten" in note for note in notes)
    assert "not counted: not like the exercise" in caplog.text


def test_memory_does_not_grow_with_the_recording() -> None:
    counter = push_up_counter()
    frames = film(*push_ups(20, 1.0))
    count(counter, frames)
    before = len(pickle.dumps(counter))
    for later_s in (30, 60, 90):
        assert len(count(counter, [replace(o, time_s=o.time_s + later_s) for o in frames])) == 20
    assert len(pickle.dumps(counter)) < 1.1 * before


@pytest.mark.parametrize("period_s", [0.5, 2.0, 8.0])
def test_the_offline_reference_counts_the_same(period_s) -> None:
    frames = film(*push_ups(4, period_s), noise=0.02, view="front")
    reps = offline_counter().count(frames)
    assert len(reps) == 4
    assert [r.bottom_s for r in reps] == pytest.approx(
        [0.5 + period_s * (i + 0.5) for i in range(4)], abs=max(0.1, period_s / 8)
    )
    assert offline_counter().count([]) == []
