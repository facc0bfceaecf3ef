"""What every command shares: clean failure and an output folder."""

import functools
import io
import itertools
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import hydra
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf, open_dict
from omegaconf.errors import OmegaConfBaseException

from pushup.paths import CONF

T = TypeVar("T")

_HYDRA_DETAILS = ("Config search path", "full_key", "object_type", "See https://")

CONFIG_NAME = "config.yaml"

_created: list[Path] = []
"""Output folders that this process made: a command that fails leaves no empty one behind."""


class InputError(ValueError):
    """Input that cannot be used. The message names the file or value and the remedy."""


def command(function: Callable[..., T]) -> Callable[..., T]:
    """Decorate a command: an `InputError` becomes one line on stderr and exit code 1."""

    @functools.wraps(function)
    def run(*args, **kwargs) -> T:
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):  # a name that it cannot show must not end us
                stream.reconfigure(errors="backslashreplace")
        try:
            with _interrupted_by_signals():
                return function(*args, **kwargs)
        except Exception as error:
            _fail(error)
            raise
        except KeyboardInterrupt:
            print("stopped", file=sys.stderr)
            sys.exit(130)

    return run


@contextmanager
def _interrupted_by_signals() -> Iterator[None]:
    """Let SIGTERM and a closed terminal (SIGHUP) do what Ctrl-C does: one way to shut down."""

    def interrupt(*_) -> None:
        raise KeyboardInterrupt

    changed = {}
    if threading.current_thread() is threading.main_thread():
        for name in ("SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)  # Windows has no SIGHUP
            if number is not None and signal.getsignal(number) == signal.SIG_DFL:  # nohup ignores
                changed[number] = signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number, handler in changed.items():
            signal.signal(number, handler)


def run(
    function: Callable[[DictConfig], object], config_name: str, overrides: Sequence[str]
) -> None:
    """Run a function of a configuration that Hydra composes from the command line's overrides.

    What the command line got wrong becomes one line on stderr, exit code 1.

    Args:
        function: Takes the configuration.
        config_name: File of conf, without `.yaml`.
        overrides: And Hydra's own options, such as `--multirun`.
    """
    # Hydra then raises its errors instead of printing several lines itself.
    os.environ.setdefault("HYDRA_FULL_ERROR", "1")
    sys.argv[1:] = overrides
    try:
        hydra.main(str(CONF), config_name, version_base="1.3")(function)()
    except HydraException as error:
        _fail(error)
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        told = itertools.takewhile(lambda line: not line.startswith(_HYDRA_DETAILS), lines)
        print(f"error: {' '.join(told)}", file=sys.stderr)
        sys.exit(1)
    except Exception as error:  # of a job of a sweep
        _fail(error)
        raise


def _fail(error: Exception) -> None:
    """Exit with the one line of an `InputError`; nothing for another error."""
    line = one_line(error)
    if line is not None:
        _remove_empty_folders()
        print(f"error: {line}", file=sys.stderr)
        sys.exit(1)


def one_line(error: BaseException | None) -> str | None:
    """The line of the `InputError` behind an exception (Hydra wraps those of constructors)."""
    if isinstance(error, OmegaConfBaseException):
        return f"configuration: {str(error).splitlines()[0]}"
    while error is not None:
        if isinstance(error, InputError):
            # One raised in a loader process arrives with its traceback as text, our line last.
            return str(error).strip().splitlines()[-1].removeprefix(f"{__name__}.InputError: ")
        error = error.__cause__
    return None


def _remove_empty_folders() -> None:
    for folder in _created:
        if folder.is_dir() and {path.name for path in folder.iterdir()} <= {CONFIG_NAME}:
            (folder / CONFIG_NAME).unlink(missing_ok=True)
            folder.rmdir()


def keep_model_name(config: DictConfig) -> None:
    """Make `config.model` the name of the model alone: its weights bring the rest of it along."""
    with open_dict(config):
        config.model = OmegaConf.select(config, "model.name")


def make_output_dir(path: str | Path, config: DictConfig | None = None) -> Path:
    """Create the output folder, and record the resolved configuration in it as `config.yaml`.

    Raises:
        InputError: The folder cannot be created or written.
    """
    folder = Path(path)
    try:
        if not folder.exists():
            _created.append(folder)
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK):
            raise PermissionError("not writable")
        if config is not None:
            (folder / CONFIG_NAME).write_text(OmegaConf.to_yaml(config, resolve=True))
    except OSError as error:
        reason = error.strerror or error
        raise InputError(
            f"cannot write to output folder {folder}: {reason}; choose another with output_dir=DIR"
        ) from error
    return folder
