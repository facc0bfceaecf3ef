"""What trackers are told, read back with their own readers."""

import json
import os
import struct
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from pushup.cli import one_line
from pushup.training.tracking import data_digest

TWO = ("data.length=8", "trainer.max_epochs=2")


def records(folder: Path) -> list:
    """Everything in the files of offline runs of W&B."""
    from wandb.proto.wandb_internal_pb2 import Record

    paths = sorted(folder.glob("wandb/offline-run-*/*.wandb"))
    return [Record.FromString(data) for path in paths for data in entries(path.read_bytes())]


def entries(log: bytes, block: int = 2**15) -> Iterator[bytes]:
    """Of a log as LevelDB writes it, after the seven bytes of W&B."""
    at, entry = 7, b""
    while at + 7 < len(log):
        left = block - at % block
        _, length, kind = struct.unpack_from("<IHB", log, at)
        if left < 7 or not kind:
            at += left
            continue
        entry, at = entry + log[at + 7 : at + 7 + length], at + 7 + length
        if kind in (1, 4):  # whole, or its last part
            yield entry
            entry = b""


def test_wandb_keeps_settings_pictures_and_the_best_and_goes_on(trained):
    _, folder = trained("logger=[csv,wandb]", "data.length=8", name="mine")
    trained("logger=[csv,wandb]", *TWO, "resume=true", name="mine")
    assert (folder / "metrics.csv").is_file()
    found = records(folder)
    runs = [r.run for r in found if r.HasField("run")]
    assert {run.run_id for run in runs} == {"mine"}
    told = {item.key: item.value_json for run in runs for item in run.config.update}
    told |= {i.key: i.value_json for r in found if r.HasField("config") for i in r.config.update}
    assert json.loads(told["data"])["length"] == 8
    assert len(json.loads(told["data_digest"])) == 64
    assert json.loads(told["commit"])
    artifacts = [r.artifact for r in found if r.HasField("artifact")]
    artifacts += [
        r.request.log_artifact.artifact
        for r in found
        if r.HasField("request") and r.request.HasField("log_artifact")
    ]
    models = [a for a in artifacts if a.type == "model"]
    assert models  # of the second part none where it has not been better
    assert all("best" in model.aliases for model in models)
    assert any(alias.startswith("epoch-") for alias in models[-1].aliases)
    assert "best val/pcks" in models[-1].metadata
    history = [item for r in found if r.HasField("history") for item in r.history.item]
    keys = {item.key or item.nested_key[0] for item in history}
    assert {"val/pcks", "val/previews"} <= keys, keys


@pytest.mark.skipif(find_spec("tensorboard") is None, reason="tensorboard is not installed")
def test_tensorboard_beside_the_table(trained):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    _, folder = trained("logger=[csv,tensorboard]", *TWO)
    events = EventAccumulator(str(folder / "tensorboard"), {"images": 0}).Reload()
    assert len(events.Scalars("val/pcks")) == 2
    assert len(events.Images("val/previews")) == 2
    assert (folder / "metrics.csv").is_file()


@pytest.mark.skipif(find_spec("mlflow") is None, reason="mlflow is not installed")
def test_mlflow_goes_on_with_the_same_run(trained, tmp_path, monkeypatch):
    import mlflow

    address = f"sqlite:///{tmp_path}/mlflow.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    monkeypatch.chdir(tmp_path)
    trained("logger=mlflow", "data.length=8", name="mine")
    trained("logger=mlflow", *TWO, "resume=true", name="mine")
    client = mlflow.MlflowClient(address)
    (run,) = client.search_runs([client.get_experiment_by_name("pushup").experiment_id])
    assert run.info.run_name == "mine"
    assert len(client.get_metric_history(run.info.run_id, "val/pcks")) == 2
    assert len(run.data.params["data_digest"]) == 64
    assert [f.path for f in client.list_artifacts(run.info.run_id, "checkpoints")] == [
        "checkpoints/best.ckpt"
    ]
    assert len(client.list_artifacts(run.info.run_id, "previews")) == 2


def test_a_tracker_that_is_not_installed_is_named(trained, monkeypatch):
    monkeypatch.setitem(sys.modules, "mlflow", None)
    with pytest.raises(Exception, match="in call to target") as caught:
        trained("logger=mlflow", "data.length=8")
    line = "this needs mlflow, which is not installed: pip install 'pushup[mlflow]'"
    assert one_line(caught.value) == line


def test_the_data_digest_is_that_of_the_data(configured, tmp_path):
    def digest(root: Path, *overrides: str) -> str:
        config, _ = configured("data=coco", f"data.root={root}", *overrides)
        return data_digest(config)

    for name in ("a", "b"):
        (tmp_path / name / "images").mkdir(parents=True)
        (tmp_path / name / "train.json").write_text("[1]")
        (tmp_path / name / "images" / "x.jpg").write_bytes(b"12")
    first = digest(tmp_path / "a")
    assert digest(tmp_path / "b", "data.num_workers=3") == first
    (tmp_path / "b" / "train.json").write_text("[2]")
    assert digest(tmp_path / "b") != first
    os.truncate(tmp_path / "a" / "images" / "x.jpg", 1)
    assert digest(tmp_path / "a") != first
    synthetic = [data_digest(configured(f"data.length={n}")[0]) for n in (8, 9, 8)]
    assert synthetic[0] == synthetic[2] != synthetic[1]
