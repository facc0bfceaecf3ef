"""Sources, sinks and drawing, on clips written here and on two real ones."""

import os
import subprocess
import sys
import wave
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from pushup.cli import InputError
from pushup.video import overlay, placement, strip
from pushup.video.frames import FrameSource
from pushup.video.sink import VideoSink
from pushup.video.source import find_videos, open_source

REAL = Path(__file__).parents[2].parent / "shared/data/counting/videos"


def write_clip(path: Path, frames: int = 40, fps: float = 25.0, fourcc: str = "MJPG") -> Path:
    """A 64 x 48 clip whose grey level is three times the frame's number."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*fourcc), fps, (64, 48))
    for k in range(frames):
        writer.write(np.full((48, 64, 3), 3 * k, np.uint8))
    writer.release()
    return path


class FakeCapture:
    """A capture with chosen pictures, times and announcements."""

    def __init__(self, images, times_s=(), fps=10.0, frame_count=None, duration_s=None):
        self.images, self.times_s = list(images), list(times_s)
        self.fps, self.frame_count, self.duration_s = fps, frame_count, duration_s
        self.damaged, self.delivered, self.closed = False, 0, False

    def read(self):
        if self.delivered == len(self.images):
            return None
        self.delivered += 1
        times_s = self.times_s or [float("nan")] * len(self.images)
        return self.images[self.delivered - 1], times_s[self.delivered - 1]

    def close(self):
        self.closed = True


def black(n, wh=(4, 2)):
    return [np.zeros((wh[1], wh[0], 3), np.uint8) for _ in range(n)]


def test_every_frame_of_a_file_in_order_with_its_time(tmp_path):
    with open_source(write_clip(tmp_path / "a.avi")) as source:
        frames = list(source)
    assert source.size_wh == (64, 48)
    assert source.fps == pytest.approx(25)
    assert source.frame_count == 40
    assert not source.is_live
    assert not source.truncated
    assert [f.index for f in frames] == list(range(40))
    np.testing.assert_allclose([f.time_s for f in frames], np.arange(40) / 25, atol=1e-6)
    np.testing.assert_allclose([f.image_bgr.mean() for f in frames], 3 * np.arange(40), atol=2)


@pytest.mark.parametrize(
    ("turn", "expected"),
    [
        (0, [[1, 2], [3, 4]]),
        (90, [[3, 1], [4, 2]]),
        (180, [[4, 3], [2, 1]]),
        (270, [[2, 4], [1, 3]]),
    ],
)
def test_pictures_are_turned_as_asked(turn, expected):
    image = np.repeat(np.array([[1, 2], [3, 4]], np.uint8)[..., None], 3, 2)
    source = FrameSource(FakeCapture([image], [0]), "x", turn=turn)
    np.testing.assert_array_equal(next(iter(source)).image_bgr[..., 0], expected)


def test_times_that_do_not_increase_are_repaired_by_nominal_steps():
    capture = FakeCapture(black(6), [0, 0.1, 0.1, 0.05, float("nan"), 0.9])
    times = [f.time_s for f in FrameSource(capture, "x")]
    np.testing.assert_allclose(times, [0, 0.1, 0.2, 0.3, 0.4, 0.9])


def test_live_times_come_from_the_clock_and_the_end_is_no_truncation():
    clock = iter([50.0, 50.5, 53.0])
    capture = FakeCapture(black(3), [9, 9, 9], fps=0.0, frame_count=500, duration_s=50.0)
    source = FrameSource(capture, "camera", is_live=True, clock=lambda: next(clock))
    assert [f.time_s for f in source] == [0.0, 0.5, 3.0]
    assert not source.truncated
    assert source.fps == 30


def test_the_length_decides_whether_a_stream_is_live():
    endless = FrameSource(FakeCapture(black(1)), "u", is_live=None, clock=lambda: 0.0)
    file = FrameSource(FakeCapture(black(1), [0], frame_count=1), "u", is_live=None)
    assert endless.is_live
    assert not file.is_live


@pytest.mark.parametrize(("container", "fourcc"), [("avi", "MJPG"), ("webm", "VP80")])
def test_a_cut_off_file_keeps_what_was_decoded(tmp_path, container, fourcc):
    whole = write_clip(tmp_path / f"whole.{container}", 60, fourcc=fourcc)
    cut = tmp_path / f"cut.{container}"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    with open_source(cut) as source:
        frames = list(source)
    assert 10 < len(frames) < 50
    assert source.truncated


def test_a_file_that_ends_early_says_so():
    source = FrameSource(FakeCapture(black(5), np.arange(5) / 10, 10.0, 10, 1.0), "x")
    assert len(list(source)) == 5
    assert source.truncated


def test_a_long_last_frame_is_no_truncation():
    times = [0, 0.1, 0.2, 0.3, 0.4]
    source = FrameSource(FakeCapture(black(5), times, 12.5, 5, 0.4), "x")
    assert len(list(source)) == 5
    assert not source.truncated


def test_the_capture_is_released_on_an_error():
    capture = FakeCapture(black(3), [0, 1, 2])
    with pytest.raises(RuntimeError), FrameSource(capture, "x"):
        raise RuntimeError
    assert capture.closed


def bad_inputs(folder: Path):
    with wave.open(str(folder / "sound.wav"), "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(bytes(16000))
    (folder / "empty.mp4").touch()
    (folder / "noise.mp4").write_bytes(np.random.default_rng(0).bytes(50_000))
    (folder / "notes.txt").write_text("a line of text\n" * 500)
    cv2.imwrite(str(folder / "still.png"), np.zeros((48, 64, 3), np.uint8))
    whole = write_clip(folder / "whole.mp4", fourcc="mp4v").read_bytes()
    (folder / "headless.mp4").write_bytes(whole[: len(whole) // 2])
    return {
        folder / "nosuch.mp4": "no such file",
        folder: "is a folder",
        folder / "empty.mp4": "empty",
        folder / "noise.mp4": "no video can be read",
        folder / "headless.mp4": "cut off before its index",
        folder / "sound.wav": "sound only",
        folder / "notes.txt": "text file",
        folder / "still.png": "picture",
        "97": "camera 97 does not open",
        "http://127.0.0.1:9/a.mp4?b=c": "stream does not open",
    }


def test_bad_input_gives_one_line_with_its_name(tmp_path, capfd):
    for source, words in bad_inputs(tmp_path).items():
        with pytest.raises(InputError, match=words) as caught:
            open_source(source)
        assert str(source) in str(caught.value)
        assert "\n" not in str(caught.value)
    assert capfd.readouterr() == ("", "")


def test_a_capture_without_frames_is_refused():
    capture = FakeCapture([])
    with pytest.raises(InputError, match="no frame"):
        FrameSource(capture, "a.mp4")
    assert capture.closed


def test_videos_are_found_at_any_depth(tmp_path):
    for name in ("b.mp4", "deep/er/a.AVI", "c.txt", ".hidden.mp4"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    names = [str(p.relative_to(tmp_path)) for p in find_videos(tmp_path)]
    assert names == ["b.mp4", "deep/er/a.AVI"]
    assert len(find_videos(tmp_path, "b*")) == 1
    with pytest.raises(InputError, match="no video"):
        find_videos(tmp_path, "z*")


def test_a_sink_keeps_every_frame_at_its_time(tmp_path):
    times = [3, 3.1, 3.12, 3.2, 3.5, 3.6, 3.6]
    with VideoSink(tmp_path / "o.mp4", (65, 49), 10) as sink:
        for k, time_s in enumerate(times):
            sink.write(np.full((49, 65, 3), 10 * k, np.uint8), time_s)
        assert not (tmp_path / "o.mp4").exists()
    with open_source(tmp_path / "o.mp4") as source:
        frames = list(source)
    assert [round(f.image_bgr.mean() / 10) for f in frames] == list(range(7))
    np.testing.assert_allclose([f.time_s for f in frames], np.subtract(times, 3), atol=1e-4)
    assert source.size_wh == (66, 50)
    assert os.listdir(tmp_path) == ["o.mp4"]


def test_a_sink_shortens_a_gap_of_hours(tmp_path):
    with VideoSink(tmp_path / "o.mp4", (64, 48), 10) as sink:
        for time_s in (0, 9000, 9001):
            sink.write(np.zeros((48, 64, 3), np.uint8), time_s)
    with open_source(tmp_path / "o.mp4") as source:
        np.testing.assert_allclose([f.time_s for f in source], [0, 5, 6], atol=1e-4)


def test_what_a_sink_writes_plays_in_browsers(tmp_path):
    with VideoSink(tmp_path / "o.mp4", (64, 48), 10) as sink:
        for k in range(20):
            sink.write(np.full((48, 64, 3), (10 * k, 0, 255), np.uint8), k / 10)
    data = (tmp_path / "o.mp4").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")  # it starts before it is loaded
    with av.open(str(tmp_path / "o.mp4")) as container:
        context = container.streams.video[0].codec_context
        assert (context.name, context.pix_fmt, context.colorspace) == ("h264", "yuv420p", 1)
    with open_source(tmp_path / "o.mp4") as source:
        colour = list(source)[10].image_bgr.mean((0, 1))
    np.testing.assert_allclose(colour, (100, 0, 255), atol=6)


def test_a_full_disk_gives_the_video_up_and_leaves_nothing(tmp_path):
    limited = (
        "import resource, sys, numpy as np; from pushup.video.sink import VideoSink\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))\n"
        "rng = np.random.default_rng(0)\n"
        "with VideoSink(sys.argv[1], (640, 480), 10) as sink:\n"
        "    for k in range(30):\n"
        "        sink.write(rng.integers(0, 255, (480, 640, 3), dtype=np.uint8), k / 10)\n"
        "print(sink.error)"
    )
    path = tmp_path / "o.mp4"
    done = subprocess.run(
        [sys.executable, "-c", limited, path], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith(f"cannot write {path}: ")
    assert os.listdir(tmp_path) == []


def test_a_sink_resizes_an_odd_frame_out(tmp_path):
    with VideoSink(tmp_path / "o.mp4", (64, 48), 10) as sink:
        sink.write(np.full((48, 64, 3), 50, np.uint8), 0)
        sink.write(np.full((96, 128, 3), 50, np.uint8), 0.1)
    with open_source(tmp_path / "o.mp4") as source:
        assert [round(f.image_bgr.mean() / 10) for f in source] == [5, 5]


def test_a_sink_leaves_nothing_behind_after_an_error(tmp_path):
    def fail():
        with VideoSink(tmp_path / "o.mp4", (64, 48), 10) as sink:
            sink.write(np.zeros((48, 64, 3), np.uint8), 0)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert os.listdir(tmp_path) == []


def test_a_sink_follows_no_planted_link(tmp_path, monkeypatch):
    (tmp_path / "treasure").write_text("gold")
    names = iter(("planted", "free"))
    monkeypatch.setattr("pushup.files.secrets.token_hex", lambda _: next(names))
    (tmp_path / ".partial-planted-o.mp4").symlink_to(tmp_path / "treasure")
    with VideoSink(tmp_path / "o.mp4", (64, 48), 10) as sink:
        sink.write(np.zeros((48, 64, 3), np.uint8), 0)
    assert (tmp_path / "treasure").read_text() == "gold"
    assert (tmp_path / "o.mp4").stat().st_size > 0


def test_a_sink_that_cannot_write_says_so(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot write"):
        VideoSink(tmp_path / "file" / "o.mp4", (64, 48), 10)


@pytest.mark.parametrize("size_wh", [(64, 48), (240, 426), (1280, 720)])
def test_drawing_is_pure_and_scales(size_wh):
    frame = np.full((size_wh[1], size_wh[0], 3), 128, np.uint8)
    scene = overlay.OverlayState(
        count=3,
        keypoints_frame=np.array([[0.8, 0.5], [0.9, 0.55], [np.nan, np.nan]]) * size_wh,
        scores=np.array([0.0, 1.0, 0.0]),
        edges=[(0, 1), (1, 2)],
        samples=[strip.Sample(t / 10, np.sin(t), np.nan, t > 20) for t in range(40)],
        reps_s=[(1.0, 1.5), (-3.0, -2.0)],
        lines=["25 fps"],
        hint="deeper",
        help=["Q quit"],
    )
    before = frame.copy()
    canvas = overlay.draw(frame, scene)
    np.testing.assert_array_equal(frame, before)
    assert canvas.shape[1::-1] == overlay.canvas_size(size_wh)
    assert canvas.shape[1] >= 480
    joint = (np.array([0.9, 0.55]) * size_wh + 0.5) * (canvas.shape[1] / size_wh[0]) - 0.5
    blue, green, red = canvas[tuple(joint.round().astype(int)[::-1])].astype(int)
    assert green > red + 50
    assert green > blue + 50


@pytest.mark.parametrize("size_wh", [(240, 426), (426, 240), (1280, 720)])
def test_a_hint_is_large_and_never_cut_off(size_wh) -> None:
    frame = np.full((size_wh[1], size_wh[0], 3), 200, np.uint8)
    words = "not like a push-up: the arms do not shorten and the hands follow the head "
    rows = {}
    for hint in ("deeper", words, 3 * words):
        canvas = overlay.draw(frame, overlay.OverlayState(0, hint=hint)).astype(int)
        amber = (canvas[..., 2] > 230) & (canvas[..., 0] < 100)
        picture = canvas.shape[0] - canvas_height_of_strip(size_wh)
        assert not amber[:picture].any()  # it hides nobody
        assert not amber[:, -3:].any()
        assert not amber[-2:].any()
        rows[hint] = np.ptp(np.flatnonzero(amber.any(1)))
    assert rows["deeper"] > 0.06 * min(canvas.shape[:2])  # read from afar
    whole = overlay.draw(frame, overlay.OverlayState(0, hint=words + "end"))
    cut = overlay.draw(frame, overlay.OverlayState(0, hint=words))
    assert (whole != cut).any()


def canvas_height_of_strip(size_wh) -> int:
    width, height = overlay.canvas_size(size_wh)
    return height - round(size_wh[1] * width / size_wh[0])


def test_nobody_seen_is_said_in_place_of_a_skeleton():
    frame = np.full((480, 640, 3), 128, np.uint8)
    points = np.array([[300.0, 300.0], [400.0, 300.0]])
    shown = {"keypoints_frame": points, "scores": np.ones(2), "edges": [(0, 1)]}
    blind = overlay.draw(frame, overlay.OverlayState(3, seen=False, **shown))
    assert (blind[280:320, 280:420] == 128).all()
    seeing = overlay.draw(frame, overlay.OverlayState(3, **shown))
    assert (seeing[280:320, 280:420] != 128).any()
    assert (blind[:200, :300] != seeing[:200, :300]).any()  # the label says it


@pytest.mark.parametrize("corner", placement.CORNERS)
@pytest.mark.parametrize("mirror", [False, True])
def test_the_count_stands_in_its_corner(corner, mirror):
    frame = np.full((480, 640, 3), 128, np.uint8)
    scene = overlay.OverlayState(8, goal=20, below=("set 2: 3",), corner=corner)
    picture = overlay.draw(frame, scene, mirror)[:480]
    right, bottom = (corner[0] == "right") != mirror, corner[1] == "bottom"
    changed = np.argwhere((picture != 128).any(2))
    assert (changed[:, 1].mean() > 320) == right
    assert (changed[:, 0].mean() > 240) == bottom


def test_the_panel_goes_where_it_hides_the_person_least():
    panel, size_wh = placement.PanelCorner(), (640, 480)
    body = np.array([[20.0, 20.0], [300.0, 200.0], [np.nan, np.nan]])  # at the top left
    panel.update(0.0, body, size_wh)
    assert panel.corner != ("left", "top")
    there = panel.corner
    for k in range(40):  # somebody in the middle, who comes near no corner: it stays
        panel.update(0.1 * k, np.array([[300.0, 220.0], [340.0, 260.0]]), size_wh)
    assert panel.corner == there


def test_drawing_nothing_known_leaves_the_middle_alone():
    frame = np.random.default_rng(0).integers(0, 255, (480, 640, 3), dtype=np.uint8)
    canvas = overlay.draw(
        frame, overlay.OverlayState(count=0, samples=[strip.Sample(0, np.nan, 0, True)])
    )
    np.testing.assert_array_equal(canvas[200:480, 300:], frame[200:480, 300:])


def test_the_mirror_turns_the_picture_and_not_the_text():
    frame = np.zeros((480, 640, 3), np.uint8)
    frame[:, :320] = 100
    plain, mirrored = (
        overlay.draw(frame, overlay.OverlayState(7), mirror=m) for m in (False, True)
    )
    assert plain[470, 10, 0] == 100
    assert mirrored[470, 10, 0] == 0
    left, right = (written(half) for half in (plain[:82, :320], mirrored[:82, 320:]))
    np.testing.assert_array_equal(left, right)


def written(picture: np.ndarray) -> np.ndarray:
    """Where something white is written, without what lies around it."""
    white = (picture == 255).all(2)
    (top, left), (bottom, right) = (f(np.argwhere(white), 0) for f in (np.min, np.max))
    return white[top : bottom + 1, left : right + 1]


@pytest.mark.realdata
@pytest.mark.skipif(not REAL.is_dir(), reason="shared real data set is absent")
def test_a_real_rotated_and_a_real_variable_rate_clip():
    with open_source(REAL / "val_p037.mp4") as source:
        first = next(iter(source)).image_bgr
        assert source.size_wh == (240, 426)
    with av.open(str(REAL / "val_p037.mp4")) as container:  # a player turns it clockwise
        stored = next(container.decode(video=0)).to_ndarray(format="bgr24")
    np.testing.assert_array_equal(first, np.rot90(stored, -1))
    with open_source(REAL / "val_p039.mp4") as source:
        steps = np.diff([f.time_s for f in source])
    assert len(steps) == 469
    assert steps.min() == pytest.approx(0.0334, abs=1e-3)
    assert steps.max() == pytest.approx(0.3337, abs=1e-3)
    assert not source.truncated


@pytest.mark.realdata
@pytest.mark.skipif(not REAL.is_dir(), reason="shared real data set is absent")
def test_a_real_clip_cut_off_and_one_damaged_in_the_middle(tmp_path):
    whole = (REAL / "val_p042.mp4").read_bytes()
    (tmp_path / "cut.mp4").write_bytes(whole[: len(whole) // 2])
    middle, noise = len(whole) // 2, np.random.default_rng(0).bytes(20_000)
    (tmp_path / "hole.mp4").write_bytes(whole[:middle] + noise + whole[middle + 20_000 :])
    for name, fewest, most in (("cut.mp4", 600, 700), ("hole.mp4", 1200, 1401)):
        with open_source(tmp_path / name) as source:
            assert fewest < len(list(source)) < most
            assert source.truncated
