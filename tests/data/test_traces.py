import numpy as np
import pytest
import torch

from pushup.__main__ import main as pushup
from pushup.cli import InputError
from pushup.counting.trace import Trace
from pushup.data.trace_augment import TraceAugment
from pushup.data.trace_labels import _labelled, labels, read_traces, without_first_ascent
from pushup.data.traces import TraceDataModule, TraceDataset, collate


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("traces") / "set"
    pushup(["synthetic", "traces", str(out), "--push-ups", "2", "--others", "1"])
    return out


def test_traces_of_one_kind_alone(tmp_path, capsys):
    pushup(["synthetic", "traces", str(tmp_path / "set"), "--push-ups", "0", "--others", "1"])
    assert [file.name for file in (tmp_path / "set" / "traces").iterdir()] == ["fit_n00000.npz"]
    with pytest.raises(SystemExit):
        pushup(["synthetic", "traces", str(tmp_path / "no"), "--push-ups", "0", "--others", "0"])
    assert "--push-ups or --others" in capsys.readouterr().err


def trace(seconds: float = 4.0, fps: float = 30.0):
    time_s = np.arange(0, seconds, 1 / fps)
    rng = np.random.default_rng(0)
    points = rng.uniform(0, 100, (len(time_s), 7, 2))
    return _labelled(
        "clip",
        1,
        "scene",
        Trace(time_s, points, np.full((len(time_s), 7), 0.9), (100, 100)),
        [(1.0, 2.0, 3.0)],
    )


def test_a_repetition_is_down_between_half_way_and_where_it_counts():
    time_s = np.arange(0, 4, 0.1)
    down, active = labels(time_s, [(1.0, 2.0, 3.0)]).T
    np.testing.assert_allclose(time_s[down == 1][[0, -1]], [1.5, 2.5], atol=0.11)
    np.testing.assert_allclose(time_s[active == 1][[0, -1]], [0.8, 3.2], atol=0.11)


def test_bottoms_alone_label_what_they_tell():
    time_s = np.arange(0, 8, 0.1)
    down = labels(time_s, [(2.0,), (4.0,)])[:, 0]
    assert down[20] == down[40] == 1
    assert down[30] == down[0] == 0
    assert np.isnan(down[[15, 25, 35, 45]]).all()


def test_rendered_traces_are_read_with_their_truth(folder):
    found = read_traces(folder, "fit")
    assert len(found) == 3
    assert [t.count > 0 for t in found] == [True, True, False]
    for one in found:
        rises = (np.diff(one.labels[:, 0], prepend=0) == 1).sum()
        assert rises == one.count
    with pytest.raises(InputError, match="no clip of split 'nosuch'"):
        read_traces(folder, "nosuch")


def test_steps_are_those_of_counting():
    item = TraceDataset([trace()], step_s=1 / 15)[0]
    np.testing.assert_allclose(item["elapsed_s"], 1 / 15)
    assert len(item["elapsed_s"]) == 60


def test_augmentation_keeps_labels_and_moves_points_together():
    one = trace()
    other = TraceAugment(turn=1.0, noise=0.0, blind=0.0, invent=0.0)(one, np.random.default_rng(1))
    np.testing.assert_array_equal(one.labels, other.labels)
    between = [np.linalg.norm(t.keypoints[:, 0] - t.keypoints[:, 6], axis=1) for t in (one, other)]
    np.testing.assert_allclose(between[0], between[1])
    assert other.time_s[-1] != one.time_s[-1]


def test_padding_teaches_nothing():
    long, short = (TraceDataset([trace(s)], 1 / 15)[0] for s in (4.0, 2.0))
    batch = collate([long, short])
    assert batch["labels"].shape == (2, 60, 2)
    assert np.isnan(batch["labels"][1, 30:]).all()


def test_stretches_are_of_the_asked_length_and_joined_as_by_a_cut():
    torch.manual_seed(0)
    data = TraceDataset([trace(), trace()], 1 / 15, steps=50, augment=TraceAugment(), cut=1.0)
    assert {len(data[0]["elapsed_s"]) for _ in range(5)} == {50}


def test_no_sets_is_an_input_error():
    with pytest.raises(InputError, match=r"give data\.train_sets"):
        TraceDataModule([], [], 1 / 15)
    with pytest.raises(InputError, match="add model=counter"):
        TraceDataModule([], [], None)


def test_a_stretch_that_begins_at_a_bottom_does_not_count_its_ascent():
    active = np.ones(6)
    for begins, expected in (
        ([1, 1, 0, 1, 0, 0], [0, 0, 0, 1, 0, 0]),
        ([0, 1, 0, 1, 0, 0], [0, 1, 0, 1, 0, 0]),
        ([np.nan, 1, np.nan, 0, 1, 0], [np.nan, np.nan, np.nan, 0, 1, 0]),
    ):
        found = without_first_ascent(np.stack([np.array(begins, float), active], -1))
        np.testing.assert_array_equal(found[:, 0], expected)
