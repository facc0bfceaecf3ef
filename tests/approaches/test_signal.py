"""A bare signal as a source: from a file, and live from standard input."""

import io
import json
import subprocess
import sys

import numpy as np
import pytest

from pushup.app import signal_run
from pushup.app.signal_run import is_signal, run_signal
from pushup.approaches.signal import Sample, SignalSourceCounter, read_samples
from pushup.cli import InputError
from support.dot_clips import rows_of
from support.stick_figures import push_ups


def signal_lines(repetitions=5, period_s=1.5, fps=25.0, scale=40.0, noise=0.0):
    height, duration_s = push_ups(repetitions, period_s)
    rng = np.random.default_rng(0)
    times = np.arange(0, duration_s, 1 / fps)
    return [f"{t:.3f},{scale * height(t) + noise * rng.normal()}\n" for t in times]


def count(lines, **options) -> int:
    counter = SignalSourceCounter(**options)
    return sum(counter.update(s) is not None for s in read_samples(lines, "test"))


@pytest.mark.parametrize("scale", [0.001, 1.0, 1e4])
@pytest.mark.parametrize(("period_s", "fps"), [(0.8, 50), (1.5, 25), (4.0, 10)])
def test_no_unit_or_rate_has_to_be_told(scale, period_s, fps) -> None:
    assert count(signal_lines(6, period_s, fps, scale)) == 6


def test_noise_counts_nothing_and_does_not_hide_a_repetition() -> None:
    assert count(signal_lines(0, noise=1.0)) == 0
    rng = np.random.default_rng(3)
    still = [f"{i / 30},{v}\n" for i, v in enumerate(rng.normal(0, 1, 900))]
    assert count(still) == 0
    assert count(signal_lines(6, noise=1.0)) == 6


def test_upward_and_a_given_floor() -> None:
    lines = signal_lines(4)
    assert count(lines, floor=5.0) == 4
    assert count(lines, floor=30.0) == 0
    assert count(lines, upward=True) == 3  # only the tops between lie low
    with pytest.raises(InputError, match="above 0"):
        SignalSourceCounter(floor=0.0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("time,value\n0,1\n1,high\n", "line 3 is not time,value"),
        ("0,1\n0,2\n", "does not increase"),
        ("0,1\n1\n", "line 2"),
        ("", "holds no line"),
        ("time,value\n", "holds no line"),
    ],
)
def test_a_bad_file_is_told(text, message) -> None:
    with pytest.raises(InputError, match=message):
        list(read_samples(io.StringIO(text), "x.csv"))


def test_a_bad_line_of_a_live_source_is_passed_over_and_told(capsys) -> None:
    lines = ["time,value\n", "0,1\n", "oops\n", "1,2\n"]
    assert list(read_samples(lines, "x", strict=False)) == [Sample(0.0, 1.0), Sample(1.0, 2.0)]
    assert capsys.readouterr().err.count("line 3") == 1


def test_a_file_gives_the_records_of_a_video(tmp_path) -> None:
    path, out = tmp_path / "distance, cm.csv", tmp_path / "out"
    path.write_text("time_s,value\n" + "".join(signal_lines(5)))

    def make(folder):
        folder.mkdir()
        return folder

    log = tmp_path / "log.csv"
    summary = run_signal(str(path), SignalSourceCounter(), make, out, log=str(log))
    assert summary.count == 5
    assert sorted(p.name for p in out.iterdir()) == ["reps.csv", "signal.png", "summary.json"]
    rows = rows_of(out / "reps.csv")
    bottoms = [float(row["bottom_s"]) for row in rows]
    assert np.abs(np.array(bottoms) - (0.5 + 1.5 * (np.arange(5) + 0.5))).max() < 0.15
    assert json.loads((out / "summary.json").read_text())["model"] == "signal"
    assert not log.exists()  # which is of live workouts
    with pytest.raises(InputError, match="cannot read"):
        run_signal(str(tmp_path / "none.csv"), SignalSourceCounter(), make, tmp_path / "no")
    assert not (tmp_path / "no").exists()


def test_what_is_a_signal() -> None:
    assert is_signal("-")
    assert is_signal("a b.CSV")
    assert not is_signal("clip.mp4")
    assert not is_signal("0")


def test_standard_input_is_counted_while_it_runs(tmp_path, repository) -> None:
    arguments = [sys.executable, "infer.py", "source=-", f"output_dir={tmp_path}", "log=null"]
    process = subprocess.Popen(
        arguments,
        cwd=repository,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    )
    try:
        lines = signal_lines(3)
        for line in lines[:-20]:
            process.stdin.write(line)
        process.stdin.flush()
        first = process.stdout.readline().split()
        assert first[0] == "1"  # told before the input has ended
        out, _ = process.communicate("".join(lines[-20:]), timeout=60)
    finally:
        process.kill()
    assert process.returncode == 0
    assert "3 repetitions" in out
    assert len(rows_of(tmp_path / signal_run.REPS)) == 3
