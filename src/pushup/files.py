"""Files that are whole or absent: none is seen half-written, and nothing is left of a failure.

And folders into which one run writes at a time.
"""

import csv
import io
import json
import math
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from pushup.cli import CONFIG_NAME, InputError
from pushup.foreign import FORMULA

ANOTHER_FOLDER = "choose another folder with output_dir=DIR"

PARTIAL = ".partial-"
"""Begins the name of a file or folder that is being written; a killed process leaves it."""

_LOCK = ".running"


@contextmanager
def replacing(path: str | Path, remedy: str = "choose another file") -> Iterator[Path]:
    """Give where to write a file, under another name; it becomes `path` when the block ends well.

    Args:
        path: The file; its folder is made.
        remedy: What to do where it cannot be written.

    Raises:
        InputError: It cannot be written.
    """
    path, part = Path(path), None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = temporary(path)
        yield part
        os.replace(part, path)
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror or error}; {remedy}") from error
    finally:
        if part is not None:
            with suppress(OSError):
                part.unlink()


@contextmanager
def replacing_all(path: str | Path, remedy: str = "choose another file") -> Iterator[Path]:
    """`replacing`, for a file that others may accompany.

    Whatever the block puts beside the file that it is given comes to lie beside `path`.

    Raises:
        InputError: They cannot be written.
    """
    path = Path(path)
    stage = unfinished(path)
    try:
        stage.mkdir(parents=True)
        yield stage / path.name
        for part in sorted(stage.iterdir(), key=lambda part: part.name == path.name):
            os.replace(part, path.with_name(part.name))
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror or error}; {remedy}") from error
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def unfinished(path: Path) -> Path:
    """A name beside `path` that no other writer has, for what is being written."""
    return path.with_name(f"{PARTIAL}{secrets.token_hex(4)}-{path.name[-200:]}")


def temporary(path: Path) -> Path:
    """Make an empty file beside `path`, under a name that no other writer has.

    The name ends as that of `path`, by which some writers choose a format. Nothing that lies there
    is opened, no link is followed.

    Raises:
        OSError: It cannot be made.
    """
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_NOFOLLOW", 0)
    while True:
        part = unfinished(path)
        try:
            os.close(os.open(part, flags, 0o666))  # less what the process's umask takes away
        except FileExistsError:
            continue
        return part


@contextmanager
def new_folder(out: Path) -> Iterator[Path]:
    """Give a folder to fill, which becomes `out` when the block ends well.

    Raises:
        InputError: `out` holds something already, or cannot be written.
    """
    out = out.absolute()
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(f"{out}: exists and is not empty; remove it or choose another folder")
    stage = unfinished(out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        stage.mkdir()
        yield stage
        if out.exists():
            out.rmdir()
        stage.replace(out)
    except OSError as error:
        raise InputError(
            f"{out}: cannot be written ({error.strerror}); choose another folder"
        ) from error
    finally:
        shutil.rmtree(stage, ignore_errors=True)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a folder's lock, which the system releases if this process dies.

    The folder is made for it, and removed if nothing else came into it.

    Raises:
        InputError: Another run writes into it, or it cannot be written.
    """
    found = folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / _LOCK, timeout=0)
        lock.acquire()
    except Timeout as error:
        raise InputError(f"{folder}: another run writes into it; {ANOTHER_FOLDER}") from error
    except OSError as error:
        raise InputError(
            f"cannot write to output folder {folder}: {error.strerror or error}; {ANOTHER_FOLDER}"
        ) from error
    try:
        yield
    finally:
        (folder / _LOCK).unlink(missing_ok=True)
        lock.release()
        if not found and {path.name for path in folder.iterdir()} <= {CONFIG_NAME}:
            shutil.rmtree(folder, ignore_errors=True)


def write_text(path: str | Path, text: str, remedy: str = ANOTHER_FOLDER) -> None:
    """Write a text file; InputError if it cannot be written."""
    with replacing(path, remedy) as part:
        part.write_text(text, encoding="utf-8")


def write_json(path: str | Path, figures: dict[str, Any] | list[Any]) -> None:
    """Write figures as JSON, with null for what is not a number (JSON has no NaN)."""
    write_text(path, json.dumps(_without_nan(figures), indent=2) + "\n")


def write_csv(
    path: str | Path,
    columns: Sequence[str],
    rows: Iterable[Mapping[str, Any]],
    remedy: str = ANOTHER_FOLDER,
) -> None:
    """Write a table, with nothing for what is missing or not a number.

    A text that a spreadsheet would take for a formula gets an apostrophe before it, which
    `pushup.foreign.read_csv` takes off.
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        cells = _without_nan(dict(row)).items()
        writer.writerow({name: _cell(value) for name, value in cells})
    write_text(path, text.getvalue(), remedy)


def _cell(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, str) and value.startswith(FORMULA) and not _is_number(value):
        return f"'{value}"
    return value


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_nan(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
