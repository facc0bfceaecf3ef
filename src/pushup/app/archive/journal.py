"""Rows as they come, on disk: whatever ends a run loses none that it had counted."""

import json
import os
import secrets
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pushup.cli import InputError
from pushup.files import ANOTHER_FOLDER


class Journal:
    """Rows by their key: files of JSON lines in a folder, one for each process that adds any.

    A line cut off by a kill is passed over; of two rows of one key the complete one counts, else
    the later.

    Args:
        folder: Made when there is something to write.

    Raises:
        InputError: It cannot be read.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        host = "".join(c if c.isalnum() else "-" for c in socket.gethostname())
        self._own = folder / f"{host}-{os.getpid()}-{secrets.token_hex(2)}.jsonl"
        self._lines: dict[str, tuple[bytes, bool]] = {}

    def read(self) -> "Journal":
        """Take in what all have written."""
        try:
            for path in sorted(self._folder.glob("*.jsonl"), key=lambda p: p.stat().st_mtime):
                for line in path.read_bytes().splitlines():
                    self._take(line)
        except OSError as error:
            raise InputError(
                f"{self._folder}: cannot be read: {error.strerror}; {ANOTHER_FOLDER}"
            ) from error
        return self

    def _take(self, line: bytes) -> None:
        try:
            row = json.loads(line)
            key, failed = str(row["key"]), bool(row["error"])
        except (ValueError, KeyError, TypeError, RecursionError):
            return
        if not failed or self.failed(key) is not False:
            self._lines[key] = line, failed

    def add(self, key: str, row: Mapping[str, Any], write: bool = True) -> None:
        """Add a row, which somebody else has written if not `write`.

        Raises:
            InputError: It cannot be written.
        """
        line = json.dumps({"key": key, **row}).encode()
        self._take(line)
        if not write:
            return
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with self._own.open("ab", buffering=0) as file:
                file.write(line + b"\n")
        except OSError as error:
            raise InputError(
                f"cannot write {self._own}: {error.strerror}; make room and start again"
            ) from error

    def failed(self, key: str) -> bool | None:
        """Whether a video has failed; None where there is no row of it."""
        return self._lines[key][1] if key in self._lines else None

    def rows(self) -> Iterator[dict[str, Any]]:
        """All rows."""
        return map(self.row, self._lines)

    def row(self, key: str) -> dict[str, Any]:
        """The row of a key that there is."""
        return json.loads(self._lines[key][0])
