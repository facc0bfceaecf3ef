"""Counters with video networks: their procedures by hand, and odd input."""

import math

import numpy as np
import pytest
import torch

from pushup.approaches.network_states import (
    Cnn3dCounter,
    CnnLstmCounter,
    FlowClassifierCounter,
)
from pushup.approaches.repnet import Reading, RepNetCounter, choose, reading
from pushup.approaches.video_counter import count_frames
from pushup.cli import InputError
from pushup.models import weights
from pushup.models.video_model import VideoModel
from pushup.video.frames import Frame
from support.block_clips import block_frames

SMALL = {
    "repnet": {"encoder": "shufflenet", "embed": 8, "width": 8, "frames": 16},
    "flow_classifier": {"widths": [4, 4]},
    "cnn_lstm": {"widths": [4, 4], "hidden": 8},
    "cnn3d": {"widths": [4, 4], "dilations": [1, 2]},
}
COUNTERS = {
    "repnet": RepNetCounter,
    "flow_classifier": FlowClassifierCounter,
    "cnn_lstm": CnnLstmCounter,
    "cnn3d": Cnn3dCounter,
}


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> dict[str, str]:
    """Weights of untrained networks, by kind."""
    folder = tmp_path_factory.mktemp("weights")
    for kind, options in SMALL.items():
        torch.manual_seed(0)
        model = VideoModel(kind, {"kind": kind, **options}, 64, 7.5)
        weights.save(model, model.spec(), folder / f"{kind}.safetensors")
    return {kind: str(folder / f"{kind}.safetensors") for kind in SMALL}


@pytest.mark.parametrize("kind", COUNTERS)
def test_any_video_gives_a_count(kind, files) -> None:
    counter = COUNTERS[kind](files[kind])
    assert counter.parameters > 0
    frames = list(block_frames(2, 1.0))
    assert count_frames(counter, frames[:1]) == []
    counter.reset()
    whole = len(count_frames(counter, frames))
    counter.reset()
    assert len(count_frames(counter, frames)) == whole
    counter.reset()
    portrait = block_frames(1, 1.0, size_wh=(30, 90))
    assert isinstance(count_frames(counter, portrait), list)
    counter.reset()
    times = np.cumsum(np.random.default_rng(0).uniform(0.01, 0.4, len(frames)))
    uneven = [
        Frame(f.image_bgr, float(t), f.index, 0.0) for f, t in zip(frames, times, strict=True)
    ]
    assert isinstance(count_frames(counter, uneven), list)


def test_missing_and_wrong_weights_are_told(files) -> None:
    with pytest.raises(
        InputError, match=r"train.py model=cnn3d data=video .* counter.weights=FILE"
    ):
        Cnn3dCounter("none.safetensors")
    with pytest.raises(InputError, match="holds no cnn3d network"):
        Cnn3dCounter(files["cnn_lstm"])
    with pytest.raises(InputError, match="model=my_net"):
        RepNetCounter("my_net")


def logits(period: int, frames: int = 64, sure: float = 20.0) -> np.ndarray:
    """That every frame has this period, up to 64."""
    found = np.zeros((frames, 64))
    found[:, period - 1] = sure
    return found


def test_a_reading_by_hand() -> None:
    yes, no = np.full(64, 20.0), np.full(64, -20.0)
    assert reading(logits(8), yes, 1).rate == pytest.approx(np.full(64, 1 / 8))
    assert reading(logits(8), yes, 4).rate == pytest.approx(np.full(64, 1 / 32))
    assert reading(logits(8), yes, 1).score == pytest.approx(1.0, abs=1e-3)
    assert not reading(logits(2), yes, 1).rate.any()  # under three frames
    assert reading(logits(2), yes, 1).score == 0
    assert not reading(logits(8), no, 1).rate.any()
    half = reading(logits(8), np.full(64, math.log(0.8 / 0.2)), 1)
    assert half.rate == pytest.approx(np.full(64, 0.8 / 8))
    assert half.score == pytest.approx(math.sqrt(0.8), abs=1e-3)


def test_the_best_stride_counts_if_it_passes() -> None:
    one, two = (Reading(s, np.zeros(4), score) for s, score in ((1, 0.3), (2, 0.6)))
    assert choose([one, two]) is two
    assert choose([one], clip_threshold=0.3) is None
    assert choose([]) is None


class _EveryEight(torch.nn.Module):
    """A RepNet that is sure of a period of eight frames of stride 2."""

    frames = 64

    def features(self, frames):
        return frames[:, :1, ::16, ::16]

    def periods(self, features):
        steady = (features[0, 1:] - features[0, :-1]).abs().sum() >= 0
        assert steady
        return torch.from_numpy(logits(8))[None], torch.full((1, 64), 20.0)


def test_repetitions_add_up_over_the_sliding_window(files) -> None:
    counter = RepNetCounter(files["repnet"], strides=(2,), hop=8, lag=16)
    counter.model.network = counter._network = _EveryEight()
    counter.model.rate_hz = counter._pace.rate_hz = 15.0
    picture = np.zeros((20, 20, 3), np.uint8)
    frames = [Frame(picture, i / 15, i, 0.0) for i in range(160)]
    reps = count_frames(counter, frames)
    assert len(reps) == 160 / 16  # a repetition is 16 frames long
    early = [rep for rep in reps if rep.top_s < 100 / 15]
    assert np.diff([rep.top_s for rep in early]) == pytest.approx(16 / 15, abs=0.15)


def test_down_and_then_up_is_one(files) -> None:
    counter = FlowClassifierCounter(files["flow_classifier"], least_s=0.15)
    answers = [(0, 0), (1, 0), (1, 0), (0.6, 0), (0, 1), (0, 1), (0, 1), (0, 0), (0, 1), (0, 1)]
    reps = [counter._move(i / 10, *answer) for i, answer in enumerate(answers)]
    [rep] = [rep for rep in reps if rep is not None]
    assert (rep.start_s, rep.bottom_s, rep.top_s) == (0.1, 0.4, 0.6)


def test_it_fires_once_until_the_chance_has_fallen(files, monkeypatch) -> None:
    counter = Cnn3dCounter(files["cnn3d"])
    answers = iter(
        [(0.1, 0.2), (0.2, 0.9), (0.7, 0.4), (0.9, 0.1), (0.4, 0.1), (0.8, 0.1), (0.1, 0)]
    )
    monkeypatch.setattr(counter, "_chances", lambda: next(answers))
    picture = np.zeros((20, 20, 3), np.uint8)
    reps = [counter.update(Frame(picture, i / 5, i, 0.0)) for i in range(7)]
    [rep] = [rep for rep in reps if rep is not None]
    assert (rep.bottom_s, rep.top_s) == (0.2, 0.4)
    assert rep.confidence == pytest.approx(0.7)
