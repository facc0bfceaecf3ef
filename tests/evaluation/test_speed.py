import itertools
import json
import sys

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


def test_the_command_measures_every_step(tmp_path, capsys):
    clip = dot_clip(tmp_path / "dot.avi", cycles=1)
    options = ["--video", str(clip), "--frames", "3", "--threads", "1", "--runtimes", "onnxruntime"]
    pushup(["bench", *options, "--output-dir", str(tmp_path / "out")])
    assert "mobilenet, onnxruntime, 1 threads" in capsys.readouterr().out
    [found] = json.loads((tmp_path / "out" / "results.json").read_text()).values()
    assert set(found["median_ms"]) == set(speed.STEPS)
    assert all(ms > 0 for ms in found["median_ms"].values())


def test_a_peer_that_is_not_there_is_told_in_one_line(tmp_path):
    laps = speed.peer_laps(sys.executable, 1, dot_clip(tmp_path / "dot.avi", cycles=1), 0)
    with pytest.raises(InputError, match="make bench-peers"):
        next(laps)
