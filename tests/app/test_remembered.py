"""What `pushup live` remembers."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pushup.app.remembered import Remembered, config_folder

VALUES = {"source": "2", "exercise": "squat", "mirror": True, "goal": None, "pause_s": 60.0}


def test_what_was_chosen_holds_again(tmp_path, capsys):
    path = tmp_path / "pushup" / "live.yaml"
    first = Remembered(path)
    assert (first.values, first.overrides()) == ({}, [])
    first.keep(VALUES | {"window": True})
    second = Remembered(path)
    assert second.values == VALUES
    assert second.overrides() == ["exercise=squat", "mirror=True", "goal=null", "pause_s=60.0"]
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    "content",
    [b"\x00\xff", b"mirror: [", b"- 1\n", b"mirror: 1\n", b"goal: true\n", b"counter: x\n", b""],
)
def test_a_damaged_file_is_told_and_left_as_it_is(tmp_path, capsys, content):
    path = tmp_path / "live.yaml"
    path.write_bytes(content)
    remembered = Remembered(path)
    assert remembered.values == {}
    remembered.keep(VALUES)
    assert path.read_bytes() == content
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert str(path) in told
    assert "defaults are used" in told


def test_a_file_that_cannot_be_written_is_told(tmp_path, capsys):
    (tmp_path / "file").touch()
    remembered = Remembered(tmp_path / "none.yaml")
    remembered.path = tmp_path / "file" / "live.yaml"
    remembered.keep(VALUES)
    assert "nothing is remembered" in capsys.readouterr().err


def test_the_folder_is_the_platforms(monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", "/c")
    monkeypatch.setattr(sys, "platform", "linux")
    assert config_folder() == Path("/c/pushup")
    monkeypatch.setattr(sys, "platform", "darwin")
    assert config_folder().parts[-2:] == ("Application Support", "pushup")
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("APPDATA", "/a")
    assert config_folder() == Path("/a/pushup")


def test_without_a_camera_live_says_so_in_a_line(tmp_path):
    code = (
        "import pushup.video.source as s; s.camera_numbers = lambda: [3, 4]\n"
        "from pushup.commands.live import main; main(['goal=10'])"
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "XDG_CONFIG_HOME": str(tmp_path / "config")},
        check=False,
    )
    assert run.returncode == 1
    assert run.stderr.count("\n") == 1
    assert run.stderr.startswith("error: no camera gives a picture (camera 3 does not open;")
    assert "give a video" in run.stderr
    assert list(tmp_path.iterdir()) == []
