"""Pictures that lie on their side without saying so."""

import cv2
import numpy as np
import pytest

from pushup.app.rotation import open_turned
from pushup.cli import InputError
from pushup.inference.predictor import Pose
from pushup.inference.turning import find_turn
from pushup.video.frames import TURNS, Frame
from pushup.video.source import open_source
from support.dot_clips import DotPredictor, dot_clip
from support.encoded import encode


class Upright(DotPredictor):
    """Is sure of itself where the brightest place is in the upper half of the picture."""

    def track(self, frame_bgr, time_s):
        rows = frame_bgr.mean((1, 2))
        upper = rows.argmax() < len(rows) / 2 and rows.max() > 1.2 * rows.min()
        return Pose(np.zeros((7, 2)), np.full(7, 0.8 if upper else 0.5))


def clip(path, degrees):
    """A bright bar at the top, stored so that it is upright when turned clockwise by `degrees`."""
    image = np.full((64, 96, 3), 60, np.uint8)
    image[:12] = 240
    code = TURNS[-degrees % 360]
    image = image if code is None else cv2.rotate(image, code)
    size_wh = image.shape[1::-1]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, size_wh)
    for _ in range(30):
        writer.write(image)
    writer.release()
    return str(path)


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_the_turn_is_found_and_told(tmp_path, degrees, capsys):
    path = clip(tmp_path / "a.avi", degrees)
    with open_turned(path, "auto", Upright) as source:
        frames = list(source)
    assert (source.turn, source.size_wh, len(frames)) == (degrees, (96, 64), 30)
    assert frames[0].image_bgr[:10].mean() > 200
    assert frames[0].time_s == 0
    told = capsys.readouterr().err
    assert (f"rotate={degrees} " in told) == (degrees != 0)


@pytest.mark.parametrize(("confidence", "turn"), [(0.52, 0), (0.57, 180)])
def test_the_turn_has_to_be_a_tenth_more_certain(confidence, turn):
    class Sees(DotPredictor):
        def track(self, frame_bgr, time_s):
            upright = frame_bgr[0].mean() > frame_bgr[-1].mean()
            return Pose(np.zeros((7, 2)), np.full(7, confidence if upright else 0.5))

    image = np.zeros((8, 8, 3), np.uint8)
    image[-1] = 200
    assert find_turn([Frame(image, 0.1 * k, k, 0.0) for k in range(9)], Sees()) == turn


def test_what_is_not_clearly_turned_is_left_alone(tmp_path):
    path = str(dot_clip(tmp_path / "a.avi"))
    with open_turned(path, "auto", DotPredictor) as source:
        assert source.turn == 0
    with open_turned(path, 90, pytest.fail) as source:
        assert source.size_wh == (128, 96)
    with pytest.raises(InputError, match="rotate=12"):
        open_turned(path, 12, DotPredictor)


def test_where_nobody_is_seen_nothing_is_turned(tmp_path):
    class Doubtful(Upright):
        def track(self, frame_bgr, time_s):
            pose = super().track(frame_bgr, time_s)
            return Pose(pose.keypoints_frame, 0.05 * pose.scores)

    with open_turned(clip(tmp_path / "a.avi", 90), "auto", Doubtful) as source:
        assert source.turn == 0


def test_a_pipe_is_not_read_twice(tmp_path):
    opened = []

    def open_(name, turn):
        opened.append(turn)
        source = open_source(encode(tmp_path / "a.mkv"), turn)
        source.can_reopen = False
        return source

    with open_turned("pipe", "auto", pytest.fail, open_) as source:
        assert len(list(source)) == 20
    assert opened == [0]
