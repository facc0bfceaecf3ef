"""docs/extend.md on adding a model, followed to the letter."""

import re
import sys
import textwrap
import types
from pathlib import Path

import numpy as np
import torch
from hydra import compose, initialize_config_dir

from pushup.inference.predictor import KeypointPredictor, load_model
from pushup.models import keypoint_model, weights
from pushup.training import run


def test_the_network_of_the_text_trains_loads_and_runs(tmp_path: Path, repository, monkeypatch):
    text = (repository / "docs" / "extend.md").read_text()
    python, yaml = (
        textwrap.dedent(re.search(rf"( *)```{kind}\n(.*?)\1```", text, re.S)[2])
        for kind in ("python", "yaml")
    )
    module = types.ModuleType("pushup.models.tiny")
    exec(python, module.__dict__)
    module.Tiny.__module__ = module.__name__
    monkeypatch.setitem(sys.modules, "pushup.models.tiny", module)
    monkeypatch.setattr("pushup.models.tiny", module, raising=False)
    monkeypatch.setitem(keypoint_model.NETWORKS, "tiny", module.Tiny)
    (tmp_path / "conf" / "model").mkdir(parents=True)
    (tmp_path / "conf" / "model" / "tiny.yaml").write_text(yaml)
    overrides = [
        *("model=tiny", f"hydra.searchpath=[file://{tmp_path}/conf]", f"output_dir={tmp_path}/run"),
        *("trainer=debug", "data.length=10", "data.batch_size=1", "data.num_workers=0"),
        *("codec.input_size=64", "callbacks.progress.refresh_rate=0", "augment=none", "run=tiny"),
    ]
    with initialize_config_dir(str(repository / "conf"), version_base="1.3"):
        config = compose("train", overrides)
    metrics = run.train(config, tmp_path / "run", overrides)
    assert "val/pcks" in metrics
    checkpoint = tmp_path / "run" / "checkpoints" / "last.ckpt"
    assert weights.load(checkpoint).network.config == {"out_channels": 7, "width": 16}
    weights.export(checkpoint, tmp_path / "tiny.safetensors")
    frame = np.random.default_rng(0).integers(0, 256, (90, 120, 3), dtype=np.uint8)
    pose = KeypointPredictor(load_model(tmp_path / "tiny.safetensors"))(frame)
    assert torch.isfinite(torch.tensor(pose.scores)).all()
