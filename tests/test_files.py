"""Files are whole or absent, whoever else writes or plants there."""

import csv
import json
import math
import os
import threading
from pathlib import Path

import pytest

from pushup.cli import InputError
from pushup.files import new_folder, replacing, temporary, write_csv, write_json
from pushup.foreign import read_csv


def test_two_writers_of_one_file_do_not_meet(tmp_path: Path) -> None:
    path, both = tmp_path / "a.txt", threading.Barrier(2)

    def write(text: str) -> None:
        with replacing(path) as part:
            part.write_text(text)
            both.wait(10)
            assert part.read_text() == text
            both.wait(10)

    threads = [threading.Thread(target=write, args=(text,)) for text in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_text() in ("one", "two")
    assert list(tmp_path.iterdir()) == [path]


def test_no_planted_link_is_followed(tmp_path: Path, monkeypatch) -> None:
    treasure = tmp_path / "treasure"
    treasure.write_text("gold")
    names = iter(("planted", "planted", "free"))
    monkeypatch.setattr("pushup.files.secrets.token_hex", lambda _: next(names))
    (tmp_path / ".partial-planted-a.txt").symlink_to(treasure)
    with replacing(tmp_path / "a.txt") as part:
        part.write_text("mine")
    assert treasure.read_text() == "gold"
    assert (tmp_path / "a.txt").read_text() == "mine"
    assert not (tmp_path / "a.txt").is_symlink()


def test_a_file_is_made_with_the_rights_that_any_file_gets(tmp_path: Path) -> None:
    (tmp_path / "any").touch()
    assert temporary(tmp_path / "a.txt").stat().st_mode == (tmp_path / "any").stat().st_mode


def test_a_name_of_the_longest_length_can_be_written(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 251 + ".npz")
    with replacing(path) as part:
        part.write_text("whole")
        assert part.suffix == ".npz"
    assert path.read_text() == "whole"


@pytest.mark.parametrize("writer", ["file", "folder"])
def test_a_failure_leaves_nothing_and_what_was_there(tmp_path: Path, writer: str) -> None:
    old = tmp_path / "old"
    if writer == "file":
        old.write_text("before")

    def fail() -> None:
        with (replacing if writer == "file" else new_folder)(old) as part:
            (part if writer == "file" else part / "x").write_text("half")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert [p.name for p in tmp_path.iterdir()] == (["old"] if writer == "file" else [])


def test_an_unwritable_place_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    path = tmp_path / "file" / "a.txt"
    with pytest.raises(InputError, match=r"cannot write .*; try"), replacing(path, "try another"):
        pass


def test_numbers_have_six_figures_and_nothing_stands_for_none(tmp_path: Path) -> None:
    rows = [{"a": 1234.56789, "b": math.nan}, {"a": 0.000123456789, "b": [1.0, math.inf]}]
    write_csv(tmp_path / "a.csv", ("a", "b"), rows)
    with (tmp_path / "a.csv").open(newline="") as file:
        first, second = csv.DictReader(file)
    assert (first["a"], first["b"]) == ("1234.57", "")
    assert (second["a"], second["b"]) == ("0.000123457", "[1.0, None]")


def test_json_has_null_for_what_is_not_a_number_however_deep(tmp_path: Path) -> None:
    figures = {"a": math.nan, "b": [1.0, math.nan, (math.inf, {"c": -math.inf})], "d": 2}
    write_json(tmp_path / "a.json", figures)
    text = (tmp_path / "a.json").read_text()
    assert json.loads(text, parse_constant=pytest.fail) == {
        "a": None,
        "b": [1.0, None, [None, {"c": None}]],
        "d": 2,
    }


@pytest.mark.parametrize("name", ["=1+1", "+1+cmd", "-x.mp4", "@SUM(A1)", "\tx"])
def test_a_text_is_no_formula_in_a_spreadsheet_and_comes_back(tmp_path: Path, name: str) -> None:
    write_csv(tmp_path / "a.csv", ("video", "shift"), [{"video": name, "shift": "-2.5"}])
    with (tmp_path / "a.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert row == {"video": f"'{name}", "shift": "-2.5"}
    ((_, back),) = read_csv(tmp_path / "a.csv", ("video",))
    assert back == {"video": name, "shift": "-2.5"}


def test_nothing_is_left_open(tmp_path: Path) -> None:
    before = len(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").is_dir() else 0
    for _ in range(20):
        temporary(tmp_path / "a.txt")
    after = len(os.listdir("/proc/self/fd")) if before else 0
    assert after == before
