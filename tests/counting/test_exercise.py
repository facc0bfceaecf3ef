"""Other exercises: the shipped settings on stick figures, and on real clips counted by eye."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate
from omegaconf import OmegaConf

from pushup.cli import InputError
from pushup.counting.counter import CycleCounter
from pushup.counting.position import PositionCheck
from pushup.counting.trace import load_trace
from pushup.counting.types import Observation, Rep
from pushup.skeleton import BODY16, UPPER7
from pushup.synthetic import render_clip
from support.stick_figures import ARM, arm, count

CONF = Path(__file__).parents[2] / "conf"
NAMES = ("squat", "pull_up", "sit_up")
HALF = np.array([30.0, 0.0])  # of the shoulders
DOWN = np.array([0.0, ARM])


def counter(name: str) -> CycleCounter:
    """As `exercise=NAME` has it."""
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose("infer", [f"exercise={name}", "source=none"])
    return instantiate(config.counter)


def upper7(middle: np.ndarray, hands: np.ndarray, head: np.ndarray) -> np.ndarray:
    """(7, 2) keypoints from the middles of the shoulders and of the hands, and the head."""
    shoulders, wrists = (middle - HALF, middle + HALF), (hands - HALF, hands + HALF)
    right, left = (arm(s, w, b) for s, w, b in zip(shoulders, wrists, (1, -1), strict=True))
    return np.array([wrists[0], right, shoulders[0], head, shoulders[1], left, wrists[1]])


def squat(phase: float) -> np.ndarray:
    middle = np.array([200.0, 100 + 0.8 * ARM * phase])
    return upper7(middle, middle + DOWN * (0.9 - 0.5 * phase), middle - DOWN * 0.5)


def pull_up(phase: float) -> np.ndarray:
    middle = np.array([200.0, 180 - 0.8 * ARM * phase])
    return upper7(middle, np.array([200.0, 180 - 0.95 * ARM]), middle - DOWN * 0.5)


def sit_up(phase: float) -> np.ndarray:
    """Shoulders and head on a circle round the hips, from lying to sitting."""
    angle = np.radians(80) * phase
    out = np.array([-np.cos(angle), -np.sin(angle)])
    middle = np.array([260.0, 220.0]) + 1.6 * ARM * out
    return upper7(middle, middle + 0.3 * DOWN + 2 * HALF, middle + 0.5 * ARM * out)


def bend_over(phase: float) -> np.ndarray:
    """To pick something up: the head comes below the shoulders."""
    middle = np.array([200.0 - 60 * phase, 100 + 1.2 * ARM * phase])
    head = middle + 0.5 * ARM * np.array([-np.sin(2.2 * phase), -np.cos(2.2 * phase)])
    return upper7(middle, middle + 0.9 * DOWN, head)


POSES = {"squat": squat, "pull_up": pull_up, "sit_up": sit_up}


def film(pose: Callable, period_s=2.5, repetitions=4, fps=30.0, noise=0.01) -> list[Observation]:
    """A second of rest, repetitions, a second of rest."""
    rng = np.random.default_rng(0)
    frames = []
    for time_s in np.arange(0, 2 + repetitions * period_s, 1 / fps):
        inside = 1 < time_s < 1 + repetitions * period_s
        phase = (1 - np.cos(2 * np.pi * (time_s - 1) / period_s)) / 2 if inside else 0.0
        keypoints = pose(phase) + rng.normal(0, noise * ARM, (7, 2))
        frames.append(Observation(keypoints, np.full(7, 0.9), float(time_s)))
    return frames


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("period_s", [1.2, 4.0])
@pytest.mark.parametrize("fps", [10.0, 60.0])
def test_counts_a_stick_figure(name, period_s, fps) -> None:
    reps = count(counter(name), film(POSES[name], period_s, fps=fps))
    assert len(reps) == 4
    middles = [1 + period_s * (k + 0.5) for k in range(4)]
    np.testing.assert_allclose([rep.bottom_s for rep in reps], middles, atol=0.3)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_moves_nothing_counts(name) -> None:
    assert count(counter(name), film(lambda phase: POSES[name](0.0), noise=0.02)) == []


def test_the_pose_gates() -> None:
    assert count(counter("squat"), film(bend_over)) == []
    assert len(count(CycleCounter("trunk_y", 0.5), film(bend_over))) == 4
    pull_ups = counter("pull_up")
    frames = film(squat)
    assert count(pull_ups, frames) == []
    assert not pull_ups.state.gate_open


def test_depth_is_in_arms_lengths_and_the_state_is_for_display() -> None:
    squats, states = counter("squat"), []
    for observation in film(squat, noise=0.0):
        rep = squats.update(observation)
        states.append((squats.state, rep))
    reps = [rep for _, rep in states if rep]
    assert [rep.depth for rep in reps] == pytest.approx([0.8] * 4, abs=0.08)
    assert states[40][0].value > states[67][0].value  # lower on the way down
    pull_ups, states = counter("pull_up"), []
    for observation in film(pull_up, noise=0.0):
        pull_ups.update(observation)
        states.append(pull_ups.state)
    assert states[67].value > states[20].value
    assert states[67].high
    assert not states[20].high
    assert states[20].value < states[20].threshold


def test_a_cut_starts_afresh_and_reset_forgets() -> None:
    squats = counter("squat")
    first = film(squat, repetitions=2)
    end_s = first[-1].time_s
    moved = [
        Observation(3 * o.keypoints + 900, o.scores, o.time_s + end_s + 0.04)
        for o in film(squat, repetitions=2)
    ]
    assert len(count(squats, [*first, *moved])) == 4
    squats.reset()
    assert len(count(squats, first)) == 2


def test_unknown_signals_are_told() -> None:
    with pytest.raises(InputError, match="no signal 'hips'"):
        CycleCounter("hips", 0.3)
    with pytest.raises(InputError, match="no signal 'grip'"):
        PositionCheck({"grip": (0, 1)})


@pytest.mark.parametrize("name", NAMES)
def test_a_rendered_person(name) -> None:
    clip = render_clip(
        *(5, name),
        **{"duration_s": 8.0, "fps": 10, "size_wh": (48, 36), "repetitions": 3, "clean": True},
        **{"tempo_s": 2.0, "shake_px": 0.0, "view": "side"},
    )
    index = [BODY16.index(joint) for joint in UPPER7.joints]
    reps: list[Rep] = []
    exercise = counter(name)
    for time_s, keypoints in zip(clip.time_s, clip.keypoints, strict=True):
        rep = exercise.update(Observation(keypoints[index], np.full(7, 0.9), float(time_s)))
        reps += [rep] if rep else []
    assert len(reps) == len(clip.repetitions) == 3


@pytest.mark.parametrize("name", NAMES)
def test_an_exercise_brings_its_words_its_log_and_no_advice(name) -> None:
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose("infer", [f"exercise={name}", "source=none"])
        push_ups = compose("infer", ["source=none"])
    assert name in config.single.log
    assert config.activity != push_ups.activity
    assert OmegaConf.to_container(config.form.limits) == {}


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("name", "clip", "number"),
    [("squat", "val_n003", 4), ("squat", "val_n007", 6), ("pull_up", "val_n009", 5)],
)
def test_real_clips_counted_by_eye(shared_data, name, clip, number) -> None:
    trace = load_trace(shared_data / "counting" / "traces" / f"{clip}.npz")
    assert len(count(counter(name), trace.observations())) == number
