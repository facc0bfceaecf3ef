"""What every command shares: clean failure and an output folder."""

import functools
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from omegaconf import DictConfig, OmegaConf

T = TypeVar("T")


class InputError(ValueError):
    """Input that cannot be used. The message names the file or value and the remedy."""


def command(function: Callable[..., T]) -> Callable[..., T]:
    """Decorate a command: an `InputError` becomes one line on stderr and exit code 1."""

    @functools.wraps(function)
    def run(*args, **kwargs) -> T:
        try:
            return function(*args, **kwargs)
        except Exception as error:
            line = _input_error(error)
            if line is None:
                raise
            print(f"error: {line}", file=sys.stderr)
            sys.exit(1)
        except KeyboardInterrupt:
            print("stopped", file=sys.stderr)
            sys.exit(130)

    return run


def _input_error(error: BaseException | None) -> str | None:
    """The line of the `InputError` behind an exception (Hydra wraps those of constructors)."""
    while error is not None:
        if isinstance(error, InputError):
            # One raised in a loader process arrives with its traceback as text, our line last.
            return str(error).strip().splitlines()[-1].removeprefix(f"{__name__}.InputError: ")
        error = error.__cause__
    return None


def make_output_dir(path: str | Path, config: DictConfig | None = None) -> Path:
    """Create the output folder, and record the resolved configuration in it as `config.yaml`.

    Raises:
        InputError: The folder cannot be created or written.
    """
    folder = Path(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK):
            raise PermissionError("not writable")
        if config is not None:
            (folder / "config.yaml").write_text(OmegaConf.to_yaml(config, resolve=True))
    except OSError as error:
        reason = error.strerror or error
        raise InputError(
            f"cannot write to output folder {folder}: {reason}; choose another with output_dir=DIR"
        ) from error
    return folder
