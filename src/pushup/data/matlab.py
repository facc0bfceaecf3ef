"""MATLAB files as Python objects, for annotations that come as structs."""

import pickle
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.io.matlab import mat_struct

from pushup.cli import InputError
from pushup.data import matlab_child


def load(path: Path) -> dict[str, Any]:
    """A MATLAB file (version 7 or older) with structs as objects and sizes of one squeezed.

    Read in a child process: one damaged byte can make scipy's reader crash.

    Raises:
        InputError: It is missing, damaged, or of another kind.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such file; give the path of the downloaded .mat file")
    command = [sys.executable, "-P", matlab_child.__file__, str(path.absolute())]
    child = subprocess.run(command, capture_output=True, check=False)
    if child.returncode == matlab_child.VERSION_7_3:
        raise InputError(f"{path}: a MATLAB 7.3 file; save it with -v7, or download it again")
    if child.returncode != 0:
        reason = "its reader crashed"
        if child.returncode > 0:
            reason = (child.stderr.decode(errors="replace").splitlines() or ["unknown"])[-1]
        raise InputError(f"{path}: truncated, or no MATLAB file ({reason}); download it again")
    return pickle.loads(child.stdout)


def structs(value: Any) -> list[mat_struct]:
    """MATLAB's struct or struct array, or nothing, as a list."""
    if isinstance(value, mat_struct):
        return [value]
    return [v for v in np.ravel(value) if isinstance(v, mat_struct)] if value is not None else []


def number(struct: mat_struct, name: str, where: str) -> float | None:
    """A scalar field, given as a number or as text; None where absent or empty."""
    value = np.ravel(getattr(struct, name, []))
    if value.size == 0 or str(value[0]).strip() == "":
        return None
    try:
        result = float(value[0])
    except (ValueError, TypeError) as error:
        raise InputError(
            f"{where}.{name} is no number ({value[0]!r}); download the file again"
        ) from error
    if not np.isfinite(result):
        raise InputError(f"{where}.{name} is not finite; download the file again")
    return result


def numbers(struct: mat_struct, names: Sequence[str], where: str) -> np.ndarray | None:
    """Several scalar fields; None if one of them is absent or empty."""
    values = [number(struct, name, where) for name in names]
    return None if None in values else np.array(values, float)
