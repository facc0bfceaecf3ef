import itertools
import json
import math

import numpy as np
import pytest
import torch

from pushup.cli import InputError
from pushup.counting.learned import GruNetwork, LearnedCounter
from pushup.counting.pose_features import PoseFeatures, height
from pushup.counting.types import Observation
from pushup.models import weights
from pushup.models.counter_network import CounterNetwork
from pushup.skeleton import BODY16, UPPER7

STRAIGHT = np.array([[40, 100], [40, 70], [40, 40], [60, 20], [80, 40], [80, 70], [80, 100]], float)
"""A person from the front whose arms are 60 pixels long and straight."""


@pytest.fixture
def file(tmp_path):
    torch.manual_seed(0)
    model = CounterNetwork(hidden=8)
    weights.save(model, model.spec(), tmp_path / "counter.safetensors")
    return tmp_path / "counter.safetensors"


def features(keypoints, scores=0.9, pushing_up=math.nan, elapsed_s=1 / 15, maker=None):
    maker = maker or PoseFeatures()
    scores = np.full((1, 7), scores)
    [found] = maker.step(keypoints[None], scores, np.array([pushing_up]), np.array([elapsed_s]))
    return found


class Told:
    """A network that says what it has been told to: probabilities of "down"."""

    def __init__(self, down):
        self.down = list(down)

    def reset(self):
        self.next = 0

    def step(self, features):
        p = min(max(self.down[self.next], 1e-6), 1 - 1e-6)
        self.next += 1
        return np.array([math.log(p / (1 - p)), 3.0])


def counted(file, down, fps=15.0, **settings):
    counter = LearnedCounter(file, **settings)
    counter._network = Told(down)
    counter.reset()
    reps = []
    for k in range(len(down)):
        rep = counter.update(Observation(STRAIGHT, np.full(7, 0.9), k / fps))
        reps += [rep] if rep else []
    return reps, counter


def test_features_do_not_know_the_place_nor_the_size_of_a_person():
    here = features(STRAIGHT)
    there = features(3 * STRAIGHT + [500, 200])
    np.testing.assert_allclose(here, there, atol=1e-6)
    assert here.shape == (PoseFeatures.size(),)
    assert height(here) == pytest.approx(1.0)  # shoulders one arm length above the hands


def test_what_is_unknown_stays_where_it_was():
    maker = PoseFeatures()
    seen = features(STRAIGHT, maker=maker)
    lost = STRAIGHT.copy()
    lost[3] = np.nan
    after = features(lost, maker=maker)
    np.testing.assert_allclose(after[6:8], seen[6:8])
    assert after[28 + 3] == 0  # its score
    assert np.isfinite(features(np.full((7, 2), np.nan))).all()


def test_pace_is_in_arm_lengths_a_second():
    maker = PoseFeatures()
    features(STRAIGHT, maker=maker)
    moved = STRAIGHT.copy()
    moved[3] += [0, 6]  # a tenth of an arm in a tenth of a second
    found = features(moved, elapsed_s=0.1, maker=maker)
    assert found[14 + 7] == pytest.approx(1 / 4, rel=1e-5)


def test_the_network_is_that_of_torch():
    torch.manual_seed(0)
    model = CounterNetwork(hidden=16).eval()
    given = torch.randn(1, 20, PoseFeatures.size())
    network = GruNetwork({name: value.numpy() for name, value in model.state_dict().items()})
    found = [network.step(row) for row in given[0].numpy()]
    with torch.no_grad():
        np.testing.assert_allclose(found, model(given)[0].numpy(), atol=1e-5)
    network.reset()
    np.testing.assert_allclose(network.step(given[0, 0].numpy()), found[0])


def test_a_repetition_is_counted_where_the_body_comes_up(file):
    down = [0.0] * 5 + [0.5] * 3 + [0.9] * 6 + [0.5] * 2 + [0.1] * 5
    [rep], _ = counted(file, down)
    assert rep.top_s == pytest.approx(16 / 15)  # below 0.4, not at 0.5 already
    assert rep.start_s == pytest.approx(4 / 15)
    assert 8 / 15 < rep.bottom_s < 14 / 15
    assert rep.confidence == pytest.approx(0.9)


def test_a_repetition_begins_after_the_one_before(file):
    fast = [0.0] * 3 + ([0.9] * 4 + [0.3] * 3) * 3  # never sure to be up between them
    reps, _ = counted(file, fast)
    assert len(reps) == 3
    for before, after in itertools.pairwise(reps):
        assert before.start_s < before.bottom_s < before.top_s <= after.start_s


def test_neither_a_flicker_nor_a_doubt_counts(file):
    assert counted(file, [0.0, 0.0, 0.9, 0.0, 0.0])[0] == []  # 0.07 s
    assert counted(file, [0.0] * 3 + [0.55] * 9 + [0.0] * 3)[0] == []
    assert len(counted(file, [0.0] * 3 + [0.55] * 9 + [0.0] * 3, enter=0.5)[0]) == 1


def test_who_is_not_doing_push_ups_is_not_counted(file):
    down = [0.0] * 3 + [0.9] * 9 + [0.0] * 3  # active is 0.95 all along
    assert len(counted(file, down, active=0.9)[0]) == 1
    assert counted(file, down, active=0.99)[0] == []


def test_the_end_counts_what_is_nearly_up(file):
    up, low = ([0.0] * 3 + [0.9] * 6 + [last] for last in (0.45, 0.8))
    assert counted(file, up)[1].finish() is not None
    assert counted(file, low)[1].finish() is None


def test_frames_between_its_steps_are_passed_over(file):
    counter = LearnedCounter(file)
    counter._network = Told([0.5] * 100)
    counter.reset()
    for k in range(60):  # two seconds
        counter.update(Observation(STRAIGHT, np.full(7, 0.9), k / 30))
    assert counter._network.next == 30


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"weights": "nosuch"}, "no weights are shipped for model 'nosuch'"),
        ({"weights": "classifier"}, "holds a recognition model: give one of model=counter"),
        ({"enter": 0.3, "leave": 0.5}, "need 0 < leave <= enter < 1"),
        ({"skeleton": BODY16}, "reads skeleton upper7, not body16"),
    ],
)
def test_bad_settings_are_one_line(file, settings, words):
    with pytest.raises(InputError, match=words) as caught:
        LearnedCounter(**{"weights": file} | settings)
    assert "\n" not in str(caught.value)


def test_damaged_weights_are_one_line(tmp_path, file):
    damaged = tmp_path / "damaged.safetensors"
    damaged.write_bytes(file.read_bytes()[:-40])
    with pytest.raises(InputError, match="not a readable file of counter weights"):
        LearnedCounter(damaged)
    model = CounterNetwork(hidden=8)
    weights.save(torch.nn.Linear(2, 2), json.loads(json.dumps(model.spec())), damaged)
    with pytest.raises(InputError, match="not a readable file of counter weights"):
        LearnedCounter(damaged)


def test_training_reads_what_counting_does(file):
    assert weights.load(file, None).skeleton == UPPER7
