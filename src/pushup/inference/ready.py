"""From a file of weights to the exported network that runs: made once, then found again.

What ships has its `.onnx` beside it, so that counting never loads torch. For any other file the
export is made at its first use and kept in the user's cache.
"""

import hashlib
import os
from pathlib import Path

from pushup.cli import InputError
from pushup.files import replacing
from pushup.inference.backends import Session, open_session
from pushup.specs import locate

DIGEST = "weights_sha256"
"""Under what an exported network states the file that it was made from."""


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def cache_folder() -> Path:
    """Where exports are kept: `$XDG_CACHE_HOME/pushup`, by default `~/.cache/pushup`."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pushup"


def open_network(
    path: Path, device: str = "cpu", threads: int = 0, runtime: str = "auto"
) -> Session:
    """The network in a file, ready to run.

    Args:
        path: A file of weights.
        device: "cpu": the exported network runs, without torch; else what torch calls a device.
        threads: See `open_session`.
        runtime: See `open_session`.

    Raises:
        InputError: See `exported`, `open_session` and `open_torch_session`.
    """
    if device == "cpu":
        return open_session(exported(path), runtime, threads)
    from pushup.inference.backends.pytorch import open_torch_session

    return open_torch_session(path, device)


def exported(path_or_name: str | Path) -> Path:
    """The `.onnx` file of weights, made if there is none yet.

    Args:
        path_or_name: See `pushup.specs.locate`.

    Raises:
        InputError: There is no such file; it cannot be exported without torch, or at all; or the
            cache cannot be written.
    """
    path = locate(path_or_name)
    if path.suffix == ".onnx":
        return path
    if not path.is_file():
        raise InputError(f"no checkpoint {path}: give a .ckpt, .safetensors or .onnx file")
    made_from = digest(path)
    beside, cached = path.with_suffix(".onnx"), cache_folder() / f"{made_from[:32]}.onnx"
    if beside.is_file() and states(beside, made_from):
        return beside
    if not cached.is_file():
        _export(path, made_from, cached)
    return cached


def states(exported: Path, made_from: str) -> bool:
    """Whether an exported network says that it was made from the file with this digest."""
    return f'"{DIGEST}": "{made_from}"'.encode() in exported.read_bytes()


def _export(path: Path, made_from: str, out: Path) -> None:
    try:
        from pushup.inference.onnx_export import to_onnx
        from pushup.models import weights
    except ModuleNotFoundError as error:
        raise InputError(
            f"{path} has no .onnx beside it, and exporting it needs {error.name}, which is not "
            "installed: run `pushup export` where it is"
        ) from error
    model = weights.load(path, task="image")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"cannot write to {out.parent}: {error.strerror}; set XDG_CACHE_HOME"
        ) from error
    with replacing(out) as part:
        part.write_bytes(to_onnx(model, **{DIGEST: made_from}))
