"""The wheel, in an empty folder and without this checkout."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from support.dot_clips import dot_clip

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(repository: Path, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=repository, check=True, capture_output=True)
    [path] = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory) -> Path:
    """A folder that holds what pip would install."""
    folder = tmp_path_factory.mktemp("site-packages")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def pushup(installed: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pushup", *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_has_what_it_needs_and_no_more(wheel: Path):
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert {"pushup/conf/infer.yaml", "pushup/weights/mobilenet.onnx"} <= set(names)
    assert not [name for name in names if "test" in name or name.endswith((".pyc", ".mp4"))]
    assert wheel.stat().st_size < 60e6


def test_it_counts_in_an_empty_folder(installed: Path, tmp_path: Path):
    dot_clip(tmp_path / "dot.avi", cycles=1)
    done = pushup(installed, tmp_path, "infer", "source=dot.avi", "output_dir=out", "log=null")
    assert done.returncode == 0, done.stderr
    assert "0 repetitions" in done.stdout
    assert (tmp_path / "out" / "summary.json").is_file()


def test_it_composes_every_command(installed: Path, tmp_path: Path):
    for command in ("train", "evaluate"):
        done = pushup(installed, tmp_path, command, "--cfg", "job")
        assert done.returncode == 0, done.stderr
        assert "model:" in done.stdout or "mode:" in done.stdout


def test_bad_input_is_one_line(installed: Path, tmp_path: Path):
    done = pushup(installed, tmp_path, "infer", "source=nosuch.mp4", "log=null")
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
