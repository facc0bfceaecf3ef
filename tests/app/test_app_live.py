"""The window's loop with a window that presses keys by itself, and with virtual cameras."""

import threading
import time

import cv2
import numpy as np
import pytest

from pushup.app import live, run, single
from pushup.app.player import DisplayOptions, Player
from pushup.app.prefetch import PrefetchThread
from pushup.app.session import Session
from pushup.cli import InputError
from pushup.counting.form import FormCheck
from pushup.video import words
from pushup.video.frames import FrameSource
from pushup.video.reconnecting import ReconnectingSource
from pushup.video.source import open_source
from support.dot_clips import CrossingCounter, DotPredictor, DotSessions, dot_clip, rows_of, session


class VirtualCapture:
    """A file served as a camera, picture by picture at a rate; unplugged after `frames`.

    `stall` is an event that holds reading up while it is clear.
    """

    frame_count, duration_s, damaged = None, None, False

    def __init__(self, path, fps, frames=10**9, stall=None, start=0):
        self.file = cv2.VideoCapture(str(path))
        for _ in range(start):
            self.file.read()
        self.fps, self.left, self.stall = 0.0, frames, stall
        self.step_s = 1 / fps
        self.due_s = time.monotonic()

    def read(self):
        if self.stall is not None:
            self.stall.wait(10)
        self.due_s += self.step_s
        time.sleep(max(0.0, self.due_s - time.monotonic()))
        self.left -= 1
        ok, image = self.file.read() if self.left >= 0 else (False, None)
        return (image, float("nan")) if ok else None

    def close(self):
        self.file.release()


def camera(path, fps, **settings):
    return FrameSource(VirtualCapture(path, fps, **settings), "camera 0", is_live=True)


class FakeWindow:
    """Presses keys, given as {number of pictures shown: key}; may be closed by hand."""

    def __init__(self, keys=(), close_after=10**9):
        self.keys, self.close_after = dict(keys), close_after
        self.shown, self.waited_s = [], 0.0

    def __call__(self, title, full=False):
        return self

    room_wh = 640, 480

    def full_screen(self, full):
        self.full = full

    def fit(self, canvas_wh):
        self.fitted_wh = canvas_wh

    def clear(self):
        pass

    def show(self, canvas):
        self.shown.append(canvas)

    def key(self, wait_s):
        self.waited_s += wait_s
        time.sleep(wait_s)
        return self.keys.pop(len(self.shown), "")

    @property
    def closed(self):
        return len(self.shown) >= self.close_after

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


def play(source, window, folder, view=None, **settings):
    one = session()
    player = Player(source, one, window, view or DisplayOptions(), folder, open_source, **settings)
    with source:
        player.play()
    if player.annotated is not None:
        player.annotated.close()
    return one, player


# PrefetchThread


def test_of_a_file_nothing_is_lost_and_memory_is_bounded():
    produced = []

    def numbers():
        for k in range(50):
            produced.append(k)
            yield k

    stream = PrefetchThread(numbers(), newest_wins=False, size=3)
    time.sleep(0.1)
    assert len(produced) <= 5
    assert list(stream) == list(range(50))
    assert stream.dropped == 0


def test_of_a_camera_the_newest_wins():
    go = threading.Event()

    def numbers():
        yield from range(50)
        go.set()
        time.sleep(0.05)

    stream = PrefetchThread(numbers(), newest_wins=True)
    go.wait(5)
    assert list(stream) == [49]
    assert stream.dropped == 49


def test_an_error_in_the_thread_reaches_the_taker():
    def broken():
        yield 1
        raise InputError("gone")

    stream = PrefetchThread(broken(), newest_wins=False)
    assert stream.poll(1.0) == 1
    with pytest.raises(InputError, match="gone"):
        list(stream)


def test_closing_ends_the_thread():
    before = threading.active_count()
    stream = PrefetchThread(iter(int, 1), newest_wins=False)
    assert stream.poll(1.0) == 0
    stream.close()
    assert stream.ended
    assert threading.active_count() == before


# Cameras


@pytest.mark.parametrize("fps", [10, 60])
def test_a_camera_counts_the_same_at_any_rate(tmp_path, fps):
    clip = dot_clip(tmp_path / "a.avi", cycles=3, fps=fps)
    with camera(clip, fps) as source:
        summary = run.run_video(source, session(), tmp_path, annotate=False)
    assert summary.count == 3
    assert summary.duration_s == pytest.approx(3, abs=0.3)
    assert 0 <= summary.latency_ms < 200


def test_a_slow_predictor_sees_the_newest_frames_and_still_counts(tmp_path):
    class Slow(DotPredictor):
        def track(self, frame_bgr, time_s):
            time.sleep(0.05)
            return super().track(frame_bgr, time_s)

    clip = dot_clip(tmp_path / "a.avi", cycles=3, fps=60)
    with camera(clip, 60) as source:
        one = Session(Slow(), CrossingCounter(), FormCheck({}))
        summary = run.run_video(source, one, tmp_path, annotate=False)
    assert summary.count == 3
    assert summary.frames < 90
    assert summary.latency_ms < 150


def test_an_unplugged_camera_is_waited_for(tmp_path, caplog):
    clip = dot_clip(tmp_path / "a.avi", cycles=4, fps=20)
    opened, refusals = [], iter([True, True, False])

    def reopen():
        if next(refusals, True):
            raise InputError("not there")
        opened.append(time.monotonic())
        return camera(clip, 40, start=30, frames=40)

    with ReconnectingSource(
        camera(clip, 40, frames=30), reopen, wait_s=0.3, retry_s=0.05
    ) as source:
        frames = list(source)
    assert len(opened) == 1
    assert caplog.messages[0] == "warning: camera 0 is gone: waiting for it"
    assert [f.index for f in frames] == list(range(70))
    steps = np.diff([f.time_s for f in frames])
    assert (steps > 0).all()
    assert steps[29] > 0.15  # it was away
    assert source.is_live
    assert not source.truncated


def test_a_closed_camera_is_not_waited_for(tmp_path):
    clip = dot_clip(tmp_path / "a.avi", cycles=1)

    def reopen():
        raise InputError("not there")

    source = ReconnectingSource(camera(clip, 200, frames=3), reopen, wait_s=60)
    stream = PrefetchThread(source, newest_wins=False)
    while stream.poll(0.2) is not None:
        pass
    started = time.monotonic()
    source.close()
    assert list(stream) == []
    assert time.monotonic() - started < 2


def test_a_stalled_camera_says_so_and_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr("pushup.app.player._STALLED_S", 0.1)
    stall = threading.Event()
    stall.set()
    clip = dot_clip(tmp_path / "a.avi", cycles=3)
    source = camera(clip, 100, stall=stall)
    window = FakeWindow()
    show = window.show

    def show_and_stall(canvas):
        show(canvas)
        if len(window.shown) == 5:
            stall.clear()
            threading.Timer(0.4, stall.set).start()

    window.show = show_and_stall
    notices = []
    monkeypatch.setattr(Player, "_notify", lambda self, words: notices.append(words))
    one, _ = play(source, window, tmp_path)
    assert set(notices) == {words.SHOWS_KEYS, words.WAITING}
    assert one.frames > 20


def test_a_camera_that_hangs_does_not_hang_the_end(tmp_path):
    stall = threading.Event()
    stall.set()
    source = camera(dot_clip(tmp_path / "a.avi"), 100, stall=stall)
    window = FakeWindow()

    def hang(canvas):
        window.shown.append(canvas)
        stall.clear()

    window.show = hang
    window.key = lambda wait_s: "q" if window.shown else ""
    started = time.monotonic()
    play(source, window, tmp_path)
    assert time.monotonic() - started < 8
    stall.set()


# Keys


def test_a_file_plays_at_its_own_pace_and_every_frame_is_shown(tmp_path):
    window = FakeWindow()
    started = time.monotonic()
    one, _ = play(open_source(dot_clip(tmp_path / "a.avi", cycles=1)), window, tmp_path)
    assert len(window.shown) == 21
    assert time.monotonic() - started > 0.9
    assert len(one.tally.reps) == 1
    with open_source(tmp_path / "annotated.mp4") as annotated:
        assert len(list(annotated)) == 21


def test_quit_ends_early_and_keeps_what_was_seen(tmp_path):
    window = FakeWindow({5: "q"})
    play(open_source(dot_clip(tmp_path / "a.avi")), window, tmp_path)
    assert len(window.shown) == 5
    with open_source(tmp_path / "annotated.mp4") as annotated:
        assert len(list(annotated)) == 5


def test_the_closed_window_ends_it(tmp_path):
    window = FakeWindow(close_after=4)
    play(open_source(dot_clip(tmp_path / "a.avi")), window, tmp_path)
    assert len(window.shown) == 4


def test_pause_and_step(tmp_path):
    window = FakeWindow({3: " "})  # shown again, saying so: picture 4
    presses = iter(["s", "s", " "])
    key = window.key

    def press(wait_s):
        if len(window.shown) >= 4 and window.keys == {}:
            time.sleep(0.02)
            return next(presses, "")
        return key(wait_s)

    window.key = press
    one, _ = play(open_source(dot_clip(tmp_path / "a.avi", cycles=1)), window, tmp_path)
    with open_source(tmp_path / "annotated.mp4") as annotated:
        assert len(list(annotated)) == 21  # each frame once, however often it was shown
    assert len(one.tally.reps) == 1


def test_a_new_set_counts_from_zero_and_keeps_what_was_counted(tmp_path):
    window = FakeWindow({22: "r"})
    one, _ = play(open_source(dot_clip(tmp_path / "a.avi", cycles=2)), window, tmp_path)
    assert one.tally.count == 1
    assert [counted.set_number for counted in one.tally.reps] == [1, 2]


def test_the_count_is_corrected_by_hand(tmp_path):
    presses = iter(["-", "-", "+", "="])
    window = FakeWindow()
    window.key = lambda wait_s: next(presses, "") if len(window.shown) > 22 else ""
    source = open_source(dot_clip(tmp_path / "a.avi", cycles=2))
    one, player = play(source, window, tmp_path)
    summary = run.finish(source, one, tmp_path, player.annotated)
    assert (summary.count, summary.by_hand, summary.removed) == (3, 2, 1)
    assert [row["by_hand"] for row in rows_of(tmp_path / "reps.csv")] == ["1", "1", "0"]


def test_mirror_and_help_change_the_picture_and_are_kept(tmp_path):
    view = DisplayOptions()
    window = FakeWindow({2: "m", 4: "h", 6: "e"})
    one, _ = play(open_source(dot_clip(tmp_path / "a.avi", cycles=1)), window, tmp_path, view)
    assert view == DisplayOptions(mirror=True, explain=True, help=True)
    assert one.explain


def test_record_writes_what_is_shown_between_two_presses(tmp_path):
    window = FakeWindow({4: "v", 12: "v"})
    source = camera(dot_clip(tmp_path / "a.avi", cycles=2), 30)
    play(source, window, tmp_path)
    assert not (tmp_path / "annotated.mp4").exists()
    with open_source(tmp_path / "recording_001.mp4") as recording:
        assert 3 <= len(list(recording)) <= 40


def test_another_file_is_opened_and_gets_records_of_its_own(tmp_path, monkeypatch):
    first, second = (dot_clip(tmp_path / f"{n}.avi", cycles=n) for n in (1, 2))
    monkeypatch.setattr("pushup.app.player.ask_file", lambda: str(second))
    monkeypatch.setattr(live, "Window", FakeWindow({10: "o"}))
    out = tmp_path / "out"
    out.mkdir()
    summaries = live.run_window(open_source(first), open_source, lambda *_: session(), out)
    assert [s.source for s in summaries] == [str(first), str(second)]
    assert summaries[1].count == 2
    assert len(rows_of(out / "02" / "reps.csv")) == 2
    assert rows_of(out / "reps.csv") == []


def test_a_camera_or_file_that_does_not_open_leaves_the_current_one(tmp_path, monkeypatch):
    monkeypatch.setattr("pushup.app.player.camera_numbers", lambda: [0, 2, 11])
    monkeypatch.setattr("pushup.app.player.ask_file", lambda: "/nosuch.mp4")
    notices = []
    monkeypatch.setattr(Player, "_notify", lambda self, words: notices.append(words))
    window = FakeWindow({2: "c", 4: "o", 6: "f"})
    one, player = play(open_source(dot_clip(tmp_path / "a.avi", cycles=1)), window, tmp_path)
    assert player.next_source is None
    assert one.frames == 21
    assert notices[1:4] == [f"camera {k} does not open" for k in (0, 2, 11)]
    assert notices[4:] == ["no other camera opens", "/nosuch.mp4: no such file"]
    assert window.full


def test_the_next_camera_is_the_next_that_opens(tmp_path, monkeypatch):
    monkeypatch.setattr("pushup.app.player.camera_numbers", lambda: [0, 1, 2, 7, 8, 19])
    asked = []

    def open_(name):
        asked.append(name)
        if name != "1":
            raise InputError(f"camera {name} does not open; plug it in")
        return camera(tmp_path / "a.avi", 30)

    dot_clip(tmp_path / "a.avi", cycles=1)
    source = FrameSource(VirtualCapture(tmp_path / "a.avi", 30), "camera 7", is_live=True)
    player = Player(source, session(), FakeWindow({2: "c"}), DisplayOptions(), tmp_path, open_)
    with source:
        player.play()
    assert asked == ["8", "19", "0", "1"]
    assert player.next_source is not None
    player.next_source.close()


def test_the_next_exercise_goes_on_with_the_same_camera(tmp_path, monkeypatch):
    class Round:
        number = 0

        def next_exercise(self):
            self.number += 1

        def history(self, exercise):
            return [f"{exercise} today: 3"]

    made, around = [], Round()
    window = FakeWindow({8: "x", 14: "l", 16: "n", 18: "q"})
    monkeypatch.setattr(live, "Window", window)
    source = camera(dot_clip(tmp_path / "a.avi", cycles=3), 60)
    view = DisplayOptions()

    def new_session(opened, folder):
        made.append((opened, around.number))
        return session()

    out = tmp_path / "out"
    out.mkdir()
    summaries = live.run_window(source, open_source, new_session, out, view=view, exercises=around)
    assert made == [(source, 0), (source, 1)]
    assert len(summaries) == 2
    assert (out / "02" / "summary.json").exists()
    assert view.quiet


def test_a_file_begins_again_with_the_next_exercise(tmp_path, monkeypatch):
    class Round:
        def next_exercise(self):
            pass

    monkeypatch.setattr(live, "Window", FakeWindow({5: "x"}))
    clip = dot_clip(tmp_path / "a.avi", cycles=1)
    first, second = live.run_window(
        open_source(clip), open_source, lambda *_: session(), tmp_path, exercises=Round()
    )
    assert first.count == 0
    assert (second.count, second.source) == (1, str(clip))


def test_the_explanation_is_words(tmp_path, monkeypatch):
    notices = []
    monkeypatch.setattr(Player, "_notify", lambda self, words: notices.append(words))
    play(
        open_source(dot_clip(tmp_path / "a.avi", cycles=1)), FakeWindow({2: "e", 4: "e"}), tmp_path
    )
    assert notices == [words.SHOWS_KEYS, words.now(True, True, "push_up"), words.EXPLAIN_OFF]


def test_without_a_display_it_says_so_and_carries_on(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("pushup.app.window._obstacle", lambda: "there is no display")
    out = tmp_path / "out"

    def make(folder):
        folder.mkdir()
        return folder

    clip = dot_clip(tmp_path / "a.avi", cycles=1)

    log = str(tmp_path / "log.csv")
    (summary,) = single.run_single(str(clip), DotSessions(), make, out, window=True, log=log)
    assert summary.count == 1
    assert "no display: carrying on without a window" in capsys.readouterr().err
    assert not (tmp_path / "log.csv").exists()  # which is of live workouts


def test_a_display_that_is_not_there_is_noticed_without_dying(monkeypatch):
    from pushup.app.window import _obstacle

    monkeypatch.setenv("DISPLAY", ":987")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.delenv("QT_QPA_PLATFORM", raising=False)
    assert _obstacle() in ("there is no display", "this OpenCV is a headless build")
