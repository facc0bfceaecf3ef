"""Whether somebody else is in view, on rendered people."""

from itertools import pairwise

import numpy as np
import pytest

from pushup.inference.company import Company, other_person
from pushup.inference.predictor import KeypointPredictor, Pose, load_model
from pushup.synthetic import render_clip

SEEDS = range(5)


@pytest.fixture(scope="module")
def predictor():
    return KeypointPredictor(load_model("mobilenet", threads=1))


@pytest.fixture(scope="module")
def pictures():
    """One person each, from the front."""
    options = {"view": "front", "size_wh": (320, 240), "clean": True}
    clips = [render_clip(seed, "push_up", 0.2, 5.0, **options) for seed in SEEDS]
    return [np.ascontiguousarray(clip.frames_rgb[0][..., ::-1]) for clip in clips]


def test_one_person_is_alone_and_two_are_not(predictor, pictures):
    alone = [other_person(predictor, p, predictor(p)) for p in pictures]
    assert alone == [None] * len(pictures)
    pairs = [np.hstack(pair) for pair in pairwise(pictures)]
    found = []
    for pair in pairs:
        # The left one is followed, as a tracker does.
        pose = predictor(pair, (0.0, 0.0, 320.0, 240.0))
        other = other_person(predictor, pair, pose)
        if other is not None:
            assert np.median(other.keypoints_frame[:, 0]) > 320
            found.append(other)
    assert len(found) >= 0.7 * len(pairs)


def test_a_pose_of_nobody_has_no_company(predictor, pictures):
    nobody = Pose(np.full((7, 2), np.nan), np.zeros(7))
    assert other_person(predictor, pictures[0], nobody) is None


def test_two_looks_have_to_agree(predictor, pictures):
    company = Company(predictor.model, every_s=1.0)
    pair = np.hstack(pictures[:2])
    pose = predictor(pair, (0.0, 0.0, 320.0, 240.0))
    looks = []
    for time_s, frame in [(0.0, pair), (0.5, pair), (1.0, pair), (2.0, None), (3.0, None)]:
        # Gone: the right half is empty.
        shown = np.hstack((pictures[0], np.full_like(pictures[0], 90))) if frame is None else frame
        looks.append(company.update(time_s, shown, pose))
    assert looks == [False, False, True, True, False]
