"""`python -m pushup`: a command is a file, and what a command needs is loaded with it alone."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from pushup import __main__ as pushup

FOREIGN = """
import sys
from importlib.abc import MetaPathFinder

class Lacking(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("hydra", "omegaconf", "torch", "scipy", "tqdm"):
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Lacking())
from pushup.__main__ import main
main(sys.argv[1:])
"""
"""An environment that has none of the project's own requirements."""


def python(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, timeout=100, check=False
    )


def test_help_lists_every_file_of_the_folder_with_one_line(capsys) -> None:
    pushup.main(["--help"])
    lines = [line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines()[2:-2]]
    files = {p.stem for p in pushup.COMMANDS.glob("*.py")} - {"__init__"}
    assert {name.replace("-", "_") for name, _ in lines} == files
    assert all(text.endswith(".") and len(text) < 90 for _, text in lines)


@pytest.mark.parametrize("name", pushup.commands())
def test_every_command_says_how_it_is_used(name, capsys, monkeypatch) -> None:
    monkeypatch.setattr(sys, "argv", ["pushup"])
    try:
        pushup.main([name, "--help"])
    except SystemExit as stopped:  # argparse's; Hydra's help returns
        assert stopped.code == 0  # noqa: PT017
    assert len(capsys.readouterr().out) > 100


def test_an_unknown_command_is_one_line_that_names_the_known_ones(capsys) -> None:
    with pytest.raises(SystemExit) as stopped:
        pushup.main(["swim"])
    assert stopped.value.code == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "swim" in error
    assert "evaluate" in error


def test_help_and_the_votes_need_nothing_of_the_project_s_environment(tmp_path: Path) -> None:
    assert "mediapipe-votes" in python("-c", FOREIGN, "--help").stdout
    nothing = python("-c", FOREIGN, "mediapipe-votes", str(tmp_path), "votes.npz", "model")
    assert nothing.stderr == f"error: no pictures in {tmp_path}: give another folder\n"
    assert "ModuleNotFoundError" in python("-c", FOREIGN, "weights", "--help").stderr


def test_a_command_of_hydra_fails_in_one_line() -> None:
    failed = python("-m", "pushup", "evaluate", "nosuch=1")
    assert failed.returncode == 1
    assert failed.stderr == (
        "error: Could not override 'nosuch'. To append to your config use +nosuch=1\n"
    )


@pytest.mark.parametrize(
    "line",
    [
        "bench --frames -2",
        "bench --threads 1,x",
        "synthetic clips --out nowhere --fps 0",
        "synthetic clips --out nowhere --duration nan",
        "synthetic sheet --out nowhere.png --rows 0",
        "demo --clips 0",
        "fuzz --mutations 0",
    ],
)
def test_a_number_of_no_use_is_named(line, capsys):
    with pytest.raises(SystemExit, match="2"):
        pushup.main(line.split())
    assert re.search(
        r"error: argument --\w+: .*give a (whole )?number from", capsys.readouterr().err
    )
