"""Damaged files at every reader: a tenth of what `python -m pushup fuzz` does."""

import gc
import os
import signal
from pathlib import Path

import pytest

from pushup.commands.fuzz import main
from pushup.fuzz import mutations
from pushup.fuzz.readers import READERS, Reader
from pushup.fuzz.run import READ, REFUSED, fuzz

MUTATIONS = 200


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_every_damaged_file_is_read_or_refused_in_one_line(reader: Reader, tmp_path: Path) -> None:
    outcome = fuzz(reader, MUTATIONS // reader.cost, seed=1, folder=tmp_path)
    assert outcome.raw == 0, outcome.examples
    assert outcome.counts[REFUSED] > 0
    assert sum(outcome.counts.values()) == MUTATIONS // reader.cost


def write(folder: Path) -> Path:
    (folder / "a.txt").write_text("1 2 3\n")
    return folder / "a.txt"


def fails(path: Path) -> None:
    if path.read_bytes() != b"1 2 3\n":
        raise KeyError("raw")


def crashes(path: Path) -> None:
    if path.read_bytes() != b"1 2 3\n":
        os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize(("read", "kind"), [(fails, "KeyError"), (crashes, "crash")])
def test_what_escapes_is_counted_and_the_rest_goes_on(read, kind, tmp_path: Path) -> None:
    reader = Reader("text", write, read, (mutations.damage_bytes,))
    outcome = fuzz(reader, 20, seed=0, folder=tmp_path)
    assert outcome.counts[kind] > 10
    assert outcome.counts[kind] + outcome.counts[READ] == 20  # some damage changes nothing
    assert outcome.raw == outcome.counts[kind]
    assert outcome.examples[kind]


class OfTheParent:
    """In a cycle, so that only the collector ends it; must not be ended by a child."""

    def __init__(self) -> None:
        self.itself, self.process = self, os.getpid()

    def __del__(self) -> None:
        if os.getpid() != self.process:
            os.kill(os.getpid(), signal.SIGKILL)


def test_garbage_of_the_parent_is_not_collected_in_the_child(tmp_path: Path) -> None:
    parent = os.getpid()

    def collect(path: Path) -> None:
        if os.getpid() != parent:
            gc.collect()

    gc.disable()
    try:
        OfTheParent()
        reader = Reader("text", write, collect, (mutations.damage_bytes,))
        assert fuzz(reader, 5, seed=0, folder=tmp_path).raw == 0
    finally:
        gc.enable()


def test_a_reader_that_is_not_there_is_named_with_those_that_are(capsys) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--only", "NOSUCH"])
    assert ended.value.code == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.count("\n") == 1
    assert all(word in told.err for word in ("NOSUCH", "safetensors", "MoveNet JSON"))
