"""The five names, as README's lines use them."""

import numpy as np
import pytest

import pushup
from pushup.cli import InputError
from pushup.counting.types import Rep
from pushup.video.source import open_source
from support.dot_clips import dot_clip


def test_the_names_are_there():
    assert pushup.Skeleton.__name__ == "Skeleton"
    with pytest.raises(AttributeError, match="no attribute 'nosuch'"):
        pushup.nosuch  # noqa: B018


def test_a_video_is_counted_in_one_line(tmp_path):
    result = pushup.count(dot_clip(tmp_path / "dot.avi", cycles=1))
    assert result.count == 0
    assert result.to_records() == []


def test_a_stream_says_where_it_stands(tmp_path):
    model = pushup.load("mobilenet")
    with open_source(str(dot_clip(tmp_path / "dot.avi", cycles=1))) as frames:
        updates = list(pushup.stream(frames, model, counter="published"))
    assert len(updates) == 21
    assert updates[-1].count == sum(update.rep is not None for update in updates)
    assert updates[0].pose.keypoints_frame.shape == (7, 2)


def test_records_are_plain_rows():
    from pushup.api import Result

    [row] = Result((Rep(1.0, 2.0, 3.0, 0.5, 0.9, {"reach": 0.4}),)).to_records()
    assert row == {
        "rep": 1,
        "reach": 0.4,
        "start_s": 1.0,
        "bottom_s": 2.0,
        "top_s": 3.0,
        "depth": 0.5,
        "confidence": 0.9,
    }


def test_pcks_of_arrays():
    true = np.zeros((1, 7, 2))
    true[0, 2], true[0, 4] = (0, 0), (8, 0)  # a shoulder distance of 8: a quarter is 2
    off = true + np.array([1.9, 0])
    assert pushup.pcks(off, true) == 1
    assert pushup.pcks(true + np.array([2.0, 0]), true) == 0  # strictly below
    unknown = true.copy()
    unknown[0, 0] = np.nan
    assert pushup.pcks(true, unknown) == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"video": "nosuch.mp4"}, "nosuch.mp4"),
        ({"model": "nosuch"}, "no weights are shipped for model 'nosuch'"),
        ({"counter": "nosuch"}, "no counter 'nosuch'"),
        ({"counter": "offline"}, "needs the whole clip at once"),
    ],
)
def test_bad_input_is_one_line(tmp_path, arguments, words):
    clip = dot_clip(tmp_path / "dot.avi", cycles=1)
    with pytest.raises(InputError, match=words):
        pushup.count(**{"video": clip} | arguments)
