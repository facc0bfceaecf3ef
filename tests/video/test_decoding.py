"""Files as people have them, each encoded here: what comes out, and at which times."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from av.stream import Disposition

from pushup.cli import InputError
from pushup.video import decoder
from pushup.video.frames import Frame
from pushup.video.sink import VideoSink
from pushup.video.source import find_videos, open_source
from support.encoded import SIZE_WH, add_video, encode, frame_of, picture, square_x, tone


def frames_of(path) -> list[Frame]:
    with open_source(path) as source:
        frames = list(source)
        assert not source.truncated
    return frames


def check(frames: list[Frame], count: int, fps: float = 20) -> None:
    """Every picture is there, in order, at its time."""
    np.testing.assert_allclose([f.time_s for f in frames], np.arange(count) / fps, atol=1e-3)
    np.testing.assert_allclose([square_x(f.image_bgr) for f in frames], np.arange(count), atol=0.6)


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("a.mp4", "libx264"),
        ("a.mkv", "libx264"),
        ("a.ts", "libx264"),
        ("a.webm", "libvpx-vp9"),
        ("a.mp4", "libsvtav1"),
        ("a.avi", "mjpeg"),
        ("a.mpg", "mpeg2video"),
        ("a.mjpeg", "mjpeg"),
    ],
)
def test_codecs_and_containers(tmp_path, monkeypatch, name, codec):
    monkeypatch.setenv("SVT_LOG", "-1")
    options = {"preset": "12"} if codec == "libsvtav1" else {}
    fps = 25 if name == "a.mjpeg" else 20  # a raw stream carries no rate: FFmpeg takes 25
    check(frames_of(encode(tmp_path / name, 20, codec, fps, **options)), 20, fps)


@pytest.mark.parametrize("codec", ["libx264", "mpeg2video"])
def test_interlaced_pictures_are_made_progressive(tmp_path, codec):
    interlaced = {"x264-params": "tff=1"} if codec == "libx264" else {"flags": "+ildct+ilme"}
    with av.open(str(tmp_path / "a.mkv"), "w") as container:
        stream = add_video(container, codec, **interlaced)
        for k in range(20):
            woven = picture(2 * k)
            woven[1::2] = picture(2 * k + 3)[1::2]  # the second field is three steps later
            container.mux(stream.encode(frame_of(woven, k, 20)))
        container.mux(stream.encode(None))
    frames = frames_of(tmp_path / "a.mkv")
    np.testing.assert_allclose([f.time_s for f in frames], np.arange(20) / 20, atol=1e-3)
    for k, frame in enumerate(frames[2:-2], 2):
        rows = frame.image_bgr[24:40].mean(2)
        assert np.abs(rows[1:] - rows[:-1]).mean() < 11  # woven: 22
        steps = square_x(frame.image_bgr) - 2 * k  # 0 by the one field, 3 by the other
        assert min(abs(steps), abs(steps - 3)) < 0.6


def test_a_cover_picture_is_not_taken_for_the_video(tmp_path):
    with av.open(str(tmp_path / "a.mp4"), "w") as container:
        cover = add_video(container, "mjpeg")
        cover.disposition = Disposition.attached_pic
        video = add_video(container)
        container.mux(cover.encode(frame_of(np.full_like(picture(0), 250), 0, 20, "yuvj420p")))
        for k in range(20):
            container.mux(video.encode(frame_of(picture(k), k, 20)))
        container.mux(cover.encode(None))
        container.mux(video.encode(None))
    check(frames_of(tmp_path / "a.mp4"), 20)


def test_a_clip_cut_by_an_edit_list_is_whole(tmp_path):
    source = encode(tmp_path / "a.mp4", 40, g="20", bf="0")
    cut, options = tmp_path / "cut.mp4", {"avoid_negative_ts": "disabled"}
    with av.open(str(source)) as whole, av.open(str(cut), "w", options=options) as container:
        stream = container.add_stream_from_template(whole.streams.video[0])
        for packet in whole.demux(video=0):
            if packet.dts is not None:
                shift = round(13 / 20 / packet.time_base)
                packet.pts, packet.dts = packet.pts - shift, packet.dts - shift
                packet.stream = stream
                container.mux(packet)
    assert b"elst" in cut.read_bytes()
    frames = frames_of(cut)
    np.testing.assert_allclose([f.time_s for f in frames], np.arange(27) / 20, atol=1e-3)
    assert square_x(frames[0].image_bgr) == pytest.approx(13, abs=0.6)


@pytest.mark.parametrize("hflip", [False, True])
@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_turned_and_mirrored_as_a_player_shows_it(tmp_path, degrees, hflip):
    """Against what FFmpeg documents: the turn is counter-clockwise, then comes the mirror."""
    path = tmp_path / "a.mov"
    image = np.zeros((64, 96, 3), np.uint8)
    image[:32, :48], image[:32, 48:], image[32:, :48] = 80, 160, 240
    with av.open(str(path), "w") as container:
        stream = add_video(container)
        stream.set_display_rotation(degrees, hflip=hflip)
        container.mux(stream.encode(frame_of(image, 0, 20)))
        container.mux(stream.encode(None))
    shown = np.rot90(image, degrees // 90)
    shown = shown[:, ::-1] if hflip else shown
    [frame] = frames_of(path)
    assert np.abs(frame.image_bgr.astype(int) - shown).mean() < 4


def test_the_turn_is_found_beside_data_that_is_not_known(tmp_path, monkeypatch):
    """Of the frame's data PyAV lists all or, where it does not know one kind, none."""
    path = tmp_path / "a.mov"
    with av.open(str(path), "w") as container:
        stream = add_video(container)
        stream.set_display_rotation(90)
        container.mux(stream.encode(frame_of(picture(0), 0, 20)))
        container.mux(stream.encode(None))
    [known] = frames_of(path)

    class Unknown:
        def __init__(self, frame):
            self._frame = frame

        @property
        def side_data(self):
            raise ValueError("31 is not a valid Type")

        def __getattr__(self, name):
            return getattr(self._frame, name)

    matrix = decoder._display_matrix
    monkeypatch.setattr(decoder, "_display_matrix", lambda frame: matrix(Unknown(frame)))
    [unknown] = frames_of(path)
    np.testing.assert_array_equal(unknown.image_bgr, known.image_bgr)


def test_pixels_that_are_not_square_are_made_so(tmp_path):
    path = encode(tmp_path / "a.mkv", 5, "mpeg2video", aspect="16/9")
    with av.open(str(path)) as container:
        aspect = container.streams.video[0].sample_aspect_ratio
    with open_source(path) as source:
        assert source.size_wh == (round(96 * float(aspect or 1)), 64)


@pytest.mark.parametrize(
    "name",
    [
        "10:30.mp4",
        "2026-05-01T10:30:00.mp4",
        "dollar${x}.mp4",
        "~",
        "img%03d.mp4",
        "a*?[1].mp4",
        "concat:a|b.mp4",
        "http:--x.mp4",
        "-i.mp4",
        "\u0441\u043f\u043e\u0440\u0442 \u4f53\u64cd.mp4",
        os.fsdecode(b"latin-\xe9.mp4"),
        "new\nline.mp4",
    ],
)
def test_odd_names(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    encode(tmp_path / "plain.mp4").rename(tmp_path / name)
    check(frames_of(name), 20)
    check(frames_of(tmp_path / name), 20)
    with open_source(name) as source, VideoSink(Path(f"out-{name}"), (64, 48), 20) as sink:
        source.name.encode()
        sink.write(np.zeros((48, 64, 3), np.uint8), 0)
    assert Path(f"out-{name}").exists()


def test_a_bad_file_of_an_odd_name_is_one_printable_line(tmp_path):
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/latin-\xe9.mp4"))
    path.write_bytes(b"no video")
    with pytest.raises(InputError, match=r"latin-\\xe9.mp4: no video") as caught:
        open_source(path)
    str(caught.value).encode()


def test_a_pipe_is_read_to_its_end(tmp_path):
    encode(tmp_path / "a.mkv")
    os.mkfifo(tmp_path / "pipe.mkv")

    def feed():
        (tmp_path / "pipe.mkv").write_bytes((tmp_path / "a.mkv").read_bytes())

    feeder = threading.Thread(target=feed)
    feeder.start()
    check(frames_of(tmp_path / "pipe.mkv"), 20)
    feeder.join()
    count = "from pushup.video.source import *; print(len(list(open_source('/dev/stdin'))))"
    with (tmp_path / "a.mkv").open("rb") as file:
        piped = subprocess.run(
            [sys.executable, "-c", count],
            input=file.read(),
            capture_output=True,
            check=True,
        )
    assert piped.stdout == b"20\n"


def test_pictures_of_every_kind_are_no_video(tmp_path):
    for suffix in ("png", "jpg", "bmp", "webp", "tif"):
        cv2.imwrite(str(tmp_path / f"a.{suffix}"), picture(0))
        with pytest.raises(InputError, match="is a picture file"):
            open_source(tmp_path / f"a.{suffix}")


def test_linked_folders_are_searched_each_once(tmp_path):
    (tmp_path / "clips").mkdir()
    (tmp_path / "else").mkdir()
    (tmp_path / "clips" / "a.mp4").touch()
    (tmp_path / "else" / "b.mp4").touch()
    (tmp_path / "clips" / "linked").symlink_to(tmp_path / "else")
    (tmp_path / "else" / "round").symlink_to(tmp_path / "clips")
    names = [str(p.relative_to(tmp_path / "clips")) for p in find_videos(tmp_path / "clips")]
    assert names == ["a.mp4", "linked/b.mp4"]


@pytest.mark.parametrize("pattern", ["/etc/*", "../*", "", "a**"])
def test_a_pattern_of_no_use_is_one_line(tmp_path, pattern):
    (tmp_path / "b.mp4").touch()
    with pytest.raises(InputError):
        find_videos(tmp_path, pattern)


@pytest.mark.parametrize("codec", ["aac", "pcm_s16le"])
def test_sound_is_kept_in_step(tmp_path, codec):
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as container:
        video = add_video(container)
        audio = container.add_stream(codec, rate=8000)
        audio.layout = "mono"
        for k in range(20):  # the pictures begin half a second after the sound
            container.mux(video.encode(frame_of(picture(k), k + 10, 20)))
        for frame in tone(12):
            container.mux(audio.encode(frame))
        container.mux(audio.encode(None))
        container.mux(video.encode(None))
    out = tmp_path / "out.mp4"
    with open_source(path) as source, VideoSink(out, SIZE_WH, 20, source.sound) as sink:
        for frame in source:
            sink.write(frame.image_bgr, frame.time_s)
    check(frames_of(out), 20)
    with av.open(str(out)) as container:
        [audio] = container.streams.audio
        assert audio.codec_context.name == "aac"
        sound = [frame.to_ndarray().mean(0) for frame in container.decode(audio)]
    samples = np.concatenate(sound)
    assert len(samples) / 8000 == pytest.approx(0.96, abs=0.3)  # of 1.54 s
    assert np.abs(samples).max() > 0.1


def test_a_silent_file_stays_silent(tmp_path):
    with open_source(encode(tmp_path / "a.mp4")) as source:
        assert source.sound is None
