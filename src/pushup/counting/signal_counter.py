"""Counts down-and-up cycles of any signal: a distance sensor, a pressure mat, somebody's CSV."""

import math
from pathlib import Path

import numpy as np

from pushup.cli import InputError
from pushup.counting.cycles import CycleDetector
from pushup.counting.filters import RepeatedMedianFilter
from pushup.counting.types import Rep
from pushup.foreign import number, read_cells


class SignalCounter:
    """The cycles of one bare value over time.

    Args:
        min_depth: Least fall of a repetition, in the signal's units.
        recover: Share of the fall that has to be climbed back.
        smooth_s: Window of the line fit that smooths the signal.
    """

    def __init__(self, min_depth: float, recover: float = 2 / 3, smooth_s: float = 0.2) -> None:
        self._cycles = CycleDetector(min_depth, recover)
        self._smooth = RepeatedMedianFilter(smooth_s)

    def reset(self) -> None:
        """Forget everything."""
        self._cycles.reset()
        self._smooth.reset()

    def update(self, time_s: float, value: float) -> Rep | None:
        """Take a sample; return the repetition that it completes. NaN samples are passed over."""
        if not math.isfinite(value):
            return None
        cycle = self._cycles.update(time_s, self._smooth.update(time_s, value))
        if cycle is None:
            return None
        return Rep(cycle.start_s, cycle.bottom_s, cycle.top_s, cycle.depth)


def read_signal(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Times in seconds and values, both (N,), of a CSV file's first two columns.

    A header is passed over.

    Raises:
        InputError: The file is missing, a row is no pair of numbers, or times do not increase.
    """
    rows = read_cells(path)
    if rows and not _is_number(rows[0][1][0]):
        rows = rows[1:]
    short = [where for where, cells in rows if len(cells) < 2]
    if short:
        raise InputError(f"{short[0]}: needs time,value; correct the row")
    pairs = [(number(cells[0], where), _value(cells[1], where)) for where, cells in rows]
    samples = np.array(pairs).reshape(-1, 2)
    if len(samples) < 2 or not (np.diff(samples[:, 0]) > 0).all():
        raise InputError(f"{path} needs two or more rows with increasing times in the first column")
    return samples[:, 0], samples[:, 1]


def _value(text: str, where: str) -> float:
    """A number, or NaN where the sensor has none."""
    return math.nan if text.strip().lower() in ("", "nan") else number(text, where)


def _is_number(text: str) -> bool:
    try:
        number(text, "")
    except InputError:
        return False
    return True


def count_signal(
    times_s: np.ndarray, values: np.ndarray, min_depth: float | None = None
) -> list[Rep]:
    """The repetitions of a signal whose low values are a low body.

    Args:
        times_s: (N,).
        values: (N,).
        min_depth: Least fall of a repetition; None for a third of the signal's range.

    Raises:
        InputError: `min_depth` is not above 0.
    """
    if min_depth is None:
        min_depth = float(np.subtract(*np.nanpercentile(values, [95, 5]))) / 3
    if not min_depth > 0:
        raise InputError(f"a fall of {min_depth} is no repetition: give --min-depth D above 0")
    counter = SignalCounter(min_depth)
    return [r for t, v in zip(times_s, values, strict=True) if (r := counter.update(t, v))]
