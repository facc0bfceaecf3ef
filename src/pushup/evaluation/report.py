"""Figures to text: JSON, CSV and markdown files that are whole or absent."""

import csv
import io
import json
import math
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pushup.cli import InputError


def write_text(path: Path, text: str) -> None:
    """Write a file all at once or not at all; InputError if it cannot be written."""
    part = path.with_name(path.name + ".part")
    try:
        part.write_text(text, encoding="utf-8")
        os.replace(part, path)
    except OSError as error:
        raise InputError(
            f"cannot write {path}: {error.strerror}; choose another folder with output_dir=DIR"
        ) from error


def write_json(path: Path, figures: dict[str, Any]) -> None:
    """Write figures as JSON, with null for what is not a number (JSON has no NaN)."""
    write_text(path, json.dumps(_without_nan(figures), indent=2) + "\n")


def write_csv(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write one or more rows that share their columns, with nothing for what is not a number."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow(
            {k: f"{v:.6g}" if isinstance(v, float) else v for k, v in _without_nan(row).items()}
        )
    write_text(path, text.getvalue())


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_nan(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A markdown table with padded columns; the first is a label, the others are figures."""
    lines = [list(header), *(list(row) for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(header))]
    widths = [max(width, 3) for width in widths]

    def pad(cells: list[str]) -> str:
        first = cells[0].ljust(widths[0])
        rest = [cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True)]
        return "| " + " | ".join([first, *rest]) + " |"

    rule = "|" + "|".join(["-" * (widths[0] + 2), *("-" * (w + 1) + ":" for w in widths[1:])]) + "|"
    return "\n".join([pad(lines[0]), rule, *(pad(line) for line in lines[1:])])


def share(value: float, digits: int = 3) -> str:
    """A figure to `digits` places, "-" where there is none."""
    return f"{value:.{digits}f}" if math.isfinite(value) else "-"


def with_interval(value: float, interval: tuple[float, float], digits: int = 3) -> str:
    """A figure and its interval, such as "0.812 [0.790, 0.833]"."""
    if not all(math.isfinite(v) for v in interval):
        return share(value, digits)
    low, high = interval
    return f"{value:.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]"
