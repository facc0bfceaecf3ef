"""The placement benchmark's clips: truths that hold for every view, manner and edge."""

import cv2
import numpy as np
import pytest

from pushup.skeleton import UPPER7
from pushup.synthetic import non_push_ups, placements, sheet
from pushup.synthetic.appearance import Appearance
from pushup.synthetic.body import Body, solve
from pushup.synthetic.classifier_scores import in_position
from pushup.synthetic.dog import Dog
from pushup.synthetic.errors import NO_ERRORS, Errors, unit_length
from pushup.synthetic.exercises import MOTIONS
from pushup.synthetic.manners import MANNERS
from pushup.synthetic.moving_planks import MOVING_PLANKS, burpee
from pushup.synthetic.other_poses import lying_with_phone
from pushup.synthetic.placements import ENDS, STARTS
from pushup.synthetic.push_ups import clapping_push_up, one_arm_push_up
from pushup.synthetic.routines import Passer
from pushup.synthetic.splits import seed_range
from pushup.synthetic.stage import Scene
from pushup.synthetic.viewpoints import VIEWPOINTS

FPS = 20.0


def elbow_deg(placement, time_s):
    """(T, 2) at either elbow, from the joints in space."""
    routine = placement.routine
    angles = []
    for t in time_s:
        pose = routine.pose(float(t))
        upper, fore = pose.shoulders - pose.elbows, pose.wrists - pose.elbows
        cos = (upper * fore).sum(1) / np.linalg.norm(upper, axis=1) / np.linalg.norm(fore, axis=1)
        angles.append(np.degrees(np.arccos(np.clip(cos, -1, 1))))
    return np.array(angles)


def test_splits_share_no_seed_and_have_names() -> None:
    fit, choose, report = (seed_range(split) for split in ("fit", "choose", "report"))
    assert fit[0] < fit[-1] < choose[0] < choose[-1] < report[0] < report[-1]
    with pytest.raises(ValueError, match="choose one of fit, choose, report"):
        seed_range("val")
    with pytest.raises(IndexError):
        placements.sample("fit", len(seed_range("fit")))


def test_240_indices_meet_every_pair_of_view_and_manner_once() -> None:
    pairs = set()
    for index in range(240):
        cycle, column = divmod(index, len(VIEWPOINTS))
        pairs.add((column, (cycle + column) % len(MANNERS)))
    assert len(pairs) == 240
    found = placements.sample("fit", 35)
    assert found.view == list(VIEWPOINTS)[35 % 16]
    assert found.manner == list(MANNERS)[(35 // 16 + 35 % 16) % 15]


def test_the_same_index_gives_the_same_clip() -> None:
    first, second = (placements.sample("choose", 5).routine.trace(10.0) for _ in range(2))
    np.testing.assert_array_equal(first.keypoints, second.keypoints)
    other = placements.sample("report", 5).routine.trace(10.0)
    assert first.keypoints.shape != other.keypoints.shape or not np.array_equal(
        first.keypoints, other.keypoints
    )


@pytest.mark.parametrize("manner", [m for m in MANNERS if m not in ("half", "one_arm")])
def test_elbows_bend_to_90_degrees_in_every_repetition(manner) -> None:
    for index in range(3):
        clip = placements.sample("fit", index, "side_left", manner, "top", "stays")
        assert clip.repetitions
        for rep in clip.repetitions:
            near = np.arange(rep.start_s, rep.top_s, 0.03)
            assert elbow_deg(clip, near).min() < 96
            assert 0 <= rep.start_s < rep.bottom_s < rep.top_s <= clip.routine.duration_s


def test_half_repetitions_turn_back_with_elbows_wide_open() -> None:
    halves = 0
    for index in range(8):
        clip = placements.sample("fit", index, "side_left", "half", "top", "stays")
        time_s = np.arange(0, clip.routine.duration_s, 0.03)
        angle = elbow_deg(clip, time_s).min(1)
        free = np.ones(len(time_s), bool)
        for rep in clip.repetitions:
            free &= (time_s < rep.start_s - 0.05) | (time_s > rep.top_s + 0.05)
        assert angle[free].min() > 98
        halves += angle[free].min() < 135
    assert halves >= 4


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("end", ENDS)
def test_edges_follow_the_rule_of_what_counts(start, end) -> None:
    for index in range(4):
        clip = placements.sample("fit", index, "side_left", "normal", start, end)
        routine = clip.routine
        whole = placements.sample("fit", index, "side_left", "normal", start, "stays")
        assert len(clip.repetitions) == len(whole.repetitions)
        bent = elbow_deg(clip, [0.0]).max()
        if start == "walking_in":
            assert routine.pose(0.0).thorax[2] > 1.0
        elif start == "bottom":
            assert bent < 100
            assert all(rep.start_s > 0 for rep in clip.repetitions)
        elif start == "top":
            assert bent > 140
        last = clip.repetitions[-1].top_s if clip.repetitions else 0.0
        if end == "last_return" and clip.repetitions:
            assert routine.duration_s <= last
        elif end == "stays":
            assert routine.duration_s > last + 0.9
        height = routine.pose(routine.duration_s - 0.1).thorax[2]
        assert (height > 1.0) == (end in ("stands_up", "leaves"))


@pytest.mark.parametrize("view", VIEWPOINTS)
def test_every_view_shows_the_person(view) -> None:
    for index in range(3):
        clip = placements.sample("fit", index, view, "normal", "top", "last_return")
        keypoints = clip.routine.keypoints(np.array([0.0]))[0]
        width, height = clip.routine.size_wh
        inside = ((keypoints >= 0) & (keypoints < (width, height))).all(-1)
        assert inside[UPPER7.index("head")] or inside.sum() >= 3
        if view == "under_chest":
            assert not inside[[UPPER7.index("right_wrist"), UPPER7.index("left_wrist")]].any()
        if view == "far":
            assert np.ptp(keypoints, axis=0).max() < 0.3 * width
    (frame,) = clip.routine.frames_at(np.array([0.5]))
    assert frame.image_bgr.shape == (height, width, 3)
    assert frame.image_bgr.std() > 3


def test_the_left_and_the_right_side_are_the_persons() -> None:
    for view, ahead in (("side_left", -1), ("side_right", 1)):
        clip = placements.sample("fit", 1, view, "normal", "top", "last_return")
        head, shoulder = clip.routine.keypoints(np.array([0.0]))[0][[3, 2]]
        assert np.sign(head[0] - shoulder[0]) == ahead


def test_clapping_hands_leave_the_floor_and_a_free_hand_stays_off_it() -> None:
    rng = np.random.default_rng(0)
    body = Body.sample(rng)
    clap, one = clapping_push_up(body, rng), one_arm_push_up(body, rng)
    flight = solve(body, clap.targets(-1.0))
    assert flight.wrists[:, 2].min() > 0.1
    assert np.linalg.norm(np.diff(flight.wrists, axis=0)) < 0.2
    assert flight.thorax[2] > solve(body, clap.targets(0.0)).thorax[2]
    for phase in (0.0, 1.0):
        heights = sorted(solve(body, one.targets(phase)).wrists[:, 2])
        assert heights[0] < 0.1 < heights[1]


def test_a_burpee_stands_and_holds_one_push_up() -> None:
    rng = np.random.default_rng(1)
    body = Body.sample(rng)
    motion = burpee(body, rng)
    heights = [solve(body, motion.targets(p)).thorax[2] for p in np.linspace(0, 1, 101)]
    assert heights[0] == pytest.approx(heights[-1], abs=0.02)
    assert max(heights) > 1.0
    assert int(np.argmin(heights)) == pytest.approx(45, abs=2)
    assert np.abs(np.diff(heights)).max() < 0.15


@pytest.mark.parametrize("make", [*MOVING_PLANKS.values(), lying_with_phone])
def test_other_motions_move_smoothly_on_rigid_bones_above_the_floor(make) -> None:
    for seed in range(3):
        rng = np.random.default_rng(seed)
        body = Body.sample(rng)
        motion = make(body, rng)
        poses = [solve(body, motion.targets(p)) for p in np.linspace(0, 0.999, 40)]
        joints = np.array([pose.joints for pose in poses])
        assert np.abs(np.diff(joints, axis=0)).max() < 0.25
        assert joints[..., 2].min() > -0.08
        for pose in poses[::10]:
            lengths = np.linalg.norm(pose.elbows - pose.shoulders, axis=1)
            np.testing.assert_allclose(lengths, body.upper_arm, atol=1e-9)


def test_scapular_push_ups_and_taps_keep_the_planted_arms_straight() -> None:
    for name in ("scapular_push_up", "high_plank", "plank_jacks", "mountain_climbers"):
        rng = np.random.default_rng(2)
        body = Body.sample(rng)
        motion = MOVING_PLANKS[name](body, rng)
        for phase in np.linspace(0, 1, 20):
            pose = solve(body, motion.targets(float(phase)))
            reach = np.linalg.norm(pose.wrists - pose.shoulders, axis=1)
            assert (reach > 0.85 * body.arm).all(), name


@pytest.mark.parametrize("kind", non_push_ups.KINDS)
def test_every_kind_of_no_push_up_has_a_clip_without_repetitions(kind) -> None:
    clip = non_push_ups.sample("fit", 3, kind=kind)
    assert clip.kind == kind
    assert clip.routine.repetitions == []
    assert clip.routine.duration_s > 5
    frames = list(clip.routine.frames_at(np.array([1.0, clip.routine.duration_s - 0.5])))
    assert frames[0].image_bgr.shape == frames[1].image_bgr.shape


def test_a_camera_that_is_picked_up_moves_and_a_passer_by_changes_the_picture() -> None:
    clip = non_push_ups.sample("fit", 4, "side_left", "camera_picked_up")
    time_s = np.arange(0, clip.routine.duration_s, 0.2)
    steps = np.abs(np.diff(clip.routine.keypoints(time_s), axis=0)).max((1, 2))
    assert np.median(steps[-6:]) > 4 * np.median(steps[:10])
    clip = non_push_ups.sample("fit", 4, "side_left", "passer_by")
    frames = [f.image_bgr.astype(int) for f in clip.routine.frames_at(np.arange(0, 10.0, 1.0))]
    away = np.array([np.abs(frame - frames[0]).mean(-1).max(0) for frame in frames])
    moved = (away > 60).any(1)
    assert moved.sum() >= 1


def test_who_crosses_is_a_grown_up_a_child_or_a_dog() -> None:
    clips = [non_push_ups.sample("fit", index, kind="passer_by") for index in range(30)]
    passers = [clip.routine._passer for clip in clips]
    dogs = [passer for passer in passers if isinstance(passer, Dog)]
    assert 4 <= len(dogs) <= 16
    assert min(passer.body.height for passer in passers if isinstance(passer, Passer)) < 1.4


def test_a_dog_walks_on_the_floor_at_its_speed() -> None:
    dog = Dog.sample(np.random.default_rng(1), np.array([0.6, 0.8]), np.zeros(3), 1.2)
    steps = [dog.bones(time_s) for time_s in np.arange(0, 3, 0.1).tolist()]
    ends = np.array([bones for bones, _ in steps])
    assert 0 < ends[..., 2].min() < 0.06 * dog.height
    assert 1.2 < ends[..., 2].max() / dog.height < 1.5
    walked = ends[-1].mean((0, 1)) - ends[0].mean((0, 1))
    np.testing.assert_allclose(walked[:2], 1.2 * 2.9 * np.array([0.6, 0.8]), atol=0.1)


def test_a_dog_is_drawn_behind_the_person_and_hides_what_is_behind_it() -> None:
    clip = non_push_ups.sample("fit", 4, "side_left", "passer_by").routine
    dog, stage = clip._passer, clip._stage
    assert isinstance(dog, Dog)
    rng = np.random.default_rng(0)
    scene = Scene.sample(rng, stage, Appearance.sample(rng, False, 0.5))
    here = next(t for t in np.arange(0, 9, 0.2).tolist() if in_view(stage.camera, dog, t))
    crossed = dog.add_to(scene, here)
    hides = crossed.background.depth < scene.background.depth
    assert 0.002 < hides.mean() < 0.3
    assert np.abs(crossed.background.rgb - scene.background.rgb)[hides].mean() > 0.05
    assert not crossed.background.floor[hides].any()
    away = dog.add_to(scene, 60.0).background
    np.testing.assert_array_equal(away.depth, scene.background.depth)


def in_view(camera, dog: Dog, time_s: float) -> bool:
    pixels, depth = camera.project(dog.bones(time_s)[0].reshape(-1, 3))
    inside = (pixels > 0) & (pixels < camera.size_wh)
    return bool(inside.all(1).mean() > 0.6 and (depth > 0.5).all())


def test_errors_do_what_they_say() -> None:
    clip = placements.sample("fit", 3, "side_left", "normal", "top", "stays")
    exact = clip.routine.trace(FPS, NO_ERRORS)
    unit = unit_length(exact.keypoints, exact.size_wh)
    off, white = [], []
    for seed in range(8):
        rng = np.random.default_rng(seed)
        found, scores = Errors(confused=0, swapped=0, lost=0, missed=0).apply(
            exact.keypoints, exact.size_wh, exact.time_s, rng
        )
        off.append(np.hypot(*np.moveaxis(found - exact.keypoints, -1, 0)) / unit)
        white.append(np.abs(np.diff(found - exact.keypoints, axis=0)).mean() / unit)
        assert 0.2 < np.median(scores) < 0.95
    assert 0.02 < np.median(off) < 0.12
    assert np.mean(white) < 0.02
    rng = np.random.default_rng(0)
    found, scores = Errors(lost=0.3).apply(exact.keypoints, exact.size_wh, exact.time_s, rng)
    lost = np.isnan(found[:, 0, 0])
    assert 0.02 < lost.mean() < 0.8
    assert (scores[lost] == 0).all()
    mirrored = Errors(0, 0, 0, 0, 0, confused=0, swapped=0.5, lost=0, missed=0).apply(
        exact.keypoints, exact.size_wh, exact.time_s, np.random.default_rng(1)
    )[0]
    same = np.abs(mirrored - exact.keypoints).max((1, 2)) < 1
    other = np.abs(mirrored - exact.keypoints[:, UPPER7.flip]).max((1, 2)) < 1
    assert (same | other).all()
    assert 0.1 < (other & ~same).mean() < 0.9


def test_scores_tell_errors_and_what_is_outside() -> None:
    far, near, outside = [], [], []
    for index in range(12):
        clip = placements.sample("fit", index, manner="normal")
        exact = clip.routine.trace(FPS, NO_ERRORS)
        joints = clip.routine.keypoints(exact.time_s)
        inside = ((joints >= 0) & (joints < exact.size_wh)).all(-1)
        rng = np.random.default_rng(index)
        found, scores = Errors(lost=0).apply(joints, exact.size_wh, exact.time_s, rng)
        off = np.hypot(*np.moveaxis(found - joints, -1, 0)) / unit_length(joints, exact.size_wh)
        near.append(scores[inside & (off < 0.1)])
        far.append(scores[inside & (off > 0.4)])
        outside.append(scores[~inside])
    near, far, outside = (np.median(np.concatenate(part)) for part in (near, far, outside))
    assert near > far + 0.1 > outside + 0.2


def test_a_sheet_has_a_row_for_each_clip(tmp_path) -> None:
    clips = [(v, placements.sample("fit", 0, v).routine) for v in ("side_left", "portrait")]
    sheet.write_clips(tmp_path / "sheet.png", clips, columns=2)
    picture = cv2.imread(str(tmp_path / "sheet.png"))
    assert picture.shape[0] == 2 * 132
    assert picture[:130].std() > 5
    assert picture[132:262, :140].std() > 5
    assert not picture[132:262, 200:].any()  # two upright frames are narrower than two wide ones


def test_a_bobbing_camera_moves_the_picture_and_shadows_darken_it() -> None:
    bobbing = non_push_ups.sample("fit", 2, "side_left", "bobbing_camera").routine
    keypoints = bobbing.keypoints(np.arange(5.0, bobbing.duration_s - 5, 0.1))
    assert np.ptp(keypoints[..., 1], axis=0).min() > 0.15 * bobbing.size_wh[1]
    shaded = non_push_ups.sample("fit", 2, "side_left", "moving_shadows").routine
    times_s = np.arange(5.0, shaded.duration_s - 5, 0.5)
    frames = np.array([frame.image_bgr.mean((0, 2)) for frame in shaded.frames_at(times_s)])
    assert np.ptp(frames, axis=0).mean() > 10


@pytest.mark.parametrize("manner", ["normal", "pauses", "slow"])
def test_cut_repetitions_count_from_a_third_and_two_thirds_of_the_way(manner) -> None:
    cut = 0
    for index in range(10):
        clip = placements.sample("fit", index, "side_left", manner, "moving", "last_return")
        routine = clip.routine
        times_s = np.arange(0, routine.duration_s, 0.02)
        height = np.array([routine.pose(t).thorax[2] for t in times_s.tolist()])
        fall = height.max() - height.min()
        if clip.repetitions and clip.repetitions[0].start_s < 0:
            assert height[0] > height.max() - 0.37 * fall
            cut += 1
        elif clip.repetitions:  # it begins on the way up
            assert height[5] >= height[0] - 0.02 * fall
        if clip.repetitions:
            assert height[-1] > height.max() - 0.4 * fall
    assert 2 <= cut <= 8


def test_the_simulated_classifier_knows_push_up_position_from_the_side_but_not_from_below() -> None:
    known, unknown = [], []
    for index in range(6):
        clip = placements.sample("fit", index, "side_left", "normal", "walking_in", "stays")
        trace = clip.routine.trace(FPS, classifier=True)
        time_s = trace.time_s
        performing = time_s > clip.repetitions[0].start_s
        known.append((trace.pushing_up[performing] > 0.9).mean())
        assert (trace.pushing_up[time_s < 2] < 0.9).mean() > 0.6
        below = placements.sample("fit", index, "under_chest", "normal", "top", "stays")
        unknown.append((below.routine.trace(FPS, classifier=True).pushing_up > 0.9).mean())
    assert np.mean(known) > 0.95
    assert np.mean(unknown) < 0.3
    assert clip.routine.trace(FPS).pushing_up is None


@pytest.mark.parametrize(
    ("name", "expected"),
    [("high_plank", True), ("plank", False), ("standing", False), ("all_fours", False)],
)
def test_push_up_position_is_prone_on_the_hands(name, expected) -> None:
    makers = {**MOTIONS, **MOVING_PLANKS}
    for seed in range(5):
        rng = np.random.default_rng(seed)
        body = Body.sample(rng)
        assert in_position(solve(body, makers[name](body, rng).targets(0.5))) == expected
