"""The counting benchmark and infer.py with counters that look at pictures."""

import json
import subprocess
import sys

import numpy as np
import pytest
import torch

from pushup.approaches import learned
from pushup.cli import InputError
from pushup.counting.types import Rep
from pushup.data import clips
from pushup.engines.process import ProcessEngine
from pushup.evaluation.counting import pictures
from pushup.evaluation.counting.evaluate import evaluate_counting
from pushup.evaluation.counting.runs import Run
from pushup.models import weights
from pushup.models.video_model import VideoModel
from support.block_clips import write_block_clips
from support.dot_clips import rows_of

COUNTERS = ("moving_pixels", "flow_position")


def measure(root, out, counters=COUNTERS, **options):
    settings = {"gate": {}, "tracker": {}, "engine": ProcessEngine(1), "plots": False}
    return evaluate_counting(root, "val", out, counters, **settings | options)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return write_block_clips(tmp_path_factory.mktemp("clips"))


def test_each_clip_is_decoded_once_and_runs_are_kept(root, tmp_path, monkeypatch) -> None:
    opened = []

    def open_and_note(video, turn):
        opened.append(video.name)
        return original(video, turn)

    original = clips.open_source
    monkeypatch.setattr(clips, "open_source", open_and_note)
    first = measure(root, tmp_path)
    assert sorted(opened) == ["block0.avi", "block1.avi", "block2.avi"]
    assert list(first["counters"]) == [*COUNTERS, "best_constant"]
    for name in COUNTERS:
        assert first["counters"][name]["exact"] == 1.0
        assert first["counters"][name]["f1_time"] > 0.9
        assert first["counters"][name]["ms_per_frame"] > 0
    again = measure(root, tmp_path)
    assert len(opened) == 3
    assert json.dumps(again) == json.dumps(first)


def test_other_settings_or_another_video_are_counted_again(root, tmp_path, monkeypatch) -> None:
    settings = pictures._settings_digest("moving_pixels", {})
    original = pictures.counter_config
    monkeypatch.setattr(
        pictures, "counter_config", lambda name, gate: original(name, gate) | {"size": 99}
    )
    assert pictures._settings_digest("moving_pixels", {}) != settings


def test_a_damaged_run_is_counted_again(tmp_path) -> None:
    path, reps = tmp_path / "a.npz", [Rep(0.0, 0.5, 1.0, 0.4, 0.9)] * 3
    pictures._save(path, "key", Run(reps, 0.1, 3.0, np.zeros((9, 4)), 9))
    whole = path.read_bytes()
    kept = pictures._load(path, "key")
    assert kept is not None
    assert kept.reps == reps
    assert pictures._load(path, "other") is None
    path.unlink()
    assert pictures._load(path, "key") is None
    for damaged in (b"", whole[:-30], whole[:60] + bytes(40) + whole[100:]):
        path.write_bytes(damaged)
        assert pictures._load(path, "key") is None


def test_pictures_are_not_in_traces(root, tmp_path) -> None:
    with pytest.raises(InputError, match="moving_pixels looks at pictures: leave out traces="):
        measure(root, tmp_path, traces=True)


def test_infer_counts_without_a_network(root, tmp_path, repository) -> None:
    arguments = [f"source={root / 'videos' / 'block1.avi'}", f"output_dir={tmp_path}", "log=null"]
    done = subprocess.run(
        [sys.executable, "infer.py", *arguments, "counter=flow_position"],
        cwd=repository,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "3 repetitions" in done.stdout
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert (summary["count"], summary["model"]) == (3, "FlowPositionCounter")
    assert len(rows_of(tmp_path / "reps.csv")) == 3
    assert (tmp_path / "annotated.mp4").stat().st_size > 1000


def test_new_weights_under_a_name_are_counted_anew(tmp_path, monkeypatch) -> None:
    def write(seed: int) -> None:
        torch.manual_seed(seed)
        network = {"kind": "cnn3d", "widths": [4, 4], "dilations": [1, 2]}
        model = VideoModel("cnn3d", network, 64, 7.5)
        weights.save(model, model.spec(), tmp_path / "cnn3d.safetensors")

    monkeypatch.setattr(learned, "VIDEO_WEIGHTS", tmp_path)
    write(0)
    first = pictures._settings_digest("cnn3d", {})
    assert pictures._settings_digest("cnn3d", {}) == first
    write(1)
    assert pictures._settings_digest("cnn3d", {}) != first
