"""The app's parts on clips of a moving dot, with a predictor that sees it."""

import json
import os
import threading
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from pushup.app import run
from pushup.app.archive.manifest import subfolders
from pushup.app.archive.run import run_videos
from pushup.app.arguments import quote_paths
from pushup.app.coach import Coach
from pushup.app.listeners import Listener
from pushup.app.records import write_reps
from pushup.app.session import About, Session
from pushup.app.single import run_single
from pushup.app.summary import Summary, read_summary
from pushup.app.tally import Tally
from pushup.cli import InputError
from pushup.counting.form import FormCheck
from pushup.counting.types import CounterState, Finding, Rep
from pushup.engines.process import ProcessEngine
from pushup.files import write_text
from pushup.video import words
from pushup.video.frames import Frame, FrameSource
from pushup.video.history import DisplayHistory
from pushup.video.source import open_source
from support.dot_clips import CrossingCounter, DotPredictor, DotSessions, dot_clip, rows_of, session


def test_a_run_counts_and_writes_its_records(tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    with open_source(dot_clip(tmp_path / "a.avi")) as source:
        summary = run.run_video(source, session(), out)
    assert summary == Summary(str(tmp_path / "a.avi"), "dot", 3, [3], 61, 20.0, 3.0, 1.0)
    assert read_summary(out / "summary.json") == summary
    assert json.loads((out / "summary.json").read_text())["schema"] == 3
    rows = rows_of(out / "reps.csv")
    assert [row["rep"] for row in rows] == ["1", "2", "3"]
    bottoms = [float(row["bottom_s"]) for row in rows]
    np.testing.assert_allclose(bottoms, [0.7, 1.7, 2.7], atol=0.06)
    assert all(float(row["time_s"]) > float(row["bottom_s"]) for row in rows)
    assert float(rows[0]["rise"]) > 0.1
    with open_source(out / "annotated.mp4") as annotated:
        assert len(list(annotated)) == 61
        assert annotated.size_wh == (480, 736)
    assert sorted(os.listdir(out)) == ["annotated.mp4", "reps.csv", "summary.json"]


def test_advice_on_form_is_recorded_and_shown(tmp_path):
    check = FormCheck({"descent": (0.6, None)})
    one = Session(DotPredictor(), CrossingCounter(), check)
    with open_source(dot_clip(tmp_path / "a.avi", cycles=5)) as source:
        hints = [(frame.time_s, one.step(frame).hint) for frame in source]
        summary = run.finish(source, one, tmp_path)
    assert [row["form_descent"] for row in rows_of(tmp_path / "reps.csv")] == ["0.5"] * 5
    assert summary.form == {"descent": 5}
    assert json.loads((tmp_path / "summary.json").read_text())["form"] == {"descent": 5}
    counted_s = one.tally.reps[0].rep.top_s
    assert {hint for time_s, hint in hints if time_s < counted_s} == {""}
    assert {hint for time_s, hint in hints if time_s >= counted_s} == {"lower yourself more slowly"}


def test_a_hint_goes_after_a_while():
    trail = DisplayHistory((), span_s=8.0)
    rep = Rep(0.0, 0.5, 1.0, 0.5, form=(Finding("descent", 0.3, "slower"),))
    trail.add(1.0, CounterState(), rep)
    assert trail.scene(1, np.zeros((7, 2)), np.zeros(7)).hint == "slower"
    trail.add(5.0, CounterState(), None)
    assert trail.scene(1, np.zeros((7, 2)), np.zeros(7)).hint == ""


def test_sets_and_rests_are_recorded(tmp_path):
    one = Session(DotPredictor(), CrossingCounter(), FormCheck({}), tally=Tally(3.0, goal=4))
    one.coach = Coach(pause_s=60.0)
    for top_s in (2.0, 4.0, 12.0):
        one.tally.add(Rep(top_s - 1.0, top_s - 0.5, top_s, 0.5))
    with open_source(dot_clip(tmp_path / "a.avi", cycles=1)) as source:
        summary = run.finish(source, one, tmp_path)
    assert (summary.sets, summary.rests_s) == ([2, 1], [7.0])
    assert (summary.goal, summary.pause_s) == (4, 60.0)
    assert (summary.exercise, summary.experimental) == ("push_up", None)
    assert [row["rest_s"] for row in rows_of(tmp_path / "reps.csv")] == ["", "", "7.0"]


def test_what_is_in_view_and_what_was_not_counted_is_shown_and_told(tmp_path):
    told = []

    class Ear(Listener):
        trouble = "no voice"

        def said(self, words):
            told.append(words)

    class Two:
        def update(self, time_s, frame_bgr, pose):
            return time_s > 2.0

    one = Session(DotPredictor(), CrossingCounter(), FormCheck({}), listeners=[Ear()])
    one.company = Two()
    one.about = About(exercise="squat", experimental="counts half")
    with open_source(dot_clip(tmp_path / "a.avi", cycles=10)) as source:
        scenes = {frame.time_s: one.step(frame) for frame in source}
    assert scenes[1.5].below == ("experimental",)
    assert scenes[3.0].below == ("experimental", words.MORE_PEOPLE)
    assert scenes[3.0].hint == words.TWO_PEOPLE
    assert scenes[9.5].hint == words.CLOSER  # it is said for a while, and that stays true
    assert told.count(words.TWO_PEOPLE) == 1
    assert one.troubles == ["no voice"]
    assert one.explanation() == words.now(True, True, "squat")


def test_no_video_is_written_unasked(tmp_path):
    with open_source(dot_clip(tmp_path / "a.avi")) as source:
        run.run_video(source, session(), tmp_path, annotate=False)
    assert not (tmp_path / "annotated.mp4").exists()
    assert (tmp_path / "reps.csv").exists()


def test_a_truncated_video_is_counted_and_warned_of(tmp_path, capsys):
    whole = dot_clip(tmp_path / "a.avi", cycles=6).read_bytes()
    (tmp_path / "cut.avi").write_bytes(whole[: len(whole) // 2])
    with open_source(tmp_path / "cut.avi") as source:
        summary = run.run_video(source, session(), tmp_path)
    assert summary.truncated
    assert 2 <= summary.count <= 3
    assert "warning" in capsys.readouterr().err
    assert json.loads((tmp_path / "summary.json").read_text())["truncated"] is True


class Interrupted:
    """A capture whose user presses Ctrl-C at the 30th frame."""

    fps, frame_count, duration_s, damaged = 0.0, None, None, False

    def __init__(self):
        self.reads = 0

    def read(self):
        self.reads += 1
        time.sleep(0.002)
        if self.reads == 30:
            raise KeyboardInterrupt
        return np.zeros((48, 64, 3), np.uint8), float("nan")

    def close(self):
        pass


def test_ctrl_c_keeps_what_was_counted(tmp_path):
    with FrameSource(Interrupted(), "camera 0", is_live=True) as camera:
        summary = run.run_video(camera, session(), tmp_path)
    assert 0 < summary.frames < 30
    assert (tmp_path / "annotated.mp4").exists()
    empty = tmp_path / "empty"
    empty.mkdir()
    with FrameSource(Interrupted(), "a.mp4") as file, pytest.raises(KeyboardInterrupt):
        run.run_video(file, session(), empty, stop=threading.Event())
    assert os.listdir(empty) == []
    with FrameSource(Interrupted(), "a.mp4") as file:
        summary = run.run_video(file, session(), empty)
    assert summary.interrupted
    assert sorted(os.listdir(empty)) == ["annotated.mp4", "reps.csv", "summary.json"]


def test_a_session_starts_again_from_zero():
    dot = session()
    frame = np.zeros((64, 64, 3), np.uint8)
    frame[5, 5] = 255
    scene = dot.step(Frame(frame, 1.0, 0, 0.0))
    assert scene.count == 0
    assert scene.samples[0].time_s == 1.0
    dot.new_set()
    assert dot.predictor.resets == 1
    assert len(dot.step(Frame(frame, 0.5, 0, 0.0)).samples) == 1


HERE = ProcessEngine(1)
"""Counts in this process."""


def make_folder(folder: Path, settings: str = "counter: crossing\nworkers: 1\n") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.yaml").write_text(settings)
    return folder


@pytest.mark.parametrize("workers", [1, 3])
def test_a_folder_runs_through_past_a_bad_file(tmp_path, capsys, workers):
    clips, out = tmp_path / "clips", tmp_path / "clips" / "results"
    (clips / "deep").mkdir(parents=True)
    dot_clip(clips / "a.avi")
    dot_clip(clips / "deep" / "a.avi", cycles=2)
    (clips / "b.mp4").write_bytes(b"no video")
    engine = ProcessEngine(workers)
    run_all = partial(run_videos, str(clips), DotSessions(), make_folder, out, engine)
    assert run_all() == 1
    rows = {row["video"]: row for row in rows_of(out / "summary.csv")}
    assert list(rows) == ["a.avi", "b.mp4", "deep/a.avi"]
    assert (rows["a.avi"]["count"], rows["deep/a.avi"]["count"]) == ("3", "2")
    assert "b.mp4" in rows["b.mp4"]["error"]
    assert rows["b.mp4"]["count"] == ""
    assert json.loads((out / "deep" / "a" / "summary.json").read_text())["count"] == 2
    captured = capsys.readouterr()
    assert "error: " in captured.err
    assert "3 videos, 1 failed" in captured.out
    # The annotated videos now lie in the folder as well, and are left alone.
    assert run_all() == 1
    assert len(rows_of(out / "summary.csv")) == 3
    with pytest.raises(InputError, match="only results"):
        run_videos(str(out), DotSessions(), make_folder, tmp_path / "again", engine)
    assert not (tmp_path / "again").exists()


def test_a_folder_goes_on_where_it_was_interrupted(tmp_path):
    clips, out = tmp_path / "clips", tmp_path / "out"
    clips.mkdir()
    for name in "abc":
        dot_clip(clips / f"{name}.avi")
    sessions = []

    def until_the_third(folder, listeners):
        sessions.append(session(folder, listeners))
        if len(sessions) == 3:
            raise KeyboardInterrupt
        return sessions[-1]

    run_all = partial(run_videos, str(clips), DotSessions(until_the_third))
    with pytest.raises(KeyboardInterrupt):
        run_all(make_folder, out, HERE)
    assert not (out / "summary.csv").exists()
    assert sorted(os.listdir(out / "a")) == [
        "annotated.mp4",
        "config.yaml",
        "reps.csv",
        "reps.jsonl",
        "summary.json",
    ]
    assert "summary.json" not in os.listdir(out / "c")
    assert run_all(make_folder, out, HERE) == 0
    assert len(sessions) == 4
    assert [row["count"] for row in rows_of(out / "summary.csv")] == ["3", "3", "3"]
    other_settings = partial(make_folder, settings="counter: another\n")
    assert run_all(other_settings, out, HERE) == 0
    assert len(sessions) == 7


def test_a_folder_without_videos_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(InputError, match="no video"):
        run_videos(str(tmp_path), DotSessions(), lambda _: pytest.fail("made"), tmp_path, HERE)


def test_videos_of_the_same_name_get_folders_of_their_own():
    videos = [Path(name) for name in ("a.avi", "a.mp4", "b.mp4", "x/a.mp4")]
    names = [str(p) for p in subfolders(videos)]
    assert names == ["a.avi", "a.mp4", "b", "x/a"]


def test_records_are_replaced_whole(tmp_path):
    write_reps(tmp_path / "reps.csv", [])
    assert (tmp_path / "reps.csv").read_text().startswith("rep,set,rest_s,start_s,bottom_s,time_s,")
    with pytest.raises(InputError, match="cannot write"):
        write_text(tmp_path / "reps.csv" / "a.txt", "x")


@pytest.mark.parametrize(
    "value",
    [
        "my clip (1).mp4",
        "a=b,c[1]{2}.mp4",
        "http://host:80/a?b=c&d=e,f",
        "C:\\clips\\x.mp4",
        "it's here\\",
        "\\'",
        "0",
        "-1",
        "~x y",
        "dollar${x}.mp4",
        "back\\${x}",
    ],
)
def test_hydra_reads_quoted_paths_back(value, tmp_path, monkeypatch):
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from omegaconf import OmegaConf

    monkeypatch.chdir(tmp_path)
    if "${" in value:  # a name that exists is no interpolation
        Path(value).touch()
    argument, other = quote_paths([f"source={value}", "counter=a,b"])
    parsed = OverridesParser.create().parse_override(argument).value()
    assert OmegaConf.create({"source": parsed}).source == value
    assert other == "counter=a,b"


def test_a_bare_path_is_the_source(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "day=2.mp4").touch()
    monkeypatch.setenv("HOME", str(tmp_path))
    assert quote_paths(["clip.mp4", "a=b"]) == ["source='clip.mp4'", "a=b"]
    assert quote_paths(["day=2.mp4", "--help"]) == ["source='day=2.mp4'", "--help"]
    assert quote_paths(["0", "~hydra.x"]) == ["source='0'", "~hydra.x"]
    assert quote_paths(["output_dir=~/x"]) == [f"output_dir='{tmp_path}/x'"]
    with pytest.raises(InputError, match="give one source"):
        quote_paths(["a.mp4", "b.mp4"])


@pytest.mark.parametrize("value", ["'a b'", '"a b"', "null", "${oc.env:HOME}/a", ""])
def test_what_needs_no_quotes_gets_none(value):
    assert quote_paths([f"++ckpt_path={value}"]) == [f"++ckpt_path={value}"]


def test_a_source_is_opened_before_networks_are_loaded(tmp_path):
    class Never(DotSessions):
        def load(self):
            raise AssertionError

    with pytest.raises(InputError, match=r"absent\.mp4"):
        run_single(str(tmp_path / "absent.mp4"), Never(), Path, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []
