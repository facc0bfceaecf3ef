"""The counter of a bare signal, and the turning points beneath it."""

import numpy as np
import pytest

from pushup.__main__ import main as pushup
from pushup.counting.cycles import CycleDetector, Stillness
from pushup.counting.signal_counter import SignalCounter
from support.stick_figures import push_ups


def cycles(turning: CycleDetector, values) -> list:
    found = [turning.update(float(i), float(v)) for i, v in enumerate(values)]
    return [cycle for cycle in found if cycle is not None]


def test_one_cycle_of_ramps_by_hand() -> None:
    (cycle,) = cycles(CycleDetector(min_depth=3, recover=0.5), [9, 10, 8, 6, 4, 4, 5, 6, 7, 8])
    assert (cycle.peak, cycle.bottom, cycle.depth) == (10, 4, 6)
    assert (cycle.start_s, cycle.bottom_s, cycle.top_s) == (1, 4.5, 8)


def test_a_fall_below_the_floor_or_without_return_is_none() -> None:
    assert cycles(CycleDetector(3), [10, 8, 10, 7.5, 10]) == []
    assert cycles(CycleDetector(3), [10, 4, 5, 6, 7]) == []
    assert cycles(CycleDetector(3), [0, 5, 10]) == []


def test_a_short_return_makes_a_new_peak() -> None:
    # from standing (20) to the floor (8), then two repetitions whose top is 8
    values = [20, 8, 4, 8, 4, 8, 4, 8]
    assert len(cycles(CycleDetector(3), values)) == 2
    found = cycles(CycleDetector(3, short_returns=True), values)
    assert [(c.peak, c.bottom) for c in found] == [(8, 4)] * 3
    assert [(c.start_s, c.bottom_s, c.top_s) for c in found] == [(1, 2, 3), (3, 4, 5), (5, 6, 7)]


def test_the_end_of_a_recording_completes_what_has_nearly_come_back() -> None:
    for values, share, number in (([10, 4, 7], 0.5, 1), ([10, 4, 6.9], 0.5, 0), ([10, 9], 0.1, 0)):
        detector = CycleDetector(3)
        assert cycles(detector, values) == []
        assert bool(detector.finish(share)) == number
        assert detector.finish(share) is None


def test_counting_at_the_bottom_comes_before_the_top_and_once() -> None:
    values = [10, 4, 6, 8, 10, 4, 6, 10]
    early = cycles(CycleDetector(3, at_bottom=True), values)
    late = cycles(CycleDetector(3), values)
    assert [c.top_s for c in early] == [2, 6]
    assert [c.top_s for c in late] == [3, 7]


@pytest.mark.parametrize(("min_depth", "recover"), [(0, 0.5), (1, 0), (1, 1.2)])
def test_settings_that_make_no_sense(min_depth, recover) -> None:
    with pytest.raises(ValueError, match="min_depth"):
        CycleDetector(min_depth, recover)


def test_stillness_in_seconds() -> None:
    stillness = Stillness(0.1)
    seconds = [stillness.update(t, t if t < 2 else 2.0) for t in np.arange(0, 6, 0.05)]
    assert max(seconds[:40]) < 0.3
    assert seconds[-1] > 2.0


@pytest.mark.parametrize("period_s", [0.5, 3.0])
def test_counts_a_sine_with_gaps(period_s) -> None:
    height, duration_s = push_ups(6, period_s)
    counter, found = SignalCounter(min_depth=0.2), []
    for time_s in np.arange(0, duration_s, 1 / 25):
        missing = int(time_s * 25) % 7 == 3
        rep = counter.update(time_s, np.nan if missing else 100 + height(time_s))
        found += [rep] if rep else []
    assert len(found) == 6
    assert found[0].depth == pytest.approx(0.55, rel=0.2)  # a line fit overshoots fast turns


def run(capsys, *arguments: str) -> tuple[int, str, str]:
    code = 0
    try:
        pushup(["signal", *arguments])
    except SystemExit as stop:
        code = int(stop.code or 0)
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_the_command_counts_a_file(tmp_path, capsys) -> None:
    height, duration_s = push_ups(4, 1.5)
    times = np.arange(0, duration_s, 0.04)
    path = tmp_path / "distance, in cm.csv"
    lines = [f"{t:.3f},{40 * height(t):.2f}" for t in times]
    path.write_text("time,value\n" + "\n".join(lines) + "\n")
    code, out, _ = run(capsys, str(path))
    assert code == 0
    assert out.splitlines()[-1] == "4 repetitions"
    code, out, _ = run(capsys, str(path), "--upward")
    assert out.splitlines()[-1] == "3 repetitions"  # upside down, only the tops between lie low
    code, out, _ = run(capsys, str(path), "--min-depth", "30")
    assert out.splitlines()[-1] == "0 repetitions"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "no such file"),
        ("time,value\n0,1\n1,high\n", "line 3: 'high' is not a number"),
        ("0,1\n0,2\n", "increasing times"),
        ("0,1\n1,1\n2,1\n", "--min-depth"),
    ],
)
def test_bad_files_are_told_in_one_line(tmp_path, capsys, text, message) -> None:
    path = tmp_path / "signal.csv"
    if text is not None:
        path.write_text(text)
    code, _, err = run(capsys, str(path))
    assert code == 1
    assert message in err
    assert err.count("\n") == 1
