"""Counts down-and-up cycles of any signal: a distance sensor, a pressure mat, somebody's CSV.

    python -m pushup.counting.signal_counter FILE.csv [--floor F] [--upward]

The file has a time in seconds and a value in its first two columns; a header is passed over.
"""

import argparse
import csv
import math
from pathlib import Path

import numpy as np

from pushup.cli import InputError, command
from pushup.counting.cycles import CycleDetector
from pushup.counting.filters import RepeatedMedianFilter
from pushup.counting.types import Rep


class SignalCounter:
    """The rule beneath the default counter, for one bare value over time.

    Args:
        floor: Least fall of a repetition, in the signal's units.
        recover: Share of the fall that has to be climbed back.
        smooth_s: Window of the line fit that smooths the signal.
    """

    def __init__(self, floor: float, recover: float = 2 / 3, smooth_s: float = 0.2) -> None:
        self._turning = CycleDetector(floor, recover)
        self._smooth = RepeatedMedianFilter(smooth_s)

    def reset(self) -> None:
        """Forget everything."""
        self._turning.reset()
        self._smooth.reset()

    def update(self, time_s: float, value: float) -> Rep | None:
        """Take a sample; return the repetition that it completes. NaN samples are passed over."""
        if not math.isfinite(value):
            return None
        cycle = self._turning.update(time_s, self._smooth.update(time_s, value))
        if cycle is None:
            return None
        return Rep(cycle.start_s, cycle.bottom_s, cycle.top_s, cycle.depth)


def read_signal(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Times in seconds and values, both (N,), of a CSV file.

    Raises:
        InputError: The file is missing, a row is no pair of numbers, or times do not increase.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = [row for row in csv.reader(file) if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"cannot read {path}: {error}; give a CSV file of time,value") from error
    if rows and not _is_number(rows[0][0]):
        rows = rows[1:]
    try:
        samples = np.array([(float(row[0]), float(row[1])) for row in rows]).reshape(-1, 2)
    except (ValueError, IndexError) as error:
        raise InputError(f"{path} has a row that is not time,value: {error}") from error
    if len(samples) < 2 or not (np.diff(samples[:, 0]) > 0).all():
        raise InputError(f"{path} needs two or more rows with increasing times in the first column")
    return samples[:, 0], samples[:, 1]


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


@command
def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description="Count the down-and-up cycles of a CSV signal.")
    parser.add_argument("file", type=Path, help="time in seconds and value, one pair a row")
    parser.add_argument("--floor", type=float, help="least fall; a third of the range if left out")
    parser.add_argument("--upward", action="store_true", help="a larger value means a lower body")
    arguments = parser.parse_args()
    times_s, values = read_signal(arguments.file)
    values = -values if arguments.upward else values
    floor = arguments.floor
    if floor is None:
        floor = float(np.subtract(*np.nanpercentile(values, [95, 5]))) / 3
    if not floor > 0:
        raise InputError(f"{arguments.file}: a fall above 0 is needed: give --floor F")
    counter = SignalCounter(floor)
    reps = [r for t, v in zip(times_s, values, strict=True) if (r := counter.update(t, v))]
    for number, rep in enumerate(reps, 1):
        print(f"{number}  from {rep.start_s:.2f} s  low at {rep.bottom_s:.2f} s  {rep.depth:.3g}")
    print(f"{len(reps)} repetitions")


if __name__ == "__main__":
    main()
