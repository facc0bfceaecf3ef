"""infer.py as a user runs it: real processes, real counters, a network of random weights."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import cv2
import hydra
import numpy as np
import pytest
import torch

from pushup.app import records
from pushup.app.arguments import quote_paths
from pushup.cli import InputError, command
from pushup.codecs import GaussianHeatmap
from pushup.commands.infer import infer as infer_command
from pushup.inference.predictor import Pose
from pushup.models import weights
from pushup.models.blazepose import BlazePose
from pushup.models.keypoint_model import KeypointModel
from pushup.skeleton import UPPER7
from support.dot_clips import dot_clip, rows_of

ROOT = Path(__file__).parents[2]
RECORDS = ["annotated.mp4", "config.yaml", "reps.csv", "summary.json"]


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory) -> Path:
    torch.manual_seed(0)
    model = KeypointModel("blazepose", BlazePose, GaussianHeatmap(64), UPPER7)
    path = tmp_path_factory.mktemp("my weights") / "model, v=1 (best).safetensors"
    weights.save(model, model.spec(), path)
    return path


def infer(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    inherited = {k: v for k, v in os.environ.items() if k not in hidden}
    return subprocess.run(
        [sys.executable, str(ROOT / "infer.py"), *arguments],
        cwd=folder,
        env={**inherited, "OMP_NUM_THREADS": "1", **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_paths_need_no_quotes_for_hydra(checkpoint, tmp_path):
    clip = dot_clip(tmp_path / "my clip, day=2 [front] (1).avi")
    out = "results {a}, b=c"
    done = infer(tmp_path, f"source={clip.name}", f"ckpt_path={checkpoint}", f"output_dir={out}")
    assert done.returncode == 0
    assert "a person is seen in 0% of the frames" in done.stderr  # by random weights
    assert done.stderr.count("\n") == 1
    assert clip.name in done.stdout
    assert sorted(p.name for p in (tmp_path / out).iterdir()) == RECORDS
    summary = json.loads((tmp_path / out / "summary.json").read_text())
    assert summary["frames"] == 61
    assert summary["fps"] == pytest.approx(20)
    assert summary["model"] == "blazepose"
    assert summary["truncated"] is False
    assert summary["count"] == len(rows_of(tmp_path / out / "reps.csv"))


def test_a_truncated_video_in_a_window_without_a_display(checkpoint, tmp_path):
    whole = dot_clip(tmp_path / "a.avi", cycles=6)
    cut = tmp_path / "cut.avi"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    arguments = ("ckpt_path=" + str(checkpoint), "output_dir=out", "window=true", "log=log.csv")
    done = infer(tmp_path, "source=cut.avi", *arguments, "counter=default", "gate=pose")
    assert done.returncode == 0
    no_window, truncated, _ = done.stderr.splitlines()
    assert "carrying on without a window" in no_window
    assert "cut.avi: ends early" in truncated
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert summary["truncated"] is True
    assert 40 < summary["frames"] < 80


def test_odd_names_and_a_terminal_that_shows_ascii_only(checkpoint, tmp_path):
    odd = os.fsdecode(b"10:30 ${x} \xe9 \xd1\x81.avi")
    dot_clip(tmp_path / "a.avi", cycles=1).rename(tmp_path / odd)
    given = (f"ckpt_path={checkpoint}", "output_dir=~/out", "keypoints=true", "annotate=false")
    done = infer(tmp_path, odd, *given, PYTHONIOENCODING="ascii", HOME=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("10:30 ${x} \\xe9 \\u0441.avi: ")
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert summary["source"] == "10:30 ${x} \\xe9 \u0441.avi"
    assert summary["schema"] == 3
    assert summary["runtime"] in ("openvino", "onnxruntime")
    assert summary["counter"].endswith("Counter")
    assert summary["weights_sha256"] == hashlib.sha256(checkpoint.read_bytes()).hexdigest()
    rows = rows_of(tmp_path / "out" / "keypoints.csv")
    assert [row["frame"] for row in rows] == [str(k) for k in range(21)]
    assert abs(float(rows[0]["left_wrist_x"])) < 1000


def test_keypoints_as_parquet(tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    writer = records.KeypointsParquet(tmp_path / "keypoints.parquet", UPPER7)
    known = np.full((7, 2), 3.5)
    known[2] = np.nan
    writer.frame(0, 0.0, Pose(known, np.full(7, 0.25)))
    writer.end(keep=True)
    assert os.listdir(tmp_path) == ["keypoints.parquet"]
    [row] = parquet.read_table(tmp_path / "keypoints.parquet").to_pylist()
    names = [f"{joint}_x" for joint in UPPER7.joints]
    assert [row[name] for name in names] == [3.5, 3.5, None, 3.5, 3.5, 3.5, 3.5]


def test_parquet_without_pyarrow_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"pip install 'pushup\[parquet\]'"):
        records.KeypointsParquet(tmp_path / "keypoints.parquet", UPPER7)
    assert os.listdir(tmp_path) == []


@pytest.fixture
def here(monkeypatch):
    """Runs infer.py in this process: (folder, arguments) to exit code."""

    def run(folder: Path, arguments: dict[str, object]) -> int:
        monkeypatch.chdir(folder)
        overrides = quote_paths([f"{name}={value}" for name, value in arguments.items()])
        with hydra.initialize_config_dir(str(ROOT / "conf"), version_base="1.3"):
            config = hydra.compose("infer", [*overrides, "log=null"])
        try:
            command(infer_command)(config)
        except SystemExit as stopped:
            return stopped.code
        return 0

    return run


def test_a_folder_with_a_bad_file(checkpoint, tmp_path, here, capsys):
    clips = tmp_path / "my clips"
    (clips / "deep").mkdir(parents=True)
    dot_clip(clips / "deep" / "a.avi", cycles=1)
    (clips / "bad.mp4").write_bytes(b"no video")
    given = {"source": "my clips", "ckpt_path": checkpoint, "output_dir": "out"}
    assert here(tmp_path, given) == 1
    assert "error: my clips/bad.mp4: " in capsys.readouterr().err
    rows = {row["video"]: row for row in rows_of(tmp_path / "out" / "summary.csv")}
    assert rows["deep/a.avi"]["frames"] == "21"
    assert "bad.mp4" in rows["bad.mp4"]["error"]
    assert sorted(p.name for p in (tmp_path / "out" / "deep" / "a").iterdir()) == RECORDS


def test_a_folder_of_pictures(checkpoint, tmp_path, here, capsys):
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    name = os.fsdecode(b"\xe9.jpg")
    encoded = cv2.imencode(".jpg", np.full((48, 64, 3), 90, np.uint8))[1].tobytes()
    for path in (pictures / "a.png", pictures / name):
        path.write_bytes(encoded)
    (pictures / "bad.jpg").write_bytes(b"no picture")
    assert here(tmp_path, {"source": "pictures", "ckpt_path": checkpoint, "output_dir": "out"}) == 0
    told = capsys.readouterr()
    assert "2 of 3 pictures" in told.out
    assert "bad.jpg: is no picture" in told.err
    rows = rows_of(tmp_path / "out" / "keypoints.csv")
    assert [row["picture"] for row in rows] == ["pictures/a.png", "pictures/\\xe9.jpg"]
    assert cv2.imread(str(tmp_path / "out" / "a.png.png")).shape == (48, 64, 3)
    given = {"source": "pictures/bad.jpg", "ckpt_path": checkpoint, "output_dir": "two"}
    assert here(tmp_path, given) == 1
    assert not (tmp_path / "two").exists()


@pytest.fixture(scope="module")
def bad(tmp_path_factory, checkpoint) -> Path:
    folder = tmp_path_factory.mktemp("bad")
    (folder / "text.mp4").write_text("no video")
    (folder / "empty").mkdir()
    (folder / "file").touch()
    torch.save({"code": dot_clip}, folder / "code.ckpt")
    dot_clip(folder / "clip.avi", cycles=1)
    return folder


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"source": "nosuch.mp4"}, "nosuch.mp4: no such file"),
        ({"source": "text.mp4"}, "text.mp4: no video can be read"),
        ({"source": "empty"}, "empty: holds no video"),
        ({"source": "98"}, "camera 98 does not open"),
        ({"source": "rtsp://127.0.0.1:9/a?b=c"}, "stream does not open"),
        ({}, "Missing mandatory value: source"),
        ({"source": "clip.avi", "ckpt_path": "nosuch.ckpt"}, "nosuch.ckpt"),
        ({"source": "clip.avi", "ckpt_path": "code.ckpt"}, "code.ckpt was refused"),
        ({"source": "clip.avi", "classifier": "nosuch.ckpt"}, "no checkpoint nosuch.ckpt"),
        ({"source": "clip.avi", "model": "resnest"}, "holds model 'blazepose', not 'resnest'"),
        (
            {
                "source": "clip.avi",
                "ckpt_path": "null",
                "model": "timm",
                "model.encoder": "resnet18",
            },
            "no weights are shipped for model 'resnet18'",
        ),
        ({"source": "clip.avi", "output_dir": "file/out"}, "cannot write to output folder"),
        ({"source": "clip.avi", "sound": "gong"}, "unknown sound='gong'"),
        ({"source": "clip.avi", "rotate": "45"}, "rotate=45: give auto, 0, 90, 180, 270"),
        ({"source": ".", "workers": "0"}, "workers=0: give a whole number from 1 on"),
        ({"source": ".", "pattern": "/etc/*"}, "pattern=/etc/*: give a pattern of names"),
        ({"source": "clip.avi", "span_s": "-1"}, "span_s=-1: give seconds above 0"),
        ({"source": "clip.avi", "counter": "offline"}, "needs the whole clip at once"),
        (
            {"source": "clip.avi", "counter": "published_gated", "classifier": "null"},
            "classifier=shipped",
        ),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(bad, checkpoint, here, arguments, words, capfd):
    before = sorted(bad.rglob("*"))
    assert here(bad, {"ckpt_path": checkpoint, "output_dir": "out", **arguments}) == 1
    out, error = capfd.readouterr()
    assert out == ""
    assert words in error
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert sorted(bad.rglob("*")) == before


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("name", "frames", "fps"), [("val_p037", 380, 30), ("val_p039", 470, 19.784)]
)
def test_real_rotated_and_variable_rate_clips(
    shared_data, checkpoint, tmp_path, here, name, frames, fps
):
    clip = shared_data / "counting" / "videos" / f"{name}.mp4"
    given = {"source": clip, "ckpt_path": checkpoint, "output_dir": "out", "annotate": "false"}
    assert here(tmp_path, given) == 0
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert summary["frames"] == frames
    assert summary["fps"] == pytest.approx(fps, abs=1e-3)
    assert summary["truncated"] is False
