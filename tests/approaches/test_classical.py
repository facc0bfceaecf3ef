"""Counters without networks: rules of pixels, flow, elbows and nearest poses."""

import math

import numpy as np
import pytest

from pushup.approaches import optical_flow
from pushup.approaches.elbow_angle import ElbowAngleCounter, SmoothElbowCounter, elbow_angle
from pushup.approaches.moving_pixels import MovingPixelsCounter
from pushup.approaches.optical_flow import FlowPositionCounter, OpticalFlowCounter, main_direction
from pushup.approaches.pace import Pace
from pushup.approaches.pose_knn import PoseKnnCounter, embed, known_poses
from pushup.approaches.video_counter import (
    PoseCounter,
    count_frames,
    grey,
    looks_at_pictures,
    square_rgb,
)
from pushup.cli import InputError
from pushup.video.frames import Frame
from support.block_clips import block_frames, bottoms_s
from support.dot_clips import CrossingCounter, DotPredictor
from support.stick_figures import count, film, push_ups

PICTURE_COUNTERS = (MovingPixelsCounter, OpticalFlowCounter, FlowPositionCounter)


@pytest.mark.parametrize(
    ("counter", "period_s"),
    [(MovingPixelsCounter(), 1.0), (FlowPositionCounter(), 1.0), (FlowPositionCounter(), 2.5)],
)
def test_a_body_that_goes_down_and_up_is_counted(counter, period_s) -> None:
    reps = count_frames(counter, block_frames(4, period_s))
    assert len(reps) == 4
    assert np.abs([rep.bottom_s for rep in reps] - bottoms_s(4, period_s)).max() < 0.35
    counter.reset()
    assert len(count_frames(counter, block_frames(4, period_s))) == 4


def test_the_flow_of_the_post_counts_each_turn_upward() -> None:
    reps = count_frames(OpticalFlowCounter(), block_frames(4, 2.0))
    times = np.array([rep.bottom_s for rep in reps])
    assert all(np.abs(times - bottom).min() < 0.4 for bottom in bottoms_s(4, 2.0))


@pytest.mark.parametrize("make", PICTURE_COUNTERS)
@pytest.mark.parametrize("size_wh", [(9, 16), (90, 160), (160, 90)])
def test_odd_pictures_give_a_count(make, size_wh) -> None:
    one = list(block_frames(1, 1.0, size_wh=size_wh))
    assert count_frames(make(), one[:1]) == []
    assert isinstance(count_frames(make(), one), list)
    steps = np.cumsum(np.random.default_rng(0).uniform(0.01, 0.3, len(one)))
    uneven = [Frame(f.image_bgr, float(t), f.index, 0.0) for f, t in zip(one, steps, strict=True)]
    assert isinstance(count_frames(make(), uneven), list)
    mixed = [*one, *block_frames(1, 1.0, size_wh=(40, 30))]
    late = [Frame(f.image_bgr, i / 20, i, 0.0) for i, f in enumerate(mixed)]
    assert isinstance(count_frames(make(), late), list)


def test_the_light_guard_passes_over_a_picture_that_grows_brighter() -> None:
    flat = np.full((60, 80, 3), 90, np.uint8)
    half = flat.copy()
    half[:30] = 150  # the upper half changes in one frame
    all_brighter = np.full_like(flat, 150)
    for share, image, moved in ((None, half, True), (0.3, half, False), (0.3, all_brighter, False)):
        counter = MovingPixelsCounter(light_share=share)
        counter.update(Frame(flat, 0.0, 0, 0.0))
        counter.update(Frame(image, 0.1, 1, 0.0))
        assert (counter._height != 0.5) == moved


@pytest.mark.parametrize(
    ("flow", "angle_deg", "length"),
    [
        ([[1, 0], [1, 0]], 0, 1.0),
        ([[0, -2], [0, -2]], 90, 1.0),  # y grows downward
        ([[3, 0], [0, -1]], math.degrees(math.atan2(1, 3)), math.hypot(3, 1) / 4),
        ([[1, 0], [-1, 0]], None, 0.0),
    ],
)
def test_the_main_direction_by_hand(flow, angle_deg, length) -> None:
    found = main_direction(np.array(flow, float).reshape(1, 2, 2))
    assert found.length == pytest.approx(length, abs=1e-9)
    if angle_deg is not None:
        assert math.degrees(found.angle) == pytest.approx(angle_deg)


@pytest.mark.parametrize("method", optical_flow.METHODS)
def test_flow_of_a_shifted_picture(method) -> None:
    rng = np.random.default_rng(1)
    picture = np.kron(rng.integers(0, 255, (20, 30)), np.ones((4, 4))).astype(np.uint8)
    flow = optical_flow.METHODS[method](picture, np.roll(picture, 2, axis=0))
    assert np.median(flow[10:-10, 10:-10, 1]) == pytest.approx(2, abs=0.3)
    assert np.median(flow[10:-10, 10:-10, 0]) == pytest.approx(0, abs=0.3)


def test_an_unknown_flow_method_is_told() -> None:
    with pytest.raises(InputError, match="farneback or dis"):
        OpticalFlowCounter(method="horn")


def test_pace_lets_so_many_through_at_any_rate() -> None:
    for fps in (15, 24, 30, 60, 120):
        pace = Pace(15.0)
        passed = sum(pace.due(i / fps) for i in range(fps * 4))
        assert passed == pytest.approx(60, abs=7), fps
    pace = Pace(15.0)
    assert all(pace.due(i / 5) for i in range(20))


def test_elbow_angle_by_hand() -> None:
    at = np.array
    assert elbow_angle(at([0, 2]), at([0, 1]), at([0, 0])) == pytest.approx(180)
    assert elbow_angle(at([1, 1]), at([0, 0]), at([1, 0])) == pytest.approx(45)
    assert math.isnan(elbow_angle(at([np.nan, 1]), at([0, 0]), at([1, 0])))


def straight_arm_push_ups(repetitions: int, view: str = "side"):
    """Elbows of 163 degrees at the top and 50 at the bottom."""
    height, duration_s = push_ups(repetitions, 2.0, depth=0.55)
    return film(lambda time_s: height(time_s) + 0.04, duration_s, view=view)


@pytest.mark.parametrize("make", [ElbowAngleCounter, SmoothElbowCounter, PoseKnnCounter])
@pytest.mark.parametrize("view", ["side", "front"])
def test_keypoint_rules_count_a_stick_figure(make, view) -> None:
    frames = straight_arm_push_ups(5, view)
    counter = make()
    assert len(count(counter, frames)) == 5
    counter.reset()
    assert len(count(counter, frames)) == 5
    assert counter.finish() is None


@pytest.mark.parametrize("make", [ElbowAngleCounter, SmoothElbowCounter, PoseKnnCounter])
def test_keypoint_rules_pass_over_what_is_not_seen(make) -> None:
    height, duration_s = push_ups(2, 2.0)
    frames = film(height, duration_s)
    for observation in frames:
        observation.keypoints[:] = np.nan
        observation.scores[:] = 0.0
    assert count(make(), frames) == []


def test_one_arm_counts_on_the_way_down_and_both_on_the_way_up() -> None:
    frames = straight_arm_push_ups(1)
    (early,) = count(ElbowAngleCounter(), frames)
    (late,) = count(SmoothElbowCounter(), frames)
    assert early.top_s < 1.5 < late.top_s
    assert late.bottom_s == pytest.approx(1.5, abs=0.2)


def test_an_embedded_pose_forgets_place_size_turn_and_mirror() -> None:
    rng = np.random.default_rng(0)
    pose = rng.normal(size=(7, 2))
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    mirrored = (pose * [-1, 1])[::-1]
    for other in (pose + 9, pose * 3, pose @ turn):
        np.testing.assert_allclose(embed(other), embed(pose))
    np.testing.assert_allclose(np.sort(embed(mirrored)), np.sort(embed(pose)))
    assert (embed(pose) ** 2).mean() == pytest.approx(1)


def test_known_poses_are_of_both_kinds() -> None:
    poses, down = known_poses()
    assert poses.shape == (len(down), 21)
    assert 0.3 < down.mean() < 0.7


def test_a_keypoint_counter_becomes_a_video_counter() -> None:
    predictor = DotPredictor()
    joined = PoseCounter(predictor, CrossingCounter())
    frames = []
    for k in range(41):
        image = np.zeros((128, 96, 3), np.uint8)
        y = round(64 - 38 * math.cos(2 * math.pi * k / 20))
        image[y - 2 : y + 3, 46:51, 2] = 255
        frames.append(Frame(image, k / 20, k, 0.0))
    assert len(count_frames(joined, frames)) == 2
    assert joined.observation.frame_size_wh == (96, 128)
    joined.reset()
    assert (predictor.resets, joined.pose) == (1, None)


def test_what_looks_at_pictures() -> None:
    assert looks_at_pictures("pushup.approaches.moving_pixels.MovingPixelsCounter")
    assert not looks_at_pictures("pushup.approaches.pose_knn.PoseKnnCounter")


def test_a_frame_is_shrunk_once() -> None:
    frame = Frame(np.zeros((240, 320, 3), np.uint8), 0.0, 0, 0.0)
    assert grey(frame, 160) is grey(frame, 160)
    assert grey(frame, 160).shape == (120, 160)
    assert grey(frame, 1000).shape == (240, 320)
    assert square_rgb(frame, 112).shape == (112, 112, 3)
