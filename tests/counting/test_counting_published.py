"""The published z-score counter, as released and mended; positions and filters."""

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hydra.utils import instantiate
from scipy.signal import firwin, lfilter

from pushup.cli import InputError
from pushup.counting.body import BodyEstimator
from pushup.counting.build import build_counter
from pushup.counting.filters import Ema, MovingMedian, RepeatedMedianFilter
from pushup.counting.position import Debounce, PositionCheck
from pushup.counting.published import (
    Fir,
    PublishedCounter,
    PublishedExactCounter,
    ScoreGate,
    ScoreKalman,
)
from pushup.counting.types import Observation
from pushup.skeleton import UPPER7
from support.counters import GATE, push_up_counter
from support.stick_figures import count, film, pose, push_ups


def released_counts(head_y: np.ndarray, width: int) -> list[int]:
    """Frames at which the released code counts, refiltering its whole history at each of them."""
    history, labels = [], []
    taps = firwin(10, 2 * 0.5 / 30)
    for y in head_y * 512 / width:
        history.append(y)
        filtered = lfilter(taps, 1, history)
        before = filtered[-61:-1]
        enough = len(filtered) > 60
        labels.append(int(enough and filtered[-1] > np.mean(before) + 0.1 * np.std(before)))
    return [i for i in range(1, len(labels)) if labels[i] and not labels[i - 1]]


@pytest.mark.parametrize("seed", range(5))
def test_the_exact_counter_equals_refiltering_the_whole_history(seed) -> None:
    rng = np.random.default_rng(seed)
    head_y = 150 + np.cumsum(rng.normal(0, 4, 400)) + 20 * np.sin(np.arange(400) / 6)
    expected = released_counts(head_y, width=320)
    counter, counted = PublishedExactCounter(), []
    for index, y in enumerate(head_y):
        keypoints = np.full((7, 2), y)
        frame = Observation(keypoints, np.ones(7), index / 30, frame_size_wh=(320, 240))
        if counter.update(frame) is not None:
            counted.append(index)
    assert len(expected) > 2
    assert counted == expected


def test_the_exact_counter_keeps_its_defects() -> None:
    frames = film(*push_ups(6, 1.0))
    reps = count(PublishedExactCounter(), frames)
    assert all(rep.bottom_s >= 2.0 for rep in reps)  # none in the first 60 frames
    assert len(reps) < 6
    with pytest.raises(InputError, match="frame_size_wh"):
        PublishedExactCounter().update(replace(frames[0], frame_size_wh=None))


@pytest.mark.parametrize("fps", [15, 24, 30, 60])
@pytest.mark.parametrize("period_s", [0.6, 1.0, 2.5, 10.0])
def test_the_mended_counter_counts_from_the_first_repetition_on(period_s, fps) -> None:
    reps = count(PublishedCounter(), film(*push_ups(4, period_s), fps))
    assert len(reps) == 4
    assert reps[0].bottom_s == pytest.approx(0.5 + period_s / 2, abs=max(0.2, period_s / 8))


def test_the_mended_counter_is_relative_to_the_body_and_bears_noise() -> None:
    frames = film(*push_ups(5, 2.0), noise=0.03)
    times = [rep.bottom_s for rep in count(PublishedCounter(), frames)]
    assert len(times) == 5
    small = [replace(o, keypoints=o.keypoints * 0.3 + 50) for o in frames]
    assert [rep.bottom_s for rep in count(PublishedCounter(), small)] == pytest.approx(times)
    assert count(PublishedCounter(), film(lambda t: 0.9, 30.0, noise=0.03)) == []


def test_the_mended_counter_does_not_count_an_ascent_alone() -> None:
    height, _ = push_ups(3, 2.0)
    from_bottom = [o for o in film(height, 7.0) if o.time_s >= 1.5]
    assert len(count(PublishedCounter(), from_bottom)) == 2


def test_its_window_and_its_threshold_are_settings() -> None:
    frames = film(*push_ups(4, 2.0))
    assert len(count(PublishedCounter(window_s=1.0, h=0.5), frames)) == 4
    assert count(PublishedCounter(h=50.0), frames) == []


def test_the_threshold_is_that_of_the_samples_before() -> None:
    counter, before = PublishedCounter(window_s=60.0, h=0.5), []
    for observation in film(*push_ups(2, 2.0)):
        counter.update(observation)
        if before:
            expected = np.mean(before) + 0.5 * np.std(before)
            assert counter.state.threshold == pytest.approx(expected, abs=1e-9)
        before.append(counter.state.value)


def test_the_bottom_may_be_the_sample_at_which_the_label_changed() -> None:
    counter = PublishedCounter(min_depth=0.25)
    assert counter._label(0.0, 0.0, above=True) is None
    assert counter._label(1.0, -1.0, above=False) is None
    rep = counter._label(2.0, -0.5, above=True)
    assert rep is not None
    assert (rep.start_s, rep.bottom_s, rep.top_s, rep.depth) == (0.0, 1.0, 2.0, 1.0)


def test_it_says_that_it_sees_no_head_or_no_body() -> None:
    (frame,) = film(lambda t: 0.9, 0.0)
    head = UPPER7.index("head")
    scores = frame.scores.copy()
    scores[head] = 0.0
    counter = PublishedCounter()
    assert counter.update(replace(frame, scores=scores)) is None
    assert counter.state.note == "head not seen"
    only_head = np.zeros(7)
    only_head[head] = 0.9
    counter.reset()
    counter.update(replace(frame, scores=only_head))
    assert counter.state.note == "arms and shoulders not seen"


def test_the_kalman_filter_by_hand() -> None:
    kalman = ScoreKalman()  # P = 2 + 2, K = 4 / 6, then P = 4/3 + 2, K = 5 / 8
    assert kalman.update(1.0) == pytest.approx(0.5 + 0.5 * 4 / 6)
    assert kalman.update(1.0) == pytest.approx(1 - 1 / 6 * 3 / 8)


def test_the_published_gate_opens_above_nine_tenths() -> None:
    gate = ScoreGate()
    assert not gate.update(None)
    assert [gate.update(1.0) for _ in range(4)] == [False, True, True, True]
    assert not gate.update(0.0)


def test_the_published_counter_with_its_gate() -> None:
    frames = film(*push_ups(3, 2.0))
    counter = build_counter("published_gated")
    assert count(counter, with_scores(frames, lambda t: 0.5)) == []
    counter.reset()
    assert len(count(counter, with_scores(frames, lambda t: 0.95))) == 3


def test_a_delay_waits_in_seconds() -> None:
    delay = Debounce(open_s=0.5, shut_s=1.0)
    times = np.arange(0, 4, 0.1)
    states = [delay.update(t, 0.5 <= t < 2 or 2.3 < t < 2.5) for t in times]
    assert times[states.index(True)] == pytest.approx(1.0, abs=0.11)
    assert not delay.open
    assert sum(states) * 0.1 == pytest.approx(3.5 - 1.0, abs=0.25)


def push_up_position() -> PositionCheck:
    return instantiate(GATE)


def with_scores(frames: list[Observation], score) -> list[Observation]:
    return [replace(o, pushing_up=score(o.time_s)) for o in frames]


def test_a_repetition_that_straddles_the_opening_counts_once() -> None:
    frames = film(*push_ups(3, 2.0))  # bottoms at 1.5, 3.5, 5.5
    for opens_s in (0.2, 1.0):
        scored = with_scores(frames, lambda t, opens_s=opens_s: float(t > opens_s))
        assert len(count(push_up_counter(), scored)) == 3
    late = with_scores(frames, lambda t: float(t > 4.2))
    assert len(count(push_up_counter(), late)) == 1


def test_nothing_counts_out_of_position() -> None:
    frames = with_scores(film(*push_ups(3, 2.0)), lambda t: 0.0)
    counter = push_up_counter()
    assert count(counter, frames) == []
    assert not counter.state.gate_open
    blinking = with_scores(film(*push_ups(3, 2.0)), lambda t: float(int(t * 10) % 3 > 0))
    assert len(count(push_up_counter(), blinking)) == 3


@pytest.mark.parametrize(
    ("change", "right"),
    [
        pytest.param(lambda k, t: k, True, id="hands planted"),
        pytest.param(lambda k, t: k * [1, -1] + [0, 400], False, id="hands above the shoulders"),
        pytest.param(lambda k, t: k - (160 * math.sin(3 * t), 0), False, id="hands on the move"),
    ],
)
def test_the_position_is_read_from_the_hands(change, right) -> None:
    estimator, position = BodyEstimator(UPPER7), push_up_position()
    for index in range(120):
        time_s = index / 30
        keypoints = change(pose(0.9), time_s)
        frame = Observation(keypoints, np.full(7, 0.9), time_s)
        body = estimator.update(frame)
        assert body is not None
        is_right = position.update(body)
    assert is_right == right


@pytest.mark.parametrize(("score", "right"), [(0.15, True), (0.9, False)])
def test_the_position_check_believes_moving_hands_as_far_as_they_are_seen(score, right) -> None:
    estimator, position = BodyEstimator(UPPER7), push_up_position()
    scores = np.full(7, 0.9)
    scores[[0, 6]] = score
    for index in range(120):
        keypoints = pose(0.9, "front")
        keypoints[[0, 6], 0] += 110 * math.sin(7 * index / 30)
        frame = Observation(keypoints, scores, index / 30)
        body = estimator.update(frame)
        assert body is not None
        is_right = position.update(body)
    assert is_right == right


def test_a_position_that_was_lost_has_to_be_entered_again() -> None:
    check = PositionCheck({"height": (0.5, None)}, {"height": (0.3, None)})
    time_s, found = 0.0, []
    for height in (0.4, 0.1, 0.4, 0.8, 0.4):  # each for two seconds
        for _ in range(20):
            body = SimpleNamespace(time_s=time_s, restarted=False, height=height)
            right = check.update(body)  # type: ignore[arg-type]
            time_s += 0.1
        found.append(right)
    assert found == [True, False, False, True, True]  # a new body is trusted


def test_the_moving_average_is_the_exact_response_at_any_rate() -> None:
    tau_s = 0.2
    for fps in (7, 30, 200):
        average = Ema(tau_s)
        for time_s in np.arange(-2.0, 0.0, 1 / fps):
            average.update(time_s, 0.0)
        average.update(0.0, 0.0)
        for time_s in np.arange(1, fps + 1) / fps:
            value = average.update(time_s, 1.0)
        assert value == pytest.approx(1 - math.exp(-1 / tau_s), abs=1e-9)


def test_line_fit_follows_a_ramp_without_delay_and_ignores_spikes() -> None:
    line, median = RepeatedMedianFilter(0.3), MovingMedian(0.3)
    for index in range(30):
        time_s = index / 30
        spike = 5.0 if index % 4 == 1 else 0.0
        fitted = line.update(time_s, 2 * time_s + spike)
        delayed = median.update(time_s, 2 * time_s)
    assert fitted == pytest.approx(2 * 29 / 30)
    assert delayed < 2 * 29 / 30 - 0.2


def test_fir_equals_scipy() -> None:
    rng = np.random.default_rng(0)
    taps, values = rng.normal(size=7), rng.normal(size=40)
    fir = Fir(taps)
    assert [fir.update(v) for v in values] == pytest.approx(list(lfilter(taps, 1, values)))
