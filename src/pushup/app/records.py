"""What a run leaves behind as files: each written in one piece or not at all."""

import csv
import io
import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from pushup.cli import InputError
from pushup.counting.types import Rep

REP_COLUMNS = ("rep", "start_s", "bottom_s", "time_s", "depth", "confidence", "evidence", "form")
"""Of reps.csv; `time_s` is when the repetition was counted, all times are those of the source;
`form` holds the figures that could be better."""


def write_text(path: Path, text: str) -> None:
    """Write under another name first, so that a file is never seen half-written.

    Raises:
        InputError: The folder cannot be written.
    """
    part = path.with_name(f".partial-{path.name}")
    try:
        part.write_text(text)
        os.replace(part, path)
    except OSError as error:
        raise InputError(
            f"cannot write {path}: {error.strerror}; choose another output_dir=DIR"
        ) from error


def csv_text(columns: Sequence[str], rows: Iterable[dict[str, Any]]) -> str:
    """A table as text; a missing value is an empty cell."""
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def write_reps(path: Path, reps: Sequence[Rep]) -> None:
    """One row a repetition, times in seconds to the millisecond."""
    rows = [
        {
            "rep": number,
            "start_s": f"{rep.start_s:.3f}",
            "bottom_s": f"{rep.bottom_s:.3f}",
            "time_s": f"{rep.top_s:.3f}",
            "depth": f"{rep.depth:.3f}",
            "confidence": f"{rep.confidence:.3f}",
            "evidence": " ".join(f"{name}={value:.4g}" for name, value in rep.evidence.items()),
            "form": " ".join(f"{finding.rule}={finding.value:.4g}" for finding in rep.form),
        }
        for number, rep in enumerate(reps, 1)
    ]
    write_text(path, csv_text(REP_COLUMNS, rows))


class RepsFile:
    """Keeps reps.csv up to date during a live session, so that a crash loses nothing."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def rep(self, reps: Sequence[Rep]) -> None:
        """Write all repetitions so far."""
        write_reps(self._path, reps)

    def reset(self) -> None:
        """Begin an empty file."""
        write_reps(self._path, [])


def write_json(path: Path, values: dict[str, Any]) -> None:
    """Indented JSON."""
    write_text(path, json.dumps(values, indent=2) + "\n")
