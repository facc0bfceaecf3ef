"""What every command shares: clean failure and an output folder.

Hydra is imported where it is used: a page in a browser counts without it.
"""

from __future__ import annotations

import functools
import importlib
import io
import itertools
import os
import re
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import UnionType
from typing import TYPE_CHECKING, Any, TypeVar, Union, get_args, get_origin, get_type_hints

from pushup.paths import CONF

if TYPE_CHECKING:
    from omegaconf import DictConfig

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
        lasting_streams()
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


def lasting_streams() -> None:
    """Let what is printed end no run: a name that cannot be shown, a reader that went away."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if not isinstance(stream, io.TextIOWrapper):
            continue
        stream.reconfigure(errors="backslashreplace")
        if stream is getattr(sys, f"__{name}__"):
            stream.flush()
            lasting = io.TextIOWrapper(
                io.BufferedWriter(_Pipe(stream.fileno(), "w", closefd=False)),
                stream.encoding,
                stream.errors,
                line_buffering=stream.line_buffering,
                write_through=stream.write_through,
            )
            setattr(sys, name, lasting)


class _Pipe(io.FileIO):
    """Takes what nobody reads any more, as in `pushup infer FOLDER | head -1`."""

    def write(self, data: Any) -> int | None:
        try:
            return super().write(data)
        except BrokenPipeError:
            return len(data)


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
    import hydra

    lasting_streams()
    # Hydra then raises its errors instead of printing several lines itself.
    os.environ.setdefault("HYDRA_FULL_ERROR", "1")
    sys.argv[1:] = overrides
    try:
        hydra.main(str(CONF), config_name, version_base="1.3")(function)()
    except Exception as error:  # of the configuration, or of a job of a sweep
        _fail(error)
        raise


def _fail(error: Exception) -> None:
    """Exit with the one line that there is for an error; do nothing where there is none."""
    line = one_line(error)
    if line is not None:
        _remove_empty_folders()
        print(f"error: {line}", file=sys.stderr)
        sys.exit(1)


def one_line(error: BaseException | None) -> str | None:
    """What a user is told of an exception; None for one that is no fault of theirs.

    The line of the `InputError` behind it (Hydra wraps those of constructors), or what Hydra or
    OmegaConf has against the command line; or which package is not installed.
    """
    if isinstance(error, ImportError) and not (error.name or "pushup").startswith("pushup"):
        return (
            f"{error.name} {_absence(error)}, which this needs: install all of pushup with pip, "
            "not the runtime alone"
        )
    from hydra.errors import HydraException, InstantiationException
    from omegaconf.errors import OmegaConfBaseException

    if isinstance(error, OmegaConfBaseException):
        return f"configuration: {str(error).splitlines()[0]}"
    whole = error
    while error is not None:
        if isinstance(error, InputError):
            # One raised in a loader process arrives with its traceback as text, our line last.
            line = str(error).strip().rpartition(f"{__name__}.InputError: ")[2]
            return line.replace("\r", "\\r").replace("\n", "\\n")  # a name may hold them
        error = error.__cause__
    if isinstance(whole, InstantiationException):
        target = re.search(r"'([\w.]+)'", str(whole))
        return f"configuration: {_refusal(whole, target[1] if target else 'a class')}"
    if isinstance(whole, HydraException):
        lines = [line.strip() for line in str(whole).splitlines() if line.strip()]
        line = " ".join(
            itertools.takewhile(lambda line: not line.startswith(_HYDRA_DETAILS), lines)
        )
        if "Could not load 'hydra/launcher/" in line:
            line += " It is a plugin: pip install 'pushup[launchers]'"
        return line
    return None


def _remove_empty_folders() -> None:
    for folder in _created:
        if folder.is_dir() and {path.name for path in folder.iterdir()} <= {CONFIG_NAME}:
            (folder / CONFIG_NAME).unlink(missing_ok=True)
            folder.rmdir()


def extra(module: str, name: str) -> Any:
    """A module of the optional dependencies `pushup[name]`; InputError where it is absent."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise InputError(
            f"this needs {error.name or module}, which {_absence(error)}: "
            f"pip install 'pushup[{name}]'"
        ) from error


def _absence(error: ImportError) -> str:
    return "is not installed" if isinstance(error, ModuleNotFoundError) else "cannot be imported"


def composed(config_name: str, overrides: Iterable[str] = ()) -> DictConfig:
    """A configuration of conf, for who is not run by Hydra, or wants another than it has."""
    from hydra import compose, initialize_config_dir
    from hydra.core.global_hydra import GlobalHydra

    inside = GlobalHydra.instance().is_initialized()  # by the command that runs
    with nullcontext() if inside else initialize_config_dir(str(CONF), version_base="1.3"):
        return compose(config_name, list(overrides))


def keep_model_name(config: DictConfig) -> None:
    """Make `config.model` the name of the model alone: its weights bring the rest of it along."""
    from omegaconf import OmegaConf, open_dict

    with open_dict(config):
        config.model = OmegaConf.select(config, "model.name")


def build(config: Any, **given: Any) -> Any:
    """The object that a configuration describes, made with `given` besides.

    Raises:
        InputError: Its class refuses the settings, or one is of another type than it asks for.
    """
    from hydra.utils import instantiate

    _check_types(config)
    try:
        # partial, so that Hydra neither copies what is given nor wraps the errors of the call
        return instantiate(config, _partial_=True)(**given)
    except InputError:
        raise
    except Exception as error:
        raise InputError(f"configuration: {_refusal(error, str(config._target_))}") from error


def _check_types(config: Any) -> None:
    """InputError for a plain value that does not fit the annotation of the argument it is for."""
    from hydra.utils import get_object
    from omegaconf import OmegaConf

    function = get_object(config._target_)
    hints = get_type_hints(function.__init__ if isinstance(function, type) else function)
    for name, value in config.items():
        if OmegaConf.is_dict(value) and "_target_" in value:
            _check_types(value)
        hint = hints.get(name)
        wanted: tuple[Any, ...] = (hint,)
        if get_origin(hint) in (Union, UnionType):
            wanted = get_args(hint)
        if set(wanted) <= _PLAIN and not isinstance(value, _allowed(wanted)):
            kinds = " or ".join(kind.__name__ for kind in wanted if kind is not type(None))
            raise InputError(
                f"configuration: {name}={value} of {config._target_}: give a value of type {kinds}"
            )


_PLAIN = {bool, int, float, str, type(None)}


def _allowed(wanted: Iterable[Any]) -> tuple[type, ...]:
    """Types that may stand for those wanted: a whole number for a number, too."""
    return tuple(kind for want in wanted for kind in ((int, float) if want is float else (want,)))


def _refusal(error: BaseException, target: str) -> str:
    """What a class says against its settings, which Hydra may have wrapped."""
    from hydra.errors import InstantiationException

    while isinstance(error, InstantiationException) and error.__cause__ is not None:
        error = error.__cause__
    reason = (str(error).splitlines() or [""])[0]
    return f"{target.rpartition('.')[2]} refuses its settings: {reason or type(error).__name__}"


def make_output_dir(path: str | Path | None, config: DictConfig | None = None) -> Path:
    """Create the output folder, and record the resolved configuration in it as `config.yaml`.

    Raises:
        InputError: The folder cannot be created or written.
    """
    if not path:
        raise InputError("no output folder: give output_dir=DIR")
    folder = Path(path)
    try:
        if not folder.exists():
            _created.append(folder)
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK):
            raise PermissionError("not writable")
        if config is not None:
            from omegaconf import OmegaConf

            (folder / CONFIG_NAME).write_text(OmegaConf.to_yaml(config, resolve=True))
    except OSError as error:
        reason = error.strerror or error
        raise InputError(
            f"cannot write to output folder {folder}: {reason}; choose another with output_dir=DIR"
        ) from error
    return folder
