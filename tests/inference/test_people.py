"""Who is in a frame and who is who, on rendered people."""

import numpy as np
import pytest

from pushup.inference.classifier import open_classifier
from pushup.inference.people import Chosen, People, closely, find_people, joints_box
from pushup.inference.predictor import KeypointPredictor, Pose, load_model
from pushup.inference.tracking import RegionTracker
from pushup.synthetic import render_clip
from support.beside import beside

WIDTH, HEIGHT = 240, 180


@pytest.fixture(scope="module")
def model():
    return load_model("mobilenet", threads=1)


@pytest.fixture(scope="module")
def three():
    """A frame of three people."""
    shown = [("push_up", 3), ("squat", 5), ("push_up", 8)]
    options = {"view": "front", "size_wh": (WIDTH, HEIGHT), "clean": True}
    return beside([render_clip(seed, name, 0.2, 5.0, **options) for name, seed in shown])[0]


def columns(poses):
    """In which third each pose is."""
    return sorted(int(np.median(pose.keypoints_frame[:, 0]) // WIDTH) for pose in poses)


def followers(model):
    return People(model, lambda: RegionTracker(model), every_s=0.5)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_everybody_is_found_once(model, three, number):
    frame = np.ascontiguousarray(three[:, : number * WIDTH])
    found = find_people(KeypointPredictor(model), frame)
    assert columns(found) == list(range(number))
    assert find_people(KeypointPredictor(model), frame, found) == []


def test_who_is_known_is_not_found_again(model, three):
    everybody = find_people(KeypointPredictor(model), three)
    for one in everybody:
        [again] = find_people(
            KeypointPredictor(model), three, [p for p in everybody if p is not one]
        )
        assert columns([again]) == columns([one])


def test_people_may_stand_above_each_other(model, three):
    tall = np.vstack((three[:, :WIDTH], three[:, WIDTH : 2 * WIDTH]))
    found = find_people(KeypointPredictor(model), tall)
    assert sorted(int(np.median(p.keypoints_frame[:, 1]) // HEIGHT) for p in found) == [0, 1]


def test_nobody_is_in_an_empty_room(model):
    room = render_clip(2, "empty", 0.2, 5.0, size_wh=(WIDTH, HEIGHT)).frames_rgb[0]
    assert find_people(KeypointPredictor(model), room) == []
    assert followers(model).update(room, 0.0) == []


def numbers(people, frame, times_s):
    """Number and third of each who is in view after these times."""
    for time_s in times_s:
        seen = people.update(frame, time_s)
    return {p.number: columns([p.pose])[0] for p in seen if p.in_view}


def test_who_was_hidden_keeps_the_number_and_who_comes_elsewhere_gets_another(model, three):
    people, pair = followers(model), np.ascontiguousarray(three[:, : 2 * WIDTH])
    assert numbers(people, pair, np.arange(0.0, 1.0, 0.1)) == {1: 0, 2: 1}
    hidden = pair.copy()
    hidden[:, :WIDTH] = 90
    assert numbers(people, hidden, np.arange(1.0, 3.5, 0.1)) == {2: 1}
    assert numbers(people, pair, np.arange(3.5, 5.0, 0.1)) == {1: 0, 2: 1}
    far = np.hstack((np.full_like(pair, 90), three[:, :WIDTH]))
    wide = np.hstack((pair, np.full_like(pair[:, :WIDTH], 90)))
    people = followers(model)
    assert numbers(people, wide, np.arange(0.0, 1.0, 0.1)) == {1: 0, 2: 1}
    assert numbers(people, far, np.arange(1.0, 4.0, 0.1)) == {3: 2}


def test_a_glimpse_is_nobody_yet(model, three):
    people, pair = followers(model), np.ascontiguousarray(three[:, : 2 * WIDTH])
    assert numbers(people, pair, [0.0]) == {0: 1}  # both, without a number
    assert numbers(people, np.full_like(pair, 90), np.arange(0.1, 0.4, 0.1))
    assert people.update(np.full_like(pair, 90), 1.5) == []


def test_the_classifier_is_shown_one_person(model, three):
    [left, *_] = sorted(
        find_people(KeypointPredictor(model), three), key=lambda p: p.keypoints_frame[0, 0]
    )
    shown = []
    classify = closely(lambda frame, pose: shown.append(frame.shape) or 0.7)
    assert classify(three, left) == 0.7
    (height, width, _) = shown[0]
    box = joints_box(left)
    assert height <= HEIGHT
    assert width <= 4 * max(box[2] - box[0], box[3] - box[1]) + 2
    assert classify(three, Pose(np.full((7, 2), np.nan), np.zeros(7))) == 0.0


def test_of_two_the_one_in_push_up_position_is_followed(model, three):
    """A squatter stands to the left, and to the right of, somebody in push-up position."""
    classifier = open_classifier("shipped", model, threads=1)
    for places in ((1, 2), (0, 1)):
        pair = np.hstack([three[:, k * WIDTH : (k + 1) * WIDTH] for k in places])
        chosen = Chosen(RegionTracker(model), classifier)
        pose = [chosen.track(pair, time_s) for time_s in np.arange(0.0, 1.5, 0.25)][-1]
        assert places[columns([pose])[0]] != 1
        assert chosen.classify(pair, pose) > 0.5


def test_alone_the_chosen_one_is_seen_as_by_the_follower(model, three):
    classifier = open_classifier("shipped", model, threads=1)
    for place in range(3):
        frame = np.ascontiguousarray(three[:, place * WIDTH : (place + 1) * WIDTH])
        chosen, alone = Chosen(RegionTracker(model), classifier), RegionTracker(model)
        for time_s in np.arange(0.0, 2.5, 0.25):
            pose, expected = chosen.track(frame, time_s), alone.track(frame, time_s)
            np.testing.assert_array_equal(pose.keypoints_frame, expected.keypoints_frame)
            assert chosen.classify(frame, pose) == classifier(frame, expected)
