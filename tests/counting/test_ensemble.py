import numpy as np
import pytest

from pushup.cli import InputError
from pushup.counting import ensemble
from pushup.counting.build import build_counter
from pushup.counting.ensemble import EnsembleCounter
from pushup.counting.types import CounterState, Observation, Rep
from support.stick_figures import count, film, push_ups


class Told:
    """A counter that reports each repetition at the time at which it ends."""

    def __init__(self, reps, last=None, gate_open=True):
        self.reps, self.last = reps, last
        self.state = CounterState(value=len(reps), gate_open=gate_open)

    def reset(self):
        self.left = list(self.reps)

    def update(self, observation):
        return self.left.pop(0) if self.left and self.left[0].top_s <= observation.time_s else None

    def finish(self):
        return self.last


@pytest.fixture
def ensemble_of(monkeypatch):
    def make(*members):
        told = dict(zip("ab", members, strict=True))
        monkeypatch.setattr(ensemble, "build_counter", lambda name, *_, **__: told[name])
        return EnsembleCounter({"a": {}, "b": {}})

    return make


def frames(seconds):
    keypoints, scores = np.zeros((7, 2)), np.ones(7)
    return [Observation(keypoints, scores, k / 10) for k in range(int(10 * seconds))]


def test_what_either_counts_is_counted_once(ensemble_of):
    first = Told([Rep(0.0, 1.0, 2.0, 0.5), Rep(4.0, 5.0, 6.0, 0.5)])
    second = Told([Rep(0.2, 1.1, 1.8, 0.4), Rep(2.0, 3.0, 3.9, 0.4), Rep(4.1, 5.1, 6.2, 0.4)])
    assert [rep.bottom_s for rep in count(ensemble_of(first, second), frames(7))] == [1.1, 3.0, 5.0]


def test_a_longer_repetition_over_two_counted_ones_is_none(ensemble_of):
    first = Told([Rep(0.0, 1.0, 4.0, 0.5)])
    second = Told([Rep(0.1, 0.6, 1.2, 0.4), Rep(1.3, 2.0, 2.6, 0.4)])
    assert [rep.bottom_s for rep in count(ensemble_of(first, second), frames(5))] == [0.6, 2.0]


def test_the_end_counts_what_either_completes(ensemble_of):
    cut_off, seen = Rep(4.0, 5.0, 6.0, 0.5), Rep(4.1, 5.1, 5.8, 0.5)
    assert ensemble_of(Told([], cut_off), Told([])).finish() == cut_off
    assert ensemble_of(Told([]), Told([], cut_off)).finish() == cut_off
    counter = ensemble_of(Told([seen]), Told([], cut_off))
    assert count(counter, frames(6)) == [seen]
    assert counter.finish() is None


def test_the_first_is_displayed_and_any_gate_opens(ensemble_of):
    closed, opened = Told([Rep(0.0, 1.0, 2.0, 0.5)], gate_open=False), Told([])
    state = ensemble_of(closed, opened).state
    assert (state.value, state.gate_open) == (1, True)


def test_the_one_of_conf_counts_and_forgets():
    counter = build_counter("ensemble")
    for view in ("side", "front"):
        counter.reset()
        assert len(count(counter, film(*push_ups(5, 1.5), view=view, noise=0.01))) == 5


def test_its_members_are_told_by_name():
    with pytest.raises(InputError, match="no counter 'nosuch'"):
        build_counter("ensemble", members={"nosuch": {}})
    with pytest.raises(InputError, match="offline needs the whole recording"):
        EnsembleCounter({"default": {}, "offline": {}})
    with pytest.raises(InputError, match="active=2"):
        build_counter("ensemble", members={"learned": {"active": 2.0}})
