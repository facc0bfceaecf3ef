"""`pushup serve` with scripted clients, good and bad ones: what was counted stays counted."""
# ruff: noqa: E402 - what the extra installs is asked for first

import csv
import io
import itertools
import json
import socket
import sys
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image

for name in ("starlette", "uvicorn", "websockets"):
    pytest.importorskip(name, reason=f"{name}, of the extra serve, is not installed")

from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from pushup.app import serve, serve_client
from pushup.app.records import RepStream
from pushup.commands.serve import main
from pushup.video.source import open_source
from support.dot_clips import dot_clip, session

TOKEN = "token"
LIMITS = serve.Limits(max_bytes=1 << 16, max_errors=3, idle_s=5.0)


@pytest.fixture
def jpegs(tmp_path) -> list[bytes]:
    """Three repetitions of a dot, as a phone sends them."""
    with open_source(dot_clip(tmp_path / "dot.avi")) as frames:
        return serve_client.jpegs_of(frames)


def served(counted, limits=LIMITS, step_s=1 / 20):
    """A server of a session; each frame comes `step_s` after the one before."""
    ticks = itertools.count()
    counting = serve.Counting(counted, limits, clock=lambda: next(ticks) * step_s)
    return serve.running(serve.application(counting, TOKEN, limits), limits)


def joined(address: str):
    return connect(f"ws://{address}/{TOKEN}/frames", proxy=None)


def answer(client, message) -> dict:
    client.send(message)
    return json.loads(client.recv(10))


def test_a_client_s_frames_are_counted_and_answered(jpegs):
    with served(session()) as address:
        answers = [told for told, _ in serve_client.converse(address, TOKEN, jpegs)]
    assert [told["count"] for told in answers][-1] == 3
    assert sum(told["rep"] for told in answers) == 3
    last = answers[-1]
    assert last["size_wh"] == [96, 128]
    assert last["joints"][0] == pytest.approx([48, 26, 0.9], abs=5)
    assert [0, 1] in last["edges"]


def test_a_phone_that_comes_back_goes_on_counting(jpegs):
    counted = session()
    with served(counted) as address:
        serve_client.converse(address, TOKEN, jpegs[:30])
        with joined(address) as old:
            told = [answer(old, jpeg) for jpeg in jpegs[30:40]]
            with joined(address) as new:
                told += [answer(new, jpeg) for jpeg in jpegs[40:]]
                with pytest.raises(ConnectionClosed, match="another device has taken over"):
                    old.recv(10)
    assert told[-1]["count"] == len(counted.tally.reps) == 3


def test_frames_of_two_devices_are_counted_one_at_a_time(jpegs):
    counted, at_work, most = session(), [], []
    step = counted.step

    def watched(frame):
        at_work.append(frame)
        most.append(len(at_work))
        time.sleep(0.02)
        scene = step(frame)
        at_work.pop()
        return scene

    counted.step = watched  # type: ignore[method-assign]
    ticks = itertools.count()
    counting = serve.Counting(counted, LIMITS, clock=lambda: float(next(ticks)))
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda jpeg: counting.answer({"bytes": jpeg}), jpegs[:8]))
    assert most == [1] * 8


def test_a_new_set_begins_at_the_word(jpegs):
    counted = session()
    with served(counted) as address, joined(address) as client:
        assert [answer(client, jpeg) for jpeg in jpegs][-1]["count"] == 3
        assert answer(client, "reset") == {"count": 0, "rep": False}
    assert len(counted.tally.reps) == 3


def large(size: tuple[int, int]) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size).save(file, "JPEG", quality=1)
    return file.getvalue()


JUNK = {
    "no picture": (b"junk", "no whole JPEG picture"),
    "another picture": (b"\x89PNG\r\n\x1a\n" + bytes(50), "no whole JPEG picture"),
    "cut off": (large((320, 240))[:-200], "no whole JPEG picture"),
    "too large": (large((2000, 40)), "a frame of 2000 x 40: send at most 1920 a side"),
    "a word": ("hello", "send frames as binary messages"),
    "nothing": (b"", "send frames as binary messages"),
}


@pytest.mark.parametrize("junk", JUNK)
def test_junk_is_answered_in_a_line_and_nothing_is_lost(junk, jpegs, capfd):
    message, words = JUNK[junk]
    with served(session()) as address, joined(address) as client:
        told = [answer(client, jpeg) for jpeg in jpegs[:30]]
        refused = answer(client, message)
        assert words in refused["error"]
        assert "\n" not in refused["error"]
        assert refused["count"] == told[-1]["count"] == 1
        told = [answer(client, jpeg) for jpeg in jpegs[30:]]
    assert told[-1]["count"] == 3
    assert capfd.readouterr().err == ""


def test_nothing_but_junk_ends_the_connection(jpegs, capfd):
    with served(session()) as address:
        with joined(address) as client:
            for _ in range(LIMITS.max_errors):
                answer(client, b"junk")
            with pytest.raises(ConnectionClosed, match="3 messages of no use"):
                client.recv(10)
        assert serve_client.converse(address, TOKEN, jpegs)[-1][0]["count"] == 3
    assert capfd.readouterr().err.count("\n") == 1


def test_too_much_at_once_ends_the_connection(jpegs, capfd):
    with served(session()) as address:
        with joined(address) as client:
            client.send(bytes(LIMITS.max_bytes + 1))
            with pytest.raises(ConnectionClosed):
                client.recv(10)
        assert serve_client.converse(address, TOKEN, jpegs)[-1][0]["count"] == 3
    lines = capfd.readouterr().err.splitlines()
    assert lines == ["warning: a client was let go: a frame of more than 65536 bytes"]


def test_too_many_frames_are_refused(jpegs):
    with served(session(), step_s=0.001) as address, joined(address) as client:
        refused = ["error" in (told := answer(client, jpeg)) for jpeg in jpegs[:7]]
        assert refused == [False] * 5 + [True] * 2  # 5 of 40 a second are those of 0.1 s, and one
        assert "more than 40 frames a second" in told["error"]


def test_a_silent_client_is_let_go(capfd):
    with (
        served(session(), serve.Limits(idle_s=0.1)) as address,
        joined(address) as client,
        pytest.raises(ConnectionClosed, match=r"nothing came for 0.1 s"),
    ):
        client.recv(10)
    assert capfd.readouterr().err.splitlines() == [
        "warning: a client was let go: nothing came for 0.1 s"
    ]


def test_only_who_knows_the_token_gets_in():
    with served(session()) as address:
        with urllib.request.urlopen(f"http://{address}/{TOKEN}") as page:
            assert b"getUserMedia" in page.read()
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"http://{address}/other")
        with pytest.raises(InvalidStatus, match="403"):
            connect(f"ws://{address}/other/frames", proxy=None)


def test_what_was_counted_is_on_disk_before_the_end(jpegs, tmp_path):
    with served(session(listeners=[RepStream(tmp_path / "reps.jsonl")])) as address:
        serve_client.converse(address, TOKEN, jpegs)
        assert len((tmp_path / "reps.jsonl").read_text().splitlines()) == 3


def test_ctrl_c_writes_the_records(jpegs, tmp_path, monkeypatch):
    counted = session()
    with served(counted) as address:
        serve_client.converse(address, TOKEN, jpegs)

    def interrupted(self, sockets):
        raise KeyboardInterrupt

    monkeypatch.setattr(serve.uvicorn.Server, "run", interrupted)
    with serve.listen("127.0.0.1", 0) as waiting:
        line = serve.serve(waiting, counted, tmp_path, TOKEN)
    assert line == f"3 counted in 61 frames; records in {tmp_path}"
    with (tmp_path / "reps.csv").open(newline="") as file:
        assert len(list(csv.DictReader(file))) == 3


def test_what_the_command_line_gets_wrong_is_a_line(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        wrong = {
            ("--port", port): f"cannot listen on 127.0.0.1 port {port}",
            ("--certificate", "no.pem", "--key", "no.pem"): "no file no.pem",
            ("--measure", "no.mp4"): "no.mp4",
            ("--port", "99999"): "give another --port",
            ("nosuch=1",): "nosuch",
            ("--certificate", __file__, "--key", __file__): "make both again",
        }
        for arguments, words in wrong.items():
            with pytest.raises(SystemExit) as end:
                main(arguments)
            assert end.value.code == 1
            error = capsys.readouterr().err
            assert words in error
            assert error.count("\n") == 1
    monkeypatch.setitem(sys.modules, "pushup.app.serve", None)
    monkeypatch.delattr("pushup.app.serve")
    with pytest.raises(SystemExit):
        main([])
    assert "pip install starlette uvicorn websockets" in capsys.readouterr().err
    assert not list(Path().iterdir())
