"""Advice on form: quiet on clean repetitions, and on what cannot be seen; told of each fault."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hydra.utils import instantiate
from omegaconf import OmegaConf

from pushup.cli import InputError
from pushup.counting.form import FIGURES, HINTS, FormCheck
from pushup.counting.types import Finding, Observation, Rep
from pushup.skeleton import BODY16, UPPER7, Skeleton
from pushup.synthetic import render_clip
from support.counters import push_up_counter
from support.stick_figures import ARM, arm, count, film, push_ups

CONF = Path(__file__).parents[2] / "conf" / "form"
WRISTS, ELBOWS, SHOULDERS, HEAD = [0, 6], [1, 5], [2, 4], 3


def form_check(skeleton: Skeleton = UPPER7) -> FormCheck:
    """As the app has it."""
    return instantiate(OmegaConf.load(CONF / "default.yaml"), _partial_=True)(skeleton=skeleton)


def judged(
    observations: list[Observation], min_depth: float = 0.25, skeleton: Skeleton = UPPER7
) -> list[dict[str, Finding]]:
    """The findings of each repetition, by rule."""
    counter, check = push_up_counter(min_depth=min_depth, skeleton=skeleton), form_check(skeleton)
    findings = []
    for observation in observations:
        check.update(observation)
        rep = counter.update(observation)
        if rep is not None:
            findings.append({finding.rule: finding for finding in check.judge(rep)})
    return findings


def advised(findings: list[dict[str, Finding]]) -> set[str]:
    """Rules that had advice on any repetition."""
    return {rule for of_rep in findings for rule, finding in of_rep.items() if finding.hint}


def changed(observations: list[Observation], change: Callable) -> list[Observation]:
    """Keypoints altered in place by `change(keypoints, height of the shoulders in arms)`."""
    altered = []
    for observation in observations:
        keypoints = observation.keypoints.copy()
        change(keypoints, (200.0 - keypoints[2, 1]) / ARM)
        altered.append(replace(observation, keypoints=keypoints))
    return altered


def movie(period_s: float = 2.0, depth: float = 0.55, view: str = "side", **settings):
    height, duration_s = push_ups(4, period_s, depth)
    return film(height, duration_s, view=view, **settings)


def test_every_rule_has_hints_and_a_limit() -> None:
    limits = OmegaConf.load(CONF / "default.yaml").limits
    assert set(HINTS) == set(FIGURES) == set(limits)
    for name, (low, high) in HINTS.items():
        assert (limits[name][0] is not None) == bool(low), name
        assert (limits[name][1] is not None) == bool(high), name


@pytest.mark.parametrize(
    ("view", "rules"),
    [
        ("side", {"depth", "lockout", "descent", "ascent", "head"}),
        ("front", {"depth", "lockout", "descent", "ascent", "roll", "hands"}),
    ],
)
@pytest.mark.parametrize("fps", [12.0, 30.0, 60.0])
def test_clean_repetitions_get_no_advice(view, rules, fps) -> None:
    findings = judged(movie(view=view, fps=fps, noise=0.01))
    assert len(findings) == 4
    assert advised(findings) == set()
    for of_rep in findings:
        assert set(of_rep) == rules  # only what the view shows: hips never, with seven keypoints


def test_figures_by_hand() -> None:
    findings = judged(movie(view="front"))[1]
    # shoulders 60 px, hands 76 px apart; 0.4 arms above them the elbow is bent by the cosine rule
    reach = np.hypot(0.4, 8 / ARM)
    angle = np.degrees(np.arccos((0.56**2 + 0.44**2 - reach**2) / (2 * 0.56 * 0.44)))
    assert findings["depth"].value == pytest.approx(angle, abs=3)
    assert findings["hands"].value == pytest.approx(76 / 60)
    assert findings["roll"].value == pytest.approx(0, abs=1e-6)
    assert findings["descent"].value == pytest.approx(1.0, abs=0.25)
    assert findings["lockout"].value > 142


@pytest.mark.parametrize("view", ["side", "front"])
def test_fast_and_shallow_and_unlocked_ones_get_theirs(view) -> None:
    assert {"descent"} <= advised(judged(movie(period_s=0.6, view=view))) <= {"descent", "ascent"}
    # of straight arms' length, 0.75 is left: an angle of about 97 degrees
    assert advised(judged(movie(depth=0.2, view=view), min_depth=0.12)) == {"depth"}

    def height(time_s):
        return 0.55 - 0.2 * np.cos(np.pi * time_s) * -1  # from 0.75 arms down to 0.35

    assert "lockout" in advised(judged(film(height, 8.0, view=view)))


def test_a_recording_that_begins_with_the_descent_shows_no_lockout() -> None:
    height, duration_s = push_ups(1, 2.0, pause_s=0.0)
    (findings,) = judged(film(height, duration_s))
    assert "lockout" not in findings
    assert "depth" in findings


def test_lopsided_in_a_front_view_only() -> None:
    def lean(keypoints, height):
        roll = np.radians(20) * (0.95 - height) / 0.55
        middle = keypoints[SHOULDERS].mean(0)
        for joint in (*SHOULDERS, *ELBOWS):
            x, y = keypoints[joint] - middle
            turned = x * np.cos(roll) - y * np.sin(roll), x * np.sin(roll) + y * np.cos(roll)
            keypoints[joint] = middle + turned

    findings = judged(changed(movie(view="front"), lean))
    assert advised(findings) == {"roll"}
    assert findings[1]["roll"].value == pytest.approx(20, abs=3)
    assert advised(judged(changed(movie(view="side"), lean))) == set()


def test_a_tilted_camera_is_not_lopsided() -> None:
    def tilt(keypoints, height):
        turn = np.radians(15)
        matrix = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        keypoints[:] = (keypoints - 200) @ matrix.T + 200

    findings = judged(changed(movie(view="front"), tilt))
    assert advised(findings) == set()
    assert findings[1]["roll"].value == pytest.approx(0, abs=1)


@pytest.mark.parametrize(("factor", "hint"), [(0.3, "further apart"), (2.1, "closer together")])
def test_hands(factor, hint) -> None:
    def spread(keypoints, height):
        keypoints[WRISTS, 0] = 200 + factor * (keypoints[WRISTS, 0] - 200)
        keypoints[SHOULDERS, 1] += 0.17 * ARM * (factor > 1)  # wide hands bring the body down
        for shoulder, elbow, wrist, bend in ((2, 1, 0, 1), (4, 5, 6, -1)):
            keypoints[elbow] = arm(keypoints[shoulder], keypoints[wrist], bend)

    findings = judged(changed(movie(view="front"), spread))
    assert hint in findings[1]["hands"].hint


def test_a_hanging_head() -> None:
    def hang(keypoints, height):
        keypoints[HEAD] = keypoints[SHOULDERS].mean(0) + np.array((-8, 28))

    assert advised(judged(changed(movie(), hang))) == {"head"}
    assert "head" not in advised(judged(changed(movie(view="front"), hang)))


def with_hips(observations: list[Observation], sag: float) -> list[Observation]:
    """The side view as `body16`: hips `sag` pixels below the line from shoulders to knees."""
    altered = []
    for observation in observations:
        keypoints, scores = np.full((16, 2), np.nan), np.zeros(16)
        index = [BODY16.index(joint) for joint in UPPER7.joints]
        keypoints[index], scores[index] = observation.keypoints, observation.scores
        shoulder, knee = observation.keypoints[2], np.array([360.0, 190.0])
        for joint, place in (("hip", (shoulder + knee) / 2 + (0, sag)), ("knee", knee)):
            keypoints[[BODY16.index(f"{side}_{joint}") for side in ("right", "left")]] = place
            scores[[BODY16.index(f"{side}_{joint}") for side in ("right", "left")]] = 0.9
        altered.append(replace(observation, keypoints=keypoints, scores=scores))
    return altered


@pytest.mark.parametrize(("sag", "hint"), [(0, ""), (25, "sag"), (-40, "lower your hips")])
def test_hips_need_a_skeleton_that_has_them(sag, hint) -> None:
    findings = judged(with_hips(movie(), sag), skeleton=BODY16)
    assert hint in findings[1]["hips"].hint
    assert bool(findings[1]["hips"].hint) == bool(hint)


def test_what_is_not_seen_is_not_judged() -> None:
    frames = movie(view="front")
    unseen = [replace(f, scores=np.where(np.arange(7) == 0, 0.05, 0.9)) for f in frames]
    findings = judged(unseen)[1]
    assert {"depth", "lockout"} <= set(findings)  # by the other arm
    assert not {"hands", "roll"} & set(findings)
    missing = [replace(f, scores=np.where(np.isin(np.arange(7), WRISTS), 0.0, 0.9)) for f in frames]
    check = form_check()
    for frame in missing:
        check.update(frame)
    assert [f.rule for f in check.judge(Rep(1.0, 2.0, 2.5, 0.5))] == ["descent"]


def test_from_above_arms_are_not_judged() -> None:
    def from_above(keypoints, height):
        keypoints[:, 1] = 200 + 0.5 * (keypoints[:, 1] - 200)

    findings = judged(changed(movie(view="front"), from_above))
    assert not {"depth", "lockout", "hands", "roll"} & {rule for f in findings for rule in f}


def test_size_and_mirror_change_nothing() -> None:
    frames = movie(view="front", noise=0.01)
    base = judged(frames)

    def double(keypoints, height):
        keypoints *= 2

    mirrored = [
        replace(f, keypoints=(f.keypoints * (-1, 1) + (400, 0))[UPPER7.flip]) for f in frames
    ]
    for other in (judged(changed(frames, double)), judged(mirrored)):
        for one, two in zip(base, other, strict=True):
            assert {r: f.value for r, f in one.items()} == pytest.approx(
                {r: f.value for r, f in two.items()}, abs=1e-6
            )


def test_memory_is_bounded_and_reset_forgets() -> None:
    check = FormCheck({}, memory_s=2.0)
    frame = film(lambda t: 0.9, 0.0)[0]
    for k in range(1000):
        check.update(replace(frame, time_s=k / 30))
    assert len(check._frames) <= 61
    check.reset()
    assert not check._frames


def test_unknown_rules_are_refused() -> None:
    with pytest.raises(InputError, match="no rule 'grip'"):
        FormCheck({"grip": (None, 1.0)})
    with pytest.raises(InputError, match=r"form\.limits\.head=5"):
        FormCheck({"head": 5})


def test_a_rule_can_be_taken_out() -> None:
    check = FormCheck({"head": None, "descent": (0.4, None)})
    check.update(movie()[0])
    assert [f.rule for f in check.judge(Rep(0.0, 0.5, 1.0, 0.5))] == ["descent"]


def test_the_count_is_untouched() -> None:
    frames = movie(period_s=0.6)
    assert len(judged(frames)) == len(count(push_up_counter(), frames))


@pytest.mark.parametrize(
    ("seed", "view", "options", "advice"),
    [
        (0, "side", {"tempo_s": 2.0}, set()),
        (0, "front", {"tempo_s": 2.0}, set()),
        (3, "side", {"tempo_s": 2.0, "shallow": True}, {"depth"}),
        (0, "front", {"tempo_s": 2.0, "shallow": True}, {"depth"}),
        (2, "side", {"fast": True}, {"descent"}),
        (1, "front", {"fast": True}, {"descent"}),
        (1, "front", {"tempo_s": 2.0, "lopsided": True}, {"roll"}),
        (4, "front", {"tempo_s": 2.0, "lopsided": True}, {"roll"}),
    ],
)
def test_rendered_people(seed, view, options, advice) -> None:
    small = {"fps": 12, "size_wh": (64, 48), "repetitions": 1, "kind": "floor", "shake_px": 0.0}
    clip = render_clip(seed, duration_s=4.2, view=view, clean=True, **small, **options)
    check = form_check(BODY16)
    for time_s, keypoints in zip(clip.time_s, clip.keypoints, strict=True):
        check.update(Observation(keypoints, np.full(16, 0.9), float(time_s)))
    (true,) = clip.repetitions
    findings = check.judge(Rep(true.start_s, true.bottom_s, true.top_s, depth=0.5))
    assert {f.rule for f in findings if f.hint} == advice
    assert ("roll" if view == "front" else "hips") in {f.rule for f in findings}
