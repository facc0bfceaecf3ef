"""Labels from the votes of another pose model."""

import json
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from pushup.__main__ import main as pushup
from pushup.data import mediapipe_votes, mpii, pseudo_labels
from pushup.skeleton import MPII_JOINTS

HEAD, LEFT_WRIST = MPII_JOINTS.index("head"), MPII_JOINTS.index("left_wrist")


def person() -> np.ndarray:
    """(33, 3) landmarks whose trunk is 100 pixels long, all in view."""
    points = np.random.default_rng(0).uniform(100, 300, (33, 3))
    points[[11, 12], :2] = (180, 100), (220, 100)
    points[[23, 24], :2] = (190, 200), (210, 200)
    points[:, 2] = 0.9
    return points


def votes_of(*changed: tuple[int, tuple[float, float]]) -> np.ndarray:
    """Four equal votes but for (landmark, (dx, dy)) of each: the first change in the first vote."""
    votes = np.stack([person()] * 4)
    for vote, (landmark, by) in enumerate(changed):
        votes[vote, landmark, :2] += by
    return votes


def test_equal_votes_are_the_label():
    joints, labelled = pseudo_labels.agree(votes_of())
    assert sorted(np.flatnonzero(~labelled)) == [
        MPII_JOINTS.index(name) for name in ("pelvis", "thorax", "upper_neck")
    ]
    np.testing.assert_allclose(joints[LEFT_WRIST], person()[15, :2])
    np.testing.assert_allclose(joints[HEAD], pseudo_labels.head_top(person()[:, :2]))


def test_head_top_by_hand():
    points = np.zeros((33, 2))
    points[[7, 8]] = (10, 0), (10, 2)  # ears: middle 10, 1
    points[[11, 12]] = (0, 11), (0, 11)
    points[0] = 20, 1
    points[[2, 5]] = 18, -1  # eyes
    points[[9, 10]] = 18, 5  # mouth
    x = 10 - 0.025 * 10 + 0.188 * 10
    y = 1 - 0.025 * -10 + 1.759 * -6
    np.testing.assert_allclose(pseudo_labels.head_top(points), (x, y))


def test_one_vote_apart_is_left_out_and_two_take_the_label_away():
    aside = (15, (12.0, 0.0))  # a tenth of the body is 10 pixels
    joints, labelled = pseudo_labels.agree(votes_of(aside))
    assert labelled[LEFT_WRIST]
    np.testing.assert_allclose(joints[LEFT_WRIST], person()[15, :2])
    _, labelled = pseudo_labels.agree(votes_of(aside, (15, (-12.0, 0.0))))
    assert not labelled[LEFT_WRIST]
    assert labelled[HEAD]


def test_a_joint_that_is_hardly_visible_is_labelled_only_where_votes_agree_closely():
    for by, visibility, expected in (
        (0, 0.3, True),
        (8, 0.3, False),
        (8, 0.6, True),
        (0, 0.2, False),
    ):
        votes = votes_of((15, (by, 0.0)))
        votes[:, 15, 2] = visibility
        _, labelled = pseudo_labels.agree(votes)
        assert labelled[LEFT_WRIST] == expected


def test_votes_of_nobody():
    votes = votes_of()
    votes[0] = np.nan
    assert pseudo_labels.agree(votes) is not None
    votes[1] = np.nan
    assert pseudo_labels.agree(votes) is None
    scattered = votes_of()
    scattered[:, 11:17, :2] += np.random.default_rng(1).uniform(-80, 80, (4, 6, 2))
    assert pseudo_labels.agree(scattered) is None  # the head alone


class Dots:
    """Stands for MediaPipe: finds landmark k where a picture is as grey as 60 + 6 k."""

    def process(self, image: np.ndarray) -> SimpleNamespace:
        return SimpleNamespace(
            pose_landmarks=SimpleNamespace(landmark=[self._dot(image, k) for k in range(33)])
        )

    def _dot(self, image: np.ndarray, k: int) -> SimpleNamespace:
        rows, columns = np.nonzero(np.abs(image[..., 0].astype(int) - (60 + 6 * k)) <= 1)
        x, y = np.median(columns) + 0.5, np.median(rows) + 0.5  # edges are as grey as others
        return SimpleNamespace(x=x / image.shape[1], y=y / image.shape[0], visibility=1.0)


def test_votes_come_back_to_the_picture_from_its_mirror_and_turned_copies(tmp_path, monkeypatch):
    image = np.zeros((400, 500), np.uint8)
    centres = [(80 + 55 * (k % 7), 100 + 50 * (k // 7)) for k in range(33)]
    for k, centre in enumerate(centres):
        cv2.circle(image, centre, 12, 60 + 6 * k, -1)
    cv2.imwrite(str(tmp_path / "dots.png"), image)
    monkeypatch.setattr(mediapipe_votes, "_poses", [Dots()])
    found = mediapipe_votes.votes(tmp_path / "dots.png")
    assert found.shape == (4, 33, 3)
    unmirrored = np.array(centres)[list(mediapipe_votes.MIRRORED)]  # dots do not know their side
    for vote, expected in zip(found, (centres, unmirrored, centres, centres), strict=True):
        np.testing.assert_allclose(vote[:, :2], np.array(expected), atol=2.5)
    assert [mediapipe_votes.MIRRORED[k] for k in mediapipe_votes.MIRRORED] == list(range(33))
    with pytest.raises(SystemExit, match="cannot be decoded"):
        mediapipe_votes.votes(tmp_path / "none.png")


def write_votes(path, names, votes):
    np.savez(path, names=names, votes=np.stack(votes).astype(np.float32))
    return str(path)


def test_command_makes_a_folder_to_learn_from(tmp_path, capsys):
    pictures, out = tmp_path / "pictures", tmp_path / "out"
    pictures.mkdir()
    for name in ("a.png", "b.png", "c.png"):
        cv2.imwrite(str(pictures / name), np.zeros((400, 400, 3), np.uint8))
    elsewhere = votes_of()
    elsewhere[..., 0] += 60
    votes = write_votes(
        tmp_path / "votes.npz", ["a.png", "b.png", "c.png"], [votes_of(), elsewhere, votes_of()]
    )
    joints, labelled = pseudo_labels.agree(votes_of())
    known = [
        mpii.MpiiPerson(n, np.where(labelled[:, None], joints, np.nan), labelled, labelled, group=n)
        for n in ("a.png", "b.png")
    ]
    mpii.write_community_json(tmp_path / "labels.json", known)
    checked = ["checked", votes, str(pictures), str(tmp_path / "labels.json")]
    pushup(["pseudo-labels", str(out), "--of", "frames", votes, str(pictures), "--of", *checked])
    printed = capsys.readouterr().out
    assert "frames: 3 of 3 pictures" in printed
    assert "checked: 1 of 3 pictures" in printed  # b shows somebody else, c nobody who is known
    records = mpii.read_community_json(out, "train", "tight")
    assert [(r.source, r.image.name) for r in records] == [
        ("frames", "a.png"), ("frames", "b.png"), ("frames", "c.png"), ("checked", "a.png"),
    ]  # fmt: skip
    np.testing.assert_allclose(records[0].keypoints[LEFT_WRIST], person()[15, :2], atol=1e-4)
    assert records[3].group == "a.png"


def test_command_refuses_in_one_line(tmp_path, capsys):
    nobody = write_votes(tmp_path / "nobody.npz", ["a.png"], [np.full((4, 33, 3), np.nan)])
    broken = tmp_path / "broken.npz"
    broken.write_text(json.dumps({}))
    shape = tmp_path / "shape.npz"
    np.savez(shape, names=["a.png"], votes=np.zeros((1, 4, 17, 3)))
    good = write_votes(tmp_path / "good.npz", ["a.png"], [votes_of()])
    (tmp_path / "out" / "images").mkdir(parents=True)
    for part, message in (
        (["x", nobody, "."], "is not made"),
        (["x", str(broken), "."], "not a file of votes"),
        (["x", str(shape), "."], "of shape"),
        (["x", nobody], "--of takes"),
        (["x", good, "."], "is not empty"),
    ):
        with pytest.raises(SystemExit) as stopped:
            pushup(["pseudo-labels", str(tmp_path / "out"), "--of", *part])
        assert stopped.value.code == 1
        assert message in capsys.readouterr().err
        assert not (tmp_path / "out" / "train.json").exists()
