import csv
import time

import cv2
import numpy as np
import pytest
from scipy.signal import find_peaks

from pushup.__main__ import main as pushup
from pushup.cli import InputError
from pushup.skeleton import MPII_JOINTS
from pushup.synthetic import (
    EXERCISES,
    SyntheticSource,
    recognition_set,
    render_clip,
    write_clips,
)
from pushup.synthetic.appearance import Appearance, Part
from pushup.synthetic.body import Body, solve
from pushup.synthetic.camera import aim
from pushup.synthetic.mesh import Skin
from pushup.synthetic.other_poses import OTHER_POSES
from pushup.synthetic.places import sample_environment
from pushup.synthetic.push_ups import push_up
from pushup.synthetic.raster import rasterize
from pushup.synthetic.render import render_body

RIGHT = {"wrist": "RIGHT_ARM RIGHT_HAND", "elbow": "RIGHT_ARM", "shoulder": "RIGHT_ARM TORSO"}
RIGHT |= {"hip": "RIGHT_LEG TORSO", "knee": "RIGHT_LEG", "ankle": "RIGHT_LEG RIGHT_FOOT"}
TRUNK = {"pelvis": "TORSO RIGHT_LEG LEFT_LEG", "thorax": "TORSO NECK"}
TRUNK |= {"upper_neck": "NECK HEAD HAIR TORSO", "head": "HEAD HAIR"}


def own_parts(joint):
    """Parts that a joint's marker may lie on, from anatomy."""
    side, _, name = joint.partition("_")
    names = TRUNK[joint] if joint in TRUNK else RIGHT[name]
    if side == "left":
        names = names.replace("RIGHT", "LEFT")
    return {Part[n] for n in names.split()}


def staged(seed, make, phase=0.5):
    """A person before a camera, without the sampling of `SyntheticSource`."""
    rng = np.random.default_rng(seed)
    body = Body.sample(rng)
    skin = Skin(body, Appearance.sample(rng, body.feminine, body.muscle))
    pose = solve(body, make(body, rng).targets(phase))
    angles = float(rng.uniform(0, 360)), float(rng.uniform(0, 50))
    camera = aim(rng, pose.joints, 0.0, angles, 0.8, (200, 160))
    environment = sample_environment(rng, camera, pose.joints.mean(0), 0.0, ())
    return skin, pose, camera, environment


def hits_along(origin, direction, corners):
    """Distances (F,) at which a line meets triangles (F, 3, 3), inf where it misses.

    Moeller and Trumbore, "Fast, minimum storage ray/triangle intersection", 1997.
    """
    a = corners[:, 0]
    e1, e2 = corners[:, 1] - a, corners[:, 2] - a
    p = np.cross(direction, e2)
    det = (e1 * p).sum(1)
    det = np.where(np.abs(det) < 1e-14, np.inf, det)
    t = origin - a
    u = (t * p).sum(1) / det
    q = np.cross(t, e1)
    v = (q * direction).sum(1) / det
    inside = (u >= 0) & (v >= 0) & (u + v <= 1)
    return np.where(inside, (e2 * q).sum(1) / det, np.inf)


def test_pictures_are_the_same_for_the_same_seed_in_any_order():
    first, second = SyntheticSource(6, seed=3), SyntheticSource(6, seed=3)
    forward = [first[i] for i in range(3)]
    backward = [second[i] for i in reversed(range(3))][::-1]
    for (image_a, record_a), (image_b, record_b) in zip(forward, backward, strict=True):
        np.testing.assert_array_equal(image_a, image_b)
        np.testing.assert_array_equal(record_a.keypoints, record_b.keypoints)
    other = SyntheticSource(6, seed=4)[0][0]
    assert other.shape != forward[0][0].shape or (other != forward[0][0]).any()
    with pytest.raises(IndexError):
        first[6]


def test_records_label_exactly_the_joints_in_the_picture():
    source = SyntheticSource(24, seed=1, longer_side=160)
    labelled = visible = 0
    groups = set()
    start = time.perf_counter()
    for i in range(len(source)):
        image, record = source[i]
        height, width = image.shape[:2]
        assert image.dtype == np.uint8
        assert max(height, width) == 160
        points = record.keypoints[record.labelled]
        assert ((points > -0.5) & (points < (width - 0.5, height - 0.5))).all()
        assert np.isnan(record.keypoints[~record.labelled]).all()
        assert not (record.visible & ~record.labelled).any()
        if record.box_xyxy is not None:
            x1, y1, x2, y2 = record.box_xyxy
            assert -0.5 <= x1 < x2 <= width - 0.5
            assert -0.5 <= y1 < y2 <= height - 0.5
        groups.add(record.group)
        labelled += record.labelled.sum()
        visible += record.visible.sum()
    print(f"{1000 * (time.perf_counter() - start) / len(source):.0f} ms a picture of 160 pixels")
    assert len(groups) == len(source)
    assert 0.75 * 16 * 24 < labelled < 16 * 24
    assert 0.5 * labelled < visible < 0.95 * labelled


@pytest.mark.parametrize("name", ["push_up", "squat", "lying", "all_fours"])
@pytest.mark.parametrize("seed", [0, 1])
def test_each_joint_lies_inside_its_own_limb_and_visibility_agrees_with_ray_tracing(name, seed):
    make = push_up if name == "push_up" else {**EXERCISES, **OTHER_POSES}[name]
    skin, pose, camera, environment = staged(seed, make)
    rendered = render_body(environment.render(camera), camera, environment.light, skin, pose)
    points, _ = skin.pose(pose)
    corners = points.astype(float)[skin.faces]
    pixels = np.round(rendered.keypoints).astype(int)
    agree = 0
    for k, joint in enumerate(MPII_JOINTS):
        towards = pose.joints[k] - camera.position
        distance = hits_along(camera.position, towards, corners)
        own = np.isin(skin.face_part, list(own_parts(joint)))
        if joint != "head":  # the top of the head lies on the surface
            assert (own & (distance < 1)).any(), f"{joint} lies in front of its limb"
            beyond = (distance > 1) & np.isfinite(distance)
            assert beyond.any(), f"{joint} lies behind the body"
        x, y = pixels[k]
        inside = 0 <= x < 200 and 0 <= y < 160
        if rendered.visible[k]:
            assert inside
            part = rendered.part[y, x]
            assert part == -1 or part in own_parts(joint), f"{joint} is covered by {Part(part)}"
        nearest = int(np.argmin(distance))
        seen = inside and bool(own[nearest] or not np.isfinite(distance[nearest]))
        agree += seen or not rendered.visible[k]
    assert agree >= 15  # a ray may graze an edge that the pixel's centre does not


def test_rasterizer_against_testing_every_pixel_and_triangle():
    rng = np.random.default_rng(0)
    points = rng.uniform(-10, 50, (120, 2)).astype(np.float32)
    depth = rng.uniform(1, 5, 120).astype(np.float32)
    faces = rng.integers(0, 120, (60, 3))
    got = rasterize(points, depth, faces, (40, 30))
    nearest = np.full((30, 40), np.inf)
    for face in faces:
        matrix = np.vstack([points[face].T.astype(float), np.ones(3)])
        if np.linalg.det(matrix) <= 1e-6:
            continue  # degenerate or seen from behind
        inverse = np.linalg.inv(matrix)
        for y in range(30):
            for x in range(40):
                weights = inverse @ (x, y, 1)
                if (weights >= 1e-5).all():
                    nearest[y, x] = min(nearest[y, x], weights @ depth[face])
    drawn = np.full(30 * 40, np.inf)
    drawn[got.pixel] = got.depth
    same = np.isclose(drawn.reshape(30, 40), nearest, atol=1e-3) | (
        np.isinf(nearest) & np.isinf(drawn.reshape(30, 40))
    )
    assert same.mean() > 0.995  # pixels on an edge may fall to either side
    assert len(np.unique(got.pixel)) == len(got.pixel) > 300


def test_a_box_in_front_hides_the_person_and_its_joints():
    skin, pose, camera, environment = staged(5, push_up)
    view = environment.render(camera)
    open_view = render_body(view, camera, environment.light, skin, pose)
    view.depth[:] = 0.2
    hidden = render_body(view, camera, environment.light, skin, pose)
    assert open_view.visible.any()
    assert not hidden.visible.any()
    assert hidden.box_xyxy is None


@pytest.mark.parametrize("kind", ["floor", "knees", "incline", "decline"])
def test_push_ups_keep_hands_and_feet_planted_and_bones_rigid(kind):
    for seed in range(5):
        rng = np.random.default_rng(seed)
        body = Body.sample(rng)
        motion = push_up(body, rng, kind=kind)
        poses = [solve(body, motion.targets(p)) for p in (0.0, 0.4, 0.8, 1.0)]
        for pose in poses:
            upper = np.linalg.norm(pose.elbows - pose.shoulders, axis=1)
            shank = np.linalg.norm(pose.ankles - pose.knees, axis=1)
            np.testing.assert_allclose(upper, body.upper_arm, atol=1e-9)
            np.testing.assert_allclose(shank, body.shank, atol=1e-9)
            np.testing.assert_allclose(pose.wrists, poses[0].wrists, atol=0.02)
        feet = poses[0].knees if kind == "knees" else poses[0].ankles
        for pose in poses[1:]:
            now = pose.knees if kind == "knees" else pose.ankles
            np.testing.assert_allclose(now, feet, atol=0.02)
        heights = [pose.shoulders[:, 2].mean() for pose in poses]
        assert heights == sorted(heights, reverse=True)
        assert heights[0] - heights[-1] > 0.15 * body.height / 1.77


@pytest.mark.parametrize(
    ("seed", "options"),
    [
        (0, {}),
        (1, {"kind": "knees", "pause_bottom_s": 0.6, "repetitions": 2}),
        (2, {"kind": "incline", "pause_top_s": 0.8, "tempo_s": 1.2}),
        (3, {"fast": True}),
        (4, {"shallow": True, "starts_low": True, "tempo_s": 1.5}),
    ],
)
def test_repetition_times_are_the_peaks_of_the_shoulders_path(seed, options):
    clip = render_clip(
        seed, duration_s=7, fps=15, size_wh=(64, 48), view="side", shake_px=0.0, **options
    )
    shoulders_y = clip.keypoints[:, 12:14, 1].mean(1)
    shoulders_y = np.convolve(np.pad(shoulders_y, 1, mode="edge"), np.ones(3) / 3, "valid")
    peaks, _ = find_peaks(shoulders_y, prominence=0.4 * np.ptp(shoulders_y))
    if options.get("starts_low"):
        assert shoulders_y[0] > shoulders_y.min() + 0.6 * np.ptp(shoulders_y)
    assert len(clip.repetitions) >= 2
    bottoms = np.array([rep.bottom_s for rep in clip.repetitions])
    assert len(peaks) == len(bottoms)
    np.testing.assert_allclose(clip.time_s[peaks], bottoms, atol=0.16)
    for rep in clip.repetitions:
        assert rep.start_s < rep.bottom_s < rep.top_s <= 7


@pytest.mark.parametrize("exercise", [*EXERCISES, "empty"])
def test_every_exercise_renders(exercise):
    clip = render_clip(2, exercise, duration_s=0.4, fps=5, size_wh=(96, 64), repetitions=0)
    assert len(clip.frames_rgb) == len(clip.time_s) == 2
    assert clip.frames_rgb[0].shape == (64, 96, 3)
    assert clip.frames_rgb[0].std() > 1
    assert np.isfinite(clip.keypoints).all() == (exercise != "empty")
    assert clip.visible.any() == (exercise != "empty")


@pytest.mark.parametrize("name", OTHER_POSES)
def test_every_other_pose_stands_on_the_floor_with_rigid_bones(name):
    for seed in range(5):
        rng = np.random.default_rng(seed)
        body = Body.sample(rng)
        pose = solve(body, OTHER_POSES[name](body, rng).targets(0.0))
        assert -0.05 < pose.joints[:, 2].min() < 0.7
        lengths = np.linalg.norm(pose.hips - pose.knees, axis=1)
        np.testing.assert_allclose(lengths, body.thigh, atol=1e-9)


def test_right_and_left_are_the_persons_own():
    """Somebody who faces the camera has the right arm on the picture's left, and the reverse."""
    tiny = {"duration_s": 0.2, "fps": 5, "size_wh": (96, 64), "repetitions": 0}
    for view, sign in (("front", 1), ("back", -1)):
        clip = render_clip(6, "standing", view=view, **tiny)
        shoulders_x = clip.keypoints[0, 12:14, 0]
        assert sign * (shoulders_x[1] - shoulders_x[0]) > 2


def test_options_change_what_they_say():
    small = {"duration_s": 4.0, "fps": 6, "size_wh": (64, 48), "view": "side", "shake_px": 0.0}

    def travel(**options):
        clip = render_clip(8, repetitions=1, tempo_s=2.0, **small, **options)
        return np.ptp(clip.keypoints[:, 12:14, 1].mean(1))

    assert travel(shallow=True) < 0.5 * travel()
    fast = render_clip(8, fast=True, **small)
    assert all(rep.top_s - rep.start_s < 1.0 for rep in fast.repetitions)
    assert len(render_clip(8, repetitions=3, **small).repetitions) == 3
    uneven = np.diff(render_clip(8, variable_rate=True, **small).time_s)
    assert uneven.min() > 0
    assert uneven.max() > 1.5 * uneven.min()
    body = Body.sample(np.random.default_rng(0))
    level, rolled = (
        solve(body, push_up(body, np.random.default_rng(0), lopsided=roll).targets(1.0))
        for roll in (0.0, 25.0)
    )
    assert abs(np.diff(level.shoulders[:, 2])[0]) < 1e-9
    assert abs(np.diff(rolled.shoulders[:, 2])[0]) > 0.08


def test_a_person_enters_and_leaves():
    clip = render_clip(
        1, duration_s=14, fps=4, size_wh=(96, 64), view="side", enters=True, leaves=True
    )
    assert not clip.visible[0].any()
    assert not clip.visible[-1].any()
    assert clip.visible[len(clip.visible) // 2].any()
    steps = np.linalg.norm(np.diff(clip.keypoints[:, 6], axis=0), axis=1)
    assert steps.max() < 40  # nobody jumps
    assert clip.repetitions


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"exercise": "dance"}, "unknown exercise"),
        ({"repetitions": 50, "duration_s": 5}, "do not fit"),
        ({"exercise": "plank", "repetitions": 2}, "no repetitions"),
    ],
)
def test_impossible_clips_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        render_clip(0, **arguments)


def test_written_clips_carry_their_truth(tmp_path):
    options = {"duration_s": 3, "fps": 10, "size_wh": (96, 64), "repetitions": 2}
    (path,) = write_clips(tmp_path / "set", [11], tempo_s=1.0, **options)
    capture = cv2.VideoCapture(str(path))
    assert int(capture.get(cv2.CAP_PROP_FRAME_COUNT)) == 30
    ok, frame_bgr = capture.read()
    capture.release()
    assert ok
    clip = render_clip(11, tempo_s=1.0, **options)
    difference = np.abs(frame_bgr[..., ::-1].astype(float) - clip.frames_rgb[0]).mean()
    assert difference < 12
    (row,) = csv.DictReader((tmp_path / "set" / "counts.csv").open())
    assert (row["video"], row["count"], row["frames"]) == (path.name, "2", "30")
    reps = list(csv.DictReader((tmp_path / "set" / "reps.csv").open()))
    assert [float(r["bottom_s"]) for r in reps] == [round(r.bottom_s, 3) for r in clip.repetitions]
    assert not list((tmp_path / "set").glob(".partial-*"))
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot create folder"):
        write_clips(tmp_path / "file", [1], **options)


def test_command_draws_a_sheet(tmp_path):
    out = tmp_path / "sheet.png"
    pushup(["synthetic", "sheet", "--out", str(out), "--rows", "1", "--columns", "2"])
    assert cv2.imread(str(out)).shape == (288, 576, 3)


def test_a_full_disk_leaves_no_half_picture(tmp_path, monkeypatch):
    def full(path, data):
        with path.open("wb") as file:
            file.write(data[:100])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    with pytest.raises(InputError, match=r"rendered_0_00000\.jpg: No space left on device"):
        recognition_set.write(tmp_path, 1)
    assert list((tmp_path / "images").iterdir()) == []
