import itertools
import json

import cv2
import pytest

from pushup.__main__ import main as pushup
from pushup.cli import InputError
from pushup.evaluation import speed
from support.dot_clips import dot_clip


def constant(**ms: float):
    return itertools.repeat(ms)


def test_runs_take_turns_and_the_warm_up_is_left_out():
    order = []

    def run(name, values):
        for value in values:
            order.append(name)
            yield {"decode": value, "drawing": 100.0}

    found = speed.measure({"a": run("a", [9, 1, 2, 6]), "b": run("b", [9, 4, 4, 4])}, 3, warm_up=1)
    assert order == ["a", "b"] * 4
    assert found["a"]["median_ms"]["decode"] == 2
    assert found["a"]["loop_ms"] == 2  # drawing is no part of the loop
    assert found["b"]["loop_p95_ms"] == 4


def test_ratios_are_to_the_first_run():
    figures = speed.measure({"ours": constant(network=2.0), "peer": constant(all=5.0)}, 3)
    rows = speed.table(figures).splitlines()
    assert rows[-1].split("|")[-2].strip() == "2.50"


def test_what_looks_at_every_third_frame_costs_a_third():
    run = itertools.cycle(
        [{"classifier": 6.0, "network": 1.0}, *[{"classifier": 0.0, "network": 1.0}] * 2]
    )
    found = speed.measure({"ours": run}, 6, warm_up=0)
    cells = [cell.strip() for cell in speed.table(found).splitlines()[-1].split("|")]
    assert cells[6] == "2.00"  # classifier
    assert cells[9:11] == ["1.00", "3.00"]  # the loop's median and mean


def test_the_command_measures_every_step(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(speed, "start_up_s", lambda arguments: 1.25)
    clip = dot_clip(tmp_path / "dot.avi", cycles=1)
    options = ["--video", str(clip), "--frames", "3", "--threads", "1", "--runtimes", "onnxruntime"]
    pushup(["bench", *options, "--output-dir", str(tmp_path / "out")])
    told = capsys.readouterr().out
    assert "mobilenet, onnxruntime, 1 thread " in told
    assert "start-up 1.25 s" in told
    assert float(told.partition("annotated.mp4 ")[2].split()[0]) > 0
    [found] = json.loads((tmp_path / "out" / "results.json").read_text()).values()
    assert set(found["median_ms"]) == set(speed.STEPS)
    assert all(ms > 0 for ms in found["median_ms"].values())


def environment(folder, script):
    """Of peers: its python is a shell script."""
    python = folder / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f"#!/bin/sh\n{script}\n")
    python.chmod(0o755)
    return folder


@pytest.mark.parametrize("made", [False, True])
def test_a_peer_that_is_not_there_is_told_in_one_line(tmp_path, made):
    folder = environment(tmp_path / "peers", "exit 1") if made else tmp_path
    laps = speed.peer_laps(folder, "full", tmp_path / "clip.avi")
    with pytest.raises(InputError, match="make bench-peers"):
        next(laps)


def test_movenet_is_made_by_a_command_of_its_own(tmp_path):
    with pytest.raises(InputError, match="make bench-movenet"):
        next(speed.peer_laps(tmp_path, "movenet.tflite", tmp_path / "clip.avi"))


def test_an_unknown_peer_is_named(capsys):
    with pytest.raises(SystemExit, match="2"):
        pushup(["bench", "--against", "movenet,openpose"])
    assert "no peer openpose: give mediapipe, movenet" in capsys.readouterr().err


def test_a_peer_that_sees_nobody_is_told_of(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(speed, "start_up_s", lambda arguments: 1.25)
    script = 'seen=$(test "$3" = movenet.tflite && echo 1 || echo 0)\n'
    folder = environment(tmp_path / "p", script + "while read -r _; do echo 20.5 $seen; done")
    clip = dot_clip(tmp_path / "dot.avi", cycles=1)
    options = ["--video", str(clip), "--frames", "3", "--threads", "1", "--runtimes", "onnxruntime"]
    out = tmp_path / "out"
    options += ["--against", "mediapipe,movenet", "--peers", str(folder)]
    pushup(["bench", *options, "--output-dir", str(out)])
    told = capsys.readouterr()
    assert "MediaPipe Pose lite finds a person in 0% of the frames" in told.err
    assert "--video" in told.err
    assert "MoveNet" not in told.err
    found = json.loads((out / "results.json").read_text())
    assert found["MoveNet Lightning"]["loop_mean_ms"] == 20.5
    height, width, _ = cv2.imread(str(out / "steps.png")).shape
    assert width > height > 100


def test_the_microseconds_of_a_counter_are_told_by_its_name(capsys):
    pushup(["speed", "counter", "published"])
    name, took = capsys.readouterr().out.split(": ")
    assert name == "counter published"
    assert 0 < int(took.split()[0]) < 1_000_000
    with pytest.raises(SystemExit):
        pushup(["speed", "counter", "none_of_ours"])
    assert "no counter 'none_of_ours'" in capsys.readouterr().err
