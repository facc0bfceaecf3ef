import hydra
import numpy as np
import pytest
import torch

from pushup.__main__ import main as pushup
from pushup.counting.learned import LearnedCounter
from pushup.counting.types import Observation
from pushup.data.trace_labels import read_traces
from pushup.data.traces import TraceDataset, collate
from pushup.models.counter_network import CounterNetwork
from pushup.paths import CONF
from pushup.specs import SPEC_KEY
from pushup.training import run
from pushup.training.counter import count, featurize


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("traces") / "set"
    pushup(["synthetic", "traces", str(out), "--push-ups", "3", "--others", "1"])
    return out


def test_counts_by_the_hysteresis_of_counting():
    down = np.array([0, 0.5, 0.7, 0.5, 0.7, 0.3, 0.7, 0.45])
    assert count(down, 0.6, 0.4) == 2  # the last one at its end, more up than down
    assert count(down[:-1], 0.6, 0.4) == 1


def test_a_batch_has_the_features_of_counting(folder):
    data = TraceDataset(read_traces(folder, "fit"), 1 / 15)
    model = CounterNetwork(hidden=4)
    together, _ = featurize(collate([data[0], data[1]]), model)
    alone, _ = featurize(collate([data[1]]), model)
    steps = alone.shape[1]
    np.testing.assert_allclose(together[1, :steps], alone[0], atol=1e-5)


def test_it_trains_and_its_checkpoint_counts(folder, tmp_path):
    one = f"{{root:{folder},split:fit}}"
    with hydra.initialize_config_dir(str(CONF), version_base="1.3"):
        config = hydra.compose(
            "train",
            [
                *("model=counter", "model.hidden=8", "data=traces", "data.steps=40"),
                *(f"data.train_sets=[{one}]", f"data.val_sets=[{one},{one}]", "augment=none"),
                *(
                    "callbacks=every_epoch",
                    "trainer=debug",
                    "trainer.max_epochs=1",
                    "trainer.precision=32-true",
                ),
                f"output_dir={tmp_path}",
            ],
        )
    metrics = run.train(config, tmp_path)
    assert 0 <= metrics["val/exact"] <= 1
    assert metrics["val/loss"] > 0  # of both sets
    assert (tmp_path / "checkpoints" / "epoch=0.ckpt").is_file()
    last = tmp_path / "checkpoints" / "last.ckpt"
    assert torch.load(last, weights_only=True)[SPEC_KEY]["task"] == "counter"
    pushup(["weights", "export", str(last), str(tmp_path / "c.safetensors")])
    counter = LearnedCounter(tmp_path / "c.safetensors")
    for k in range(30):
        counter.update(Observation(np.full((7, 2), np.nan), np.zeros(7), k / 15))
    assert np.isfinite(counter.state.value)
