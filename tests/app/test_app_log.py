"""The history of workouts: sets, log, report, voice."""

import re
import subprocess
import sys
import threading
from datetime import date, datetime

import cv2
import pytest

from pushup.__main__ import main as pushup
from pushup.app import log
from pushup.app.history import Total, sessions_of, totals
from pushup.app.log import Log
from pushup.app.speaker import Printer, Speaker
from pushup.app.tally import Tally, workout
from pushup.cli import InputError
from pushup.counting.types import Finding, Rep


def tally(*starts_s, rest_s=20.0, goal=None, form=()):
    """Repetitions of two seconds each."""
    counted = Tally(rest_s, goal)
    for start_s in starts_s:
        counted.add(Rep(start_s, start_s + 1.0, start_s + 2.0, 0.5, form=form))
    return counted


def test_a_rest_ends_a_set():
    counted = tally(0, 2, 5, 40, 42, 100)
    assert [len(s) for s in counted.sets] == [3, 2, 1]
    figures = workout(counted)
    assert (figures.sets, figures.repetitions, figures.best_set) == (3, 6, 3)
    assert figures.rest_s == pytest.approx((33 + 56) / 2)
    assert figures.tempo_s == pytest.approx(2.0)
    assert len(tally(0, 2, 5, 40, 42, 100, rest_s=100).sets) == 1


def test_a_new_set_by_hand_and_corrections():
    counted = tally(0, 2)
    counted.new_set()
    assert (counted.count, counted.set_number, counted.in_set) == (0, 2, 0)
    assert not counted.remove()  # what was counted before stays
    counted.add(Rep(5, 6, 7, 0.5))
    counted.add(Rep(8, 8, 8, 0.5), by_hand=True)
    assert [len(s) for s in counted.sets] == [2, 2]
    assert counted.remove()
    assert (counted.count, counted.removed, len(counted.reps)) == (1, 1, 3)
    counted.add(Rep(50, 50, 50, 0.5), by_hand=True)
    assert workout(counted).tempo_s == pytest.approx(2.0)  # which a key press has not


def test_a_set_whose_only_repetition_was_taken_back_begins_again():
    counted = tally(0, 2)
    counted.new_set()
    counted.add(Rep(5, 6, 7, 0.5))
    assert counted.remove()
    assert (counted.count, counted.set_number, counted.in_set) == (0, 2, 0)
    counted.add(Rep(8, 9, 10, 0.5))
    assert (counted.set_number, counted.in_set) == (2, 1)


def test_nothing_done_is_no_set():
    figures = workout(tally())
    assert (figures.sets, figures.repetitions, figures.rest_s, figures.tempo_s) == (
        0,
        0,
        None,
        None,
    )


def test_a_session_has_one_row_kept_up_to_date(tmp_path):
    path = tmp_path / "history" / "log.csv"
    first = Log(path, "camera 0")
    first.changed(tally(0), added=True)
    first.changed(tally(0, 2), added=True)
    (row,) = log.read(path)
    assert tuple(row) == log.COLUMNS
    assert (row["sets"], row["repetitions"], row["best_set"]) == ("1", "2", "2")
    assert (row["rest_s"], row["tempo_s"], row["form"]) == ("", "2.0", "none")
    assert datetime.fromisoformat(row["date"]).tzinfo is not None
    Log(path, "my, clip.mp4").changed(tally(0, 50), added=True)
    first.changed(tally(0, 2, 60, form=(Finding("depth", 120.0, "go deeper"),)), added=True)
    rows = {row["source"]: row for row in log.read(path)}
    assert (rows["camera 0"]["repetitions"], rows["camera 0"]["form"]) == ("3", "depth=3")
    assert rows["my, clip.mp4"]["rest_s"] == "48.0"


def test_many_sessions_at_once_lose_no_row(tmp_path):
    path = tmp_path / "log.csv"

    def one(name):
        session = Log(path, name)
        for n in range(1, 6):
            session.changed(tally(*range(0, 2 * n, 2)), added=True)

    threads = [threading.Thread(target=one, args=(f"camera {k}",)) for k in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [row["repetitions"] for row in log.read(path)] == ["5"] * 6


def test_a_lock_outlives_no_crash(tmp_path):
    path = tmp_path / "log.csv"
    crash = (
        "import os, pathlib, sys; from pushup.app.log import _locked\n"
        "with _locked(pathlib.Path(sys.argv[1])): os._exit(9)"
    )
    assert subprocess.run([sys.executable, "-c", crash, str(path)], check=False).returncode == 9
    Log(path, "camera 0").changed(tally(0), added=True)
    assert len(log.read(path)) == 1


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"\xff\x00\x01", b"date,source\n"])
def test_a_damaged_log_is_set_aside_and_a_new_one_begins(tmp_path, capsys, content):
    path = tmp_path / "log.csv"
    path.write_bytes(content)
    session = Log(path, "camera 0")
    session.changed(tally(0), added=True)
    session.changed(tally(0, 2), added=True)
    assert [row["repetitions"] for row in log.read(path)] == ["2"]
    [aside] = tmp_path.glob("log.csv.damaged-*")
    assert aside.read_bytes() == content
    assert capsys.readouterr().err.count("\n") == 1


def test_a_log_that_cannot_be_written_is_told_once_and_the_session_goes_on(tmp_path, capsys):
    (tmp_path / "file").touch()
    session = Log(tmp_path / "file" / "log.csv", "camera 0")
    session.changed(tally(0), added=True)
    session.changed(tally(0, 2), added=True)
    error = capsys.readouterr().err
    assert "cannot write" in error
    assert error.count("\n") == 1


ROWS = """date,source,sets,repetitions,best_set,rest_s,tempo_s
2026-03-02 18:00:00.000,camera 0,2,30,20,60.0,2.0
2026-03-01 08:00:00.000,camera 0,1,10,10,,3.0
2026-03-02 19:00:00.000,camera 0,1,10,10,,4.0
"""


def test_the_report_sums_days_up_and_draws_them(tmp_path, capsys):
    (tmp_path / "log.csv").write_text(ROWS)
    first, second = totals(log.read(tmp_path / "log.csv"))
    assert first == Total(date(2026, 3, 1), 10, 10, 3.0, 1, 1)
    assert second == Total(date(2026, 3, 2), 40, 20, pytest.approx(2.5), 3, 1)
    pushup(["report", str(tmp_path / "log.csv"), "--out", str(tmp_path / "history.png")])
    assert "2 days; 2026-03-02: 40 repetitions, best set 20, 2.5 s each" in capsys.readouterr().out
    picture = cv2.imread(str(tmp_path / "history.png"))
    assert picture.shape[0] > 400
    assert picture.std() > 10


def test_the_page_holds_all_it_needs_and_escapes_what_it_is_given(tmp_path, capsys):
    header, *rows = ROWS.splitlines()
    forms = ("depth=4 roll=1", "none", "")  # the last row is as of a log without that column
    rows = [
        f"{row.replace('camera 0', '<b>clip</b>')},{f}" for row, f in zip(rows, forms, strict=True)
    ]
    (tmp_path / "log.csv").write_text("\n".join([f"{header},form", *rows]))
    pushup(["report", str(tmp_path / "log.csv"), "--out", str(tmp_path / "history.html")])
    assert {p.name for p in tmp_path.iterdir()} == {"log.csv", "history.html"}
    text = (tmp_path / "history.html").read_text()
    assert not re.search("<script|src=|href=|http|<b>clip", text)
    assert "&lt;b&gt;clip" in text
    assert text.count("<rect") == 2 + 2 + 1  # days, weeks, a month
    assert '>go deeper</td><td class="n">4</td><td class="n">10%<' in text  # of 30 + 10


@pytest.mark.parametrize("form", ["depth", "depth=x", "<b>=1", "depth=1e99", "depth=-1"])
def test_a_row_whose_form_is_none_is_told(tmp_path, capsys, form):
    header, *rows = ROWS.splitlines()
    (tmp_path / "log.csv").write_text("\n".join([f"{header},form", f"{rows[0]},{form}", *rows]))
    assert len(sessions_of(log.read(tmp_path / "log.csv"))) == 3
    assert "row 1 of the log" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda text: "\ufeff" + text.replace(",", ";").replace("\n", "\r\n"), []),
        (lambda text: text.replace(",", ";").replace("3.0", "3,0"), []),
        (lambda text: text + "3.3.2026 18:00,x,1,5,5,,2\n", ["row 4", "no date"]),
        (lambda text: text + "2026-03-03 18:00,x,1,,,,2\n", ["row 4", "not a number"]),
        (lambda text: text + "2026-03-03 18:00,x,0,0,0,,0\n", []),
    ],
    ids=["excel", "decimal comma", "local date", "empty cell", "no repetition"],
)
def test_a_log_that_a_spreadsheet_wrote_or_with_a_bad_row_is_read(tmp_path, capsys, change, told):
    (tmp_path / "log.csv").write_text(change(ROWS), newline="")
    days = totals(log.read(tmp_path / "log.csv"))
    assert [day.repetitions for day in days] == [10, 40]
    assert days[0].tempo_s == 3.0
    error = capsys.readouterr().err
    assert error.count("\n") == bool(told)
    assert all(word in error for word in told)


@pytest.mark.parametrize(
    ("text", "out", "words"),
    [
        (None, "h.png", "no workout yet"),
        ("nothing of the kind\n", "h.png", "no column 'date'"),
        (ROWS.splitlines()[0] + "\n1.3.2026,x,1,1,1,,1\n", "h.png", "no row that can be read"),
        (ROWS.splitlines()[0] + "\n2026-03-01,x,0,0,0,,0\n", "h.png", "no workout yet"),
        (ROWS, "log.csv/h.png", "cannot write"),
        (ROWS, "h.mp4", "cannot write"),
    ],
)
def test_a_report_of_something_else_is_refused(tmp_path, capsys, text, out, words):
    if text is not None:
        (tmp_path / "log.csv").write_text(text)
    with pytest.raises(SystemExit) as stopped:
        pushup(["report", str(tmp_path / "log.csv"), "--out", str(tmp_path / out)])
    assert stopped.value.code == 1
    error = capsys.readouterr().err
    assert words in error.splitlines()[-1]
    assert "Traceback" not in error
    assert {p.name for p in tmp_path.iterdir()} <= {"log.csv"}


def test_the_voice_says_the_count_where_there_is_one(tmp_path, monkeypatch, capsys):
    said = tmp_path / "said"
    voice = tmp_path / "say"
    voice.write_text(f'#!/bin/sh\necho "$1" >> {said}\n')
    voice.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    speaker = Speaker("voice")
    speaker.changed(tally(0, 2, 4), added=True)
    for _ in range(100):
        if said.exists() and said.read_text():
            break
        threading.Event().wait(0.05)
    assert said.read_text() == "3\n"
    monkeypatch.setenv("PATH", "")
    Speaker("voice").changed(tally(0), added=True)
    assert "no voice" in capsys.readouterr().err
    Speaker("beep").changed(tally(0), added=True)
    assert capsys.readouterr().err == "\a"
    Speaker("none").changed(tally(0), added=True)
    assert capsys.readouterr() == ("", "")
    with pytest.raises(InputError, match="unknown sound='gong'"):
        Speaker("gong")


@pytest.mark.parametrize(
    "script", ["exit 3", 'echo "ALSA lib pcm.c: unknown" >&2; echo "error: no file" >&2']
)
def test_a_voice_without_a_loudspeaker_is_told_once_and_the_session_goes_on(
    tmp_path, monkeypatch, capsys, script
):
    voice = tmp_path / "say"
    voice.write_text(f"#!/bin/sh\n{script}\n")
    voice.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    speaker = Speaker("voice")
    speaker.changed(tally(0), added=True)
    for _ in range(100):
        if speaker.trouble:
            break
        threading.Event().wait(0.05)
    speaker.changed(tally(0, 2), added=True)
    assert speaker.trouble.startswith("no voice: say ")
    assert capsys.readouterr().err.count("\n") == 1


def test_what_is_said_late_gives_way_to_what_comes_next(tmp_path, monkeypatch):
    said = tmp_path / "said"
    voice = tmp_path / "say"
    voice.write_text(f'#!/bin/sh\necho "$1" >> {said}\nsleep 0.3\n')
    voice.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    quiet = [False]
    speaker = Speaker("voice", lambda: quiet[0])
    speaker.said("first")
    while not (said.exists() and said.read_text()):
        threading.Event().wait(0.01)
    for counted in (tally(0, goal=4), tally(0, 2, goal=4)):
        speaker.changed(counted, added=True)
    quiet[0] = True
    speaker.said("nothing of this")
    for _ in range(100):
        if said.read_text().count("\n") == 2:
            break
        threading.Event().wait(0.05)
    assert said.read_text() == "first\n2, halfway\n"


def test_the_printer_prints_a_line_a_repetition(capsys):
    Printer().changed(tally(0, 2), added=True)
    assert capsys.readouterr().out == "   2      4.00 s\n"
