"""One run a folder."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from pushup.cli import CONFIG_NAME, InputError

_NAME = ".running"


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
        lock = FileLock(folder / _NAME, timeout=0)
        lock.acquire()
    except Timeout as error:
        raise InputError(
            f"{folder}: another run writes into it; choose another folder with output_dir=DIR"
        ) from error
    except OSError as error:
        raise InputError(
            f"cannot write to output folder {folder}: {error.strerror or error}; "
            "choose another with output_dir=DIR"
        ) from error
    try:
        yield
    finally:
        (folder / _NAME).unlink(missing_ok=True)
        lock.release()
        if not found and {path.name for path in folder.iterdir()} <= {CONFIG_NAME}:
            shutil.rmtree(folder, ignore_errors=True)
