"""Properties that hold for every signal and every counter, on random input."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pushup.counting.build import build_counter
from pushup.counting.cycles import Cycle, CycleDetector
from pushup.counting.signal_counter import SignalCounter
from pushup.counting.trace import Trace
from pushup.counting.types import OfflineCounter
from pushup.evaluation.counting.runs import run_counter
from support.golden import COUNTERS
from support.stick_figures import film

SIGNALS = st.lists(st.floats(-3, 3), min_size=2, max_size=120)
MODERATE = settings(max_examples=25, deadline=None)


@given(SIGNALS, st.floats(0.05, 1.0))
def test_a_first_ascent_adds_one_cycle_at_most(values, min_depth) -> None:
    def cycles(first_ascent: bool) -> list[Cycle]:
        detector = CycleDetector(min_depth, first_ascent=first_ascent)
        found = [detector.update(index / 10, value) for index, value in enumerate(values)]
        return [cycle for cycle in (*found, detector.finish(0.5)) if cycle]

    without, asked = cycles(False), cycles(True)
    assert len(without) <= len(asked) <= len(without) + 1
    for cycle in asked:
        assert cycle.start_s <= cycle.down_s <= cycle.bottom_s <= cycle.top_s
        assert cycle.depth >= min_depth


@given(SIGNALS, st.booleans(), st.floats(0.05, 1.0), st.floats(0.2, 1.0))
def test_the_turning_points_of_a_cycle_are_in_order(values, at_bottom, min_depth, recover) -> None:
    detector = CycleDetector(min_depth, recover, at_bottom, 2.0, True)
    last_s = 0.0
    for index, value in enumerate(values):
        cycle = detector.update(index / 10, value)
        if cycle is None:
            continue
        assert last_s <= cycle.start_s <= cycle.down_s <= cycle.bottom_s <= cycle.top_s
        assert cycle.depth >= min_depth
        assert cycle.bottom == min(values[round(cycle.down_s * 10) : index + 1])
        last_s = cycle.start_s


@given(SIGNALS)
def test_the_bottom_lies_in_a_stay_near_the_lowest_value(values) -> None:
    detector = CycleDetector(0.5)
    for index, value in enumerate(values):
        cycle = detector.update(index / 10, value)
        if cycle is not None:
            stay = values[round(cycle.down_s * 10) : int(cycle.bottom_s * 10 + 1e-6) + 1]
            assert max(stay) <= cycle.bottom + 2 * max(0.5 / 4, cycle.depth / 8)


def test_an_older_dip_is_not_the_bottom() -> None:
    detector = CycleDetector(0.2)
    values = [1.0, 0.5, 0.25, 0.5, 0.24, 0.5, 1.0]
    cycles = [c for i, v in enumerate(values) if (c := detector.update(float(i), v))]
    assert [cycle.bottom_s for cycle in cycles] == [4.0]


@st.composite
def traces(draw) -> Trace:
    """A stick figure whose height is a random walk, with noise and lost joints."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    fps, lasting_s = draw(st.sampled_from([8.0, 15.0, 30.0])), 12.0
    knots = rng.uniform(0.2, 0.95, 14)
    frames = film(lambda t: float(np.interp(t, np.arange(14.0), knots)), lasting_s, fps, noise=0.03)
    keypoints = np.array([frame.keypoints for frame in frames])
    scores = rng.uniform(0.2, 0.9, keypoints.shape[:2])
    scores[rng.random(scores.shape) < draw(st.sampled_from([0.0, 0.2]))] = 0.0
    time_s = np.array([frame.time_s for frame in frames])
    pushing_up = rng.uniform(0.3, 1.0, len(frames)) if draw(st.booleans()) else None
    return Trace(time_s, keypoints, scores, (400, 300), pushing_up)


@pytest.mark.parametrize("name", COUNTERS)
@MODERATE
@given(trace=traces())
def test_repetitions_are_in_order_and_one_at_a_time(name, trace) -> None:
    counter = build_counter(name)
    reps = run_counter(counter, trace).reps
    for rep in reps:
        assert rep.start_s <= rep.bottom_s <= rep.top_s <= trace.time_s[-1]
        assert 0 <= rep.confidence <= 1
    tops_s = [rep.top_s for rep in reps]
    assert tops_s == sorted(set(tops_s))
    if not isinstance(counter, OfflineCounter):
        counter.reset()
        assert [rep.top_s for rep in run_counter(counter, trace).reps] == tops_s


@given(SIGNALS)
def test_a_signal_turned_by_a_constant_counts_the_same(values) -> None:
    def times(offset: float) -> list[float]:
        counter = SignalCounter(0.501, recover=0.617, smooth_s=0.0)  # no value ties with a level
        reps = [counter.update(i / 10, v + offset) for i, v in enumerate(values)]
        return [rep.top_s for rep in reps if rep]

    # steps of a power of two, so that the offset rounds nothing
    values = [round(v * 64) / 64 for v in values]
    assert times(0.0) == times(4.0)
