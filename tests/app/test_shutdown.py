"""Runs that end before their time: interrupted, killed, started twice, on a full disk."""

import json
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from pushup.app.archive.run import run_videos
from pushup.cli import InputError
from pushup.engines.process import ProcessEngine
from pushup.files import locked
from support.dot_clips import DotSessions, dot_clip, rows_of
from support.signals import heed_signals

RUN = """
import sys, time
from pathlib import Path
from pushup.app.archive.run import run_videos
from pushup.app.single import run_single
from pushup.cli import command
from pushup.engines.process import ProcessEngine
from support.dot_clips import DotPredictor, DotSessions

class Slow(DotPredictor):
    def track(self, frame_bgr, time_s):
        time.sleep(0.01)
        return super().track(frame_bgr, time_s)

from support import dot_clips
dot_clips.DotPredictor = Slow

def make(folder):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.yaml").write_text("a: 1")
    return folder

@command
def main():
    source, out = Path(sys.argv[1]), Path(sys.argv[2])
    if source.is_dir():
        run_videos(str(source), DotSessions(), make, out, ProcessEngine(2))
    else:
        print(*run_single(str(source), DotSessions(), make, out))

if __name__ == "__main__":
    print("ready", flush=True)
    main()
"""


def start(source: Path, out: Path) -> subprocess.Popen:
    tests = str(Path(__file__).parents[1])
    path = os.pathsep.join((tests, os.environ.get("PYTHONPATH", "")))
    script = out.parent / "run.py"  # a file, which the workers import
    script.write_text(RUN)
    process = subprocess.Popen(
        [sys.executable, str(script), str(source), str(out)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
        preexec_fn=heed_signals,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def wait_for(path: Path, lines: int = 1) -> None:
    for _ in range(600):
        if path.exists() and path.read_bytes().count(b"\n") >= lines:
            return
        time.sleep(0.05)
    raise AssertionError(f"{path} does not come")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_a_run_in_order(tmp_path, number):
    clip, out = dot_clip(tmp_path / "a.avi", cycles=60), tmp_path / "out"
    process = start(clip, out)
    wait_for(out / "reps.jsonl", 2)
    process.send_signal(number)
    stdout, stderr = process.communicate(timeout=300)
    assert (process.returncode, stderr) == (0, "")
    assert "(interrupted)" in stdout
    names = ["annotated.mp4", "config.yaml", "reps.csv", "reps.jsonl", "summary.json"]
    assert sorted(os.listdir(out)) == names
    summary = json.loads((out / "summary.json").read_text())
    assert summary["interrupted"]
    assert 2 <= summary["count"] == len(rows_of(out / "reps.csv")) < 60


def test_a_killed_run_keeps_what_was_counted(tmp_path):
    clip, out = dot_clip(tmp_path / "a.avi", cycles=60), tmp_path / "out"
    process = start(clip, out)
    wait_for(out / "reps.jsonl", 2)
    process.kill()
    process.communicate()
    lines = [json.loads(line) for line in (out / "reps.jsonl").read_text().splitlines()]
    assert [line["rep"] for line in lines] == list(range(1, len(lines) + 1))
    assert not (out / "annotated.mp4").exists()


def test_a_killed_folder_run_goes_on_and_leaves_nothing_half_written(tmp_path, kills):
    """`--kills 20` for more of them."""
    clips, out = tmp_path / "clips", tmp_path / "out"
    clips.mkdir()
    cycles = {f"{k:02}": k % 6 + 1 for k in range(2 * kills)}
    for name, number in cycles.items():
        dot_clip(clips / f"{name}.avi", cycles=number)
    counted: dict[str, bytes] = {}
    for kill in range(kills):
        process = start(clips, out)
        wait_for(out / f"{2 * kill:02}" / "summary.json")
        process.kill()
        process.communicate()
        for path in out.glob("*/summary.json"):
            assert counted.setdefault(path.parent.name, path.read_bytes()) == path.read_bytes()
            assert (path.parent / "annotated.mp4").exists()
    process = start(clips, out)
    process.communicate(timeout=120)
    rows = rows_of(out / "summary.csv")
    assert [row["count"] for row in rows] == [str(number) for number in cycles.values()]
    assert list(out.rglob(".partial-*")) == []
    assert all((out / name / "summary.json").read_bytes() == was for name, was in counted.items())


@pytest.mark.parametrize(
    "damage",
    [b"", b"[]", b'{"source": 1}', b"\xff\xfe", b"[" * 100_000, b"null", b'{"count": "x"}'],
)
def test_a_damaged_earlier_result_is_counted_again(tmp_path, damage):
    clips, out = tmp_path / "clips", tmp_path / "out"
    clips.mkdir()
    for name in "ab":
        dot_clip(clips / f"{name}.avi", cycles=1)

    def make(folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "config.yaml").write_text("a: 1")
        return folder

    run_all = partial(run_videos, str(clips), DotSessions(), make, out, ProcessEngine(1))
    assert run_all(annotate=False) == 0
    for name in ("summary.json", "config.yaml"):
        (out / "a" / name).write_bytes(damage)
        assert run_all(annotate=False) == 0
        assert [row["count"] for row in rows_of(out / "summary.csv")] == ["1", "1"]
        assert json.loads((out / "a" / "summary.json").read_text())["count"] == 1


def test_one_run_a_folder(tmp_path):
    out = tmp_path / "out"
    with locked(out):
        assert out.is_dir()
        with pytest.raises(InputError, match="another run writes into it"), locked(out):
            pass
    assert not out.exists()  # nothing came into it
    with locked(out):
        (out / "kept").touch()
    assert os.listdir(out) == ["kept"]


def test_a_full_disk_loses_the_video_and_not_the_counts(tmp_path, monkeypatch, capsys):
    from pushup.app import run
    from pushup.video.source import open_source
    from support.dot_clips import session

    class Full(run.VideoSink):
        def write(self, image_bgr, time_s):
            super().write(image_bgr, time_s)
            if self._frames == 10:
                self._give_up(OSError(28, "No space left on device"))

    monkeypatch.setattr(run, "VideoSink", Full)
    out = tmp_path / "out"
    out.mkdir()
    with open_source(dot_clip(tmp_path / "a.avi")) as source:
        summary = run.run_video(source, session(), out)
    assert sorted(os.listdir(out)) == ["reps.csv", "summary.json"]
    assert summary.count == 3
    assert "No space left" in summary.warnings[0]
    assert "warning: cannot write" in capsys.readouterr().err


def test_few_frames_with_a_person_are_warned_of(tmp_path, capsys):
    from pushup.app import run
    from pushup.inference.predictor import Pose
    from pushup.video.source import open_source
    from support.dot_clips import DotPredictor, session

    class Blind(DotPredictor):
        def track(self, frame_bgr, time_s):
            pose = super().track(frame_bgr, time_s)
            return Pose(pose.keypoints_frame, 0.02 * pose.scores)

    one = session()
    one.predictor = one._poses.predictor = Blind()
    with open_source(dot_clip(tmp_path / "a.avi")) as source:
        summary = run.run_video(source, one, tmp_path, annotate=False)
    assert summary.seen == 0
    error = capsys.readouterr().err
    assert "a person is seen in 0% of the frames only" in error
    assert error.count("\n") == 1
