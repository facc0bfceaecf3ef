"""The border for files that others wrote: whatever fails while one is parsed is told in one line.

A damaged file fails inside a parser in dozens of ways (zlib, struct, index, key, type, overflow,
recursion, memory errors). `parsing` is the one place that turns all of them into `InputError`.
"""

import csv
import io
import json
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from pushup.cli import InputError

RESTORE = "copy or download the file again"

LARGEST_ARRAY = 2**30
"""Bytes of an array in an .npz file: an hour of keypoints has a hundredth of it."""

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the start of a formula."""


@contextmanager
def parsing(path: str | Path, kind: str, remedy: str = RESTORE) -> Iterator[None]:
    """Let anything that fails within be an `InputError` which names the file.

    Args:
        path: The file.
        kind: What it should be, with its article: "a COCO file".
        remedy: What to do.
    """
    try:
        yield
    except InputError:
        raise
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file; check the path") from error
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read as {kind} ({error.strerror or error}); {remedy}"
        ) from error
    except Exception as error:
        reason = (str(error).splitlines() or [""])[0][:120]
        raise InputError(
            f"{path}: damaged, or not {kind} ({type(error).__name__}: {reason}); {remedy}"
        ) from error


def read_text(path: Path) -> str:
    """A UTF-8 text, without its byte-order mark; InputError if it cannot be read."""
    with parsing(path, "a text"):
        return path.read_bytes().decode("utf-8-sig")


def read_json(path: Path) -> Any:
    """Parsed JSON; InputError if the file is truncated or no JSON."""
    text = read_text(path)
    with parsing(path, "whole JSON"):
        return json.loads(text)


def read_csv(path: Path, columns: Sequence[str] = ()) -> list[tuple[str, dict[str, str]]]:
    """The rows of a table with a header, each with a text that says where it stands.

    Read as spreadsheets write it, too: with a byte-order mark, semicolons or tabs in place of
    commas, any line ends. Blank lines are passed over, a cell that is missing at the end of a row
    is "", and the apostrophe is taken off that `pushup.files.write_csv` puts before formulas.

    Args:
        path: The file.
        columns: What it has to have.

    Raises:
        InputError: It cannot be read, lacks a column, or a row has more cells than the header.
    """
    rows = read_cells(path)
    if not rows:
        raise InputError(f"{path}: empty; the first line names the columns {', '.join(columns)}")
    header = [name.strip() for name in rows[0][1]]
    missing = [name for name in columns if name not in header]
    if missing:
        raise InputError(f"{path}: no column {missing[0]!r}; it needs {', '.join(columns)}")
    table = []
    for where, cells in rows[1:]:
        if len(cells) > len(header):
            raise InputError(f"{where}: {len(cells)} cells under {len(header)} columns; correct it")
        cells = [*cells, *[""] * (len(header) - len(cells))]
        table.append((where, dict(zip(header, map(_plain, cells), strict=True))))
    return table


def read_cells(path: Path) -> list[tuple[str, list[str]]]:
    """The cells of each row that has any, with a text that says where it stands."""
    text = read_text(path)
    first = text.lstrip("\r\n").partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    with parsing(path, "a table of comma-separated values"):
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        return [(f"{path} line {reader.line_num}", row) for row in reader if any(row)]


def _plain(cell: str) -> str:
    return cell[1:] if cell[:1] == "'" and cell[1:2] in FORMULA else cell


def number(text: str, where: str) -> float:
    """A finite number, its decimals after a point or a comma.

    >>> number("2,5", "counts.csv line 3")
    2.5

    Raises:
        InputError: It is none.
    """
    plain = text.strip()
    if plain.count(",") == 1 and "." not in plain:
        plain = plain.replace(",", ".")
    try:
        value = float(plain)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError(f"{where}: {text[:40]!r} is not a number; correct the row")
    return value


def read_npz(path: Path, names: Sequence[str], kind: str, remedy: str) -> dict[str, np.ndarray]:
    """The arrays of an .npz file, those of `names` among them.

    Raises:
        InputError: It cannot be read, is absurdly large, or lacks one of `names`.
    """
    with parsing(path, kind, remedy), np.load(path, allow_pickle=False) as file:
        large = [i.filename for i in file.zip.infolist() if i.file_size > LARGEST_ARRAY]
        if large:
            raise InputError(f"{path}: {large[0]} has more than 1 GiB; {remedy}")
        arrays = {name: file[name] for name in file.files}
    arrays = {name: array for name, array in arrays.items() if isinstance(array, np.ndarray)}
    missing = [name for name in names if name not in arrays]
    if missing:
        raise InputError(f"{path}: not {kind}: no array {missing[0]!r}; {remedy}")
    return arrays


def floats(array: np.ndarray, shape: tuple[int | None, ...], where: str) -> np.ndarray:
    """An array of real numbers as float64, of a shape in which None is any length.

    Raises:
        InputError: It holds something else, or has another shape.
    """
    fits = len(array.shape) == len(shape) and all(
        want in (None, has) for want, has in zip(shape, array.shape, strict=False)
    )
    if not fits or array.dtype.kind not in "fiu":
        wanted = " x ".join("N" if n is None else str(n) for n in shape) or "one"
        raise InputError(
            f"{where}: {wanted} numbers are needed, it has {array.dtype} of shape {array.shape}"
        )
    return array.astype(float)
