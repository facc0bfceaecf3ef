"""What is said where a person cannot be counted as they stand."""

import numpy as np
import pytest

from pushup.app.guide import Guide
from pushup.inference.predictor import Pose
from pushup.skeleton import UPPER7
from pushup.video import words

SIZE = (640, 480)
BODY = np.array(
    [[250, 300], [240, 250], [250, 200], [280, 180], [310, 200], [320, 250], [310, 300.0]]
)


def told(keypoints, scores, seconds=4.0, before=None):
    one = Guide(UPPER7)
    for k in range(round(seconds * 10)):
        one.update(k / 10, Pose(keypoints, scores), SIZE)
    return one


def test_nothing_is_said_while_all_is_well():
    one = told(BODY, np.full(7, 0.8))
    assert (one.seen, one.advice) == (True, "")


@pytest.mark.parametrize(
    ("keypoints", "scores", "words"),
    [
        (BODY, np.full(7, 0.05), words.STEP_IN),
        (BODY, np.array([0.1, 0.8, 0.8, 0.8, 0.8, 0.8, 0.1]), words.HANDS),
        (BODY * [2.0, 1.6] - [230, 10], np.full(7, 0.8), ""),
        ((BODY - [280, 240]) * 5 + [320, 240], np.full(7, 0.8), words.STEP_BACK),
        ((BODY - [280, 240]) / 4 + [320, 240], np.full(7, 0.8), words.CLOSER),
    ],
)
def test_what_is_in_the_way_is_said_after_three_seconds(keypoints, scores, words):
    assert told(keypoints, scores, 2.0).advice == ""
    assert told(keypoints, scores, 4.0).advice == words


def test_who_is_small_and_not_counted_is_asked_to_come_closer():
    small = Pose((BODY - [280, 240]) / 1.6 + [320, 240], np.full(7, 0.8))
    for counting, words_told in ((True, ""), (False, words.CLOSER)):
        one = Guide(UPPER7)
        for k in range(40):
            one.update(k / 10, small, SIZE, counting)
        assert one.advice == words_told


def test_who_is_at_the_edge_is_asked_to_the_middle():
    assert told(BODY - [230, 0], np.full(7, 0.8)).advice == words.MIDDLE


def test_who_leaves_is_missed_after_a_second():
    one = Guide(UPPER7)
    for k in range(30):
        one.update(k / 10, Pose(BODY, np.full(7, 0.8)), SIZE)
    seen = []
    for k in range(30, 60):
        one.update(k / 10, Pose(BODY, np.full(7, 0.02)), SIZE)
        seen.append(one.seen)
    assert seen.index(False) in (9, 10)
    one.update(6.0, Pose(BODY, np.full(7, 0.8)), SIZE)
    assert (one.seen, one.advice) == (True, "")


def test_a_moment_without_it_does_not_silence_the_advice():
    one, hidden = Guide(UPPER7), np.array([0.1, 0.8, 0.8, 0.8, 0.8, 0.8, 0.1])
    for k in range(50):
        scores = np.full(7, 0.8) if k % 5 == 0 else hidden
        one.update(k / 10, Pose(BODY, scores), SIZE)
    assert one.advice == words.HANDS
    for k in range(50, 60):
        one.update(k / 10, Pose(BODY, np.full(7, 0.8)), SIZE)
    assert one.advice == ""
