"""Reads damaged copies of a file in a child process, which may crash, and counts what happens."""

import gc
import multiprocessing
import traceback
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random

from pushup.cli import one_line
from pushup.fuzz.readers import Reader

PATIENCE_S = 30.0
"""A reader that takes longer for one small file hangs."""

READ, REFUSED = "read", "refused"


@dataclass
class Outcome:
    """What a reader did with its damaged files.

    Attributes:
        counts: By "read", "refused", "crash", "hang" or the type of an exception that escaped.
        examples: A traceback for each type that escaped.
    """

    counts: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)

    @property
    def raw(self) -> int:
        """Files that were neither read nor refused in one line."""
        return sum(n for kind, n in self.counts.items() if kind not in (READ, REFUSED))


def fuzz(reader: Reader, mutations: int, seed: int, folder: Path) -> Outcome:
    """Throw `mutations` damaged files at a reader.

    Args:
        reader: Makes the whole file, and reads.
        mutations: How many; file i is the same for each seed.
        seed: Of the damage.
        folder: Empty; takes the files.
    """
    outcome = Outcome()
    whole = reader.make(folder)
    data = whole.read_bytes()
    reader.read(whole)
    done = 0
    while done < mutations:
        for kind, text in _child(reader, whole, data, range(done, mutations), seed):
            done += 1
            outcome.counts[kind] += 1
            if text:
                outcome.examples.setdefault(kind, text)
    return outcome


def damaged(reader: Reader, data: bytes, number: int, seed: int) -> bytes:
    """The damaged file of that number."""
    random = Random(f"{reader.name} {seed} {number}")
    return random.choice(reader.mutations)(data, random)


def _child(
    reader: Reader, whole: Path, data: bytes, numbers: range, seed: int
) -> Iterator[tuple[str, str]]:
    """Outcomes in order, until all are done or the child ends with one that is neither."""
    context = multiprocessing.get_context("fork")
    mine, its = context.Pipe(duplex=False)
    child = context.Process(target=_serve, args=(its, reader, whole, data, numbers, seed))
    child.start()
    its.close()
    try:
        for number in numbers:
            if not mine.poll(PATIENCE_S):
                yield "hang", f"file {number} of seed {seed}"
                return
            try:
                yield mine.recv()
            except EOFError:
                yield "crash", f"file {number} of seed {seed}"
                return
    finally:
        child.kill()
        child.join()


def _serve(
    out: Connection, reader: Reader, whole: Path, data: bytes, numbers: range, seed: int
) -> None:
    gc.freeze()  # what the parent left to be collected may own threads, which are not here
    for number in numbers:
        path = whole.with_name(whole.name)
        path.write_bytes(damaged(reader, data, number, seed))
        out.send(_outcome(reader, path))


def _outcome(reader: Reader, path: Path) -> tuple[str, str]:
    try:
        reader.read(path)
    except Exception as error:
        line = one_line(error)
        if line is None:
            return type(error).__name__, traceback.format_exc(limit=-4)[-2000:]
        return (REFUSED, "") if "\n" not in line else ("many lines", line)
    return READ, ""
